#include "recorder/backscatter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "infer/backscattertext.h"

#define UPDATE_S 60   /* an incident that goes on is written anew so often */
#define UNHEARD_S 600 /* the collector tells of each every few seconds */

/* One that is open. */
struct open {
	UT_hash_handle hh;
	char subject[ADDR_TEXT];
	int64_t heard, written; /* epoch seconds */
};

struct backscatters {
	struct conditions *cs;
	struct open *open;
};

static struct open *
find(const struct backscatters *b, const char *subject)
{
	struct open *o;

	HASH_FIND_STR(b->open, subject, o);
	return o;
}

static struct open *
add(struct backscatters *b, const char *subject, int64_t now)
{
	struct open *o = mem_zero(1, sizeof *o);

	snprintf(o->subject, sizeof o->subject, "%s", subject);
	o->heard = now;
	HASH_ADD_STR(b->open, subject, o);
	return o;
}

static void
forget(struct backscatters *b, struct open *o)
{
	HASH_DEL(b->open, o);
	free(o);
}

static void
close_it(struct backscatters *b, struct open *o, int64_t time)
{
	struct finding f = { .kind = BACKSCATTER_KIND,
		.subject = o->subject,
		.source = BACKSCATTER_SOURCE,
		.time = time,
		.worst = NAN };

	condition_clear(b->cs, &f);
	forget(b, o);
}

static void
raise_it(struct backscatters *b, const char *subject, const struct msg_victim *v,
    const struct backscatter *judged)
{
	char summary[BACKSCATTER_SUMMARY];
	char *evidence = backscatter_evidence(&v->victim, judged);
	struct finding f = { .kind = BACKSCATTER_KIND,
		.subject = subject,
		.source = BACKSCATTER_SOURCE,
		.time = v->now_ms / 1000,
		.confidence = backscatter_confidence(judged),
		.summary = summary,
		.worst = judged->n > 0 ? judged->estimate.pps : NAN,
		.evidence = evidence };

	/* It begins with the first answer, and is told anew as of now. */
	if (condition_open(b->cs, f.kind, f.subject, f.source) == 0)
		f.time = v->victim.first_ms / 1000;
	backscatter_summary(summary, sizeof summary, subject, judged);
	condition_raise(b->cs, &f);
	free(evidence);
}

void
backscatters_take(struct backscatters *b, const struct msg_victim *v)
{
	struct backscatter judged =
	    backscatter_judge(&v->victim, v->now_ms, v->over, v->quiet);
	int64_t now = v->now_ms / 1000;
	char subject[ADDR_TEXT];
	struct open *o;

	flow_ip_text(&v->victim.address, subject);
	o = find(b, subject);
	/* What was confirmed once is not taken back: it ends with its answers. */
	if (o == NULL && judged.state != BACKSCATTER_CONFIRMED)
		return;
	if (o == NULL)
		o = add(b, subject, now);
	o->heard = now;
	if (now - o->written >= UPDATE_S || v->over) {
		o->written = now;
		raise_it(b, subject, v, &judged);
	}
	if (v->over)
		close_it(b, o, v->victim.last_ms / 1000);
}

void
backscatters_tick(struct backscatters *b, int64_t now)
{
	struct open *o, *next;

	HASH_ITER(hh, b->open, o, next)
		if (now - o->heard >= UNHEARD_S)
			close_it(b, o, o->heard);
}

struct restoring {
	struct backscatters *b;
	int64_t now;
};

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct restoring *r = ctx;

	(void)held;
	if (strcmp(in->kind, BACKSCATTER_KIND) == 0 &&
	    strcmp(in->source, BACKSCATTER_SOURCE) == 0 &&
	    strlen(in->subject) < ADDR_TEXT && find(r->b, in->subject) == NULL)
		add(r->b, in->subject, r->now);
}

struct backscatters *
backscatters_new(struct conditions *cs, struct events *ev, int64_t now)
{
	struct backscatters *b = mem_zero(1, sizeof *b);
	struct restoring r = { b, now };

	b->cs = cs;
	events_each_open(ev, restore, &r);
	return b;
}

void
backscatters_free(struct backscatters *b)
{
	struct open *o, *next;

	if (b == NULL)
		return;
	HASH_ITER(hh, b->open, o, next)
		forget(b, o);
	free(b);
}
