/* Attacks on own hosts, and by them. Every second what looks like an attack (vector.h)
 * is held against the host's threshold; what stays above it becomes one:
 *
 *   Normal -> Suspect          its lower bound is above the threshold
 *   Suspect -> Under attack    above it for 10 s, or for 4 s when it is twice as much
 *   Suspect -> Normal          below it for 10 s
 *   Under attack -> Recovering below 0.7 of it for 60 s
 *   Recovering -> Under attack above it again (a relapse: the hold is doubled)
 *   Recovering -> Normal       below 0.7 of it for the hold
 *
 * Where nobody tells of the host any more nothing moves, for an hour at most; and where
 * more than a tenth of what the exporter sends is lost, what is below moves nothing.
 *
 * The threshold is three times what is usual at the host (baseline.h), at least the
 * floor, and at most 0.8 of the line. Nothing here reads a clock. */
#ifndef INFER_ATTACK_H
#define INFER_ATTACK_H

#include "infer/baseline.h"
#include "infer/vector.h"

#define ATTACK_HOSTS 512	/* looked after at once, in and out each */
#define ATTACK_UNHEARD_S 3600	/* without data, and it is taken for over */
#define ATTACK_LOST_MOST 0.1	/* more is lost, and what is missing proves nothing */
#define ATTACK_RELAPSE_S 86400	/* the memory for relapses */
#define ATTACK_HOLD_MOST_S 14400

enum attack_state {
	ATTACK_NORMAL,
	ATTACK_SUSPECT,
	ATTACK_UNDER,
	ATTACK_RECOVERING,
	ATTACK_STATES
};
const char *attack_state_word(enum attack_state state); /* "under attack" */

struct attack_settings {
	double packets, octets, flows; /* floors, per second */
	double line[2];		       /* octets per second in, out; 0: not known */
	int64_t hold_s;
	int64_t learn_s; /* before so much is learned nothing is sure */
};

/* One host, one way. */
struct attack {
	struct flow_ip host; /* len 0: the own network as a whole */
	struct flow_ip exporter;
	bool out;
	enum attack_state state;
	struct vector now, peak; /* PEAK: of the greatest rate since it began */
	double ratio;		 /* lower bound by threshold, now; the greatest figure */
	double peak_ratio;
	double threshold[BASELINE_FIGURES]; /* as it was when it began */
	double usual[BASELINE_FIGURES];
	enum baseline_figure figure; /* the one that PEAK_RATIO is of */
	int64_t window_ms;
	int64_t begin_s; /* when it first was above; 0: never */
	int64_t under_s; /* when it became one */
	int64_t below_s; /* since when it is below, where it is */
	int64_t heard_s; /* when the exporter was alive last */
	int64_t hold_s;
	double lost; /* 0..1, of what the exporter sent; the greatest since it began */
	unsigned relapses;
	bool stale;   /* nobody tells of it */
	int64_t learned_s; /* of what is usual, of all hosts */
	bool learned;	   /* that is enough */
};

struct attacks;

struct attacks *attacks_new(const struct attack_settings *settings);
void attacks_free(struct attacks *a);
void attacks_configure(struct attacks *a, const struct attack_settings *settings);
/* The baselines, for keeping them. */
struct baselines *attacks_baselines(struct attacks *a);

/* Called when one becomes an attack, while it goes on (about every second), and when it
 * is over (state ATTACK_NORMAL). It is borrowed. */
typedef void (*attack_fn)(void *ctx, const struct attack *attack);
void attacks_listen(struct attacks *a, attack_fn fn, void *ctx);

/* H was seen, once a second at most; or by several, with the same time: then the one
 * that tells of more of an attack is believed. */
void attacks_see(struct attacks *a, const struct own_host *h);
/* How much of what EXPORTER (len 0: anybody) sends is lost, 0..1; NAN: it is silent. */
typedef double (*attack_lost_fn)(void *ctx, const struct flow_ip *exporter);
/* The second is over. */
void attacks_tick(struct attacks *a, int64_t now_s, attack_lost_fn lost, void *ctx);
/* Is nobody attacked, or about to be, or was just now? */
bool attacks_quiet(const struct attacks *a);
/* One that was under way when we ended, at NOW_S: until it is seen again it recovers. */
void attacks_restore(struct attacks *a, const struct flow_ip *host, bool out,
    int64_t begin_s, int64_t now_s);
/* What the threshold of HOST is now. */
void attacks_threshold(const struct attacks *a, const struct flow_ip *host, bool out,
    double threshold[BASELINE_FIGURES], double usual[BASELINE_FIGURES]);

#endif
