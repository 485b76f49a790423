#include "prober/checkup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/tools.h"
#include "prober/target.h"

/* What is to be said of a target, and how many follow of which the same holds. */
static struct {
	const struct conf_target *first;
	char *why;
	size_t more, said;
} checkup;

static void
checkup_say(void)
{
	const struct conf_target *t = checkup.first;
	const struct conf_var *host = t == NULL ? NULL : conf_var(t->section, "host");

	if (t == NULL)
		return;
	struct place at = host == NULL || host->inherited ? t->section->at : host->at;
	fprintf(stderr, "%s:%u: warning: %s", at.file, at.line, t->path);
	if (checkup.more > 0)
		fprintf(stderr, " and %zu more", checkup.more);
	fprintf(stderr, ": cannot measure: %s\n", checkup.why);
	free(checkup.why);
	checkup.first = NULL;
}

static void
checkup_cannot(const struct conf_target *t, const char *why)
{
	checkup.said++;
	if (checkup.first != NULL && strcmp(checkup.why, why) == 0) {
		checkup.more++;
		return;
	}
	checkup_say();
	checkup.first = t;
	checkup.why = mem_str(why);
	checkup.more = 0;
}

/* Has reading the configuration said why T is not measured? */
static bool
checkup_known(const struct conf_target *t)
{
	char path[TOOLS_PATH];
	const char *program;
	struct err err;

	/* A dynamic host's address is no matter of the configuration. */
	if (t->note != NULL || t->probe == NULL || conf_lacks_address(t))
		return true;
	for (unsigned n = 0; (program = tools_of(t->probe, n)) != NULL; n++)
		if (tools_find(program, path, &err) != 0)
			return true;
	return false;
}

static void
checkup_target(const struct conf *conf, const struct conf_target *t)
{
	/* Whether there are ICMP sockets is another question, which starting answers.
	 */
	static const char how[2][ICMPSOCK_WHY] = { "", "" };
	const struct probe_host host = { .icmp_rung = { ICMP_RAW, ICMP_RAW } };
	struct target target;

	target_read(&target, conf, t, &host, how, 0);
	if (target.spec.cannot != NULL)
		checkup_cannot(t, target.spec.cannot);
	if (target.spec.opts != NULL)
		target.spec.type->free_opts(target.spec.opts);
	target_free(&target);
}

/* What standard input has; ends the process where that is no configuration. */
static struct conf *
checkup_read(void)
{
	struct conf_report report = { 0 };
	struct conf *conf;
	char *text = NULL;
	size_t size = 0;
	ssize_t len = getdelim(&text, &size, '\0', stdin);

	conf = len < 0 ? NULL : conf_parse_checked(text, (size_t)len, &report);
	if (conf == NULL)
		fatalx("no configuration to check");
	conf_report_free(&report);
	free(text);
	return conf;
}

void
checkup_main(int argc, char **argv, enum module_home home)
{
	struct conf *conf;

	if (argc != 2 || strcmp(argv[1], "--check") != 0)
		return;
	log_init("probed", LOG_LEVEL_INFO);
	conf = checkup_read();
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		if (conf_target_is_pinged(t) && conf_target_home(conf, t) == home &&
		    !checkup_known(t))
			checkup_target(conf, t);
	}
	checkup_say();
	conf_free(conf);
	exit(checkup.said > 0 ? 1 : 0);
}
