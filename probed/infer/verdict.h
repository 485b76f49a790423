/* Whose fault is it? Rounds of targets whose place on the path is known come in, a
 * verdict comes out: which segment is the matter, why, and how sure that is. The way is
 *
 *	this box - (bridge) - home network, gateway - access - provider - far ends
 *
 * and a segment is blamed only when what lies in front of it is proven to be better,
 *and what lies behind it to be as bad: what a hop shows and the ends behind it do not
 *is an artefact of that hop. Where nothing tells, nothing is said.
 *
 * Pure: all times are the caller's, in epoch seconds. Time is cut into windows of the
 * longest step (at most 300 s), or of as many short rounds as hold 20 pings (at most
 * 60 s); a window is judged when all of its rounds are in. */
#ifndef INFER_VERDICT_H
#define INFER_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infer/finding.h"

#define VERDICT_KIND "verdict"
#define VERDICT_SOURCE "verdict"
#define VERDICT_SERIES 512 /* that are judged; more are left out and counted */
#define VERDICT_WINDOW_S 300
#define VERDICT_NAME 96

enum verdict_role {
	VERDICT_OTHER, /* its place is not known: it is not judged */
	VERDICT_BRIDGE,
	VERDICT_HOME, /* a host of the home network that is not the gateway */
	VERDICT_GATEWAY,
	VERDICT_ACCESS,
	VERDICT_PROVIDER,
	VERDICT_HOP, /* a router farther on, or of the provider's: what it loses may be
		      * explained, and proves nothing */
	VERDICT_FAR,
	VERDICT_RESOLVER,
	VERDICT_ROLES
};

struct verdict_series {
	uint64_t id;
	const char *path; /* of the target: subject and evidence; borrowed */
	enum verdict_role role;
	uint32_t network; /* equal for far ends of one network */
	uint8_t family;	  /* 4, 6; 0: not known */
	uint32_t step, pings;
};

/* What the lost pings of a round, most of them, came back as. */
enum verdict_error {
	VERDICT_TIMEOUT,
	VERDICT_NO_ROUTE,    /* this box or a router has no route */
	VERDICT_UNREACHABLE, /* the last router cannot reach the host */
	VERDICT_PROHIBITED,
	VERDICT_REFUSED,      /* the host is there, the service is not */
	VERDICT_NO_NEIGHBOUR, /* our own kernel finds nobody at the next hop */
	VERDICT_NEVER_LEFT,   /* no network driver took it */
	VERDICT_BAD_ANSWER,
	VERDICT_ERRORS
};

/* Why pings are unknown: own faults, which are nobody's loss. */
enum verdict_unknown {
	VERDICT_STALLED, /* a stall, suspend or clock step of this box */
	VERDICT_NOT_SENT,
	VERDICT_NO_NAME,
	VERDICT_CANNOT,
	VERDICT_UNKNOWNS
};

struct verdict_round {
	uint64_t id;
	int64_t time; /* its end */
	uint32_t sent, lost, unknown;
	enum verdict_error error; /* of the lost */
	enum verdict_unknown why; /* of the unknown */
	double median, p90;	  /* seconds; NAN: none was answered */
	bool moved;		  /* its name points to another address by now */
	bool route_changed;	  /* by a trace, or the TTL of its answers */
	bool suspect;		  /* a receive buffer overflowed: its loss is unknown */
};

/* The interface that probes leave by. */
enum verdict_medium {
	VERDICT_MEDIUM_UNKNOWN,
	VERDICT_WIRED,
	VERDICT_WIRELESS
};

/* Use of the access line in one window or minute. */
struct verdict_use {
	int64_t time;		  /* its end */
	double in, out;		  /* 0..1 of what it can; NAN: not known */
	double in_bps, out_bps;	  /* bits per second */
	double in_line, out_line; /* what it can, bits per second; 0: not told */
	double in_holds, out_holds; /* octets that its queue holds; 0: not known */
};

#define VERDICT_TALKER 96
/* Who receives most (OUT: sends most) from BEGIN to END, epoch seconds, into TALKER
 * ("192.168.1.30, port 443"): its share of all, 0 to 1; 0 and "" where nobody knows, or
 * nobody stands out. */
typedef double (*verdict_talker_fn)(void *ctx, int64_t begin, int64_t end, bool out,
    char talker[VERDICT_TALKER]);

#define VERDICT_HOP 80
/* The nearest hop that the usual ways to all BADS targets in BAD cross and none to the
 * GOODS in GOOD does, its address into HOP: its distance; 0: none is known. */
typedef unsigned (*verdict_cut_fn)(void *ctx, const uint64_t *bad, size_t bads,
    const uint64_t *good, size_t goods, char hop[VERDICT_HOP]);

/* When the incident about SUBJECT that is open began, epoch seconds; 0: none is. *SAME:
 * its cause is CAUSE since then. */
typedef int64_t (*verdict_begin_fn)(
    void *ctx, const char *subject, const char *cause, bool *same);

struct verdict;

/* Something opened, goes on with new words, or closed (OVER) at TIME; F is borrowed. */
typedef void (*verdict_fn)(
    void *ctx, const struct infer_finding *f, int64_t time, bool over);

struct verdict *verdict_new(verdict_fn fn, void *ctx);
void verdict_free(struct verdict *v);

/* Judge series S from now on, or with another role. */
void verdict_series(struct verdict *v, const struct verdict_series *s);
void verdict_forget(struct verdict *v, uint64_t id);
void verdict_medium(struct verdict *v, enum verdict_medium medium);
void verdict_use(struct verdict *v, const struct verdict_use *use);
/* Whom to ask when a sentence is about a full line; NULL: nobody. */
void verdict_talkers(struct verdict *v, verdict_talker_fn fn, void *ctx);
/* Whom to ask where ways part when some of them are bad; NULL: nobody. */
void verdict_cuts(struct verdict *v, verdict_cut_fn fn, void *ctx);
/* Whom to ask whether what opens was open before a restart; NULL: nobody. */
void verdict_begins(struct verdict *v, verdict_begin_fn fn, void *ctx);
/* Another judge's finding, as it is now; OVER: it is none any more. */
void verdict_neighbour(struct verdict *v, const struct infer_finding *f, bool over);
/* Nothing was measured from BEGIN to END, by own fault: WHY is a word or two. */
void verdict_gap(struct verdict *v, int64_t begin, int64_t end, const char *why);
/* Since BEGIN the line is filled on purpose, to see what it can; 0: it is not. Who says
 * so gives no rounds of that time. */
void verdict_own_load(struct verdict *v, int64_t begin);
void verdict_round(struct verdict *v, const struct verdict_round *r);
/* It is NOW: judge the windows that are over. */
void verdict_tick(struct verdict *v, int64_t now);
/* N more targets have a place on the way and are not judged: findings say so. */
void verdict_left_out(struct verdict *v, unsigned n);
/* Length of a window in seconds, 0 while nothing is judged. */
uint32_t verdict_window(const struct verdict *v);

/* How things stand: the finding that explains most; when all is fine, a sentence that
 * says since when, and what is not measured. F->confidence is CONFIDENCE_NONE while
 * there is nothing to be said. */
bool verdict_now(const struct verdict *v, struct infer_finding *f);
enum verdict_level verdict_level(const struct verdict *v, enum segment segment);
/* Does what is measured now show whether SUBJECT, a segment of the path or an end, is
 * the matter? Not while something is that is not decided, or lies in front of it. */
bool verdict_shows(const struct verdict *v, const char *subject);
/* F says of what is the matter since BEGIN, epoch seconds, as was found before a
 * restart, that it is not known yet whether it still is. */
void verdict_tell_before(
    const struct verdict *v, int64_t begin, struct infer_finding *f);
/* Is what is the matter with series ID explained by an open verdict, about the path or
 * itself? Then its subject; else NULL. */
const char *verdict_explains(const struct verdict *v, uint64_t id);

/* May what is the matter with series ID since SINCE be explained in a moment? Two
 * windows show whether others share it; longer while the path is not decided. */
bool verdict_may_explain(const struct verdict *v, uint64_t id, int64_t since);

/* --- what outlives a restart: usual delays ---------------------------------------- */

/* All baselines as bytes, malloced; NULL when there is nothing. */
uint8_t *verdict_save(const struct verdict *v, size_t *len);
/* Take them for the series that are known now or come later. 0, or -1 when the bytes
 * are not what verdict_save() gave: then nothing is taken. */
int verdict_load(struct verdict *v, const uint8_t *buf, size_t len);

#endif
