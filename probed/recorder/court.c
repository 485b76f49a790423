#include "recorder/court.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "recorder/congestions.h"
#include "recorder/found.h"
#include "recorder/judge.h"
#include "recorder/loadtests.h"
#include "recorder/wifis.h"

struct court {
	const struct court_ops *ops;
	void *ctx;
	struct journal *journal;
	struct talk *talk;
	struct paths *paths;
	struct congestions *congestions; /* NULL until court_begin() */
	struct judge *judge;
	struct wifis *wifis;
};

/* --- what comes ------------------------------------------------------------------- */

/* First who is to blame, then whom it is told of. Load tests of our own are no fault of
 * anybody. */
static void
judge(struct court *c, const struct round *r)
{
	if (!journal_own_load(c->journal, r))
		judge_round(c->judge, r, clock_wall_s());
	journal_round(c->journal, r);
}

void
court_refused(struct court *c, const struct round *r)
{
	judge(c, r);
	journal_kick(c->journal);
}

void
court_round(struct court *c, const struct round *r)
{
	judge(c, r);
	paths_round(c->paths, r, clock_wall_s());
	congestions_round(c->congestions, r);
	journal_kick(c->journal);
}

int
court_message(struct court *c, struct msg_in *in)
{
	switch (in->type) {
	case MSG_HOPS:
	case MSG_HERE:
		return paths_message(c->paths, in, clock_wall_s());
	case MSG_WIFI:
		return wifis_message(c->wifis, in, clock_wall_s());
	case MSG_MARKS:
		return congestions_marks(c->congestions, in);
	case MSG_VICTIM:
		return journal_victim(c->journal, in);
	case MSG_HOST:
		return journal_host(c->journal, in);
	default:
		return -1;
	}
}

void
court_interface(struct court *c, const struct msg_interface *m)
{
	/* What is told of the last run comes before there is any. */
	if (c->congestions != NULL)
		congestions_interface(c->congestions, m);
}

void
court_minute(
    struct court *c, const struct minute_part *part, const struct minute_row *row)
{
	talk_minute(c->talk, part, row);
}

/* --- ways ------------------------------------------------------------------------- */

static void
walk_way(void *ctx, const struct msg_trace *trace)
{
	const struct court *c = ctx;

	c->ops->walk(c->ctx, trace);
}

static void
tell_way(void *ctx, const struct msg_path *m)
{
	const struct court *c = ctx;

	c->ops->path(c->ctx, m);
}

static void
tell_here(void *ctx, const struct here *h)
{
	const struct court *c = ctx;

	c->ops->here(c->ctx, h);
	wifis_here(c->wifis, h);
}

static void
note_way(void *ctx, const char *subject, int64_t time, const char *text,
    const char *evidence)
{
	const struct court *c = ctx;

	journal_route(c->journal, subject, time, text, evidence);
	if (c->congestions != NULL)
		congestions_changed(c->congestions, subject, time);
}

static void
trouble(void *ctx, const char *text)
{
	const struct court *c = ctx;

	c->ops->trouble(c->ctx, text);
}

static const struct paths_ops paths_ops = { walk_way, tell_way, tell_here, note_way,
	trouble };

/* --- the path --------------------------------------------------------------------- */

static void
tell_verdict(void *ctx, const struct msg_verdict *v)
{
	const struct court *c = ctx;

	c->ops->verdict(c->ctx, v);
}

static const struct judge_ops judge_ops = { tell_verdict };

static void
hear_finding(void *ctx, const struct infer_finding *f, bool over)
{
	const struct court *c = ctx;

	judge_hear(c->judge, f, over);
	if (c->ops->found != NULL)
		c->ops->found(c->ctx, f, over);
}

/* --- radios ----------------------------------------------------------------------- */

static void
tell_wifi(void *ctx, const struct msg_wifi *m)
{
	const struct court *c = ctx;

	c->ops->wifi(c->ctx, m);
}

static void
hear_medium(void *ctx, enum verdict_medium medium)
{
	const struct court *c = ctx;

	judge_medium(c->judge, medium);
}

static const struct wifis_ops wifis_ops = { tell_wifi, hear_finding, hear_medium,
	trouble };

/* --- congestion ------------------------------------------------------------------- */

/* What TARGET is, as far as the ways to all targets say. */
static enum links_place
place_of(void *ctx, uint64_t target, bool *crosses)
{
	static const enum links_place places[RUNGS] = {
		[RUNG_GATEWAY] = LINKS_GATEWAY,
		[RUNG_ACCESS] = LINKS_ACCESS,
		[RUNG_PROVIDER] = LINKS_PROVIDER,
		[RUNG_TRANSIT] = LINKS_TRANSIT,
		[RUNG_FAR] = LINKS_FAR,
	};
	const struct court *c = ctx;
	const struct ladder *ladder = paths_ladder(c->paths, clock_wall_s());
	const struct ladder_role *role =
	    ladder != NULL ? ladder_role(ladder, target) : NULL;

	*crosses = role != NULL && role->crosses;
	return role != NULL ? places[role->rung] : LINKS_NOWHERE;
}

static unsigned
cut_of(void *ctx, const uint64_t *bad, size_t bads, const uint64_t *good, size_t goods,
    char hop[ADDR_TEXT])
{
	const struct court *c = ctx;
	const struct ladder *l = paths_ladder(c->paths, clock_wall_s());
	struct addr a;
	unsigned ttl = l != NULL ? ladder_cut(l, bad, bads, good, goods, &a) : 0;

	if (ttl != 0)
		addr_text(&a, hop);
	return ttl;
}

static void
tell_line(void *ctx, const struct msg_line *m)
{
	const struct court *c = ctx;

	c->ops->line(c->ctx, m);
}

static void
tell_busy(void *ctx, const struct lines_busy *b)
{
	const struct court *c = ctx;

	judge_busy(c->judge, b);
}

static bool
own_load(void *ctx, int64_t begin, int64_t end)
{
	const struct court *c = ctx;

	return loadtests_touch(journal_loadtests(c->journal), begin, end);
}

static const struct congestions_ops congestions_ops = { place_of, tell_line, trouble,
	tell_busy, own_load, cut_of };

/* --- who talks -------------------------------------------------------------------- */

static double
talker(void *ctx, int64_t begin, int64_t end, bool out, char text[VERDICT_TALKER])
{
	const struct court *c = ctx;

	return talk_top(c->talk, begin, end, out, text, VERDICT_TALKER);
}

/* --- turns ------------------------------------------------------------------------ */

static void
work(void *ctx)
{
	const struct court *c = ctx;

	c->ops->work(c->ctx);
}

static const struct journal_ops journal_ops = { trouble, work };

int64_t
court_work(struct court *c)
{
	return journal_work(c->journal);
}

void
court_tick(struct court *c)
{
	journal_tick(c->journal, clock_wall_s());
}

void
court_look(struct court *c)
{
	int64_t now = clock_wall_s();

	paths_tick(c->paths, now);
	congestions_tick(c->congestions, now);
	judge_load(c->judge, loadtests_running(journal_loadtests(c->journal)));
	wifis_tick(c->wifis, now);
	judge_tick(c->judge, now);
	journal_kick(c->journal);
}

/* --- life ------------------------------------------------------------------------- */

struct journal *
court_journal(struct court *c)
{
	return c->journal;
}

struct talk *
court_talk(struct court *c)
{
	return c->talk;
}

void
court_tell(struct court *c)
{
	paths_tell(c->paths);
	if (c->congestions != NULL)
		congestions_tell(c->congestions);
	judge_tell(c->judge);
	wifis_tell(c->wifis);
}

struct court *
court_new(const struct court_ops *ops, void *ctx)
{
	struct court *c = mem_zero(1, sizeof *c);

	c->ops = ops;
	c->ctx = ctx;
	c->journal = journal_new(&journal_ops, c);
	c->talk = talk_new();
	c->paths = paths_new(&paths_ops, c);
	c->judge = judge_new(&judge_ops, c, c->paths);
	c->wifis = wifis_new(&wifis_ops, c);
	return c;
}

void
court_begin(struct court *c, const struct conf *conf)
{
	int64_t gap_begin, gap_end;

	journal_begin(c->journal, conf);
	struct conditions *cs = journal_conditions(c->journal);
	struct events *ev = journal_events(c->journal);
	c->congestions = congestions_new(cs, ev, &congestions_ops, c, clock_wall_s());
	judge_begin(c->judge, cs, ev);
	journal_judge(c->journal, c->judge);
	talk_begin(c->talk, clock_wall_s());
	journal_talk(c->journal, c->talk);
	judge_talkers(c->judge, talker, c);
	found_listen(hear_finding, c);
	if (journal_gap(c->journal, &gap_begin, &gap_end))
		judge_gap(c->judge, gap_begin, gap_end, "smokebox did not run");
}

void
court_configure(struct court *c, const struct conf *next)
{
	journal_configure(c->journal, next);
	congestions_configure(c->congestions, next);
	paths_configure(c->paths, next, clock_wall_s());
	judge_configure(c->judge, next);
}

void
court_end(struct court *c)
{
	paths_free(c->paths);
	congestions_free(c->congestions);
	found_listen(NULL, NULL);
	journal_judge(c->journal, NULL);
	judge_free(c->judge);
	wifis_free(c->wifis);
	journal_end(c->journal);
	talk_free(c->talk);
	free(c);
}
