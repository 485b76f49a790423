/* Load tests: who wants one, that it begins, what came of it. */
#ifndef LINK_MSGLOAD_H
#define LINK_MSGLOAD_H

#include "link/msg.h"

enum load_way {
	LOAD_DOWN,
	LOAD_UP,
	LOAD_WAYS
};
const char *load_way_word(enum load_way way); /* "download" */

/* MSG_LOADTEST: web -> recorder: please; recorder -> web: what came of that;
 * recorder -> fetcher: begin. */
struct msg_loadtest {
	uint32_t id;	/* web's ticket; to the fetcher: of the test */
	uint8_t refused;
	char text[256]; /* why it is refused; "" */
};
void msg_put_loadtest(struct msg_out *out, const struct msg_loadtest *t);
int msg_get_loadtest(struct msg_in *in, struct msg_loadtest *t);

/* What was seen of connections that were made meanwhile; times in seconds, NAN where
 * there was none. */
struct msg_loadfresh {
	uint16_t made, failed;
	double rtt, rtt90; /* TCP handshakes: median, 90th percentile */
	double rpm;	   /* load_rpm() */
};

struct msg_loadway {
	bool tried;		     /* its URL is configured */
	bool full;		     /* ended by the bound of bytes, not of time */
	int64_t begin_ms, end_ms;    /* epoch */
	uint64_t bytes;
	double burst_bps, sustained_bps, seconds; /* as in struct load_rates */
	struct msg_loadfresh fresh;
};

/* MSG_LOADRESULT: fetcher -> recorder. */
struct msg_loadresult {
	uint32_t id;
	bool failed; /* TEXT says why; what was measured until then is in it */
	struct msg_loadfresh idle;
	struct msg_loadway way[LOAD_WAYS];
	char text[256];
};
void msg_put_loadresult(struct msg_out *out, const struct msg_loadresult *r);
int msg_get_loadresult(struct msg_in *in, struct msg_loadresult *r);

#endif
