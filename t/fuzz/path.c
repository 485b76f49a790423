/* What is kept of the way to a target: what is read is what would be written. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "pathfile.h"

int
fuzz_path(const uint8_t *data, size_t size)
{
	static struct path_record record;
	static struct msg_out out;

	for (size_t at = 0, n; (n = pathfile_get(data + at, size - at, &record)) > 0;
	     at += n)
		if (pathfile_put(&out, &record) != n ||
		    memcmp(out.data, data + at, n) != 0)
			abort();
	return 0;
}
