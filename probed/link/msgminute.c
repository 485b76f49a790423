#include "link/msgminute.h"

#include <string.h>

void
msg_put_minute(
    struct msg_out *out, const struct minute_part *part, const struct minute_row *rows)
{
	minute_put_part(&out->pack, part);
	pack_u64(&out->pack, part->forgotten);
	for (unsigned i = 0; i < part->rows; i++)
		minute_put_row(&out->pack, part->by, &rows[i]);
}

int
msg_get_minute(struct msg_in *in, struct minute_part *part, struct minute_row *rows)
{
	minute_get_part(&in->wire, part);
	part->forgotten = wire_u64(&in->wire);
	if (!wire_ok(&in->wire) || part->rows > MSG_MINUTE_ROWS)
		return -1;
	for (unsigned i = 0; i < part->rows; i++)
		minute_get_row(&in->wire, part->by, &rows[i]);
	return msg_done(in);
}

void
msg_put_forget(struct msg_out *out, const struct msg_forget *f)
{
	pack_u32(&out->pack, f->ticket);
	pack_bytes(&out->pack, f->prefix.bytes, sizeof f->prefix.bytes);
	pack_u8(&out->pack, f->prefix.bits);
}

int
msg_get_forget(struct msg_in *in, struct msg_forget *f)
{
	f->ticket = wire_u32(&in->wire);
	const uint8_t *bytes = wire_bytes(&in->wire, sizeof f->prefix.bytes);
	f->prefix.bits = wire_u8(&in->wire);
	if (bytes == NULL || f->prefix.bits > 128)
		return -1;
	memcpy(f->prefix.bytes, bytes, sizeof f->prefix.bytes);
	return msg_done(in);
}

void
msg_put_forgotten(struct msg_out *out, const struct msg_forgotten *f)
{
	pack_u32(&out->pack, f->ticket);
	pack_u64(&out->pack, f->rows);
	msg_str(out, f->text);
}

int
msg_get_forgotten(struct msg_in *in, struct msg_forgotten *f)
{
	f->ticket = wire_u32(&in->wire);
	f->rows = wire_u64(&in->wire);
	msg_get_str(in, f->text, sizeof f->text);
	return msg_done(in);
}
