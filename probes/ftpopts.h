/* What FTPtransfer can be told. */
#ifndef PROBES_FTPOPTS_H
#define PROBES_FTPOPTS_H

#include "probes/handshake.h"

struct ftpfile; /* a file of ours, read once for all who send it */

struct probe_opts {
	struct handshake_opts to;
	int family;
	bool put;
	char *remote; /* the file's name at the server */
	char *user, *password;
	char *remark;	      /* said while all is well, or NULL */
	struct ftpfile *file; /* of put */
	const uint8_t *data;
	size_t len;
	size_t most; /* bytes that are taken of get's file */
};

struct probe_opts *ftpopts_read(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void ftpopts_free(struct probe_opts *o);

#endif
