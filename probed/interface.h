/* What an interface carried by its own counters: how full a line is, not who fills it.
 * The collector makes spans of it from what devices count, the recorder keeps the whole
 * minutes, web shows them. */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wire.h"
#include "flow.h"

#define INTERFACE_TEXT 64 /* of a name, with its end */

enum if_way {
	IF_IN, /* what the interface received */
	IF_OUT,
	IF_WAYS
};

enum if_count {
	IF_OCTETS,
	IF_PACKETS,
	IF_DISCARDS,
	IF_ERRORS,
	IF_COUNTS
};
const char *if_count_word(enum if_count count); /* "octets" */

/* Who told. Where several tell of one interface, the last of these is believed. */
enum if_source {
	IF_FLOW, /* an exporter of flows, of its name alone */
	IF_UPNP,
	IF_SFLOW,
	IF_SNMP,
	IF_SOURCES
};
const char *if_source_word(enum if_source source); /* "snmp" */

/* No padding: it is hashed as bytes; unused ones of the address are 0. */
struct if_key {
	struct flow_ip device; /* its address; sFlow: the agent's */
	uint8_t zero[3];
	uint32_t index; /* ifIndex; UPnP, which has only one: 0 */
};
struct if_key if_key(const struct flow_ip *device, uint32_t index);

struct if_names {
	char device[INTERFACE_TEXT]; /* as the configuration or the device says; "" */
	char name[INTERFACE_TEXT], alias[INTERFACE_TEXT];
	uint64_t speed[IF_WAYS]; /* bit/s; 0: not known */
};

/* What passed in some time. */
struct if_span {
	bool minute;	   /* a whole minute of the clock; else what was last seen */
	int64_t begin_ms;  /* epoch; of a minute a multiple of 60000 */
	uint32_t known_ms; /* so much of it is known; else its length */
	double count[IF_COUNTS][IF_WAYS]; /* in what is known; NAN: not counted */
};
/* Per second; NAN where it is not known. */
double if_rate(const struct if_span *span, enum if_count count, enum if_way way);

/* The bytes of them in messages. A reader sets W bad when they are none. */
void if_put_key(struct pack *p, const struct if_key *key);
void if_get_key(struct wire *w, struct if_key *key);
void if_put_span(struct pack *p, const struct if_span *span);
void if_get_span(struct wire *w, struct if_span *span);

/* The value that the billing rule leaves: of N averages in ascending order the
 * ceil(0.95 N)th, so that the top 5 % are dropped. NAN when N is 0. */
double if_percentile_95(const double *sorted, size_t n);

/* What a device calls something, LEN bytes, as text: as far as there is room, to a NUL,
 * behind which is padding, and with blanks for what is no letter: it is one line. */
void if_text(char to[INTERFACE_TEXT], const uint8_t *bytes, size_t len);

/* "100M" or, in and out, "100M/20M": bit/s. 0, or -1. */
int if_speed_parse(const char *text, uint64_t speed[IF_WAYS]);

/* Its file below DATADIR: of what it counted, with data sources per second in the order
 * count * IF_WAYS + way, or of what flows say of it, the first four of them. */
#define INTERFACE_PATH (ADDR_TEXT + 48)
#define INTERFACE_DS (IF_COUNTS * IF_WAYS)
#define INTERFACE_FLOW_DS (2 * IF_WAYS)
void if_path(const struct if_key *key, bool flows, char buf[INTERFACE_PATH]);
/* Step of its rows, and how long they are kept: of a minute two days, of five minutes
 * seventy days (two whole months and more, for the bill), of an hour 400 days. */
#define INTERFACE_STEP 60
#define INTERFACE_BILL_STEP 300

#endif
