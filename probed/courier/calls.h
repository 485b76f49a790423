/* What is said to a master in one call, in the words that it understands, and what its
 * answer means. */
#ifndef COURIER_CALLS_H
#define COURIER_CALLS_H

#include <curl/curl.h>

#include "config/conf.h"
#include "round.h"
#include "slave/data.h"

/* One call that is being put together or is on its way. */
struct call {
	const struct conf_master *master;
	char *told; /* the stamp of the configuration that we have; "" none */
	char *body; /* rounds so far */
	size_t len, rounds;
	FILE *out; /* to BODY */
	/* on its way: */
	curl_mime *form;
	struct curl_slist *headers;
	char nonce[33];
};

struct answer {
	bool taken;	   /* the rounds are the master's now: do not send them again */
	struct data *tree; /* a configuration, to be freed; NULL: none came */
	char text[256];	   /* what the master complains of; "" nothing */
};

/* A language. BEGIN and END put what is around the rounds to C, ADD a round of the
 * target at PATH ("A.B"); PREPARE sets EASY up to say all of it; READ finds out what an
 * answer with STATUS and a body of LEN bytes means: 0, or -1 with ERR, then the rounds
 * are to be sent again. */
struct language {
	void (*begin)(struct call *c); /* NULL: nothing */
	void (*add)(struct call *c, const char *path, const struct round *r);
	void (*end)(struct call *c); /* NULL: nothing */
	void (*prepare)(struct call *c, CURL *easy);
	int (*read)(struct call *c, CURL *easy, long status, const char *body,
	    size_t len, struct answer *a, struct err *err);
};
extern const struct language calls_smokeping; /* protocol 2 */
extern const struct language calls_smokebox;

/* The header NAME of EASY's answer, or "". */
const char *calls_header(CURL *easy, const char *name);

#endif
