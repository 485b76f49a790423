#include "link/msgblockade.h"

#include <string.h>

const char *
blockade_state_word(enum blockade_state state)
{
	static const char *const words[BLOCKADE_STATES] = { "refused", "dry run",
		"announcing", "announced", "withdrawing", "spent" };

	return words[state];
}

void
msg_put_blockade(struct msg_out *out, const struct msg_blockade *b)
{
	struct pack *p = &out->pack;

	pack_u64(p, b->id);
	pack_u8(p, b->gone);
	pack_u8(p, b->state);
	pack_u8(p, b->out);
	pack_i64(p, b->incident);
	pack_i64(p, b->since);
	msg_str(out, b->action);
	msg_str(out, b->host);
	msg_str(out, b->text);
	msg_str(out, b->why);
}

int
msg_get_blockade(struct msg_in *in, struct msg_blockade *b)
{
	struct wire *w = &in->wire;

	memset(b, 0, sizeof *b);
	b->id = wire_u64(w);
	uint8_t gone = wire_u8(w);
	b->state = wire_u8(w);
	uint8_t out = wire_u8(w);
	b->gone = gone == 1;
	b->out = out == 1;
	b->incident = wire_i64(w);
	b->since = wire_i64(w);
	msg_get_str(in, b->action, sizeof b->action);
	msg_get_str(in, b->host, sizeof b->host);
	msg_get_str(in, b->text, sizeof b->text);
	msg_get_str(in, b->why, sizeof b->why);
	if (gone > 1 || out > 1 || b->state >= BLOCKADE_STATES || b->since < 0)
		w->bad = true;
	return msg_done(in);
}
