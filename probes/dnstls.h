/* Whom the DNS probes over TLS and HTTPS believe. */
#ifndef PROBES_DNSTLS_H
#define PROBES_DNSTLS_H

#include <gnutls/gnutls.h>

#include "probes/dnsopts.h"

/* Add to O (NULL stays NULL) what T says of certificates. NULL with ERR, and O is gone,
 * when that makes no sense. */
struct probe_opts *dnstls_options(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err);
/* dnsopts_free() and what is TLS's. */
void dnstls_free(struct probe_opts *o);

/* The name that the server of RUN shall show. */
const char *dnstls_name(const struct probe_run *run);
/* Is the peer of SESSION, whose handshake is done, the server of RUN, or does that not
 * matter? If not, WHY tells. Tells the host how long its certificate will do. */
bool dnstls_check(
    struct probe_run *run, gnutls_session_t session, char *why, size_t size);

#endif
