#include "link/msgverdict.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/veil.h"

char *
msg_verdict_veiled(const struct msg_verdict *v)
{
	char *text = mem_str(v->sentence);

	for (unsigned i = 0; i < VERDICT_NAMES; i++) {
		char *veiled = veil_text(text, v->name[i]);

		free(text);
		text = veiled;
	}
	return text;
}

void
msg_put_verdict(struct msg_out *out, const struct msg_verdict *v)
{
	struct pack *p = &out->pack;

	pack_u8(p, v->fine);
	pack_u8(p, v->confidence);
	pack_u8(p, v->segment);
	pack_i64(p, v->begin);
	pack_i64(p, v->incident);
	msg_str(out, v->cause);
	msg_str(out, v->sentence);
	for (unsigned i = 0; i < VERDICT_NAMES; i++)
		msg_str(out, v->name[i]);
	for (unsigned i = 0; i < SEGMENTS; i++)
		pack_u8(p, v->level[i]);
}

int
msg_get_verdict(struct msg_in *in, struct msg_verdict *v)
{
	struct wire *w = &in->wire;
	uint8_t fine = wire_u8(w);
	bool bad = fine > 1;

	v->fine = fine != 0;
	v->confidence = wire_u8(w);
	v->segment = wire_u8(w);
	v->begin = wire_i64(w);
	v->incident = wire_i64(w);
	msg_get_str(in, v->cause, sizeof v->cause);
	msg_get_str(in, v->sentence, sizeof v->sentence);
	for (unsigned i = 0; i < VERDICT_NAMES; i++)
		msg_get_str(in, v->name[i], sizeof v->name[i]);
	bad |= v->confidence >= CONFIDENCES || v->segment >= SEGMENTS || v->begin < 0 ||
	       v->incident < 0;
	for (unsigned i = 0; i < SEGMENTS; i++) {
		v->level[i] = wire_u8(w);
		bad |= v->level[i] >= VERDICT_LEVELS;
	}
	return bad ? -1 : msg_done(in);
}
