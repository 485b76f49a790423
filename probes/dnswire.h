/* DNS messages (RFC 1035, 6891): just what a probe needs. A query is written, an answer
 * is matched against its question and walked record by record. Nothing here trusts a
 * byte: names are expanded with a guard against pointer loops, every length is
 * checked. */
#ifndef PROBES_DNSWIRE_H
#define PROBES_DNSWIRE_H

#include "base/log.h"
#include "base/wire.h"

#define DNSWIRE_NAME_MAX 255			    /* on the wire */
#define DNSWIRE_TEXT_MAX (DNSWIRE_NAME_MAX * 4 + 1) /* in text, all escaped */
#define DNSWIRE_QUERY_MAX 352
#define DNSWIRE_COOKIE_CLIENT 8 /* RFC 7873 section 4 */
#define DNSWIRE_COOKIE_MAX 40	/* with the server's part of 8 to 32 bytes */

enum { /* RCODEs with a rule of their own */
	DNSWIRE_NOERROR = 0,
	DNSWIRE_NXDOMAIN = 3,
};

enum dnswire_class {
	DNSWIRE_IN = 1,
	DNSWIRE_CH = 3,
};

enum dnswire_option {
	DNSWIRE_NSID = 3,    /* RFC 5001 */
	DNSWIRE_COOKIE = 10, /* RFC 7873 */
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
/* Put one more LABEL of LEN bytes (1 to 63) in front of Q's name. 0, or -1 when the
 * name would be too long. */
int dnswire_prepend(struct dnswire_question *q, const char *label, unsigned len);
/* Choose the case of each letter of Q's name by a bit of RANDOM. */
void dnswire_mix_case(struct dnswire_question *q, const uint8_t random[32]);

/* What a query says besides its question. */
struct dnswire_asking {
	uint16_t id;
	bool recursion;	       /* RD */
	bool nsid;	       /* who answers? Needs EDNS */
	unsigned edns;	       /* size of answer that fits; 0: no OPT record */
	const uint8_t *cookie; /* COOKIE_LEN bytes; needs EDNS */
	unsigned cookie_len;   /* 0: none */
};

/* Write a query for Q. Returns its length. */
size_t dnswire_query(uint8_t buf[DNSWIRE_QUERY_MAX], const struct dnswire_asking *how,
    const struct dnswire_question *q);

struct dnswire_answer {
	bool authoritative, truncated;
	unsigned rcode;	  /* 12 bits once the OPT record was passed */
	unsigned records; /* in the answer section, as its header says */
	unsigned left[3]; /* not walked yet: answer, authority, additional */
	struct wire wire; /* at the next record */
	struct wire opt;  /* options, once the OPT record was passed */
};

/* Is the message DATA the answer to question Q asked with ID? Checks id, QR, opcode and
 * question, the case of its letters too when EXACT. 0 with A ready to be walked, or -1:
 * it is something else (forged, late from another life, garbage). A refusal to parse
 * (an error without question) counts as answer. */
int dnswire_match(struct dnswire_answer *a, const void *data, size_t len, uint16_t id,
    const struct dnswire_question *q, bool exact);

struct dnswire_record {
	unsigned section;	     /* 0 answer, 1 authority, 2 additional */
	char name[DNSWIRE_TEXT_MAX]; /* with final dot */
	uint16_t type, class;
	uint32_t ttl;
	struct wire data; /* the record's data, within the message */
};

/* The next record into RR. 1, 0 at the end, -1 when the message is broken. */
int dnswire_next(struct dnswire_answer *a, struct dnswire_record *rr);

/* The first EDNS option CODE of an answer that was walked to its end: its LEN bytes,
 * borrowed from the message; NULL when there is none (or the options are broken). */
const uint8_t *dnswire_option(
    const struct dnswire_answer *a, enum dnswire_option code, size_t *len);

/* Expand the name at W, which moves behind it, into TEXT (DNSWIRE_TEXT_MAX bytes), with
 * final dot. 0, or -1 when it is broken. */
int dnswire_name(struct wire *w, char *text);

#endif
