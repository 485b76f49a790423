/* EchoPingIcp: does a web cache know a URL? Internet Cache Protocol, RFC 2186. */
#include "probes/icp.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "probes/dialog.h"
#include "probes/echoping.h"
#include "probes/net.h"

#define ICP_VERSION 2
#define ICP_URL 1400 /* letters; so that it fits every path */

enum {
	ICP_QUERY = 1,
	ICP_HIT = 2,
	ICP_MISS = 3,
	ICP_ERR = 4,
	ICP_MISS_NOFETCH = 21,
	ICP_DENIED = 22,
	ICP_HIT_OBJ = 23,
};

bool
icp_answers(const uint8_t *data, size_t len, uint32_t number, const char *url)
{
	struct wire w;

	wire_init(&w, data, len);
	uint8_t opcode = wire_u8(&w), version = wire_u8(&w);
	uint16_t length = wire_u16(&w);
	uint32_t reqnum = wire_u32(&w);
	wire_skip(&w, 12); /* options, their data, the sender */
	const uint8_t *said = wire_bytes(&w, strlen(url) + 1);
	if (!wire_ok(&w) || version != ICP_VERSION || length != len || reqnum != number)
		return false;
	switch (opcode) {
	case ICP_HIT:
	case ICP_MISS:
	case ICP_ERR:
	case ICP_MISS_NOFETCH:
	case ICP_DENIED:
	case ICP_HIT_OBJ:
		return memcmp(said, url, strlen(url) + 1) == 0;
	default:
		return false;
	}
}

static uint32_t
icp_number(const struct dialog *d)
{
	uint32_t number;

	memcpy(&number, d->note, sizeof number);
	return number;
}

static bool
icp_say(struct dialog *d, struct pack *out)
{
	const char *url = d->opts->own;
	size_t len = 24 + strlen(url) + 1;

	net_random(d->note, sizeof(uint32_t));
	pack_u8(out, ICP_QUERY);
	pack_u8(out, ICP_VERSION);
	pack_u16(out, (uint16_t)len);
	pack_u32(out, icp_number(d));
	for (int i = 0; i < 4; i++) /* options, their data, sender, requester */
		pack_u32(out, 0);
	pack_bytes(out, url, strlen(url) + 1);
	return false;
}

static enum dialog_turn
icp_take(struct dialog *d)
{
	return icp_answers(d->in, d->in_len, icp_number(d), d->opts->own) ? DIALOG_NEXT
									  : DIALOG_MORE;
}

static const struct dialog_step icp_steps[] = {
	{ "answer", icp_say, icp_take, DIALOG_STOPS },
	{ NULL, NULL, NULL, 0 },
};

static int
icp_options(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *url = net_var(conf, t, "url");

	o->udp = true;
	if (echoping_check(conf, t, err) != 0)
		return -1;
	if (url == NULL || strlen(url) > ICP_URL)
		return err_set(err, "url: expected 1 to %d letters", ICP_URL);
	o->own = mem_str(url);
	return 0;
}

const struct dialog_kind dialog_icp = {
	.module = "EchoPingIcp",
	.port = 3130,
	.steps = icp_steps,
	.options = icp_options,
};
