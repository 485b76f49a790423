#include "link/msgbrowser.h"

#include <math.h>
#include <string.h>

bool
msg_browser_fits(const struct msg_browser *b)
{
	unsigned all = (unsigned)b->count + b->lost;

	if (all == 0 || all > BROWSER_COUNT_MAX)
		return false;
	if (b->count == 0)
		return isnan(b->median) && isnan(b->p95);
	return b->median >= 0 && b->median <= b->p95 && b->p95 <= BROWSER_RTT_MAX;
}

void
msg_put_browser(struct msg_out *out, const struct msg_browser *b)
{
	unsigned len;
	const uint8_t *bytes = addr_bytes(&b->client, &len);

	pack_u8(&out->pack, (uint8_t)len);
	pack_bytes(&out->pack, bytes, len);
	pack_u16(&out->pack, b->count);
	pack_u16(&out->pack, b->lost);
	pack_u32(&out->pack, b->count > 0 ? (uint32_t)lround(b->median * 1e6) : 0);
	pack_u32(&out->pack, b->count > 0 ? (uint32_t)lround(b->p95 * 1e6) : 0);
}

int
msg_get_browser(struct msg_in *in, struct msg_browser *b)
{
	uint8_t len = wire_u8(&in->wire);
	const uint8_t *bytes = wire_bytes(&in->wire, len == 4 ? 4 : 16);

	*b = (struct msg_browser){ 0 };
	if (bytes == NULL || (len != 4 && len != 16))
		return -1;
	b->client.sa.sa_family = len == 4 ? AF_INET : AF_INET6;
	memcpy(len == 4 ? (void *)&b->client.v4.sin_addr : (void *)&b->client.v6.sin6_addr,
	    bytes, len);
	b->count = wire_u16(&in->wire);
	b->lost = wire_u16(&in->wire);
	uint32_t median = wire_u32(&in->wire), p95 = wire_u32(&in->wire);
	b->median = b->count > 0 ? median / 1e6 : NAN;
	b->p95 = b->count > 0 ? p95 / 1e6 : NAN;
	if (msg_done(in) != 0 || !msg_browser_fits(b) ||
	    (b->count == 0 && (median != 0 || p95 != 0)))
		return -1;
	return 0;
}
