#include "reload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "handover.h"
#include "link/msg.h"
#include "mirror.h"
#include "notify.h"
#include "sockets.h"

/* Editors write a file in several steps: look when it has been quiet for this long. */
static const struct timeval quiet = { 0, 300 * 1000 };
/* Where it never is: after this. */
#define NOISE_NS (2 * CLOCK_NS_PER_S)
/* Network and some container mounts say nothing when a file changes. */
static const struct timeval every = { 5, 0 };

/* Of one complaint in a message: place, text, and all of it with lengths. */
#define PROBLEM_PLACE 300
#define PROBLEM_TEXT 512
#define PROBLEM_MAX (PROBLEM_PLACE + PROBLEM_TEXT + 5)

static struct {
	struct event_base *base;
	char *path;
	bool strict;
	const struct conf_master *master; /* NULL: nobody's slave */
	const char *const *filter;
	size_t filters;
	bool once, nosleep, shadow;
	struct conf *conf;
	struct conf_report told; /* what was said of it */
	void (*changed)(const struct conf *next, const struct conf *old);
	struct event *look, *tick, *seen;
	int inotify;
	char **name; /* last parts of what is watched */
	size_t names;
	int64_t noise_ns;  /* since when there have been changes */
	bool refused;	   /* what is on disk is not what runs */
	char *refused_for; /* its complaints, so that they are said once */
	bool asked;
} self = { .inotify = -1 };

const struct conf *
reload_conf(void)
{
	return self.conf;
}

/* --- telling --------------------------------------------------------------------- */

/* Append a complaint, unless there is no room left for it. How many were added. */
static unsigned
put_problem(struct msg_out *out, unsigned severity, const char *place, const char *text)
{
	char cut[PROBLEM_TEXT];

	if (pack_len(&out->pack) > MSG_MAX - PROBLEM_MAX)
		return 0;
	snprintf(cut, sizeof cut, "%s", text);
	pack_u8(&out->pack, (uint8_t)severity);
	msg_str(out, place);
	msg_str(out, cut);
	return 1;
}

/* Append what fits of the complaints of SEVERITY; how many. */
static unsigned
put_report(
    struct msg_out *out, const struct conf_report *report, enum conf_severity severity)
{
	char place[PROBLEM_PLACE];
	unsigned n = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct conf_problem *p = &report->problem[i];
		if (p->severity != severity)
			continue;
		if (p->at.line > 0)
			snprintf(place, sizeof place, "%s:%u", p->at.file, p->at.line);
		else
			snprintf(place, sizeof place, "%s",
			    p->at.file == NULL ? "" : p->at.file);
		n += put_problem(out, severity, place, p->text);
	}
	return n;
}

/* Errors first, then what could not be opened at start, then warnings. */
static void
tell_web(const struct conf_report *report)
{
	struct msg_out out;
	unsigned n = 0;
	size_t at;

	msg_begin(&out, MSG_PROBLEMS);
	pack_u32(&out.pack, self.conf->generation);
	pack_i64(&out.pack, clock_wall_s());
	pack_u8(&out.pack, self.refused);
	at = pack_len(&out.pack);
	pack_u16(&out.pack, 0);
	n += put_report(&out, report, CONF_ERROR);
	for (unsigned i = 0; sockets_note(i) != NULL; i++)
		n += put_problem(&out, CONF_WARNING, "", sockets_note(i));
	n += put_report(&out, report, CONF_WARNING);
	out.data[at] = (uint8_t)(n >> 8);
	out.data[at + 1] = (uint8_t)n;
	handover_keep_problems(&out);
}

static bool
good(const struct conf *conf, const struct conf_report *report)
{
	return conf != NULL && !(self.strict && report->warnings > 0);
}

/* What is new in REPORT: the same warnings at every reload would hide it. */
static char *
report_text(const struct conf_report *report)
{
	char *text = NULL;
	size_t size;
	FILE *out = mem_stream(&text, &size);

	conf_report_print_new(report, self.strict ? NULL : &self.told, out);
	mem_stream_end(out);
	return text;
}

/* --- reading --------------------------------------------------------------------- */

void
reload_master(const struct conf_master *master)
{
	self.master = master;
}

void
reload_filter(const char *const *filter, size_t count)
{
	self.filter = filter;
	self.filters = count;
}

void
reload_shadow(bool shadow)
{
	self.shadow = shadow;
}

void
reload_pace(bool once, bool nosleep)
{
	self.once = once;
	self.nosleep = nosleep;
}

void
reload_fit(struct conf *conf)
{
	if (self.master != NULL)
		conf_set_master(conf, self.master);
	conf_filter(conf, self.filter, self.filters);
	if (self.shadow)
		conf_forget(conf, "General", "dyndir");
	conf_set_pace(conf, self.once, self.nosleep);
}

bool
reload_is_slave(void)
{
	return self.master != NULL;
}

const char *
reload_path(bool *strict)
{
	*strict = self.strict;
	return self.path;
}

const struct conf_report *
reload_told(void)
{
	return &self.told;
}

static struct conf *
load(struct conf_report *report)
{
	struct conf *conf = self.master == NULL ? conf_load(self.path, report)
						: conf_load_alone(self.path, report);

	if (conf == NULL)
		return NULL;
	/* What only the parent can tell: it has libpcap. */
	struct place at;
	struct err err;
	if (mirror_filter(conf, &at, &err) != 0) {
		conf_report_add(report, at, err.text);
		conf_free(conf);
		return NULL;
	}
	reload_fit(conf);
	return conf;
}

struct conf *
reload_first(const char *path, bool strict)
{
	struct conf_report report = { 0 };

	/* Not its real path: where a link leads may change as well. */
	self.path = mem_str(path);
	self.strict = strict;
	self.conf = load(&report);
	conf_report_print(&report, stderr);
	if (!good(self.conf, &report)) {
		if (self.conf != NULL)
			fprintf(stderr, "%s: %zu warnings, expected none (--strict)\n",
			    path, report.warnings);
		conf_free(self.conf);
		self.conf = NULL;
	} else {
		self.conf->generation = 1;
		self.told = report;
		report = (struct conf_report){ 0 };
	}
	conf_report_free(&report);
	return self.conf;
}

/* Say a bad one once, and again only when it is bad in another way. */
static void
refuse(const struct conf_report *report)
{
	char *text = report_text(report);

	if (self.asked || self.refused_for == NULL ||
	    strcmp(text, self.refused_for) != 0) {
		log_warnx("%s is not taken over (%zu errors), the running "
			  "configuration goes on:",
		    self.path, report->errors);
		fputs(text, stderr);
	}
	free(self.refused_for);
	self.refused_for = text;
	self.refused = true;
	tell_web(report);
}

/* Targets of CONF that are measured: not groups, nor what only draws others. */
static size_t
count_measured(const struct conf *conf)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->target_count; i++)
		n += conf_target_is_pinged(conf->target[i]);
	return n;
}

static void watch_dirs(void);

/* REPORT is taken over, too. */
static void
take_over(struct conf *next, struct conf_report *report)
{
	struct conf *old = self.conf;

	notify("RELOADING=1");
	conf_report_print_new(report, &self.told, stderr);
	next->generation = old->generation + 1;
	self.conf = next;
	self.refused = false;
	free(self.refused_for);
	self.refused_for = NULL;
	self.changed(next, old);
	tell_web(report);
	conf_report_free(&self.told);
	self.told = *report;
	*report = (struct conf_report){ 0 };
	watch_dirs();
	log_info("configuration %u: %zu targets to measure", next->generation,
	    count_measured(next));
	conf_free(old);
	notify("READY=1");
}

static void
look(void)
{
	struct conf_report report = { 0 };
	struct conf *next = load(&report);

	if (good(next, &report)) {
		take_over(next, &report);
	} else {
		refuse(&report);
		conf_free(next);
	}
	self.asked = false;
	conf_report_free(&report);
}

/* While a bad one is refused, a file that the running one does not know may be the one
 * that is being mended. */
static bool
worth_a_look(void)
{
	return self.asked || self.refused || conf_changed(self.conf);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (worth_a_look())
		look();
}

/* Somebody may be in the midst of writing: not at once. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!event_pending(self.look, EV_TIMEOUT, NULL) && worth_a_look() &&
	    event_add(self.look, &quiet) != 0)
		fatalx("no timer");
}

void
reload_tell(void)
{
	tell_web(&self.told);
}

void
reload_now(void)
{
	self.asked = true;
	if (event_add(self.look, &quiet) != 0)
		fatalx("no timer");
}

/* --- watching -------------------------------------------------------------------- */

/* Is it about one of our files? While a bad one is refused, it may be about one that we
 * do not know yet. */
static bool
concerns_us(const struct inotify_event *ev)
{
	if (ev->len == 0 || self.refused)
		return true;
	for (size_t i = 0; i < self.names; i++)
		if (strcmp(self.name[i], ev->name) == 0)
			return true;
	return false;
}

/* Read what happened; does anything of it concern us? */
static bool
read_events(int fd)
{
	char buf[4096] __attribute__((aligned(8)));
	bool any = false;
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *ev = (const void *)p;

			any = any || concerns_us(ev);
			p += sizeof *ev + ev->len;
		}
	return any;
}

static void
on_seen(evutil_socket_t fd, short what, void *arg)
{
	int64_t now = clock_mono_ns();

	(void)what;
	(void)arg;
	if (!read_events(fd))
		return;
	if (!event_pending(self.look, EV_TIMEOUT, NULL))
		self.noise_ns = now;
	if (now - self.noise_ns > NOISE_NS)
		return;
	if (event_add(self.look, &quiet) != 0) /* again from the beginning */
		fatalx("no timer");
}

/* Watch the directory of PATH, LEN letters: editors replace files by others. */
static void
watch_beside(const char *path, size_t len)
{
	char *dir = mem_strn(path, len);
	char *slash = strrchr(dir, '/');

	self.name = mem_grow(self.name, self.names + 1, sizeof *self.name);
	self.name[self.names++] = mem_str(slash == NULL ? dir : slash + 1);
	if (slash != NULL)
		slash[slash == dir] = '\0';
	inotify_add_watch(self.inotify, slash == NULL ? "." : dir,
	    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |
		IN_ATTRIB);
	free(dir);
}

/* Where PATH lies, where every link in it lies, and where they lead. */
static void
watch_path(const char *path)
{
	char *real = realpath(path, NULL);

	watch_beside(path, strlen(path));
	if (real == NULL || strcmp(real, path) == 0) {
		free(real);
		return;
	}
	watch_beside(real, strlen(real));
	free(real);
	for (const char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		char *part = mem_strn(path, (size_t)(p - path));
		struct stat st;

		if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode))
			watch_beside(part, strlen(part));
		free(part);
	}
}

static void
watch_dirs(void)
{
	if (self.seen != NULL)
		event_free(self.seen);
	if (self.inotify >= 0)
		close(self.inotify);
	while (self.names > 0)
		free(self.name[--self.names]);
	self.seen = NULL;
	self.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (self.inotify < 0) {
		log_debug("inotify: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < self.conf->files; i++)
		watch_path(self.conf->file[i].path);
	self.seen =
	    event_new(self.base, self.inotify, EV_READ | EV_PERSIST, on_seen, NULL);
	if (self.seen == NULL || event_add(self.seen, NULL) != 0)
		fatalx("no event for inotify");
}

void
reload_watch(struct event_base *base,
    void (*changed)(const struct conf *next, const struct conf *old))
{
	self.base = base;
	self.changed = changed;
	self.look = event_new(base, -1, 0, on_look, NULL);
	self.tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	if (self.look == NULL || self.tick == NULL || event_add(self.tick, &every) != 0)
		fatalx("no timer");
	tell_web(&self.told); /* handover.c keeps it until web runs */
	watch_dirs();
}

/* --- --check --------------------------------------------------------------------- */

/* SECONDS in the largest unit of which there are at least two. */
static void
print_span(unsigned long long seconds)
{
	if (seconds >= 2 * 365 * 86400ULL)
		printf("%.1f years", (double)seconds / (365.25 * 86400));
	else if (seconds >= 2 * 86400)
		printf("%.1f days", (double)seconds / 86400);
	else
		printf("%.1f hours", (double)seconds / 3600);
}

/* The next larger step than LAST of a target that differs from Database's; 0 behind the
 * last. */
static unsigned
next_step(const struct conf *conf, unsigned last)
{
	unsigned step = 0;

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		if (conf_target_is_pinged(t) && t->step != conf->step &&
		    t->step > last && (step == 0 || t->step < step))
			step = t->step;
	}
	return step;
}

static void
print_archives(const struct conf *conf, unsigned step)
{
	for (size_t i = 0; i < conf->rra_count; i++) {
		const struct conf_rra *a = &conf->rra[i];
		printf("archive %s %u x %u: a value per %u s for ", a->cf, a->steps,
		    a->rows, a->steps * step);
		print_span((unsigned long long)a->steps * a->rows * step);
		putchar('\n');
	}
}

void
reload_summary(const struct conf *conf)
{
	/* What scripts look for that were written for SmokePing. */
	printf("Configuration file '%s' syntax OK.\n", self.path);
	conf_report_print_notes(&self.told, stdout);
	printf("%s: fine, %zu targets to measure\n", self.path, count_measured(conf));
	print_archives(conf, conf->step);
	for (unsigned step = 0; (step = next_step(conf, step)) != 0;) {
		printf("with step %u:\n", step);
		print_archives(conf, step);
	}
}
