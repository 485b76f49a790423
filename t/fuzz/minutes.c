/* A table of the ring of minutes: what is read must be written as bytes that are read
 * as the same, and may be summed up. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "minutetable.h"
#include "toplist.h"

static void
look(const uint8_t *data, size_t size)
{
	struct minutetable t, again;
	size_t len, count;

	if (minutetable_read(data, size, &t) < 0)
		return;
	uint8_t *bytes = minutetable_write(&t, &len);
	if (bytes == NULL || minutetable_read(bytes, len, &again) < 0)
		abort();
	if (again.rows != t.rows || again.begin_s != t.begin_s || again.by != t.by ||
	    again.minutes != t.minutes || again.unlisted != t.unlisted ||
	    again.forgotten != t.forgotten ||
	    (t.rows > 0 && memcmp(again.row, t.row, t.rows * sizeof *t.row) != 0) ||
	    (t.missing != NULL &&
		memcmp(again.missing, t.missing, t.rows * sizeof *t.missing) != 0))
		abort();
	struct toplist *l = toplist_new(t.by);
	toplist_add(l, &t);
	toplist_add(l, &again);
	struct toplist_row *top = toplist_top(l, 10, &count, NULL, NULL, NULL);
	if (count > t.rows)
		abort();
	free(top);
	toplist_free(l);
	minutetable_free(&again);
	minutetable_free(&t);
	free(bytes);
}

/* DATA as a table; and, since packing ends in a checksum that no chance finds, its rows
 * once more as if they were packed bytes' contents. */
int
fuzz_minutes(const uint8_t *data, size_t size)
{
	struct minutetable empty = { .by = MINUTE_TOTAL };
	uLongf packed = compressBound(0);
	uint8_t nothing[64], *whole;
	size_t head;

	look(data, size);
	/* The head is what is in front of the packed rows of a table without any. */
	whole = minutetable_write(&empty, &head);
	free(whole);
	compress2(nothing, &packed, nothing, 0, 1);
	head -= packed;
	if (size <= head)
		return 0;
	packed = compressBound(size - head);
	whole = malloc(head + packed);
	if (whole == NULL)
		return 0;
	memcpy(whole, data, head);
	if (compress2(whole + head, &packed, data + head, size - head, 1) == Z_OK)
		look(whole, head + packed);
	free(whole);
	return 0;
}
