/* What a judge found out: the one shape in which verdict, congestion, attack and wifi
 * hand it over, to each other and to the recorder, which makes an incident of it
 * (recorder/found.h). A plain value of a fixed size: it is copied, kept and thrown away
 * like a number. */
#ifndef INFER_FINDING_H
#define INFER_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "infer/segment.h"

#define FINDING_WORD 32	    /* of a name, a unit, a cause */
#define FINDING_SUBJECT 256 /* as long as a target's path may be in a finding */
#define FINDING_SENTENCE 600
#define FINDING_NUMBERS 48
#define FINDING_FACTS 12
#define FINDING_FACT 200

/* One measured thing behind it. */
struct finding_number {
	char name[FINDING_WORD]; /* "loss", "added_delay": lower case, '_' */
	char unit[12];		 /* "s", "ratio", "bit/s", "packets/s", "count", ... */
	char of[96];	  /* what was measured: a target's path, an interface; "": the
			     subject */
	double value;	  /* NAN: not known */
	double threshold; /* with which it was compared; NAN: with none */
	double low, high; /* the interval that holds the truth with LEVEL; NAN: none */
	double level;	  /* 0.95; 1 of what is counted and not estimated */
	double weight;	  /* of an item in a score; NAN: not weighed */
	int64_t time;	  /* epoch seconds when it was seen; 0: the finding's */
};

/* One thing that is no number: "talker" "192.168.1.30 port 443". */
struct finding_fact {
	char name[FINDING_WORD];
	char text[FINDING_FACT];
};

/* What the data are worth. */
struct finding_quality {
	uint64_t samples;  /* pings, packets, bins it rests on */
	double unknown;	   /* 0..1: the share that should be there and is not */
	uint32_t sampling; /* one packet in so many was seen; 1: all, 0: no packets */
	double baseline_s; /* length of what it is compared with; NAN: with nothing */
	/* Is enough known of what is usual, for what is done against it? */
	enum {
		LEARNED_NOTHING,
		LEARNED_LITTLE,
		LEARNED_ENOUGH
	} learned;
	char note[FINDING_FACT]; /* what else weakens it, in words; "": nothing */
};

struct infer_finding {
	char kind[16]; /* as in DESIGN 1.4: "verdict", "congestion", "attack", ... */
	char subject[FINDING_SUBJECT]; /* path, address, interface, segment's word */
	char source[FINDING_WORD]; /* who judges; with the two the condition's key */
	char cause[FINDING_WORD];  /* "bufferbloat", "outage"; "": not known */
	enum segment segment;
	enum confidence confidence;
	int64_t begin; /* epoch seconds */
	double worst;  /* of its leading number, for lists; NAN: none */
	struct finding_quality quality;
	unsigned numbers, facts;
	unsigned left_out; /* numbers and facts there was no room for: told */
	struct finding_number number[FINDING_NUMBERS];
	struct finding_number spare; /* takes what there is no room for */
	struct finding_fact fact[FINDING_FACTS];
	char sentence[FINDING_SENTENCE];
};

/* Make F an empty finding; texts are cut at whole characters where they are too long.
 */
void finding_init(
    struct infer_finding *f, const char *kind, const char *subject, const char *source);
void finding_cause(struct infer_finding *f, const char *cause);
/* Add a number; threshold and interval may be set in what is returned, never NULL. */
struct finding_number *finding_number(
    struct infer_finding *f, const char *name, const char *unit, double value);
/* The same, of OF, against THRESHOLD. */
struct finding_number *finding_number_of(struct infer_finding *f, const char *name,
    const char *unit, const char *of, double value, double threshold);
/* N is within LOW and HIGH with LEVEL. */
void finding_interval(struct finding_number *n, double low, double high, double level);
/* N is known as well as FROM, in its unit. */
void finding_interval_of(struct finding_number *n, const struct finding_number *from);
void finding_fact(struct infer_finding *f, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void finding_sentence(struct infer_finding *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The first number, or the text of the first fact, called NAME; NULL, or "": there is
 * none. */
const struct finding_number *finding_find(
    const struct infer_finding *f, const char *name);
const char *finding_fact_of(const struct infer_finding *f, const char *name);
/* Facts whose text names somebody of the house, which not everybody may read, there and
 * in the sentence: the names of the facts, by I; NULL behind the last. */
const char *finding_private(unsigned i);

/* The evidence of the incident: {"segment","cause","numbers":[...],"facts":[...],
 * "quality":{...}}; malloced. */
char *finding_evidence(const struct infer_finding *f);
/* Is EVIDENCE, as that is, of CAUSE, and in no later phase of it? */
bool finding_is_of(const char *evidence, const char *cause);
/* The same members into an object of J that has others, too. */
void finding_put(struct json *j, const struct infer_finding *f);

#endif
