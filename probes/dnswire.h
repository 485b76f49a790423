/* DNS messages (RFC 1035, 6891): just what a probe needs. A query is written, an answer
 * is matched against its question and walked record by record. Nothing here trusts a
 * byte: names are expanded with a guard against pointer loops, every length is
 * checked. */
#ifndef PROBES_DNSWIRE_H
#define PROBES_DNSWIRE_H

#include <stdio.h>

#include "base/log.h"
#include "base/wire.h"

#define DNSWIRE_NAME_MAX 255			    /* on the wire */
#define DNSWIRE_TEXT_MAX (DNSWIRE_NAME_MAX * 4 + 1) /* in text, all escaped */
#define DNSWIRE_QUERY_MAX 320

enum { /* RCODEs with a rule of their own */
	DNSWIRE_NOERROR = 0,
	DNSWIRE_NXDOMAIN = 3,
};

struct dnswire_question {
	uint8_t name[DNSWIRE_NAME_MAX]; /* labels, the root's zero at the end */
	unsigned len;
	uint16_t type, class;
};

/* Fill Q from a name ("www.example.org", escapes as in zone files, final dot or not), a
 * type ("A", "mx", "TYPE65") and class IN. 0, or -1 with ERR. */
int dnswire_ask(
    struct dnswire_question *q, const char *name, const char *type, struct err *err);

/* Write a query with ID for Q; RD asks for recursion, EDNS is the size of answer that
 * fits (0: no OPT record). Returns its length. */
size_t dnswire_query(uint8_t buf[DNSWIRE_QUERY_MAX], uint16_t id,
    const struct dnswire_question *q, bool rd, unsigned edns);

struct dnswire_answer {
	bool authoritative, truncated;
	unsigned rcode;	  /* 12 bits once the OPT record was passed */
	unsigned records; /* in the answer section, as its header says */
	unsigned left[3]; /* not walked yet: answer, authority, additional */
	struct wire wire; /* at the next record */
};

/* Is the message DATA the answer to question Q asked with ID? Checks id, QR, opcode and
 * question. 0 with A ready to be walked, or -1: it is something else (forged, late from
 * another life, garbage). A refusal to parse (an error without question) counts as
 * answer. */
int dnswire_match(struct dnswire_answer *a, const void *data, size_t len, uint16_t id,
    const struct dnswire_question *q);

struct dnswire_record {
	unsigned section;	     /* 0 answer, 1 authority, 2 additional */
	char name[DNSWIRE_TEXT_MAX]; /* with final dot */
	uint16_t type, class;
	uint32_t ttl;
	struct wire data; /* the record's data, within the message */
};

/* The next record into RR. 1, 0 at the end, -1 when the message is broken. */
int dnswire_next(struct dnswire_answer *a, struct dnswire_record *rr);

/* RR as one line of a zone file, without newline, into OUT. 0, or -1 when its data does
 * not fit its type. */
int dnswire_print(const struct dnswire_record *rr, FILE *out);

/* "NXDOMAIN", "RCODE 23": into BUF (16 bytes), returns it. */
const char *dnswire_rcode_text(unsigned rcode, char buf[16]);

#endif
