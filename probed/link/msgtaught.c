#include "link/msgtaught.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PART 30000u
#define PARTS ((TAUGHT_MAX + PART - 1) / PART)

void
msg_send_taught(struct link *link, struct msg_out *out, uint32_t set,
    const uint8_t *data, size_t len)
{
	size_t parts = len == 0 ? 1 : (len + PART - 1) / PART;

	for (size_t i = 0; i < parts; i++) {
		size_t rest = len - i * PART;

		msg_begin(out, MSG_TAUGHT);
		pack_u32(&out->pack, set);
		pack_u16(&out->pack, (uint16_t)i);
		pack_u16(&out->pack, (uint16_t)parts);
		if (rest > 0)
			pack_bytes(
			    &out->pack, data + i * PART, rest < PART ? rest : PART);
		link_send(link, out, -1, LINK_DROPPABLE);
	}
}

int
msg_take_taught(struct msg_taught *t, struct msg_in *in)
{
	uint32_t set = wire_u32(&in->wire);
	uint16_t part = wire_u16(&in->wire), parts = wire_u16(&in->wire);
	size_t len = wire_left(&in->wire);
	const uint8_t *bytes = wire_bytes(&in->wire, len);

	if (msg_done(in) != 0 || parts == 0 || parts > PARTS || part >= parts ||
	    len > PART)
		return -1;
	if (part == 0) {
		t->len = 0;
		t->set = set;
		t->next = 0;
		t->parts = parts;
	}
	if (set != t->set || part != t->next || parts != t->parts)
		return 0;
	t->data = mem_grow(t->data, t->len + len + 1, 1);
	if (len > 0)
		memcpy(t->data + t->len, bytes, len);
	t->len += len;
	t->next++;
	return t->next == t->parts;
}

void
msg_taught_free(struct msg_taught *t)
{
	free(t->data);
	*t = (struct msg_taught){ 0 };
}
