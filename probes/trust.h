/* Whom we believe: certificate authorities, parsed once. libcurl with GnuTLS would read
 * and parse all of them again at every handshake, 25 ms of work inside the measured
 * time; so it is told to look at none, and the chain that a server shows is checked
 * here, before the first byte of a request is sent. */
#ifndef PROBES_TRUST_H
#define PROBES_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

#include "base/log.h"

struct trust;

/* The authorities in the PEM file PATH. NULL with ERR when there are none. */
struct trust *trust_file(const char *path, struct err *err);
void trust_free(struct trust *t);

/* Those of the system, kept by this room until trust_close(), read again when their
 * file changed. */
const struct trust *trust_system(void);
void trust_close(void);

/* Is the peer of SESSION who it says, HOST (a name or address)? If not, WHY tells. With
 * T NULL nothing is asked and everybody is. DAYS gets how long the first certificate to
 * end lasts, of the server's own up to the first authority that T believes (all that it
 * shows, where there is none): negative when it has ended, NAN when none can be read.
 */
bool trust_check(const struct trust *t, gnutls_session_t session, const char *host,
    double *days, char *why, size_t size);

#endif
