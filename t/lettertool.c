/* Alerts for t/alertpeer.sh.t: lettertool CONFIG reads lines "PATH LOST/SECONDS" (U for
 * unknown), each a round of a target, and prints what SmokePing would send: a line
 * "PATH ALERT|WHAT|LOSS|RTT". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/conf.h"
#include "recorder/alerts.h"

static bool
held(void *ctx, const char *path, const char *alert)
{
	(void)ctx;
	(void)path;
	(void)alert;
	return false;
}

static void
news(void *ctx, const struct alert_news *n)
{
	(void)ctx;
	if (n->what != ALERT_NOTHING && !n->hushed)
		printf("%s %s|%s|%s|%s\n", n->path, n->alert->name,
		    alert_what_text(n->what), n->loss, n->rtt);
}

/* A round of T with LOST pings, the answered ones after SECONDS. */
static struct round *
round_of(const struct conf_target *t, const char *lost, double seconds, unsigned n)
{
	struct round *r = mem_zero(1, sizeof *r);
	unsigned missing = *lost == 'U' ? 0 : (unsigned)strtoul(lost, NULL, 10);

	r->target = t->id;
	r->step = t->step;
	r->count = (uint16_t)t->pings;
	r->row = (int64_t)t->step * (1000 + n);
	r->end_ns = r->row * CLOCK_NS_PER_S;
	r->state = *lost == 'U' ? ROUND_UNKNOWN : ROUND_MEASURED;
	for (unsigned i = 0; i < t->pings; i++) {
		bool answered = *lost != 'U' && i >= missing;
		r->ping[i].outcome = *lost == 'U' ? PING_STALLED
				     : answered	  ? PING_ANSWERED
						  : PING_TIMEOUT;
		r->ping[i].rtt_ns = answered ? (int64_t)(seconds * 1e9 + 0.5) : -1;
	}
	return r;
}

int
main(int argc, char **argv)
{
	static const struct alerts_ops ops = { held, news };
	struct conf_report report = { 0 };
	struct conf *conf = argc > 1 ? conf_load(argv[1], &report) : NULL;
	char path[256], lost[16], rtt[32];
	unsigned n = 0;

	log_init("lettertool", LOG_LEVEL_WARN);
	if (conf == NULL) {
		conf_report_print(&report, stderr);
		return 1;
	}
	struct alerts *alerts = alerts_new(&ops, NULL);
	alerts_configure(alerts, conf);
	while (scanf("%255s %15[^/]/%31s", path, lost, rtt) == 3) {
		const struct conf_target *t = conf_target_by_path(conf, path);
		if (t == NULL)
			fatalx("no target %s", path);
		struct round *r = round_of(t, lost, strtod(rtt, NULL), n++);
		alerts_round(alerts, r);
		free(r);
	}
	alerts_free(alerts);
	conf_report_free(&report);
	conf_free(conf);
	return 0;
}
