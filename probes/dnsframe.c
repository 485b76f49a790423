#include "probes/dnsframe.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FRAME_HEAD 2

/* The bytes that F will have, as far as is known. */
static size_t
dnsframe_whole(const struct dnsframe *f)
{
	if (f->len < FRAME_HEAD)
		return FRAME_HEAD;
	return FRAME_HEAD + ((size_t)f->data[0] << 8 | f->data[1]);
}

static bool
dnsframe_complete(const struct dnsframe *f)
{
	return f->len >= FRAME_HEAD && f->len == dnsframe_whole(f);
}

bool
dnsframe_take(struct dnsframe *f, const uint8_t **data, size_t *len)
{
	if (dnsframe_complete(f))
		f->len = 0;
	while (*len > 0 && !dnsframe_complete(f)) {
		size_t n = dnsframe_whole(f) - f->len;
		if (n > *len)
			n = *len;
		if (f->len + n > f->room) {
			f->room = f->len + n;
			f->data = mem_grow(f->data, f->room, 1);
		}
		memcpy(f->data + f->len, *data, n);
		f->len += n;
		*data += n;
		*len -= n;
	}
	return dnsframe_complete(f);
}

const uint8_t *
dnsframe_message(const struct dnsframe *f, size_t *size)
{
	*size = f->len - FRAME_HEAD;
	return f->data + FRAME_HEAD;
}

void
dnsframe_free(struct dnsframe *f)
{
	free(f->data);
	*f = (struct dnsframe){ NULL, 0, 0 };
}
