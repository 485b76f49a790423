#include "link/msgedit.h"

#include <string.h>

uint32_t
edit_number(const char *name)
{
	uint32_t h = 0x811c9dc5; /* FNV-1a */

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x01000193;
	return h != 0 ? h : 1;
}

void
msg_put_edit(struct msg_out *out, const struct msg_edit *e)
{
	pack_u32(&out->pack, e->ticket);
	pack_u8(&out->pack, e->what);
	pack_u32(&out->pack, e->file);
	pack_u32(&out->pack, e->number);
	pack_u32(&out->pack, e->generation);
}

int
msg_get_edit(struct msg_in *in, struct msg_edit *e)
{
	e->ticket = wire_u32(&in->wire);
	e->what = wire_u8(&in->wire);
	e->file = wire_u32(&in->wire);
	e->number = wire_u32(&in->wire);
	e->generation = wire_u32(&in->wire);
	if (msg_done(in) != 0 || e->what >= EDIT_WHATS)
		return -1;
	if (e->what != EDIT_LIST && e->file == 0)
		return -1;
	return (e->what == EDIT_CHECK || e->what == EDIT_SAVE) &&
		       e->number >= EDIT_DRAFTS
		   ? -1
		   : 0;
}

/* Bytes that R takes. */
static size_t
row_size(const struct msg_edited_row *r)
{
	return 1 + 4 + 8 + 8 + 2 + strlen(r->name) + 2 + strlen(r->text);
}

void
msg_put_edited(struct msg_out *out, const struct msg_edited *e)
{
	unsigned rows = 0;
	size_t room;

	pack_u32(&out->pack, e->ticket);
	pack_u8(&out->pack, e->end);
	pack_u8(&out->pack, e->flags);
	pack_u32(&out->pack, e->generation);
	pack_i64(&out->pack, e->when);
	msg_str(out, e->name);
	msg_str(out, e->text);
	room = MSG_MAX - pack_len(&out->pack) - 4;
	while (rows < e->rows && row_size(&e->row[rows]) <= room)
		room -= row_size(&e->row[rows++]);
	pack_u16(&out->pack, (uint16_t)rows);
	pack_u16(&out->pack, (uint16_t)(e->more + e->rows - rows));
	for (unsigned i = 0; i < rows; i++) {
		const struct msg_edited_row *r = &e->row[i];

		pack_u8(&out->pack, r->kind);
		pack_u32(&out->pack, r->number);
		pack_i64(&out->pack, r->when);
		pack_i64(&out->pack, r->size);
		msg_str(out, r->name);
		msg_str(out, r->text);
	}
}

int
msg_get_edited(struct msg_in *in, struct msg_edited *e)
{
	bool bad = false;

	e->ticket = wire_u32(&in->wire);
	e->end = wire_u8(&in->wire);
	e->flags = wire_u8(&in->wire);
	e->generation = wire_u32(&in->wire);
	e->when = wire_i64(&in->wire);
	msg_get_str(in, e->name, sizeof e->name);
	msg_get_str(in, e->text, sizeof e->text);
	e->rows = wire_u16(&in->wire);
	e->more = wire_u16(&in->wire);
	if (!wire_ok(&in->wire) || e->rows > EDIT_ROWS || e->end >= EDIT_ENDS ||
	    e->flags > EDIT_FLAGS)
		return -1;
	for (unsigned i = 0; i < e->rows; i++) {
		struct msg_edited_row *r = &e->row[i];

		r->kind = wire_u8(&in->wire);
		r->number = wire_u32(&in->wire);
		r->when = wire_i64(&in->wire);
		r->size = wire_i64(&in->wire);
		msg_get_str(in, r->name, sizeof r->name);
		msg_get_str(in, r->text, sizeof r->text);
		bad = bad || r->kind > EDIT_FLAGS || r->size < 0;
	}
	return msg_done(in) != 0 || bad ? -1 : 0;
}
