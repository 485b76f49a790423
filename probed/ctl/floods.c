#include "ctl/floods.h"

#include <math.h>
#include <stdlib.h>

#include <uthash.h>

#include "base/mem.h"
#include "collector/tally.h"
#include "collector/windows.h"
#include "infer/attacktext.h"

/* One that is under way. */
struct open {
	UT_hash_handle hh;
	char subject[ATTACK_SUBJECT];
	struct attack attack;
};

struct floods {
	struct windows *windows;
	struct attacks *attacks;
	struct open *open;
	floods_fn fn;
	void *ctx;
	bool alive;
};

static void
on_attack(void *ctx, const struct attack *a)
{
	struct floods *f = ctx;
	char subject[ATTACK_SUBJECT];
	struct open *o;

	attack_subject(a, subject);
	HASH_FIND_STR(f->open, subject, o);
	if (a->state == ATTACK_NORMAL) {
		f->fn(f->ctx, a, true);
		if (o != NULL) {
			HASH_DEL(f->open, o);
			free(o);
		}
		return;
	}
	if (o == NULL) {
		o = mem_zero(1, sizeof *o);
		attack_subject(a, o->subject);
		HASH_ADD_STR(f->open, subject, o);
	}
	o->attack = *a;
}

static void
on_host(void *ctx, const struct own_host *h)
{
	struct floods *f = ctx;

	attacks_see(f->attacks, h);
}

/* The judge needs what is noted of hosts, not what alone makes suspicious. */
static void
on_suspicion(void *ctx, const struct msg_suspicion *s)
{
	(void)ctx;
	(void)s;
}

static double
lost(void *ctx, const struct flow_ip *exporter)
{
	const struct floods *f = ctx;

	(void)exporter;
	return f->alive ? 0 : NAN;
}

void
floods_second(struct floods *f, int64_t now_ms, bool alive)
{
	f->alive = alive;
	windows_tick(f->windows, now_ms, on_suspicion, f);
	attacks_tick(f->attacks, now_ms / 1000, lost, f);
}

bool
floods_quiet(const struct floods *f)
{
	return windows_count(f->windows) == 0 && attacks_quiet(f->attacks);
}

void
floods_end(struct floods *f)
{
	struct open *o, *next;

	HASH_ITER(hh, f->open, o, next) {
		f->fn(f->ctx, &o->attack, false);
		HASH_DEL(f->open, o);
		free(o);
	}
}

struct floods *
floods_new(struct tally *tally, const struct conf_detection *d, floods_fn fn, void *ctx)
{
	struct floods *f = mem_zero(1, sizeof *f);
	struct windows_thresholds t = {
		.packets = d->packets, .octets = d->bits / 8, .flows = d->flows
	};
	struct attack_settings set = { .packets = d->packets,
		.octets = d->bits / 8,
		.flows = d->flows,
		.line = { d->line[0] / 8, d->line[1] / 8 },
		.hold_s = d->hold_s,
		.learn_s = d->learn_s };

	f->fn = fn;
	f->ctx = ctx;
	f->windows = windows_new(1);
	windows_configure(f->windows, &t);
	windows_note(f->windows, on_host);
	tally_watch(tally, f->windows);
	f->attacks = attacks_new(&set);
	attacks_listen(f->attacks, on_attack, f);
	return f;
}

void
floods_free(struct floods *f)
{
	struct open *o, *next;

	if (f == NULL)
		return;
	HASH_ITER(hh, f->open, o, next) {
		HASH_DEL(f->open, o);
		free(o);
	}
	windows_free(f->windows);
	attacks_free(f->attacks);
	free(f);
}
