#include "recorder/notes.h"

#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rawring.h"
#include "recorder/audience.h"
#include "recorder/incident.h"
#include "store.h"

/* A target's address changes all the time where a name has many: told so often. */
#define ADDRESS_S 3600
/* The notes of a worker that dies again and again. */
#define WORKER_S 600
/* One that is back later than this was not wanted in between. */
#define WORKER_BACK_S 90
/* A start that follows another one so soon belongs to it: who is started again and
 * again has one note of that. */
#define STARTS_S 600
/* Looking at the files of targets that are new to us takes no longer than this. */
#define LOOK_NS (20 * CLOCK_NS_PER_S)

/* What a target was like. */
struct known {
	uint64_t id;
	uint32_t shape; /* a hash of what the table has, but the address */
	uint32_t told;	/* epoch seconds of the last note on its address; 0: none */
	struct addr address;
};

struct notes {
	struct events *ev;
	const struct conf *conf;
	char boot[64], parent[64]; /* this run's */
	struct known *known;	   /* ascending by id */
	size_t count;
	bool ours;  /* the data directory is one of ours, older than its events.db */
	bool first; /* nothing was measured here by us before */
	int64_t down[ROOMS], told[ROOMS]; /* epoch seconds of each worker's line */
	bool was_up[ROOMS];
	int64_t gap_begin, gap_end; /* of this start, epoch seconds; 0: none */
};

/* --- putting one ------------------------------------------------------------------ */

/* Put what happened from BEGIN to END; SUMMARY is freed, EVIDENCE a JSON object. The
 * number that it has. */
static int64_t
put_proven(struct notes *n, const char *kind, const char *subject, const char *source,
    int64_t begin, int64_t end, char *summary, const char *evidence)
{
	struct incident in = { .kind = kind,
		.subject = subject,
		.source = source,
		.begin = begin,
		.end = end,
		.confidence = "sure",
		.summary = summary,
		.worst = NAN,
		.evidence = evidence };
	char *receivers = audience_of(n->conf, kind, NULL, false), *body = NULL;

	if (receivers != NULL)
		body = incident_body(&in);
	int64_t id = events_put(n->ev, &in,
	    receivers == NULL
		? NULL
		: &(struct letter){
		      .what = "note", .receivers = receivers, .body = body });
	free(receivers);
	free(body);
	free(summary);
	return id;
}

static int64_t
put(struct notes *n, const char *kind, const char *subject, const char *source,
    int64_t begin, int64_t end, char *summary)
{
	return put_proven(n, kind, subject, source, begin, end, summary, "{}");
}

static int64_t
put_now(struct notes *n, const char *subject, const char *source, char *summary)
{
	int64_t now = clock_wall_s();

	return put(n, "note", subject, source, now, now, summary);
}

int
notes_put(struct notes *n, const char *subject, const char *text, struct err *err)
{
	if (*text == '\0' || strlen(text) > NOTE_MAX)
		return err_set(err, "a note of %zu bytes, expected 1 to %d",
		    strlen(text), NOTE_MAX);
	put_now(n, subject, "operator", mem_str(text));
	return 0;
}

void
notes_file(struct notes *n, const char *path, const char *text)
{
	put_now(n, path, "setting", mem_str(text));
}

void
notes_route(struct notes *n, const char *subject, int64_t time, const char *text,
    const char *evidence)
{
	put_proven(n, "note", subject, "route", time, time, mem_str(text), evidence);
}

void
notes_stranded(struct notes *n, const char *text)
{
	put_now(n, "", "blockade", mem_str(text));
}

/* --- starting --------------------------------------------------------------------- */

static void
read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");

	buf[0] = '\0';
	if (f == NULL)
		return;
	if (fgets(buf, (int)size, f) == NULL)
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
}

/* "PID:START" of our parent: the same as long as smokebox runs. */
static void
identify_parent(char *buf, size_t size)
{
	char path[64], stat[1024];
	unsigned long long start = 0;
	long pid = (long)getppid();

	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	read_line(path, stat, sizeof stat);
	/* Behind the name, which may hold anything, the 20th field is when it began. */
	char *at = strrchr(stat, ')');
	for (int i = 0; at != NULL && i < 20; i++)
		at = strchr(at + 1, ' ');
	if (at != NULL)
		sscanf(at, " %llu", &start);
	snprintf(buf, size, "%ld:%llu", pid, start);
}

struct notes *
notes_new(void)
{
	struct notes *n = mem_zero(1, sizeof *n);

	read_line("/proc/sys/kernel/random/boot_id", n->boot, sizeof n->boot);
	identify_parent(n->parent, sizeof n->parent);
	return n;
}

/* When the last round was stored before this start, 0: never. */
static int64_t
last_stored(void)
{
	struct rawring list = rawring_list(NULL);
	int64_t last = 0;

	for (size_t i = 0; i < list.count; i++)
		if (list.at[i].last_ns > last)
			last = list.at[i].last_ns;
	free(list.at);
	return last / CLOCK_NS_PER_S;
}

/* Starts that follow each other so soon that they are told as one. */
struct starts {
	long long id; /* of the incident */
	unsigned count;
	long long begin, end; /* of all, epoch seconds */
	long long unmeasured; /* seconds, of all */
};

/* Those that a start at NOW, behind a pause from LAST on, belongs to. */
static bool
starts_before(const struct notes *n, struct starts *s, int64_t last, int64_t now)
{
	char *text = events_meta(n->ev, "starts");
	bool any =
	    text != NULL && sscanf(text, "%lld %u %lld %lld %lld", &s->id, &s->count,
				&s->begin, &s->end, &s->unmeasured) == 5;

	free(text);
	return any && s->end <= now && now - s->end < STARTS_S &&
	       (last == 0 || last >= s->begin);
}

static void
starts_keep(struct notes *n, const struct starts *s)
{
	char text[120];

	snprintf(text, sizeof text, "%lld %u %lld %lld %lld", s->id, s->count, s->begin,
	    s->end, s->unmeasured);
	events_set_meta(n->ev, "starts", text);
}

/* One more of S, in its place. Nobody is written to anew. */
static void
note_again(struct notes *n, const struct starts *s)
{
	char span[CLOCK_SPAN_TEXT], gap[CLOCK_SPAN_TEXT], summary[200];

	snprintf(summary, sizeof summary,
	    "smokebox was started %u times within %s%s%s.", s->count,
	    clock_span_text(s->end - s->begin, span),
	    s->unmeasured > 0 ? ": nothing was measured for " : "",
	    s->unmeasured > 0 ? clock_span_text(s->unmeasured, gap) : "");
	events_put(n->ev,
	    &(struct incident){ .id = s->id,
		.kind = s->unmeasured > 0 ? "gap" : "note",
		.subject = "",
		.source = "start",
		.begin = s->begin,
		.end = s->end,
		.confidence = "sure",
		.summary = summary,
		.worst = NAN,
		.evidence = "{}" },
	    NULL);
}

static void
note_start(struct notes *n, int64_t last, bool rebooted)
{
	int64_t now = clock_wall_s();
	const char *what =
	    rebooted ? "The machine was restarted" : "smokebox was started";
	char span[CLOCK_SPAN_TEXT];
	bool gap = last != 0 && last < now;
	struct starts s = { 0 };

	if (gap) {
		n->gap_begin = last;
		n->gap_end = now;
	}
	if (!rebooted && starts_before(n, &s, last, now)) {
		s.count++;
		s.end = now;
		s.unmeasured += gap ? now - last : 0;
		note_again(n, &s);
	} else {
		s = (struct starts){ .count = 1,
			.begin = gap ? last : now,
			.end = now,
			.unmeasured = gap ? now - last : 0 };
		s.id = !gap ? put_now(n, "", "start", mem_printf("%s.", what))
			    : put(n, "gap", "", "start", last, now,
				  mem_printf("%s: nothing was measured for %s.", what,
				      clock_span_text(now - last, span)));
	}
	starts_keep(n, &s);
}

bool
notes_gap(const struct notes *n, int64_t *begin, int64_t *end)
{
	*begin = n->gap_begin;
	*end = n->gap_end;
	return n->gap_end != 0;
}

static void keep_target(void *ctx, const struct events_target *t);
static int by_id(const void *a, const void *b);

void
notes_begin(struct notes *n, struct events *ev, const struct conf *conf)
{
	char *boot, *parent, *version;
	int64_t last = last_stored();

	n->ev = ev;
	n->conf = conf;
	boot = events_meta(ev, "boot");
	parent = events_meta(ev, "parent");
	version = events_meta(ev, "version");
	n->ours = boot == NULL && last != 0;
	n->first = last == 0;
	if (boot == NULL && last == 0)
		put_now(n, "", "start", mem_str("smokebox begins to measure."));
	else if (boot != NULL && strcmp(boot, n->boot) != 0)
		note_start(n, last, true);
	else if (parent == NULL || strcmp(parent, n->parent) != 0)
		note_start(n, last, false);
	else
		put_now(n, "", "restart",
		    mem_str("The recorder was started again; what it had not written "
			    "yet is unknown."));
	if (version != NULL && strcmp(version, PACKAGE_VERSION) != 0)
		put_now(n, "", "start",
		    mem_printf(
			"smokebox %s, before it was %s.", PACKAGE_VERSION, version));
	events_set_meta(ev, "boot", n->boot);
	events_set_meta(ev, "parent", n->parent);
	events_set_meta(ev, "version", PACKAGE_VERSION);
	free(boot);
	free(parent);
	free(version);
	events_each_target(ev, keep_target, n);
	if (n->count > 1)
		qsort(n->known, n->count, sizeof *n->known, by_id);
}

void
notes_free(struct notes *n)
{
	if (n == NULL)
		return;
	free(n->known);
	free(n);
}

/* --- workers ---------------------------------------------------------------------- */

void
notes_line(struct notes *n, enum room room, bool up)
{
	int64_t now = clock_wall_s();

	if (!room_measures(room))
		return;
	if (!up) {
		if (n->was_up[room] && n->down[room] == 0)
			n->down[room] = now;
		return;
	}
	n->was_up[room] = true;
	if (n->down[room] == 0 || n->ev == NULL)
		return;
	if (now - n->down[room] <= WORKER_BACK_S &&
	    (n->told[room] == 0 || now - n->told[room] >= WORKER_S)) {
		n->told[room] = now;
		put(n, "note", "", "worker", n->down[room], now,
		    mem_printf("The %s was started again; rounds that it had begun are "
			       "unknown.",
			room_name(room)));
	}
	n->down[room] = 0;
}

/* --- targets ---------------------------------------------------------------------- */

static int
by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct known *)a)->id, y = ((const struct known *)b)->id;

	return x < y ? -1 : x > y;
}

static struct known *
find(const struct notes *n, uint64_t id)
{
	struct known key = { .id = id };

	return n->count == 0 ? NULL
			     : bsearch(&key, n->known, n->count, sizeof key, by_id);
}

static uint32_t
hash(uint32_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619U;
	return (h ^ 0xff) * 16777619U;
}

static uint32_t
shape_of(const struct events_target *t)
{
	uint32_t h = hash(hash(2166136261U, t->host), t->probe);

	return (h ^ (uint32_t)t->step) * 16777619U ^ (uint32_t)t->pings * 2654435761U;
}

static void
keep_target(void *ctx, const struct events_target *t)
{
	struct notes *n = ctx;
	struct known k = { .id = conf_target_id(t->path), .shape = shape_of(t) };

	if (*t->address == '\0' || addr_parse(&k.address, t->address) != 0)
		k.address.sa.sa_family = AF_UNSPEC;
	if ((n->count & (n->count - 1)) == 0)
		n->known = mem_grow(n->known, n->count * 2 + 1, sizeof k);
	n->known[n->count++] = k;
}

/* T as a row of the table. */
static struct events_target
row_of(const struct conf_target *t, const char *address)
{
	return (struct events_target){ .path = t->path,
		.host = t->host != NULL ? t->host : "",
		.address = address,
		.probe = t->probe != NULL ? t->probe->name : "",
		.step = t->step,
		.pings = t->pings };
}

static void
write_row(struct notes *n, const struct conf_target *t, const struct known *k)
{
	char address[ADDR_TEXT];
	struct events_target row = row_of(t, addr_text(&k->address, address));

	events_set_target(n->ev, &row);
}

void
notes_round(struct notes *n, const struct conf_target *t, const struct round *r)
{
	char from[ADDR_TEXT], to[ADDR_TEXT];
	struct known *k = find(n, r->target);
	int64_t now = clock_wall_s();

	if (k == NULL || r->address.sa.sa_family == AF_UNSPEC ||
	    addr_same_host(&k->address, &r->address))
		return;
	if (k->address.sa.sa_family != AF_UNSPEC && now - k->told >= ADDRESS_S) {
		k->told = (uint32_t)now;
		put_now(n, t->path, "address",
		    mem_printf("The address of %s changed from %s to %s.",
			t->host != NULL && t->kind != CONF_DYNAMIC ? t->host : t->path,
			addr_text(&k->address, from), addr_text(&r->address, to)));
	}
	k->address = r->address;
	addr_set_port(&k->address, 0);
	write_row(n, t, k);
}

/* --- another configuration -------------------------------------------------------- */

struct lookup {
	const char *path;
	char *host, *probe;
	int64_t step, pings;
};

static void
take_row(void *ctx, const struct events_target *t)
{
	struct lookup *l = ctx;

	if (l->host != NULL || strcmp(l->path, t->path) != 0)
		return;
	l->host = mem_str(t->host);
	l->probe = mem_str(t->probe);
	l->step = t->step;
	l->pings = t->pings;
}

static void
add_change(FILE *out, bool *any, const char *word, const char *from, const char *to)
{
	if (strcmp(from, to) == 0)
		return;
	fprintf(out, "%s%s %s, before it was %s", *any ? "; " : "", word, to, from);
	*any = true;
}

/* Say what is different about T, of which L tells how it was. */
static void
note_setting(struct notes *n, const struct conf_target *t, const struct lookup *l)
{
	struct events_target row = row_of(t, "");
	char *text, was[32], is[32];
	size_t len;
	bool any = false;
	FILE *out = mem_stream(&text, &len);

	add_change(out, &any, "host", l->host, row.host);
	add_change(out, &any, "probe", l->probe, row.probe);
	snprintf(was, sizeof was, "%lld s", (long long)l->step);
	snprintf(is, sizeof is, "%lld s", (long long)row.step);
	add_change(out, &any, "step", was, is);
	snprintf(was, sizeof was, "%lld", (long long)l->pings);
	snprintf(is, sizeof is, "%lld", (long long)row.pings);
	add_change(out, &any, "pings", was, is);
	fputc('.', out);
	mem_stream_end(out);
	if (any)
		put_now(n, t->path, "setting", text);
	else
		free(text);
}

/* T is not, or not as it is, among what is known in memory. True when it is in the
 * table, where those stay that are not measured for a while. */
static bool
compare(struct notes *n, const struct conf_target *t, struct known *k)
{
	struct lookup l = { .path = t->path };

	events_one_target(n->ev, t->path, take_row, &l);
	if (l.host == NULL)
		return false;
	note_setting(n, t, &l);
	if (strcmp(l.host, t->host != NULL ? t->host : "") != 0)
		k->address.sa.sa_family = AF_UNSPEC;
	free(l.host);
	free(l.probe);
	return true;
}

/* In what way our rounds of T differ from SmokePing's, which were before. */
static void
note_takeover(struct notes *n, const struct conf *conf, const struct conf_target *t)
{
	const char *module = t->probe != NULL ? t->probe->module : "";
	const char *sampler = conf_target_value(conf, t, "sampler", NULL);
	bool fping = strncmp(module, "FPing", 5) == 0;
	bool burst =
	    (sampler != NULL && strcmp(sampler, "burst") == 0) ||
	    (sampler == NULL && (conf_target_var(conf, t, "hostinterval") != NULL ||
				    conf_target_var(conf, t, "mininterval") != NULL ||
				    conf_target_var(conf, t, "blazemode") != NULL));
	char *spacing = mem_str("");

	if (fping && !burst && t->pings > 0) {
		free(spacing);
		spacing =
		    mem_printf(" The %u pings are spread over the step, one every "
			       "%.3g s, where fping sent them close together.",
			t->pings, (double)t->step / t->pings);
	}
	put_now(n, t->path, "takeover",
	    mem_printf("%s%s%s",
		n->first ? "Taken over from SmokePing; its history is continued."
			 : "A history that was there already is continued.",
		spacing,
		strcmp(module, "DNS") == 0
		    ? " A question that dig asked again, unnoticed, "
		      "is loss now."
		    : ""));
	free(spacing);
}

static bool
has_history(const struct conf_target *t)
{
	char path[STORE_PATH];
	struct stat st;

	return store_rrd_path(path, t->path) == 0 && stat(path, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

void
notes_configure(struct notes *n, const struct conf *next)
{
	struct known *list = mem_zero(next->target_count, sizeof *list);
	size_t count = 0;
	int64_t end = clock_mono_ns() + LOOK_NS;

	n->conf = next;
	for (size_t i = 0; i < next->target_count; i++) {
		const struct conf_target *t = next->target[i];
		if (!conf_target_is_pinged(t))
			continue;
		struct events_target row = row_of(t, "");
		struct known *k = &list[count++];
		const struct known *old = find(n, t->id);
		*k = old != NULL ? *old
				 : (struct known){ .id = t->id,
					   .address.sa.sa_family = AF_UNSPEC };
		k->shape = shape_of(&row);
		if (old != NULL && old->shape == k->shape)
			continue;
		if (!compare(n, t, k) && old == NULL && !n->ours &&
		    clock_mono_ns() < end && has_history(t))
			note_takeover(n, next, t);
		write_row(n, t, k);
	}
	n->ours = n->first = false;
	free(n->known);
	n->known = list;
	n->count = count;
	if (count > 1)
		qsort(n->known, count, sizeof *n->known, by_id);
}
