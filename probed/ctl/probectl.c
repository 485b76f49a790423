/* probectl: options, the table of commands. */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

static int
run_ping(const struct ctl *ctl, int argc, char **argv)
{
	(void)ctl;
	return ctl_ping(argc, argv);
}

static int
run_path(const struct ctl *ctl, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--targets") == 0)
		return ctl_way_targets(ctl);
	char *host = NULL;
	int r = argc == 2 ? ctl_way(ctl, argv[1], &host) : -1;

	if (host != NULL) {
		fprintf(stderr,
		    "probectl: nothing is known yet of the way to %s: walking to %s\n",
		    argv[1], host);
		argv[1] = host;
	}
	if (r < 0)
		r = ctl_path(argc, argv);
	free(host);
	return r;
}

static int
run_decode(const struct ctl *ctl, int argc, char **argv)
{
	(void)ctl;
	return ctl_decode(argc, argv);
}

static const struct {
	const char *name;
	int (*run)(const struct ctl *, int, char **);
	const char *usage, *help;
} commands[] = {
	{ "status", ctl_status, "", "workers, rights, rounds, overload, last errors" },
	{ "health", ctl_health, "", "nothing; exit 0 when all is well, else 1" },
	{ "targets", ctl_targets, "[PATH...]", "every target with its last round" },
	{ "migrate", ctl_migrate, "[--apply [FROM=TO...]]",
	    "what the configuration changes in files of history" },
	{ "parity", ctl_parity, "OLD NEW", "compare two data directories" },
	{ "events", ctl_events, "[--since T] [--format json] ...",
	    "what happened, the newest last" },
	{ "explain", ctl_explain, "ID", "every number behind an incident" },
	{ "note", ctl_note, "[--target PATH] TEXT", "a dated note on every graph" },
	{ "silence", ctl_silence, "[[--target PATH] LENGTH [REASON] | --end ID]",
	    "record what happens and tell nobody for a while" },
	{ "notify", ctl_notify, "--test RECEIVER", "send a receiver of alerts a test" },
	{ "traffic", ctl_traffic, "[--by KEY] [--since T] ...", "who filled the line" },
	{ "loadtest", ctl_loadtest, "[--list]",
	    "fill the line for some seconds, say how long others wait" },
	{ "forget", ctl_forget, "ADDRESS", "take an address out of the traffic" },
	{ "password", ctl_password, "[--remove]",
	    "what is to be known for seeing whose traffic it is, and for editing" },
	{ "smokeinfo", ctl_report, "[--filter PATTERN] ...",
	    "figures of every target, as smokeinfo" },
	{ "tsmoke", ctl_report, "[--morning] [--weekly] ...",
	    "reports for a letter, as tSmoke" },
	{ "ping", run_ping, "[-c N] [-p MS] [-t MS] HOST...",
	    "ping once, without a daemon" },
	{ "path", run_path, "[-m icmp|udp|tcp] [-c N] ... HOST | TARGET | --targets",
	    "the hops on the way there, without a daemon, or as it knows them" },
	{ "decode", run_decode, "[--format tsv|json] [--counters] FILE...",
	    "the flows in capture files, without a daemon" },
	{ "analyze", ctl_analyze, "[--local P,...] ... FILE...",
	    "attacks, victims of attacks and top talkers in capture files" },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void
list_commands(FILE *out)
{
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %-32s %s\n", commands[i].name, commands[i].usage,
		    commands[i].help);
}

static void
usage(FILE *out)
{
	fputs("usage: probectl [--data DIR | --config PATH | --url URL] COMMAND ...\n",
	    out);
	list_commands(out);
	fputs("options:\n"
	      "  --data DIR     the daemon that works on this data directory\n"
	      "  --config PATH  the daemon that reads this configuration\n"
	      "  --url URL      the daemon that serves this address\n"
	      "  --help, --version\n",
	    out);
}

/* Options before the command; returns the index of the command. */
static int
options(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "data", required_argument, NULL, 'd' },
		{ "config", required_argument, NULL, 'c' },
		{ "url", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+h", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			ctl->data = optarg;
			break;
		case 'c':
			ctl->config = optarg;
			break;
		case 'u':
			ctl->url = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			puts("probectl " PACKAGE_VERSION);
			exit(0);
		default:
			usage(stderr);
			exit(CTL_USAGE);
		}
	}
	return optind;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { 0 };
	int at = options(&ctl, argc, argv);

	log_init("probectl", LOG_LEVEL_WARN);
	if (at == argc) {
		usage(stderr);
		return CTL_USAGE;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[at], commands[i].name) != 0)
			continue;
		optind = 0; /* the command reads its own options from the start */
		return commands[i].run(&ctl, argc - at, argv + at);
	}
	fprintf(stderr, "probectl: unknown command '%s', expected one of\n", argv[at]);
	list_commands(stderr);
	return CTL_USAGE;
}
