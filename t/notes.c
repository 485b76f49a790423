/* Notes by themselves: starts of the program, the machine and its workers, addresses.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "recorder/notes.h"
#include "store.h"
#include "t/eventsread.h"
#include "t/tap.h"

static char dir[] = "/tmp/smokebox-notes-XXXXXX";
static struct events *ev;
static struct notes *n;
static struct conf *conf;

static void
trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("# %s\n", text);
}

static const struct events_ops ops = { trouble };

static void
write_out(void)
{
	while (events_work(ev, CLOCK_NS_PER_S) >= 0)
		;
}

static void
up(void)
{
	ev = events_open(&ops, NULL, EVENTS_QUEUE_MAX);
	n = notes_new();
	notes_begin(n, ev, conf);
	notes_configure(n, conf);
	write_out();
}

static void
down(void)
{
	write_out();
	notes_free(n);
	events_close(ev);
}

/* The last incident: "kind source subject: summary". */
static const char *
last(void)
{
	write_out();
	return events_query("SELECT kind || ' ' || source || ' ' || subject || ': ' || "
			    "summary FROM incident ORDER BY id DESC LIMIT 1");
}

static void
write_text(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("# cannot write %s\n", name);
	close(fd);
}

static void
load(void)
{
	struct conf_report report = { 0 };

	mkdir("conf", 0755);
	write_text("conf/Probes", "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n");
	write_text("conf/Targets", "*** Targets ***\nprobe = FPing\nmenu = Top\n"
				   "title = Top\n+ A\n++ B\nhost = b.example\n");
	write_text("conf/smokebox", "*** Actions ***\n"
				    "+ usual\ntype = ntfy\nurl = https://n.example/t\n"
				    "+ all\ntype = ntfy\nurl = https://n.example/t\n"
				    "kinds = all\n"
				    "+ some\ntype = ntfy\nurl = https://n.example/t\n"
				    "kinds = loss, note\n");
	conf = conf_load("conf", &report);
	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
}

static void
seen_at(const char *address)
{
	static struct round r;

	memset(&r, 0, sizeof r);
	r.target = conf_target_id("A.B");
	addr_parse(&r.address, address);
	addr_set_port(&r.address, 7);
	notes_round(n, conf_target_by_path(conf, "A.B"), &r);
}

static void
addresses(void)
{
	int64_t wall = clock_wall_ns();

	clock_fake(clock_mono_ns(), wall, clock_boot_ns());
	seen_at("192.0.2.1");
	is_str(last(), "note start : smokebox begins to measure.",
	    "the first address is no news");
	seen_at("192.0.2.1");
	seen_at("192.0.2.9");
	is_str(last(),
	    "note address A.B: The address of b.example changed from 192.0.2.1 to "
	    "192.0.2.9.",
	    "another one is");
	seen_at("192.0.2.1");
	seen_at("2001:db8::1");
	is_str(last(),
	    "note address A.B: The address of b.example changed from 192.0.2.1 to "
	    "192.0.2.9.",
	    "but not all the time");
	clock_fake_advance(3601 * CLOCK_NS_PER_S);
	seen_at("192.0.2.7");
	is_str(last(),
	    "note address A.B: The address of b.example changed from 2001:db8::1 to "
	    "192.0.2.7.",
	    "an hour later again");
	clock_real();
}

static void
starts(void)
{
	down();
	up();
	is_str(last(),
	    "note restart : The recorder was started again; what it had not written yet is "
	    "unknown.",
	    "the same parent: the recorder alone was started again");
	events_set_meta(ev, "parent", "1:1");
	down();
	up();
	is_str(last(), "note start : smokebox was started.", "another one: all was");
	events_set_meta(ev, "parent", "1:1");
	down();
	clock_fake(clock_mono_ns(), clock_wall_ns(), clock_boot_ns());
	clock_fake_advance(599 * CLOCK_NS_PER_S);
	up();
	is_str(last(), "note start : smokebox was started 2 times within 9 min.",
	    "soon once more: in the place of that");
	events_set_meta(ev, "parent", "1:1");
	down();
	clock_fake_advance(601 * CLOCK_NS_PER_S);
	up();
	is_str(last(), "note start : smokebox was started.", "later: it has its own");
	is_str(
	    events_query("SELECT count(*) || '' FROM incident WHERE source = 'start' "
			 "AND summary LIKE '%was started%'"),
	    "2", "the two are all");
	clock_real();
	seen_at("192.0.2.8");
	is_str(last(),
	    "note address A.B: The address of b.example changed from 192.0.2.7 to "
	    "192.0.2.8.",
	    "an address that changed meanwhile is news");
	events_set_meta(ev, "boot", "another");
	events_set_meta(ev, "version", "0.0.1");
	down();
	up();
	ok(strstr(last(), ", before it was 0.0.1.") != NULL,
	    "another version is noted");
}

static void
workers(void)
{
	int64_t wall = clock_wall_ns();

	clock_fake(clock_mono_ns(), wall, clock_boot_ns());
	char *before = strdup(last());
	notes_line(n, ROOM_PROBER, true);
	notes_line(n, ROOM_WEB, true);
	notes_line(n, ROOM_WEB, false);
	notes_line(n, ROOM_WEB, true);
	is_str(last(), before, "a first line and that of web are no news");
	notes_line(n, ROOM_PROBER, false);
	clock_fake_advance(2 * CLOCK_NS_PER_S);
	notes_line(n, ROOM_PROBER, true);
	is_str(last(),
	    "note worker : The prober was started again; rounds that it had begun are "
	    "unknown.",
	    "a prober that comes back is");
	clock_real();
	free(before);
}

int
main(void)
{
	struct err err;
	char *big = malloc(NOTE_MAX + 2);

	if (mkdtemp(dir) == NULL || chdir(dir) < 0 || big == NULL)
		tap_skip_all("no temporary directory");
	load();
	up();
	addresses();
	starts();
	workers();
	memset(big, 'x', NOTE_MAX + 1);
	big[NOTE_MAX + 1] = '\0';
	ok(notes_put(n, "A", big, &err) < 0 && notes_put(n, "A", "", &err) < 0,
	    "words that are too many, or none");
	ok(notes_put(n, "A", "fine", &err) == 0, "some");
	is_str(last(), "note operator A: fine", "are kept");
	is_str(
	    events_query("SELECT receivers, what, json_extract(body, '$.kind'), "
			 "json_extract(body, '$.subject'), "
			 "json_extract(body, '$.summary') FROM outbox ORDER BY id DESC "
			 "LIMIT 1"),
	    "[\"all\",\"some\"]|note|note|A|fine", "and told to who asks for notes");
	is_str(
	    events_query("SELECT count(*) FROM outbox WHERE receivers LIKE '%usual%'"),
	    "0", "and to nobody else");
	free(big);
	down();
	conf_free(conf);
	events_clean();
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
