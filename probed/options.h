/* The command line of probed. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

#define OPTIONS_LISTEN_MAX 8
#define OPTIONS_FILTER_MAX 16

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
	bool reload, restart; /* of the one that runs */
	bool once;	      /* a round of everything, and leave */
	bool nosleep;	      /* rounds do not wait for their time */
	enum log_level level;
	const char *logfile;   /* NULL: standard error */
	const char *examples;  /* NULL, or: write a configuration there, and leave */
	bool email;	       /* give dynamic hosts their secrets, and leave */
	bool pages;	       /* write pages as files, and leave */
	const char *pages_dir; /* NULL: General's pagedir */
	const char *datadir;   /* NULL: as the configuration says */
	const char *shadow;    /* NULL: none; else as DATADIR, with a copy of history */
	const char *user;      /* NULL: by the rules of rights.h */
	const char *listen[OPTIONS_LISTEN_MAX];
	size_t listens;
	const char *filter[OPTIONS_FILTER_MAX]; /* each was checked */
	size_t filters;
	/* As SmokePing's slave; NULL: this box is nobody's. */
	const char *master_url, *master_ca, *shared_secret, *slave_name, *cache_dir;
	const char *pid_dir; /* of a slave; NULL: no pid file */
};

/* Fill OPT. -1: go on; else the status to leave with, everything said. */
int options_parse(struct options *opt, int argc, char **argv);

#endif
