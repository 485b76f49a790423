/* What is done against an attack: by *** Actions *** of the types fastnetmon, exabgp,
 * gobgp, bird and nftables. A blockade is what one of them has announced for one host.
 * Here is what may be done and what is said; who does it is blockades.h. */
#ifndef COURIER_BLOCKADE_H
#define COURIER_BLOCKADE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "config/conf.h"

#define BLOCKADE_NAME 64
#define BLOCKADE_TEXT 1024 /* of a rendered text */

/* An attack that is open; texts are borrowed where they are pointers. */
struct onslaught {
	int64_t incident, begin; /* its number; epoch seconds */
	char host[ADDR_TEXT];	 /* "": the network as a whole */
	bool out;
	char type[32]; /* "syn_flood" */
	double pps, bps;
	unsigned protocol, port; /* 0: none */
	bool source_port;	 /* the port is the senders' */
	bool learned;		 /* enough is known of what is usual */
	char exporter[ADDR_TEXT];
	const char *evidence; /* JSON */
};
/* What the incident INCIDENT of SUBJECT says by its EVIDENCE. 0, or -1 when that is none
 * of an attack. */
int onslaught_read(struct onslaught *o, int64_t incident, int64_t begin,
    const char *evidence);

/* Is S of *** Actions *** one of these? */
bool blockade_is(const struct conf_section *s);
/* Does S not act, but say what it would have done? The default. */
bool blockade_is_dry(const struct conf_section *s);
int64_t blockade_limit_s(const struct conf_section *s);

/* Why S may never act against HOST, whatever stands already; NULL: it may, or nobody
 * knows. OWN are the addresses of this host and its gateways; NULL: nobody knows them.
 */
const char *blockade_forbidden(
    const struct conf_section *s, const char *host, const struct prefixes *own);
/* Why S may not act against O now, as also where OWN is NULL; NULL: it may. ACTIVE
 * blockades it has. */
const char *blockade_refusal(const struct conf_section *s, const struct onslaught *o,
    const struct prefixes *own, unsigned active);

/* What S says of O: into BUF, of BLOCKADE_TEXT bytes, which is returned. NULL when it is
 * longer: half a command is none. */
const char *blockade_text(
    const struct conf_section *s, const struct onslaught *o, bool withdraw, char *buf);
/* The JSON that a program of type fastnetmon reads; to be freed. */
char *blockade_json(const struct onslaught *o, const char *action);

#endif
