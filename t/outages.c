/* Targets that answer nothing any more, as this box and as slaves see them: when that
 * is an incident, and when it is over. */
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "recorder/outage.h"
#include "t/conditionops.h"
#include "t/eventsread.h"
#include "t/tap.h"

#define T0 1700000000LL
#define STEP 60

static char dir[] = "/tmp/smokebox-outages-XXXXXX";
static struct events *ev;
static struct conditions *cs;
static struct outages *o;
static struct conf *conf;
static unsigned rows;

static const struct events_ops events_ops = { print_trouble };
static const struct conditions_ops ops = { behind_nothing, NULL, NULL, never_silent,
	nobody_asks, NULL };

static void
up(void)
{
	ev = events_open(&events_ops, NULL, EVENTS_QUEUE_MAX);
	cs = conditions_new(ev, &ops, NULL);
	o = outages_new(cs, ev);
}

static void
down(void)
{
	outages_free(o);
	conditions_free(cs);
	while (events_work(ev, CLOCK_NS_PER_S) >= 0)
		;
	events_close(ev);
}

static void
write_text(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		printf("# cannot write %s\n", name);
}

static void
load(void)
{
	struct conf_report report = { 0 };

	mkdir("conf", 0755);
	write_text("conf/Probes", "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n");
	write_text("conf/Slaves", "*** Slaves ***\nsecrets = s\n+ far\n"
				  "display_name = Far\ncolor = ff0000\n");
	write_text("conf/s", "far:secret\n");
	chmod("conf/s", 0600);
	write_text("conf/Targets",
	    "*** Targets ***\nprobe = FPing\nmenu = Top\ntitle = Top\n"
	    "+ A\nmenu = A\ntitle = A\n++ B\nhost = b.example\nslaves = far\n");
	conf = conf_load("conf", &report);
	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
}

/* A round of A.B: COUNT pings that end as OUTCOME, but the first ANSWERED. */
static void
see(const char *slave, unsigned count, enum ping_outcome outcome, unsigned answered)
{
	static struct round r;
	const struct conf_target *t = conf_target_by_path(conf, "A.B");
	const struct conf_slave *s =
	    slave != NULL ? conf_slave_by_name(conf, slave) : NULL;

	memset(&r, 0, sizeof r);
	r.target = conf_series_id(t, s);
	r.state = ROUND_MEASURED;
	r.begin_ns = (T0 + rows++ * STEP) * CLOCK_NS_PER_S;
	r.count = (uint16_t)count;
	for (unsigned i = 0; i < count; i++)
		r.ping[i].outcome = (uint8_t)(i < answered ? PING_ANSWERED : outcome);
	outages_round(o, t, s, &r);
}

static int64_t
open_id(const char *subject)
{
	return condition_open(cs, CONDITION_DOWN_KIND, subject, CONDITION_DOWN_SOURCE);
}

static void
tests(void)
{
	up();
	see(NULL, 20, PING_TIMEOUT, 1);
	is_int(open_id("A.B"), 0, "one answer of twenty: not down");
	see(NULL, 20, PING_TIMEOUT, 0);
	ok(open_id("A.B") != 0, "twenty lost pings: down");
	is_int(open_id("A.B~far"), 0, "a slave has not seen that");
	see("far", 5, PING_TIMEOUT, 0);
	is_int(open_id("A.B~far"), 0, "five lost pings of a slave are too few");
	see("far", 5, PING_TIMEOUT, 0);
	ok(open_id("A.B~far") != 0, "ten are not");
	see("far", 5, PING_NO_NAME, 0);
	ok(open_id("A.B~far") != 0, "what is unknown changes nothing");
	down();
	is_str(events_query("SELECT subject, json_extract(evidence, '$.slave'), "
			    "json_extract(evidence, '$.pings_lost') FROM incident "
			    "ORDER BY id"),
	    "A.B|NULL|20 A.B~far|far|10", "each has its evidence");
	up();
	outages_reload(o);
	see("far", 5, PING_TIMEOUT, 5);
	ok(open_id("A.B~far") != 0, "after a restart: five answers are too few");
	see("far", 5, PING_TIMEOUT, 4);
	is_int(open_id("A.B~far"), 0, "two rounds with answers: it is back");
	ok(open_id("A.B") != 0, "but not from here");
	see(NULL, 20, PING_TIMEOUT, 1);
	is_int(open_id("A.B"), 0, "until it answers here, too");
	see(NULL, 20, PING_NO_NAME, 0);
	is_int(open_id("A.B"), 0, "nothing known is no outage");
	down();
	is_str(
	    events_query("SELECT (\"end\" - \"begin\") / 60 FROM incident ORDER BY id"),
	    "6 3", "begin and end are those of the rounds");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	umask(022);
	load();
	if (conf != NULL)
		tests();
	ok(conf != NULL, "the configuration is read");
	conf_free(conf);
	events_clean();
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
