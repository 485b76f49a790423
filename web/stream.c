#include "web/stream.h"

#include <sys/queue.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/access.h"
#include "web/eventnews.h"
#include "web/flight.h"
#include "web/incidents.h"
#include "web/http.h"
#include "web/look.h"
#include "web/verdictshow.h"

#define FRAMES 8192    /* events that are kept, at most */
#define GATHER_MS 100  /* what comes within is sent in one go */
#define CHAPTER_MAX 24 /* bytes of the text of a chapter */
#define FLIGHT_BYTES (32 * 1024) /* of flights, in one go */
#define IDLE_S 120     /* without listeners, until events are not kept any more */

/* Who may read an event: some are told twice, in other words. */
enum audience {
	FOR_ALL,
	FOR_HOSTS,  /* those who may see which hosts there are */
	FOR_OTHERS, /* those who may not */
};

/* An event as it is sent. */
struct frame {
	char *text;	   /* owned; behind its end is the subject */
	const char *about; /* path of the target; "": all of them */
	uint32_t len;
	enum audience audience;
};

struct ear {
	struct request *r;
	char *target;  /* only of it and what is below; NULL: all */
	uint64_t next; /* number of the frame that comes next */
	size_t done;   /* bytes of it that are sent */
	char *first;   /* what is for this one alone and sent before; NULL */
	size_t first_len, first_done;
	uint64_t flown; /* number of the last flight that was sent */
	uint64_t beat;	/* the last that was sent */
	LIST_ENTRY(ear) link;
};

static struct {
	struct event *gather, *second;
	bool gathering;
	LIST_HEAD(, ear) listeners;
	unsigned count;
	struct frame frame[FRAMES]; /* number N is at N % FRAMES */
	uint64_t begin,
	    end; /* numbers of the first that is kept, and behind the last */
	size_t bytes;
	/* Numbers mean something within a chapter only, which begins with a listener
	 * and ends when nobody has listened for a while; "": none. */
	char chapter[CHAPTER_MAX];
	char *verdict; /* as it was told last */
	uint64_t beat;
	unsigned seconds, idle;
} stream;

/* --- what is kept ----------------------------------------------------------------- */

static void
drop_oldest(void)
{
	struct frame *f = &stream.frame[stream.begin++ % FRAMES];

	stream.bytes -= f->len;
	free(f->text);
	f->text = NULL;
}

static void
send_soon(void)
{
	static const struct timeval tv = { 0, GATHER_MS * 1000 };

	if (stream.gathering || stream.count == 0)
		return;
	stream.gathering = true;
	evtimer_add(stream.gather, &tv);
}

/* Keep the event NAME with DATA, JSON, about the target ABOUT. */
static void
keep(const char *name, const char *data, const char *about, enum audience audience)
{
	size_t about_len = strlen(about) + 1;
	struct frame *f;
	char *text;
	int len;

	text = mem_printf("id: %s-%" PRIu64 "\nevent: %s\ndata: %s\n\n", stream.chapter,
	    stream.end, name, data);
	len = (int)strlen(text);
	text = mem_grow(text, (size_t)len + 1 + about_len, 1);
	memcpy(text + len + 1, about, about_len);
	while (stream.end - stream.begin == FRAMES ||
	       (stream.bytes + (size_t)len > STREAM_BYTES && stream.begin < stream.end))
		drop_oldest();
	f = &stream.frame[stream.end++ % FRAMES];
	*f = (struct frame){ text, text + len + 1, (uint32_t)len, audience };
	stream.bytes += f->len;
	send_soon();
}

/* JSON of one line is written to J; *TEXT is to be freed behind text_end(). */
struct text {
	struct json j;
	FILE *out;
	char *text;
	size_t len;
};

static struct json *
text_begin(struct text *t)
{
	*t = (struct text){ 0 };
	t->out = mem_stream(&t->text, &t->len);
	jw_init(&t->j, t->out);
	jw_object(&t->j);
	return &t->j;
}

static char *
text_end(struct text *t)
{
	jw_object_end(&t->j);
	mem_stream_end(t->out);
	return t->text;
}

void
stream_round(const struct live *l)
{
	const struct conf *conf = state_conf();
	const struct conf_slave *slave = NULL;
	const struct conf_target *t = conf_target_by_id(conf, l->id);
	char path[512], why[256];
	struct text text;

	if (stream.chapter[0] == '\0')
		return;
	if (t == NULL)
		t = conf_series_by_id(conf, l->id, &slave);
	if (t == NULL)
		return;
	snprintf(path, sizeof path, "%s%s%s", t->path, slave != NULL ? "~" : "",
	    slave != NULL ? slave->name : "");
	enum look look =
	    look_from(t, slave != NULL ? slave->name : "", why, sizeof why);
	struct json *j = text_begin(&text);
	jw_put_str(j, "target", path);
	jw_put_int(j, "time", l->row);
	jw_put_str(j, "state", look_word(look));
	jw_put_num(j, "median", l->median);
	jw_put_num(j, "loss", l->loss);
	jw_put_num(j, "loss_ratio", l->loss_ratio);
	jw_put_num(j, "jitter", l->jitter);
	jw_put_int(j, "pings", l->pings);
	char *data = text_end(&text);
	keep("round", data, path, FOR_ALL);
	free(data);
}

void
stream_flight(void)
{
	send_soon();
}

static char *
verdict_text(bool hosts)
{
	struct text text;

	verdictshow_put(text_begin(&text), hosts);
	return text_end(&text);
}

void
stream_verdict(void)
{
	if (stream.chapter[0] == '\0')
		return;
	char *open = verdict_text(true), *veiled = verdict_text(false);
	bool same = strcmp(open, veiled) == 0;

	/* The judge repeats itself; that is no event. */
	if (stream.verdict != NULL && strcmp(stream.verdict, open) == 0) {
		free(open);
		free(veiled);
		return;
	}
	free(stream.verdict);
	stream.verdict = mem_str(open);
	keep("verdict", open, "", same ? FOR_ALL : FOR_HOSTS);
	if (!same)
		keep("verdict", veiled, "", FOR_OTHERS);
	free(open);
	free(veiled);
}

/* An incident that is new or another one than before. */
static void
on_incident(void *ctx, const struct eventlog_row *row)
{
	char *text[2];

	(void)ctx;
	for (int hosts = 0; hosts < 2; hosts++) {
		struct text t;
		incidents_put_head(text_begin(&t), row, hosts == 1);
		text[hosts] = text_end(&t);
	}
	bool same = strcmp(text[0], text[1]) == 0;
	/* Whose it is may be what is veiled. */
	keep("incident", text[1], row->subject, same ? FOR_ALL : FOR_HOSTS);
	if (!same)
		keep("incident", text[0], "", FOR_OTHERS);
	free(text[0]);
	free(text[1]);
}

/* --- who listens ------------------------------------------------------------------ */

/* Is what is ABOUT a target for L? "A.B" has "A.B.C" below it, and "A.B~slave". */
static bool
concerns(const struct ear *l, const char *about)
{
	size_t len = l->target != NULL ? strlen(l->target) : 0;

	if (l->target == NULL || *about == '\0')
		return true;
	return strncmp(about, l->target, len) == 0 &&
	       (about[len] == '\0' || about[len] == '.' || about[len] == '~');
}

static bool
is_for(const struct ear *l, const struct frame *f)
{
	if (!concerns(l, f->about))
		return false;
	/* Asked anew each time: who logs out is veiled at once. */
	return f->audience == FOR_ALL ||
	       access_hosts(l->r) == (f->audience == FOR_HOSTS);
}

/* Move what is left of TEXT to BUF, ROOM bytes, from *DONE on. How many bytes. */
static size_t
take(char *buf, size_t room, const char *text, size_t len, size_t *done)
{
	size_t n = len - *done < room ? len - *done : room;

	memcpy(buf, text + *done, n);
	*done += n;
	return n;
}

/* The same of what is for L alone. */
static size_t
take_first(struct ear *l, char *buf, size_t room)
{
	size_t n = take(buf, room, l->first, l->first_len, &l->first_done);

	if (l->first_done == l->first_len) {
		free(l->first);
		l->first = NULL;
	}
	return n;
}

/* The next frame for L that is kept, or NULL when it has all. */
static const struct frame *
next_frame(struct ear *l)
{
	while (l->next < stream.end) {
		const struct frame *f = &stream.frame[l->next % FRAMES];
		if (l->done > 0 || is_for(l, f))
			return f;
		l->next++;
	}
	return NULL;
}

/* The flights that L has not heard of go to L->FIRST, the oldest first and not too many
 * at once: they are not kept, and who reads slowly hears only how things are now. */
static void
take_flights(struct ear *l)
{
	const struct flight *f;
	FILE *out = NULL;

	for (f = flight_after(l->flown); f != NULL; f = flight_next(f)) {
		const struct conf_target *t = conf_target_by_id(state_conf(), f->id);

		l->flown = f->number;
		if (t == NULL || !concerns(l, t->path) || flight_of(t) == NULL)
			continue;
		if (out == NULL)
			out = mem_stream(&l->first, &l->first_len);
		fprintf(out, "event: flight\ndata: %s\n\n", flight_text(f, t->path));
		if (ftell(out) > FLIGHT_BYTES)
			break;
	}
	if (out == NULL)
		return;
	mem_stream_end(out);
	l->first_done = 0;
}

/* What is to be said to L now goes to BUF. 0: nothing; -1: it lost its place. */
static ssize_t
fill(void *ctx, char *buf, size_t max)
{
	struct ear *l = ctx;
	const struct frame *f;
	size_t n = 0;

	if (l->first != NULL) {
		n = take_first(l, buf, max);
		if (l->first != NULL)
			return (ssize_t)n;
	}
	if (l->next < stream.begin)
		return -1;
	while (n < max && (f = next_frame(l)) != NULL) {
		n += take(buf + n, max - n, f->text, f->len, &l->done);
		if (l->done < f->len)
			return (ssize_t)n;
		l->next++;
		l->done = 0;
	}
	if (n < max)
		take_flights(l);
	if (l->first != NULL)
		return (ssize_t)(n + take_first(l, buf + n, max - n));
	/* The place goes along: what was passed over is no gap. */
	if (n == 0 && l->beat != stream.beat) {
		char text[CHAPTER_MAX + 40];
		int len =
		    snprintf(text, sizeof text, ": still here\nid: %s-%" PRIu64 "\n\n",
			stream.chapter, l->next - 1);
		if (len > 0 && (size_t)len <= max) {
			memcpy(buf, text, (size_t)len);
			n = (size_t)len;
		}
	}
	l->beat = stream.beat;
	return (ssize_t)n;
}

static void
on_gone(void *ctx)
{
	struct ear *l = ctx;

	LIST_REMOVE(l, link);
	stream.count--;
	free(l->target);
	free(l->first);
	free(l);
}

/* Where a listener that was at ID goes on; false when what came since is not kept. */
static bool
resume(const char *id, uint64_t *next)
{
	size_t len = strlen(stream.chapter);
	char *end;

	if (strncmp(id, stream.chapter, len) != 0 || id[len] != '-' ||
	    id[len + 1] < '0' || id[len + 1] > '9')
		return false;
	uint64_t last = strtoull(id + len + 1, &end, 10);
	if (*end != '\0' || last >= stream.end || last + 1 < stream.begin)
		return false;
	*next = last + 1;
	return true;
}

/* The words that L alone hears: who we are, whether it missed anything, and how things
 * stand. */
static void
greet(struct ear *l, const char *last)
{
	bool resumed = last != NULL && resume(last, &l->next);
	struct text text;
	struct json *j = text_begin(&text);

	jw_put_int(j, "time", clock_wall_s());
	jw_key(j, "resumed");
	if (last != NULL)
		jw_bool(j, resumed);
	else
		jw_null(j);
	verdictshow_put(j, access_hosts(l->r));
	char *hello = text_end(&text);
	l->first =
	    mem_printf("retry: 3000\n\nid: %s-%" PRIu64 "\nevent: hello\ndata: %s\n\n",
		stream.chapter, l->next - 1, hello);
	l->first_len = strlen(l->first);
	free(hello);
}

static void
chapter_begin(void)
{
	if (stream.chapter[0] != '\0')
		return;
	/* Frame 0 never is: "the last was 0" is where the first listener begins. */
	stream.begin = stream.end = 1;
	snprintf(stream.chapter, sizeof stream.chapter, "%" PRIx64,
	    (uint64_t)clock_wall_ns());
	eventnews_begin();
}

static void
chapter_end(void)
{
	while (stream.begin < stream.end)
		drop_oldest();
	free(stream.verdict);
	stream.verdict = NULL;
	stream.chapter[0] = '\0';
}

void
stream_handle(struct request *r)
{
	const char *target = request_arg(r, "target");
	const char *last = request_header(r, "Last-Event-ID");

	if (target != NULL && *target != '\0') {
		char *plain = mem_strn(target, strcspn(target, "~"));
		bool known = conf_target_by_path(state_conf(), plain) != NULL;
		free(plain);
		if (!known) {
			reply_error(
			    r, 404, "parameter target: no target is called %s", target);
			return;
		}
	}
	if (stream.count >= STREAM_LISTENERS) {
		request_set_header(r, "Retry-After", "30");
		reply_error(r, 503, "%d listen already, which is the most that may",
		    STREAM_LISTENERS);
		return;
	}
	struct ear *l = mem_zero(1, sizeof *l);
	chapter_begin();
	l->r = r;
	l->target = target != NULL && *target != '\0' ? mem_str(target) : NULL;
	l->next = stream.end;
	l->beat = stream.beat;
	greet(l, last);
	LIST_INSERT_HEAD(&stream.listeners, l, link);
	stream.count++;
	request_set_header(r, "Cache-Control", "no-store");
	request_set_header(r, "X-Accel-Buffering", "no");
	reply_flow(r, "text/event-stream", fill, on_gone, l);
}

/* --- time ------------------------------------------------------------------------- */

static void
wake_all(void)
{
	struct ear *l, *next;

	for (l = LIST_FIRST(&stream.listeners); l != NULL; l = next) {
		next = LIST_NEXT(l, link);
		/* Who does not take what is sent never gets to hear that it is lost. */
		if (l->next < stream.begin)
			request_cut(l->r);
		else
			request_wake(l->r);
	}
}

static void
on_gather(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	stream.gathering = false;
	wake_all();
}

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	stream.idle = stream.count > 0 ? 0 : stream.idle + 1;
	if (stream.idle == IDLE_S)
		chapter_end();
	if (stream.chapter[0] != '\0')
		eventnews_look(on_incident, NULL);
	if (++stream.seconds % STREAM_HEARTBEAT_S == 0) {
		stream.beat++;
		wake_all();
	}
}

void
stream_init(struct event_base *base)
{
	struct timeval second = { 1, 0 };

	LIST_INIT(&stream.listeners);
	stream.gather = evtimer_new(base, on_gather, NULL);
	stream.second = event_new(base, -1, EV_PERSIST, on_second, NULL);
	if (stream.gather == NULL || stream.second == NULL ||
	    event_add(stream.second, &second) != 0)
		fatalx("cannot make a timer");
}

void
stream_stop(void)
{
	if (stream.gather == NULL)
		return;
	event_free(stream.gather);
	event_free(stream.second);
	chapter_end();
	memset(&stream, 0, sizeof stream);
}
