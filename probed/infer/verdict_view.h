/* How one thing that is the matter looks: since when, and how large; and what that
 * makes of each series, of those in a role, of the far ends. */
#ifndef INFER_VERDICT_VIEW_H
#define INFER_VERDICT_VIEW_H

#include "infer/verdict_impl.h"

#define VERDICT_ONSET 2	  /* windows between which things begin together */
#define VERDICT_FADES 0.2 /* loss: less has windows without any */

enum standing {
	STANDING_NONE, /* not measured, or nothing lately */
	STANDING_GOOD, /* proven: as bad as the others it is not */
	STANDING_BAD,
	STANDING_OPEN /* it may be one or the other: wait */
};

/* The series that the path is judged by, as SIGN shows them. */
struct view {
	const struct verdict *v;
	enum verdict_sign sign;
	double size; /* of what is the matter: of the far ends where those are bad */
	double rate; /* of loss, that these have at least, */
	double high; /* ... and at most */
	/* A window's pings tell as much as so many times fewer that are lost one by
	 * one: more than 1 where lost ones come in runs. */
	double effect;
	int64_t since;
	/* What is bad since before window FROM, or since UNTIL or later, does not set
	 * these; 0: any does. */
	int64_t from, until;
	uint8_t family; /* only series of this one are looked at; 0: all are */
	bool p90;
	bool uneven; /* they lose provably different shares: not by one thing alone */
	bool alone; /* no far end is measured: only what was better before says
		       something */
};

/* Far ends by network: one whose ends differ counts for what most of them are. */
struct fars {
	unsigned bad, good, open;
	unsigned
	    before; /* of the bad ones: that were so before, as by something else */
};

static inline bool
is_path(enum verdict_role role)
{
	return role != VERDICT_OTHER && role != VERDICT_HOP && role != VERDICT_RESOLVER;
}

static inline bool
view_has(const struct view *w, const struct series *s)
{
	return w->family == 0 || s->family == w->family;
}

/* Set W by the series that are bad: far ends where there are some (*FAR). False: none
 * is. Delay is measured by medians here. */
bool view_measure(struct view *w, bool *far);
/* Set W by what is the matter with S, an end. */
void view_of_end(struct view *w, const struct series *s);
/* How much S loses, or is slower, since its own began. */
double view_size(const struct view *w, const struct series *s);
/* The first window of S that lies behind the begin of what is the matter as a whole. */
int64_t view_settled(const struct view *w, const struct series *s);
/* Was S as bad before W's began? A hop that limits its answers, or gives none, is not
 * blamed for what happens elsewhere. */
bool view_was_bad(const struct view *w, const struct series *s);
/* Did S begin to lose before window SINCE, by more than is seen late of what is so
 * large? */
bool view_began_before(const struct view *w, const struct series *s, int64_t since);
/* How much slower than usual the middle one of the far ends is, by the tail. */
double view_far_tail(const struct view *w);

/* May a hop in ROLE, which is bad, be so by itself, since less gets lost behind it? */
bool view_may_be_own(const struct view *w, enum verdict_role role);

enum standing standing_of(const struct view *w, const struct series *s);
/* A role by its series: one that is good says that the way to it is. */
enum standing standing_of_role(const struct view *w, enum verdict_role role);
struct fars view_fars(const struct view *w);

#endif
