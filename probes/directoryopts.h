/* What LDAP and EchoPingLDAP can be told. */
#ifndef PROBES_DIRECTORYOPTS_H
#define PROBES_DIRECTORYOPTS_H

#include "probes/handshake.h"

struct probe_opts {
	struct handshake_opts to;
	int family;
	bool tls, start_tls; /* from the beginning; or after a word in the clear */
	bool insecure;	     /* any certificate will do */
	int version, scope;  /* LDAP_SCOPE_... */
	char *base, *filter;
	char **attrs; /* as libldap wants them: a NULL at the end; NULL: all */
	char *binddn, *password; /* NULL: anonymous */
};

/* What T's variables say; NULL with ERR when that cannot be measured. */
struct probe_opts *directoryopts_read(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void directoryopts_free(struct probe_opts *o);

#endif
