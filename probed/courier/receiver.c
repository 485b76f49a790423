#include "courier/receiver.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define S CLOCK_NS_PER_S
/* Letters that wait longer than this, and those behind them, go together. */
#define DIGEST_WAIT_S 60
#define DIGEST_MAX 100 /* letters */
#define PAUSE_FIRST_S 2
/* A letter that is refused, not only not taken now, is given up after so many tries and
 * so long: those behind it may fare better. */
#define REFUSED_TRIES 5
#define REFUSED_NS (600 * S)

/* One outbox and one listener for all. */
static struct outbox *outbox;
static void (*on_recovered)(void);
static bool halted;

/* --- life ------------------------------------------------------------------------- */

struct receiver *
receiver_new(const struct conf *conf, const char *name, struct outbox *o)
{
	struct receiver *r = mem_zero(1, sizeof *r);
	struct err err;

	outbox = o;
	r->name = mem_str(name);
	r->id = conf_target_id(name);
	r->address = address_of(conf, name);
	r->changed = true;
	r->tokens = r->address->rate;
	r->tokens_ns = clock_mono_ns();
	if (cursor_load(name, &r->cursor, &err) != 0)
		log_warnx(
		    "%s: %s; it is told again what is in the outbox", name, err.text);
	return r;
}

void
receiver_free(struct receiver *r)
{
	if (r->dispatch != NULL)
		dispatch_cancel(r->dispatch);
	if (r->trial != NULL)
		dispatch_cancel(r->trial);
	parcel_clear(&r->parcel);
	parcel_clear(&r->trial_parcel);
	address_free(r->address);
	address_free(r->next_address);
	free(r->name);
	free(r);
}

static void
take_next_address(struct receiver *r)
{
	if (r->next_address == NULL || r->dispatch != NULL || r->trial != NULL)
		return;
	address_free(r->address);
	r->address = r->next_address;
	r->next_address = NULL;
	r->tokens = r->address->rate;
	r->next_ns = 0; /* what kept it from arriving may be put right */
	r->changed = true;
}

void
receiver_configure(struct receiver *r, const struct conf *conf)
{
	struct address *a = address_of(conf, r->name);

	address_free(r->next_address);
	r->next_address = NULL;
	if (address_same(a, r->address)) {
		address_free(a);
		return;
	}
	r->next_address = a;
	/* Others are told from now on: what was passed over may be for it. */
	r->passed = 0;
	take_next_address(r);
}

static void
save(struct receiver *r)
{
	static struct log_limit limit;
	struct err err;

	/* A full disk must not keep the news of it back; at worst it is told twice. */
	if (cursor_save(r->name, &r->cursor, &err) != 0 &&
	    log_allowed(&limit, 60, NULL))
		log_warnx("%s: it is not written down how far it was told: %s", r->name,
		    err.text);
}

static int64_t
behind(const struct receiver *r)
{
	return r->cursor.done > r->passed ? r->cursor.done : r->passed;
}

void
receiver_count(struct receiver *r)
{
	int64_t waiting = outbox_count(outbox, r->name, behind(r));

	r->changed = r->changed || waiting != r->waiting;
	r->waiting = waiting;
}

void
receiver_hurry(struct receiver *r)
{
	if (r->failures > 0)
		r->next_ns = 0;
}

/* --- what goes next --------------------------------------------------------------- */

/* Does R want to hear of L? */
static bool
wants(const struct receiver *r, const struct letter *l)
{
	const struct address *a = r->address;
	char word[64];

	if (strcmp(l->what, "test") == 0)
		return true;
	if (a->min_priority != 0 && l->priority > (long)a->min_priority)
		return false;
	snprintf(word, sizeof word, " %s ", l->kind);
	return a->kinds == NULL || strstr(a->kinds, word) != NULL;
}

/* The next row behind AFTER that is for R goes into its parcel: its number. 0 when
 * there is none, -1 when the outbox cannot be read. */
static int64_t
take_row(struct receiver *r, int64_t after, int64_t last)
{
	for (;;) {
		struct letter l = { 0 };
		struct err err;
		int found = outbox_next(outbox, r->name, after, last, &l, &err);

		if (found < 0)
			return -1;
		if (found == 0) {
			/* Nor need they be looked at again. */
			if (last == 0 && r->parcel.count == 0)
				r->passed = outbox_newest(outbox);
			return 0;
		}
		if (err.text[0] == '\0' && wants(r, &l)) {
			*parcel_add(&r->parcel) = l;
			return l.id;
		}
		if (err.text[0] != '\0') {
			log_warnx("%s: %s; it is left out", r->name, err.text);
			r->failed++;
		}
		after = l.id;
		letter_free(&l);
	}
}

/* May a letter go, by its rate? If not, next_ns says when. */
static bool
has_token(struct receiver *r)
{
	const struct address *a = r->address;
	int64_t now = clock_mono_ns();

	if (a->rate == 0)
		return true;
	double each_ns = (double)a->rate_s * (double)S / a->rate;
	r->tokens += (double)(now - r->tokens_ns) / each_ns;
	r->tokens_ns = now;
	if (r->tokens > a->rate)
		r->tokens = a->rate;
	if (r->tokens >= 1)
		return true;
	r->next_ns = now + (int64_t)((1 - r->tokens) * each_ns);
	return false;
}

/* Put further rows behind AFTER into the parcel, as long as it has room. */
static void
gather(struct receiver *r, int64_t after)
{
	while (r->parcel.count < DIGEST_MAX && (after = take_row(r, after, 0)) > 0)
		if (!parcel_fits(&r->parcel, dispatch_room(r->address))) {
			letter_free(&r->parcel.letter[--r->parcel.count]);
			return;
		}
}

/* The same parcel again that was on its way when the process ended, all of it: false
 * when it cannot be read now. */
static bool
restore(struct receiver *r)
{
	int64_t after = r->cursor.done;

	while ((after = take_row(r, after, r->cursor.parcel)) > 0)
		;
	if (after < 0)
		parcel_clear(&r->parcel);
	return after == 0;
}

/* Fill the empty parcel. */
static void
compose(struct receiver *r)
{
	int64_t now_s = clock_wall_ns() / S, first;

	if (!outbox_knows(outbox, &r->cursor)) {
		log_info(
		    "%s: the outbox is a new one, so it begins at its start", r->name);
		r->cursor = (struct cursor){ 0 };
		r->passed = 0;
	}
	r->parcel.receiver = r->name;
	r->parcel.url_base = r->address->url_base;
	if (r->cursor.parcel != 0) {
		if (!restore(r) || r->parcel.count > 0)
			return;
		r->cursor.parcel = 0; /* too old: it was taken away meanwhile */
	}
	first = take_row(r, behind(r), 0);
	if (first <= 0)
		return;
	if (!has_token(r)) {
		r->held = true;
		parcel_clear(&r->parcel);
		return;
	}
	if (!dispatch_single(r->address) &&
	    (r->held || now_s - r->parcel.letter[0].time >= DIGEST_WAIT_S))
		gather(r, first);
	r->held = false;
	r->cursor.parcel = r->parcel.letter[r->parcel.count - 1].id;
	save(r);
}

/* --- what became of it ------------------------------------------------------------ */

/* R is done with its parcel, for good. */
static void
finish(struct receiver *r)
{
	const struct letter *last = &r->parcel.letter[r->parcel.count - 1];

	r->cursor.done = last->id;
	r->cursor.done_time = last->time;
	r->cursor.parcel = 0;
	save(r);
	parcel_clear(&r->parcel);
	r->failures = r->refusals = 0;
	r->next_ns = 0;
	receiver_count(r);
}

static void
delivered(struct receiver *r)
{
	bool again = r->failures > 0;

	r->sent += r->parcel.count;
	r->last_s = clock_wall_ns() / S;
	r->tokens -= r->address->rate > 0;
	r->error[0] = '\0';
	finish(r);
	if (!again)
		return;
	log_info("%s: delivered again, %lld more wait", r->name, (long long)r->waiting);
	if (on_recovered != NULL)
		on_recovered();
}

static void
give_up(struct receiver *r)
{
	char id[PARCEL_ID];

	parcel_id(&r->parcel, id);
	log_warnx("%s: letter %s is given up: %s", r->name, id, r->error);
	r->failed += r->parcel.count;
	finish(r);
}

static void
pause_after(struct receiver *r, long after_s)
{
	int64_t pause = PAUSE_FIRST_S;

	for (unsigned i = 0; i < r->failures && pause < r->address->retry_s; i++)
		pause *= 2;
	if (pause > r->address->retry_s)
		pause = r->address->retry_s;
	if (after_s > pause)
		pause = after_s;
	if (r->failures++ == 0)
		log_warnx("%s: not delivered: %s; tried again and again, letters wait",
		    r->name, r->error);
	r->next_ns = clock_mono_ns() + pause * S;
}

/* Was it refused for good? */
static bool
hopeless(struct receiver *r)
{
	if (dispatch_single(r->address))
		return true;
	if (r->refusals++ == 0)
		r->refused_ns = clock_mono_ns();
	return r->refusals >= REFUSED_TRIES &&
	       clock_mono_ns() - r->refused_ns >= REFUSED_NS;
}

static void
on_outcome(void *ctx, const struct outcome *o)
{
	struct receiver *r = ctx;

	r->dispatch = NULL;
	r->changed = true;
	if (o->fate == FATE_DELIVERED) {
		delivered(r);
	} else {
		snprintf(r->error, sizeof r->error, "%s", o->text);
		if (o->fate == FATE_REFUSED && hopeless(r))
			give_up(r);
		else
			pause_after(r, o->after_s);
	}
	take_next_address(r);
	receiver_step(r, on_recovered);
}

void
receiver_halt(void)
{
	halted = true;
}

void
receiver_step(struct receiver *r, void (*recovered)(void))
{
	const char *obstacle;

	on_recovered = recovered;
	if (halted || r->dispatch != NULL || clock_mono_ns() < r->next_ns)
		return;
	if (r->parcel.count == 0) {
		/* Who cannot be reached gets no parcel that would have to stay one. */
		if (r->address->way == WAY_NONE) {
			if (strcmp(r->error, r->address->cannot) == 0)
				return;
			snprintf(r->error, sizeof r->error, "%s", r->address->cannot);
			r->changed = true;
			return;
		}
		compose(r);
		if (r->parcel.count == 0)
			return;
	}
	r->parcel.url_base = r->address->url_base;
	obstacle = dispatch_obstacle(r->address);
	if (obstacle != NULL) {
		snprintf(r->error, sizeof r->error, "%s", obstacle);
		r->changed = true;
		pause_after(r, 0);
		return;
	}
	r->dispatch = dispatch_start(r->address, &r->parcel, on_outcome, r);
}

/* --- trials ----------------------------------------------------------------------- */

static void
on_trial(void *ctx, const struct outcome *o)
{
	struct receiver *r = ctx;

	r->trial = NULL;
	parcel_clear(&r->trial_parcel);
	if (o->fate == FATE_DELIVERED)
		receiver_hurry(r);
	r->trial_done(r->ticket, o);
	take_next_address(r);
}

void
receiver_try(struct receiver *r, uint32_t ticket,
    void (*done)(uint32_t ticket, const struct outcome *outcome))
{
	static const char body[] =
	    "{\"kind\":\"test\",\"alert\":\"test\",\"target\":\"test\",\"edge\":1,"
	    "\"loss\":[\"S\",0,100],\"rtt\":[\"S\",0.004,null],\"host\":\"localhost\","
	    "\"comment\":\"This is a test of smokebox: nothing has happened.\"}";
	struct outcome o = { .fate = FATE_LATER };
	const char *obstacle = dispatch_obstacle(r->address);
	struct letter *l;

	if (r->trial != NULL)
		obstacle = "another test of it is under way";
	if (obstacle != NULL) {
		snprintf(o.text, sizeof o.text, "%s", obstacle);
		done(ticket, &o);
		return;
	}
	r->ticket = ticket;
	r->trial_done = done;
	r->trial_parcel.receiver = r->name;
	r->trial_parcel.url_base = r->address->url_base;
	r->trial_parcel.trial = true;
	l = parcel_add(&r->trial_parcel);
	l->id = (int64_t)ticket;
	l->time = clock_wall_ns() / S;
	if (letter_read(l, "test", body, NULL) != 0)
		fatalx("the letter of a test cannot be read");
	r->trial = dispatch_start(r->address, &r->trial_parcel, on_trial, r);
}
