#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "probes/stampwire.h"

/* The first byte says whether there is a key; what follows is read as a question, which
 * is answered where it is one, and as an answer. With a key the HMAC is mended, so that
 * what is behind it is reached as well. */
int
fuzz_stamp(const uint8_t *data, size_t size)
{
	static const struct stamp_key keys[2] = { { 0 }, { 3, "key" } };
	struct stamp_question q;
	struct stamp_answer a = { .seq = 1 };
	uint8_t buf[STAMP_MAX];

	if (size < 1 || size > STAMP_MAX)
		return 0;
	const struct stamp_key *key = &keys[data[0] & 1];
	size_t len = size - 1;
	if (stamp_read_answer(&a, data + 1, len, key) == STAMP_GOOD)
		(void)stamp_to_ns(a.sent, a.error, (int64_t)a.received >> 1);
	memcpy(buf, data + 1, len);
	if ((data[0] & 2) != 0 && len >= STAMP_SEALED) {
		uint8_t fresh[STAMP_MAX];

		memset(&q, data[0], sizeof q);
		(void)stamp_write_question(fresh, 0, &q, key);
		memcpy(buf, fresh, key->len > 0 ? STAMP_SEALED : STAMP_PLAIN);
	}
	if (stamp_read_question(&q, buf, len, key) != STAMP_GOOD)
		return 0;
	a.asked = q;
	stamp_write_answer(buf, len, &a, key);
	if (stamp_read_answer(&a, buf, len, key) != STAMP_GOOD ||
	    a.asked.seq != q.seq || a.asked.sent != q.sent)
		abort();
	return 0;
}
