#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "config/conf.h"

#define CONFIG_DEFAULT SYSCONFDIR "/smokebox/config"
#define EXAMPLES "smokebox-examples"

static const char usage_text[] =
    "usage: probed [options]\n"
    "  --config PATH       configuration, a file or a directory\n"
    "                      (default " CONFIG_DEFAULT ")\n"
    "  --check             check the configuration, say every error, leave\n"
    "  --strict            take warnings for errors\n"
    "  --listen ADDR:PORT  serve HTTP here, instead of what the configuration says;\n"
    "                      may be given several times\n"
    "  --datadir DIR       keep history here, instead of what the configuration says\n"
    "  --shadow DIR        a trial: copy the history of the data directory that the\n"
    "                      configuration names to DIR, and work there\n"
    "  --master-url URL    measure what the master there says, and send it the rounds;\n"
    "                      takes the place of a configuration, and these belong to it:\n"
    "  --slave-name NAME   what the master knows this box by (default: its host name)\n"
    "  --master-ca FILE    believe a master's certificate by those in FILE, in place of\n"
    "                      the system's\n"
    "  --shared-secret FILE  a file with the secret that the master has for it\n"
    "  --cache-dir DIR     where rounds are kept until the master has them\n"
    "  --filter REGEX      measure only targets whose path (/A/B) begins like this,\n"
    "                      or, with ! before it, does not; may be given several times\n"
    "  --user NAME         the user that the workers become\n"
    "  --logfile FILE      append messages to FILE instead of standard error\n"
    "  --reload            have the one that runs look at its configuration\n"
    "  --restart           end the one that runs, and start\n"
    "  --debug             measure one round of everything, say all about it, leave\n"
    "  --debug-daemon      say more\n"
    "  --nosleep           let rounds follow each other without waiting for their time\n"
    "  --nodaemon          stay in the foreground (always so; for SmokePing's sake)\n"
    "  --pid-dir DIR       of a slave: write DIR/smokeping.pid\n"
    "  --static-pages[=DIR]  write pages and graphs as files to DIR (default: General's\n"
    "                      pagedir), leave\n"
    "  --email             give dynamic hosts that have none a secret, mail it, leave\n"
    "  --gen-examples[=DIR]  write an example configuration to DIR (default:\n"
    "                      " EXAMPLES "), leave\n"
    "  --man[=PROBE], --makepod[=PROBE]  the manual, page by page or as text\n"
    "  --version, --help\n"
    "Statuses: 0 fine, 1 bad configuration, 2 bad usage, 3 cannot start.\n";

enum {
	O_CONFIG = 256,
	O_CHECK,
	O_STRICT,
	O_LISTEN,
	O_DATADIR,
	O_SHADOW,
	O_USER,
	O_FILTER,
	O_LOGFILE,
	O_DEBUG,
	O_NODAEMON,
	O_MASTER_URL,
	O_MASTER_CA,
	O_SHARED_SECRET,
	O_SLAVE_NAME,
	O_CACHE_DIR,
	O_PID_DIR,
	O_RELOAD,
	O_RESTART,
	O_MAN,
	O_VERSION,
	O_HELP,
	O_DEBUG_DAEMON,
	O_NOSLEEP,
	O_STATIC_PAGES,
	O_EMAIL,
	O_MAKEPOD,
	O_GEN_EXAMPLES
};

static const struct option own[] = {
	{ "config", required_argument, NULL, O_CONFIG },
	{ "check", no_argument, NULL, O_CHECK },
	{ "strict", no_argument, NULL, O_STRICT },
	{ "listen", required_argument, NULL, O_LISTEN },
	{ "datadir", required_argument, NULL, O_DATADIR },
	{ "shadow", required_argument, NULL, O_SHADOW },
	{ "user", required_argument, NULL, O_USER },
	{ "filter", required_argument, NULL, O_FILTER },
	{ "logfile", required_argument, NULL, O_LOGFILE },
	{ "debug", no_argument, NULL, O_DEBUG },
	{ "debug-daemon", no_argument, NULL, O_DEBUG_DAEMON },
	{ "nosleep", no_argument, NULL, O_NOSLEEP },
	{ "static-pages", optional_argument, NULL, O_STATIC_PAGES },
	{ "email", no_argument, NULL, O_EMAIL },
	{ "makepod", optional_argument, NULL, O_MAKEPOD },
	{ "gen-examples", optional_argument, NULL, O_GEN_EXAMPLES },
	{ "nodaemon", no_argument, NULL, O_NODAEMON },
	{ "nodemon", no_argument, NULL, O_NODAEMON },
	{ "master-url", required_argument, NULL, O_MASTER_URL },
	{ "master-ca", required_argument, NULL, O_MASTER_CA },
	{ "shared-secret", required_argument, NULL, O_SHARED_SECRET },
	{ "slave-name", required_argument, NULL, O_SLAVE_NAME },
	{ "cache-dir", required_argument, NULL, O_CACHE_DIR },
	{ "pid-dir", required_argument, NULL, O_PID_DIR },
	{ "reload", no_argument, NULL, O_RELOAD },
	{ "restart", no_argument, NULL, O_RESTART },
	{ "man", optional_argument, NULL, O_MAN },
	{ "version", no_argument, NULL, O_VERSION },
	{ "help", no_argument, NULL, O_HELP },
	{ NULL, 0, NULL, 0 },
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

static int
add_filter(struct options *opt, const char *arg)
{
	struct err err;

	if (opt->filters == OPTIONS_FILTER_MAX) {
		fprintf(stderr, "probed: --filter more than %d times\n",
		    OPTIONS_FILTER_MAX);
		return usage_error();
	}
	if (conf_filter_check(arg, &err) != 0) {
		fprintf(stderr, "probed: --filter: %s\n", err.text);
		return usage_error();
	}
	opt->filter[opt->filters++] = arg;
	return -1;
}

/* All probes are in one manual. PLAIN: as text, not page by page. */
static int
show_manual(const char *name, bool plain)
{
	if (plain)
		execlp("man", "man", "-P", "cat", name, (char *)NULL);
	else
		execlp("man", "man", name, (char *)NULL);
	fprintf(stderr, "probed: man cannot be run (%s): see 'man %s' elsewhere\n",
	    strerror(errno), name);
	return EXIT_CANNOT;
}

/* One option. -1: go on. */
static int
take(struct options *opt, int c)
{
	switch (c) {
	case O_CONFIG:
		/* An argument that was forgotten takes the next option for one, and a
		 * configuration of that name would be written. */
		if (optarg[0] == '-' || optarg[0] == '\0') {
			fprintf(stderr,
			    "probed: --config '%s' is no file or directory, expected "
			    "one, such as ./%s\n",
			    optarg, optarg[0] == '\0' ? "config" : optarg);
			return usage_error();
		}
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
	case O_SHADOW:
		opt->shadow = optarg;
		return -1;
	case O_FILTER:
		return add_filter(opt, optarg);
	case O_USER:
		opt->user = optarg;
		return -1;
	case O_LOGFILE:
		opt->logfile = optarg;
		return -1;
	case O_DEBUG:
		opt->once = true;
		opt->level = LOG_LEVEL_DEBUG;
		return -1;
	case O_DEBUG_DAEMON:
		opt->level = LOG_LEVEL_DEBUG;
		return -1;
	case O_NOSLEEP:
		opt->nosleep = true;
		return -1;
	case O_STATIC_PAGES:
		opt->pages = true;
		opt->pages_dir = optarg;
		return -1;
	case O_EMAIL:
		opt->email = true;
		return -1;
	case O_MAKEPOD:
		return show_manual("smokebox", true);
	case O_GEN_EXAMPLES:
		opt->examples = optarg == NULL ? EXAMPLES : optarg;
		return -1;
	case O_NODAEMON:
		return -1;
	case O_MASTER_URL:
		opt->master_url = optarg;
		return -1;
	case O_MASTER_CA:
		opt->master_ca = optarg;
		return -1;
	case O_SHARED_SECRET:
		opt->shared_secret = optarg;
		return -1;
	case O_SLAVE_NAME:
		opt->slave_name = optarg;
		return -1;
	case O_CACHE_DIR:
		opt->cache_dir = optarg;
		return -1;
	case O_PID_DIR:
		opt->pid_dir = optarg;
		return -1;
	case O_RELOAD:
		opt->reload = true;
		return -1;
	case O_RESTART:
		opt->restart = true;
		return -1;
	case O_MAN:
		return show_manual(optarg == NULL ? "probed" : "smokebox", false);
	case O_VERSION:
		printf("probed %s (smokebox)\n", PACKAGE_VERSION);
		return 0;
	case O_HELP:
		fputs(usage_text, stdout);
		return 0;
	default:
		return usage_error();
	}
}

/* What belongs to the life of a slave, and does not go with it. */
static int
check_slave(const struct options *opt)
{
	const char *wrong = NULL;

	if (opt->master_url == NULL)
		wrong = opt->shared_secret != NULL
			    ? "--shared-secret needs --master-url"
			: opt->slave_name != NULL ? "--slave-name needs --master-url"
			: opt->master_ca != NULL  ? "--master-ca needs --master-url"
			: opt->cache_dir != NULL  ? "--cache-dir needs --master-url"
						  : NULL;
	else if (opt->shared_secret == NULL)
		wrong = "no shared-secret defined along with master-url";
	else if (opt->cache_dir == NULL)
		wrong = "no cache-dir defined along with master-url";
	else if (opt->datadir != NULL)
		wrong =
		    "--datadir does not go with --master-url, whose --cache-dir it is";
	else if (opt->config_given)
		wrong =
		    "--config does not go with --master-url: the master says what to "
		    "measure";
	else if (opt->once)
		wrong = "--debug does not go with --master-url: take --debug-daemon";
	else if (opt->pages || opt->email)
		wrong = "--static-pages and --email do not go with --master-url: the "
			"master has the configuration";
	else if (opt->check)
		wrong = "--check does not go with --master-url: the master has the "
			"configuration";
	else if (strncmp(opt->master_url, "http://", 7) != 0 &&
		 strncmp(opt->master_url, "https://", 8) != 0)
		wrong =
		    "--master-url: expected a URL that begins with http:// or https://";
	if (wrong == NULL)
		return -1;
	fprintf(stderr, "probed: %s\n", wrong);
	return usage_error();
}

int
options_parse(struct options *opt, int argc, char **argv)
{
	int c, status = -1;

	memset(opt, 0, sizeof *opt);
	opt->config = CONFIG_DEFAULT;
	opt->level = LOG_LEVEL_INFO;
	while (status == -1 && (c = getopt_long(argc, argv, "", own, NULL)) != -1)
		status = take(opt, c);
	if (status == -1 && optind < argc) {
		fprintf(stderr, "probed: '%s' is no option\n", argv[optind]);
		status = usage_error();
	}
	if (status == -1 && opt->shadow != NULL && opt->datadir != NULL) {
		fputs(
		    "probed: --shadow and --datadir say different things, expected one "
		    "of them\n",
		    stderr);
		status = usage_error();
	}
	return status == -1 ? check_slave(opt) : status;
}
