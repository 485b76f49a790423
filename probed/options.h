/* The command line of probed. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

#define OPTIONS_LISTEN_MAX 8

/* Exit statuses of probed: part of the contract. */
enum {
	EXIT_CONFIG = 1, /* bad configuration */
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3, /* cannot start: the message says what to do */
};

struct options {
	const char *config; /* file or directory */
	bool config_given;
	bool check, strict;
	enum log_level level;
	const char *logfile; /* NULL: standard error */
	const char *datadir; /* NULL: as the configuration says */
	const char *user;    /* NULL: by the rules of rights.h */
	const char *listen[OPTIONS_LISTEN_MAX];
	size_t listens;
};

/* Fill OPT. -1: go on; else the status to leave with, everything said. */
int options_parse(struct options *opt, int argc, char **argv);

#endif
