/* Our certificate for HTTPS, as the configuration has it now. GnuTLS lives here. */
#ifndef WEB_TLS_H
#define WEB_TLS_H

#include <stdint.h>

#include <microhttpd.h>

#include "config/conf.h"

/* CONF is in force: its certificate is shown from now on, where it is another one and
 * any good; else the one before stays. */
void tls_configure(const struct conf *conf);
void tls_free(void);
/* Options of a listener whose clients talk TLS. */
struct MHD_OptionItem *tls_options(void);
/* When our certificate ends, epoch seconds; 0: there is none. */
int64_t tls_valid_until(void);
/* What is wrong with the one that the configuration names; NULL: nothing. */
const char *tls_trouble(void);

#endif
