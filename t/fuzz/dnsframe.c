#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "probes/dnsframe.h"

/* The first byte says in which pieces the rest is read. The frames that come out are
 * what one reader of the whole would have cut it into. */
int
fuzz_dnsframe(const uint8_t *data, size_t size)
{
	struct dnsframe f = { NULL, 0, 0 };
	size_t at = 1, piece = size > 0 ? data[0] % 7u + 1 : 1;
	size_t begin = 1; /* of the frame that comes next */

	while (at < size) {
		size_t len = size - at < piece ? size - at : piece, n;
		const uint8_t *next = data + at;
		at += len;
		while (dnsframe_take(&f, &next, &len)) {
			const uint8_t *message = dnsframe_message(&f, &n);
			size_t want = (size_t)data[begin] << 8 | data[begin + 1];
			if (n != want || memcmp(message, data + begin + 2, n) != 0)
				abort();
			begin += 2 + n;
		}
		if (len != 0 || f.room > size)
			abort();
	}
	/* What is whole came out. */
	if (begin + 2 <= size &&
	    begin + 2 + ((size_t)data[begin] << 8 | data[begin + 1]) <= size)
		abort();
	dnsframe_free(&f);
	return 0;
}
