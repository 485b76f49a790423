/* A letter: one row of the outbox, read and checked. A parcel: letters that go to one
 * receiver together, nearly always one of them. */
#ifndef COURIER_LETTER_H
#define COURIER_LETTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"

#define LETTER_BODY_MAX (256 * 1024) /* bytes of JSON */
#define PARCEL_ID 96

enum letter_edge {
	EDGE_NONE, /* SmokePing's "is active": no edge trigger */
	EDGE_RAISED,
	EDGE_CLEARED,
};

/* Texts are UTF-8 without control characters, never NULL, "" where there is nothing. */
struct letter {
	int64_t id, time;    /* of the row; epoch seconds */
	int64_t incident;    /* 0: none */
	const char *what;    /* open, update, close, note, test */
	const char *kind;    /* alert, loss, attack ...; see DESIGN 1.4 */
	const char *subject; /* target path, with " [from SLAVE]", or an address ... */
	const char *target;  /* the path alone */
	const char *alert;   /* its name; "" when the letter is of something else */
	const char *pattern, *comment, *host, *summary;
	const char *confidence; /* "sure", "likely", "hint" */
	const char *loss, *rtt; /* "loss: S, 0%, 40%", "rtt: S, 4ms, U" */
	enum letter_edge edge;
	long priority;	    /* 0: none */
	int64_t begin, end; /* of the incident; end 0 while it is open */
	/* A JSON object: the numbers behind it, thresholds, intervals, what the data are
	 * worth; NULL: there is none. */
	char *evidence;
	char *store;	    /* where the texts are */
};

/* Read the row's WHAT and BODY into L, whose id, time and incident are set. 0, or -1
 * with ERR. BODY is a JSON object; of these, what is missing is "" or 0:
 *   kind, subject, source, summary, begin, end, priority,  as an incident has them
 *   confidence, evidence
 *   alert, target, slave, host, pattern, comment           of an alert
 *   state      "is active", "was raised", "was cleared"
 *   edge       true where the alert has an edge trigger: without a state it follows
 *              from WHAT
 *   loss, rtt  SmokePing's lists ("loss: S, 0%, 40%"), or arrays: percent and seconds,
 *              null for unknown, "S" for the start */
int letter_read(struct letter *l, const char *what, const char *body, struct err *err);
void letter_free(struct letter *l);

/* "was raised", "began" ...: what happened to the letter's subject. */
const char *letter_state(const struct letter *l);
/* Is what it tells of over? */
bool letter_is_over(const struct letter *l);

struct parcel {
	struct letter *letter;
	size_t count, room;
	const char *receiver; /* its name */
	const char *url_base; /* General's cgiurl, may be "" */
	bool trial;	      /* asked for by probectl notify --test */
};

/* Room for one more letter, zeroed, at the parcel's end. */
struct letter *parcel_add(struct parcel *p);
void parcel_clear(struct parcel *p);
/* The same for the same letters, whenever it is asked for: letters, as an id for
 * whoever has to know a repeat again. */
void parcel_id(const struct parcel *p, char id[PARCEL_ID]);
/* Are all its incidents over? */
bool parcel_is_over(const struct parcel *p);

/* One line that says it all, for titles and subjects. */
void parcel_title(const struct parcel *p, FILE *out);
/* More lines, for people; at most MAX bytes, cut where a character begins. To be freed.
 */
char *parcel_text(const struct parcel *p, size_t max);
/* Does parcel_text() hold all letters of P within MAX bytes? */
bool parcel_fits(const struct parcel *p, size_t max);
/* The page of L's subject into OUT; nothing where there is none. */
void letter_url(const struct letter *l, const char *url_base, FILE *out);

#endif
