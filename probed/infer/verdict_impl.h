/* What the parts of the judge share. */
#ifndef INFER_VERDICT_IMPL_H
#define INFER_VERDICT_IMPL_H

#include <uthash.h>

#include "infer/hourly.h"
#include "infer/verdict.h"

#define VERDICT_RING 20	      /* windows that a series keeps */
#define VERDICT_HEALTHY 0.005 /* loss that is nobody's fault */
#define VERDICT_LEAST 0.02    /* loss below which nothing is the matter */
#define VERDICT_LITTLE 0.1    /* loss that a full queue makes, too */
#define VERDICT_GOOD 3	      /* windows that close, at least */
#define VERDICT_FULL 0.95     /* loss that is called an outage */
#define VERDICT_PERSISTS                                                               \
	0.6 /* of a hop's loss must show behind it; 0.8, and what a few                \
	     * windows' counts make of it */
#define VERDICT_PROVEN 0.01   /* chance below which counts speak against a rate */
#define VERDICT_ALSO 1e-3     /* chance of loss that is none, once it is looked for */
#define VERDICT_SAME_LOSS                                                              \
	0.6 /* of an end's loss, that of the path, which explains it */
#define VERDICT_BUSY 0.8      /* use of a line that fills its buffers */
#define VERDICT_HURTS                                                                  \
	0.3		/* of what a full line carries: an attack of less is not why */
#define VERDICT_USES 80 /* told every 15 s: 20 minutes */

enum verdict_sign {
	SIGN_LOSS,
	SIGN_DELAY,
	SIGNS
};

/* One window of one series. */
struct window {
	int64_t number; /* time / length */
	uint32_t n, lost;
	uint32_t unknown; /* pings, with those of windows before it that are not kept */
	float shift, p90_shift; /* above what is usual, seconds; NAN: not known */
	float median;		/* NAN: none */
	bool slow;
	bool moved, route; /* its address, its way was another one */
};

/* Is one thing the matter with one series? */
struct track {
	bool bad;
	unsigned bads, goods; /* windows in a row */
	int64_t since, last;  /* numbers of the first and the last bad window */
	int64_t first;	      /* of loss, before it became worse, or less again */
	bool less;	      /* it did last become less */
};

/* A diagnosis of one window. */
struct diagnosis {
	enum {
		DIAGNOSIS_NONE,
		DIAGNOSIS_WAIT,
		DIAGNOSIS_FOUND
	} state;
	enum verdict_sign sign;
	enum segment segment;
	const char *cause;
	double size;	    /* loss ratio, or seconds more than usual */
	double ends;	    /* the same of what lies behind: it explains so much */
	double low, high;   /* the interval of their loss */
	double effect;	    /* more than 1: lost pings come in runs */
	int64_t since;	    /* number of the window it began in */
	unsigned bad, good; /* far ends, by network */
	uint8_t family; /* the only one that it is about, the other is fine; 0: none */
	enum verdict_role
	    behind;	    /* the farthest hop that is proven good; OTHER: none */
	bool bounded;	    /* what lies in front of it is measured, and good */
	bool confirmed;	    /* so is what lies behind it, and bad */
	bool p90;	    /* sizes are of the 90th percentile */
	bool fading;	    /* the last window was a good one */
	bool passive;	    /* counters say the same as the probes */
	const struct infer_finding *other; /* a neighbour's that explains it */
};

/* What may happen to it, and by what, is one table in verdictslot.c. */
enum slot_state {
	SLOT_FREE,    /* nothing is the matter */
	SLOT_SEEN,    /* one window says so */
	SLOT_OPEN,    /* from here on it is told: it is the matter */
	SLOT_DOUBTED, /* ... though the last window says that something else is */
	SLOT_GONE,    /* ... it is not any more, and is held open: it came before */
	SLOT_STATES
};

#define SPAN_SIZES 64

/* How large it was in windows of a span, evenly: when there is no room left, every
 * second one stays, and half as many come. */
struct sizes {
	float size[SPAN_SIZES];
	unsigned n, every, skipped;
};

/* What may be the matter with one subject. */
struct slot {
	enum slot_state state;
	unsigned times; /* that it came, each a while after the last; 1: once */
	int64_t quiet;	/* number of the window since when it is gone; 0: it is not */
	/* What was open before. */
	struct {
		enum segment segment;
		int64_t begin, last; /* epoch seconds */
		unsigned times;
		bool outage;
	} past;
	unsigned same; /* windows that said the same in a row; 0: of DOUBTED */
	/* Epoch seconds: the begin, which stays once it is told; since when it is as it
	 * is told now, which is later where it became worse, or less; the last bad
	 * window's end. */
	int64_t begin, since, last;
	/* When nothing got through, the last time; 0: it did always. */
	struct {
		int64_t begin, end;
	} dead;
	struct diagnosis d;
	struct diagnosis also; /* what it does besides, of the other sign */
	struct sizes sizes;    /* since SINCE */
	int64_t runs; /* number of the last window that showed pings lost in runs */
	/* Windows in a row that said what is worse, and began later, or is less: */
	unsigned news;
	struct diagnosis next;
	/* Of what was told before something worse that is over: numbers of the window
	 * after that, and of the one since when it may be over, too; 0: of no such. */
	int64_t risen, held;
	struct infer_finding *f; /* as it was told; NULL until it was */
};

/* Pings that this box could not send, though it could most of the time. */
struct unsent {
	unsigned times;		/* that it began; 0: it does not */
	unsigned run;		/* windows in a row that have some, now, */
	unsigned partly;	/* ... of which others were sent */
	bool often;		/* it was so often that it is told */
	int64_t since, last;	/* numbers of windows */
	uint64_t pings, unsent; /* since then */
};

struct series {
	UT_hash_handle hh;
	uint64_t id;
	char path[VERDICT_NAME];
	enum verdict_role role;
	uint32_t network, step, pings;
	uint8_t family; /* 4, 6; 0: not known */
	/* The window that is being collected: */
	struct {
		uint32_t rounds, sent, lost, unknown;
		uint32_t why[VERDICT_UNKNOWNS], error[VERDICT_ERRORS];
		double median, p90; /* sums */
		uint32_t timed;	    /* rounds in them */
		bool moved, route;
	} now;
	struct window ring[VERDICT_RING];
	unsigned windows; /* ever; the last is ring[(windows - 1) % VERDICT_RING] */
	uint32_t
	    missed; /* unknown pings of windows that were not kept since the last */
	unsigned clean;	  /* windows before this one are forgotten for loss */
	/* What it loses by itself: of windows in which nothing was the matter with the
	 * path, of which the later ones weigh more, and none is of before window SINCE,
	 * in which it began to lose by itself; 0: it did not. SHIFT: how much slower
	 * than usual it was lately in such, seconds. */
	struct {
		uint32_t n, lost;
		int64_t since;
		double shift, p90_shift;
	} own;
	struct track track[SIGNS];
	uint32_t error[VERDICT_ERRORS]; /* lost pings while it is bad */
	/* Windows when that was seen last, of what is not so all the time; -1: never.
	 */
	int64_t moved, route;
	bool same_hour;			/* what is usual is known well */
	double base, limit;		/* usual delay, and the shift that counts */
	struct hourly baseline;
	struct hourly_usual usual; /* as it was looked up, good until then: */
	int64_t usual_until;
	struct slot slot; /* of far ends and resolvers */
};

struct verdict {
	verdict_fn fn;
	void *ctx;
	struct series *series;
	uint32_t length; /* of a window */
	int64_t judged;	 /* number of the last window judged; -1: none */
	int64_t first;	 /* begin of the first window judged, epoch seconds */
	int64_t fine;	 /* since when all is fine, epoch seconds; 0: it is not */
	enum verdict_medium medium;
	struct verdict_use use[VERDICT_USES];
	unsigned uses; /* ever */
	struct infer_finding **neighbour; /* what other judges say now */
	unsigned neighbours;
	struct infer_finding *bad_radio; /* as it was last when it was; NULL: never */
	struct infer_finding *past_attack; /* the last one that is over; NULL: none */
	struct slot path;
	/* What was the matter with the path before what is worse began: nothing says
	 * that it is over. */
	struct slot under;
	struct slot host;
	struct unsent unsent;
	bool cut_off;	   /* this box can send nothing: nothing else is judged */
	int64_t disturbed; /* number of the last window in which the path was */
	bool undecided; /* something is the matter with the path, and not told yet */
	verdict_talker_fn talker; /* NULL: nobody knows */
	void *talker_ctx;
	verdict_cut_fn cut; /* NULL: nobody knows */
	void *cut_ctx;
	verdict_begin_fn begin; /* NULL: nobody knows */
	void *begin_ctx;
	unsigned left_out; /* targets that there is no room for */
	int64_t load; /* since when a load test runs; 0: none does */
	int64_t gap_begin, gap_end;
	char gap_why[64];
	unsigned artefacts; /* of the last window: hops that only look bad */
	char artefact[VERDICT_NAME];
	struct verdict_stash *stash; /* baselines of series that did not come yet */
};

/* Is it told of SLOT's that it is the matter? */
static inline bool
slot_is_open(const struct slot *slot)
{
	return slot->state >= SLOT_OPEN;
}

static inline struct window *
series_window(const struct series *s, unsigned back)
{
	return (struct window *)&s->ring[(s->windows - 1 - back) % VERDICT_RING];
}

/* Windows that are kept. */
static inline unsigned
series_kept(const struct series *s)
{
	return s->windows < VERDICT_RING ? s->windows : VERDICT_RING;
}

struct series *verdict_find(const struct verdict *v, uint64_t id); /* or NULL */
/* The baseline of S, which is new, where one was loaded. */
void verdict_stash_take(struct verdict *v, struct series *s);
void verdict_stash_free(struct verdict *v);

/* The window NUMBER is over: what was collected of S becomes one of its own. */
void series_close(struct verdict *v, struct series *s, int64_t number);
/* All windows are closed: what series lose more since a hop in front of them began to
 * lose as well has the begin of that. */
void series_follow(const struct verdict *v);
/* Pings and lost ones since window SINCE. */
void series_counts(const struct series *s, int64_t since, uint64_t *n, uint64_t *lost);
/* ... and before window UNTIL. */
void series_counts_until(
    const struct series *s, int64_t since, int64_t until, uint64_t *n, uint64_t *lost);
/* Is what S lost between them provably less (-1) or more (1) than RATE, by a chance of
 * less than CHANCE? 0: neither. */
int series_against(
    const struct series *s, int64_t since, int64_t until, double rate, double chance);
/* Mean shift of the last windows since SINCE, at most four; NAN: not known. */
double series_shift(const struct series *s, int64_t since, bool p90);
/* ... and before window UNTIL. */
double series_shift_until(
    const struct series *s, int64_t since, int64_t until, bool p90);
/* How much slower S is since SINCE than it was by itself: a hop that was slow to answer
 * before is not blamed for what delays others later. */
double series_slower(const struct series *s, int64_t since, bool p90);
/* The interval that holds that with 95 %; NAN: one window tells none. */
void series_shift_interval(const struct series *s, int64_t since, int64_t until,
    bool p90, double *low, double *high);
/* How the windows of S between the first and the last bad one since SINCE differ in
 * what they lose: what is added to *SQUARES is as large as the windows that are added
 * to *N where pings are lost one by one. */
void series_scatter(
    const struct series *s, int64_t since, double *squares, unsigned *n);
/* Kish's design effect: SUM of squares for N windows more than there are (index of
 * dispersion), 1 where that is chance (by the cube root of Wilson and Hilferty). */
double series_effect(double sum, unsigned n);
/* Pings since window SINCE of which is not known whether they were answered. */
uint64_t series_unknown(const struct series *s, int64_t since);
/* The number of the first window since S recovered last, of those that are kept; the
 * first of them when it did not. */
int64_t series_clean(const struct series *s);
/* Was there a window of S lately? */
bool series_fresh(const struct verdict *v, const struct series *s);

/* Windows between which what is SIZE big is seen to begin where it began together. */
int64_t verdict_apart(enum verdict_sign sign, double size);
/* What is the matter with the path, by SIGN, in the window just judged. */
struct diagnosis verdict_path(struct verdict *v, enum verdict_sign sign);
/* Why S, an end, is bad on its own. */
struct diagnosis verdict_end(struct verdict *v, const struct series *s);
/* How sure D is, seen in SAME windows in a row. */
enum confidence verdict_confidence(
    const struct verdict *v, const struct diagnosis *d, unsigned same);

/* --- of what other judges found --------------------------------------------------- */

void verdict_others_free(struct verdict *v);
/* What the radio by which this box is in the wifi tells of itself, fine or not; NULL:
 * nothing. */
const struct infer_finding *verdict_radio(const struct verdict *v);
/* What says that this box's radio, its way out, is connected to no access point; NULL:
 * nothing does. */
const struct infer_finding *verdict_unlinked(const struct verdict *v);
/* The greatest attack that fills the line by its counters U, and into *N how many do;
 * NULL: none is known to, as where nobody counts (U NULL). */
const struct infer_finding *verdict_attack(
    const struct verdict *v, const struct verdict_use *u, unsigned *n);
/* The greatest one that goes on, whether it harms or not; NULL: none does. */
const struct infer_finding *verdict_any_attack(const struct verdict *v);
bool verdict_goes_out(const struct infer_finding *attack);
/* The congested link of SEGMENT whose target is bad by SIGN, at its hours; NULL: none.
 */
const struct infer_finding *verdict_congestion(
    const struct verdict *v, enum segment segment, enum verdict_sign sign);
/* One that is likely to be congested at this hour; NULL: none. */
const struct infer_finding *verdict_congested_now(const struct verdict *v);
/* Is TIME, epoch seconds, within the local hours that F is about? Of one about none, it
 * is. */
bool verdict_in_hours(const struct infer_finding *f, int64_t time);

/* The begin of what is the matter and not decided yet, epoch seconds; 0: nothing is. */
int64_t verdict_in_doubt(const struct verdict *v);
/* Is what is the matter with S explained by what is with this box, or the path? */
bool verdict_covers(const struct verdict *v, const struct series *s);

/* The use of the line in most windows since SINCE (epoch seconds); NULL: not known. */
const struct verdict_use *verdict_busiest(const struct verdict *v, int64_t since);
/* Since when the line is in use as U is, which is much, with breaks of two windows at
 * most; not before SINCE, and that where it is so since before it is known. */
int64_t verdict_busy_since(
    const struct verdict *v, const struct verdict_use *u, int64_t since);
/* Is it the way out that U is about? */
static inline bool
verdict_is_out(const struct verdict_use *u)
{
	return !(u->in > u->out);
}

/* What the line of U can one way, bits per second. */
double verdict_line(const struct verdict_use *u, bool out);

/* Behind the provider: the distance of the hop, into HOP, from which on the ways to
 * those that are bad have nothing in common with the others; 0: none is known. */
unsigned verdict_cut(
    const struct verdict *v, const struct diagnosis *d, char hop[VERDICT_HOP]);
/* Fill F with words and numbers: what SLOT holds about S (NULL: the path). */
void verdict_tell(const struct verdict *v, const struct slot *slot,
    const struct series *s, enum confidence confidence, struct infer_finding *f);
/* ... that something is the matter since SINCE, epoch seconds, and not decided yet. */
void verdict_tell_doubt(
    const struct verdict *v, int64_t since, struct infer_finding *f);
void verdict_tell_fine(const struct verdict *v, struct infer_finding *f);

#endif
