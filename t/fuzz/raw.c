/* A record of the raw ring: what is read from it must be written back as the same
 * bytes, or be longer for no reason (a number may be spelt with more bytes). One of the
 * first version gets the head of what stands behind the pings now. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "rawcode.h"

#define REST 6 /* bytes of that head */

int
fuzz_raw(const uint8_t *data, size_t size)
{
	static struct round r, again;
	static uint8_t record[RAWCODE_HEAD + RAWCODE_MAX];

	if (rawcode_get(data, size, &r) < 0)
		return 0;
	size_t len = rawcode_put(record, &r) - RAWCODE_HEAD;
	if (len > size + REST || rawcode_get(record + RAWCODE_HEAD, len, &again) < 0)
		abort();
	if (again.target != r.target || again.count != r.count ||
	    memcmp(again.ping, r.ping, r.count * sizeof r.ping[0]) != 0 ||
	    again.extras != r.extras ||
	    memcmp(again.extra, r.extra, r.extras * sizeof r.extra[0]) != 0)
		abort();
	return 0;
}
