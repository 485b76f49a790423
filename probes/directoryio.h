/* What libldap reads and writes through: a connected socket of ours, with TLS in
 * between when it is wanted. Nothing here waits. */
#ifndef PROBES_DIRECTORYIO_H
#define PROBES_DIRECTORYIO_H

#include <stdbool.h>

#include <ldap.h>

#include "probes/tlsline.h"

struct directoryio {
	int fd;
	struct tlsline *tls; /* NULL: none (yet) */
	bool begun, ended;   /* the other end spoke; closed */
	int error;	     /* errno of what broke; 0: nothing */
	char why[TLSLINE_WHY];
};

/* libldap's handle for a connection over IO, which outlives it. NULL with a code of
 * libldap's in *CODE. */
LDAP *directoryio_open(struct directoryio *io, int version, int *code);

#endif
