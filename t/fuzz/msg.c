/* A datagram from a neighbour: whatever is believed must also be sent on unchanged. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "link/msg.h"

/* One message of any kind, in and out again. */
static int
echo(struct msg_in *in, struct msg_out *out)
{
	static union {
		struct round round;
		struct msg_target target;
		struct msg_counters counters;
		struct msg_store store;
		struct msg_worker worker;
		struct msg_draw draw;
		struct msg_picture picture;
		char text[256];
	} u;

#define CASE(type, name)                                                               \
	case type:                                                                     \
		if (msg_get_##name(in, &u.name) != 0)                                  \
			return -1;                                                     \
		msg_put_##name(out, &u.name);                                          \
		return 0

	switch (in->type) {
		CASE(MSG_ROUND, round);
		CASE(MSG_TARGET, target);
		CASE(MSG_COUNTERS, counters);
		CASE(MSG_STORE, store);
		CASE(MSG_WORKER, worker);
		CASE(MSG_DRAW, draw);
		CASE(MSG_PICTURE, picture);
	default:
		msg_get_str(in, u.text, sizeof u.text);
		if (msg_done(in) != 0)
			return -1;
		msg_str(out, u.text);
		return 0;
	}
}

int
fuzz_msg(const uint8_t *data, size_t size)
{
	static struct msg_out out;
	struct msg_in in;

	if (msg_parse(&in, data, size, -1) != 0)
		return 0;
	msg_begin(&out, in.type);
	if (echo(&in, &out) == 0 &&
	    (msg_end(&out) != size || memcmp(out.data, data, size) != 0))
		abort();
	return 0;
}
