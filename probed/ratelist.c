#include "ratelist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BETWEEN " ,\t"

/* A number from 1 to MOST at TEXT; *END is behind it. 0: there is none. */
static uint32_t
number(const char *text, uint32_t most, const char **end)
{
	uint64_t n = 0;

	for (*end = text; **end >= '0' && **end <= '9'; (*end)++)
		if (n <= most)
			n = n * 10 + (uint64_t)(**end - '0');
	return *text == '0' || n > most ? 0 : (uint32_t)n;
}

static int
by_index(const void *a, const void *b)
{
	uint32_t x = ((const struct ratelist_interface *)a)->index;
	uint32_t y = ((const struct ratelist_interface *)b)->index;

	return (x > y) - (x < y);
}

/* One part of it, LEN bytes at TEXT. */
static int
take(struct ratelist *list, const char *text, size_t len, struct err *err)
{
	const char *end, *colon = memchr(text, ':', len);
	struct ratelist_interface one = { 0 };

	if (colon != NULL) {
		one.index = number(text, RATELIST_INDEX_MAX, &end);
		if (one.index == 0 || end != colon)
			return err_set(err,
			    "'%.*s': before ':' stands the number of an interface, 1 to "
			    "%u",
			    (int)len, text, RATELIST_INDEX_MAX);
	}
	one.rate = number(colon == NULL ? text : colon + 1, RATELIST_RATE_MAX, &end);
	if (one.rate == 0 || end != text + len)
		return err_set(err,
		    "'%.*s': expected of how many packets one is looked at, 1 to %u, or "
		    "of an interface, such as 3:100",
		    (int)len, text, RATELIST_RATE_MAX);
	if (colon == NULL) {
		if (list->rate != 0)
			return err_set(err,
			    "%" PRIu32 " and %" PRIu32 ": one rate for all interfaces "
			    "that have none of their own, such as 1000, 3:100",
			    list->rate, one.rate);
		list->rate = one.rate;
		return 0;
	}
	if (ratelist_of(list, one.index) != 0)
		return err_set(err, "interface %" PRIu32 " is there twice", one.index);
	if (list->count == RATELIST_INTERFACES_MAX)
		return err_set(err, "more than %d interfaces", RATELIST_INTERFACES_MAX);
	list->interface =
	    mem_grow(list->interface, list->count + 1, sizeof *list->interface);
	list->interface[list->count++] = one;
	qsort(list->interface, list->count, sizeof *list->interface, by_index);
	return 0;
}

int
ratelist_parse(struct ratelist *list, const char *text, struct err *err)
{
	struct ratelist new = { 0 };

	for (const char *at = text == NULL ? "" : text;;) {
		at += strspn(at, BETWEEN);
		size_t len = strcspn(at, BETWEEN);
		if (len == 0)
			break;
		if (take(&new, at, len, err) != 0) {
			ratelist_free(&new);
			return -1;
		}
		at += len;
	}
	ratelist_free(list);
	*list = new;
	return 0;
}

uint32_t
ratelist_of(const struct ratelist *list, uint32_t index)
{
	struct ratelist_interface key = { .index = index };
	const struct ratelist_interface *one =
	    list->count == 0
		? NULL
		: bsearch(&key, list->interface, list->count, sizeof key, by_index);

	return one == NULL ? 0 : one->rate;
}

void
ratelist_free(struct ratelist *list)
{
	free(list->interface);
	*list = (struct ratelist){ 0 };
}
