/* From the configuration to a run: which kind of measurement, which settings, when. */
#ifndef PROBER_TARGET_H
#define PROBER_TARGET_H

#include "base/icmpsock.h"
#include "prober/run.h"

/* What is to be measured at one target. SPEC's strings are borrowed from the
 * configuration and from here. */
struct target {
	struct run_spec spec;
	char *identity; /* all that makes it what it is: the same text, the same run */
	const char *resolve; /* whose address; NULL: none is needed */
	struct err cannot;
};

/* All that makes T's measuring what it is, as text: path, probe, host, every variable
 * in force, step, pings. The caller frees it. */
char *target_identity(const struct conf *conf, const struct conf_target *t);

/* Read T. POSITION counts the targets of its probe: where the configuration lets them
 * all begin at the same offset, they do so one behind the other. HOW tells what is
 * missing where there is no ICMP socket (v4, v6). */
void target_read(struct target *target, const struct conf *conf,
    const struct conf_target *t, const struct probe_host *host,
    const char how[2][ICMPSOCK_WHY], unsigned position);
/* Frees what target_read() made, but not the options: the run has them. */
void target_free(struct target *target);

#endif
