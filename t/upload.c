/* Bodies of requests: bounds of each, of a sender, of all. */
#include "t/tap.h"

#include <arpa/inet.h>

#include "web/http.h"

#define MB (1024UL * 1024)

static const char *whom;

/* Who sends, in place of a connection's. */
bool
server_peer(const struct request *r, struct addr *peer)
{
	(void)r;
	return addr_parse(peer, whom) == 0;
}

/* FROM sends LEN bytes, in pieces; how many are kept. */
static size_t
send_body(struct request *r, const char *from, size_t len)
{
	static char piece[256 * 1024];

	memset(r, 0, sizeof *r);
	r->upload_max = 33 * MB;
	whom = from;
	for (size_t at = 0; at < len; at += sizeof piece)
		upload_add(r, piece, len - at < sizeof piece ? len - at : sizeof piece);
	return r->upload_len;
}

int
main(void)
{
	static struct request r[20];
	unsigned n = 0;

	ok(send_body(&r[0], "192.0.2.1", 32 * MB) == 32 * MB,
	    "a day of a slave's rounds");
	upload_free(&r[0]);
	ok(send_body(&r[0], "192.0.2.1", 34 * MB) == 0 && r[0].upload_lost,
	    "what is more than one may be is lost as a whole");
	upload_free(&r[0]);
	for (n = 0; n < 20 && send_body(&r[n], "192.0.2.1", 15 * MB) > 0; n++)
		continue;
	is_int(n, 3, "a sender of many holds half of all");
	ok(send_body(&r[4], "192.0.2.2", 8 * MB) == 8 * MB, "and another finds room");
	ok(send_body(&r[5], "::ffff:192.0.2.1", 1 * MB) == 0,
	    "IPv4 in IPv6 is the same");
	ok(send_body(&r[6], "2001:db8::1", 8 * MB) == 8 * MB, "IPv6 is another,");
	ok(send_body(&r[7], "2001:db8::2", 16 * MB) == 0, "with its whole network");
	ok(send_body(&r[8], "2001:db8:0:1::1", 8 * MB) == 8 * MB, "not the next one");
	for (unsigned i = 0; i < 20; i++)
		upload_free(&r[i]);
	ok(send_body(&r[0], "192.0.2.1", 32 * MB) == 32 * MB, "what was freed is free");
	upload_free(&r[0]);
	return tap_done();
}
