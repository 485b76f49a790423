#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

#define CONFIG_DEFAULT SYSCONFDIR "/smokebox/config"

static const char usage_text[] =
    "usage: probed [options]\n"
    "  --config PATH       configuration, a file or a directory\n"
    "                      (default " CONFIG_DEFAULT ")\n"
    "  --check             check the configuration, say every error, leave\n"
    "  --strict            take warnings for errors\n"
    "  --listen ADDR:PORT  serve HTTP here, instead of what the configuration says;\n"
    "                      may be given several times\n"
    "  --datadir DIR       keep history here, instead of what the configuration says\n"
    "  --user NAME         the user that the workers become\n"
    "  --logfile FILE      append messages to FILE instead of standard error\n"
    "  --debug             say more\n"
    "  --nodaemon          stay in the foreground (always so; for SmokePing's sake)\n"
    "  --version, --help\n"
    "Statuses: 0 fine, 1 bad configuration, 2 bad usage, 3 cannot start.\n";

enum {
	O_CONFIG = 256,
	O_CHECK,
	O_STRICT,
	O_LISTEN,
	O_DATADIR,
	O_USER,
	O_LOGFILE,
	O_DEBUG,
	O_NODAEMON,
	O_VERSION,
	O_HELP,
	O_ELSEWHERE /* an option of SmokePing's: with the index of its sentence */
};

/* What SmokePing's other options become here. */
static const struct {
	const char *name;
	int argument;
	const char *instead;
} elsewhere[] = {
	{ "restart", no_argument,
	    "end the running probed by SIGTERM and start it again; a changed "
	    "configuration needs neither, it is taken over when the file is saved" },
	{ "reload", no_argument,
	    "send SIGHUP to the running probed; a changed configuration is taken over "
	    "when the file is saved anyway" },
	{ "debug-daemon", no_argument, "use --debug" },
	{ "nosleep", no_argument,
	    "a new target is measured at once; for one measurement now, "
	    "use 'probectl ping HOST'" },
	{ "filter", required_argument,
	    "give --config a file that has these targets only, and --datadir "
	    "a directory of its own" },
	{ "static-pages", optional_argument,
	    "fetch the pages from the HTTP port, for example with "
	    "'wget --mirror --page-requisites URL'" },
	{ "email", no_argument,
	    "dynamic hosts are not served yet: give the host an address or a name" },
	{ "man", optional_argument, "see 'man probed'" },
	{ "makepod", no_argument, "see 'man probed'" },
	{ "gen-examples", no_argument,
	    "give --config an empty directory: a commented example is written into it" },
	{ "master-url", required_argument,
	    "measuring as a slave of another machine is not served yet" },
	{ "shared-secret", required_argument,
	    "measuring as a slave of another machine is not served yet" },
	{ "slave-name", required_argument,
	    "measuring as a slave of another machine is not served yet" },
	{ "cache-dir", required_argument,
	    "measuring as a slave of another machine is not served yet" },
	{ "pid-dir", required_argument,
	    "there is no pid file: DATADIR/.smokebox/lock has the number" },
};

#define ELSEWHERES (sizeof elsewhere / sizeof elsewhere[0])
#define OWN 11

static const struct option own[OWN] = {
	{ "config", required_argument, NULL, O_CONFIG },
	{ "check", no_argument, NULL, O_CHECK },
	{ "strict", no_argument, NULL, O_STRICT },
	{ "listen", required_argument, NULL, O_LISTEN },
	{ "datadir", required_argument, NULL, O_DATADIR },
	{ "user", required_argument, NULL, O_USER },
	{ "logfile", required_argument, NULL, O_LOGFILE },
	{ "debug", no_argument, NULL, O_DEBUG },
	{ "nodaemon", no_argument, NULL, O_NODAEMON },
	{ "version", no_argument, NULL, O_VERSION },
	{ "help", no_argument, NULL, O_HELP },
};

static int
usage_error(void)
{
	fputs("Try 'probed --help'.\n", stderr);
	return EXIT_USAGE;
}

static int
add_listen(struct options *opt, const char *arg)
{
	struct addr a;
	struct err err;

	if (addr_parse_listen(&a, arg, &err) != 0) {
		fprintf(stderr, "probed: --listen: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (opt->listens == OPTIONS_LISTEN_MAX) {
		fprintf(stderr, "probed: --listen more than %d times\n",
		    OPTIONS_LISTEN_MAX);
		return usage_error();
	}
	opt->listen[opt->listens++] = arg;
	return -1;
}

/* One option. -1: go on. */
static int
take(struct options *opt, int c)
{
	switch (c) {
	case O_CONFIG:
		opt->config = optarg;
		opt->config_given = true;
		return -1;
	case O_CHECK:
		opt->check = true;
		return -1;
	case O_STRICT:
		opt->strict = true;
		return -1;
	case O_LISTEN:
		return add_listen(opt, optarg);
	case O_DATADIR:
		opt->datadir = optarg;
		return -1;
	case O_USER:
		opt->user = optarg;
		return -1;
	case O_LOGFILE:
		opt->logfile = optarg;
		return -1;
	case O_DEBUG:
		opt->level = LOG_LEVEL_DEBUG;
		return -1;
	case O_NODAEMON:
		return -1;
	case O_VERSION:
		printf("probed %s (smokebox)\n", PACKAGE_VERSION);
		return 0;
	case O_HELP:
		fputs(usage_text, stdout);
		return 0;
	default:
		if (c < O_ELSEWHERE)
			return usage_error();
		fprintf(stderr, "probed: --%s: %s\n", elsewhere[c - O_ELSEWHERE].name,
		    elsewhere[c - O_ELSEWHERE].instead);
		return EXIT_USAGE;
	}
}

int
options_parse(struct options *opt, int argc, char **argv)
{
	struct option all[OWN + ELSEWHERES + 1] = { 0 };
	int c, status = -1;

	memset(opt, 0, sizeof *opt);
	opt->config = CONFIG_DEFAULT;
	opt->level = LOG_LEVEL_INFO;
	memcpy(all, own, sizeof own);
	for (size_t i = 0; i < ELSEWHERES; i++)
		all[OWN + i] = (struct option){ elsewhere[i].name,
			elsewhere[i].argument, NULL, O_ELSEWHERE + (int)i };
	while (status == -1 && (c = getopt_long(argc, argv, "", all, NULL)) != -1)
		status = take(opt, c);
	if (status == -1 && optind < argc) {
		fprintf(stderr, "probed: '%s' is no option\n", argv[optind]);
		status = usage_error();
	}
	return status;
}
