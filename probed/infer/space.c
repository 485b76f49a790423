#include "infer/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAPPED_BITS 96

#define BLOCK 64

struct range {
	uint32_t first, last; /* addresses, both in it */
	uint32_t offset;      /* of the first */
	bool telescope, hidden;
};

struct space {
	struct range *range; /* by address, none overlaps another */
	size_t count;
	uint64_t size, telescope;
	/* When each own address was last heard, 0: never; by offset among the own. */
	uint32_t *heard_s;
	uint32_t own;
	uint32_t ready_s; /* from then on silence means something */
	uint64_t used;	  /* as of: */
	uint32_t counted_s;
	bool sent;		/* somebody who was quiet did, since */
	uint32_t *quiet_before; /* of each block of own addresses, as of then */
};

static bool
is_v4(const struct prefix *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return p->bits >= MAPPED_BITS && memcmp(p->bytes, mapped, sizeof mapped) == 0;
}

static uint32_t
number_of(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Addresses that nobody outside can answer (RFC 1918, 6598, 3927, 1122): one's own, but
 * their silence means nothing. */
#define HIDDEN                                                                         \
	"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 127.0.0.0/8"

enum {
	OWN,
	TELESCOPE,
	HIDE,
	LISTS
};

/* A border between addresses: where a range begins, or the first behind its end. */
struct border {
	uint64_t at;
	int list; /* of which */
	int change;
};

static int
border_compare(const void *a, const void *b)
{
	const struct border *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static size_t
add_borders(struct border *border, size_t count, const struct prefixes *list, int which)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct prefix *p = &list->prefix[i];

		if (!is_v4(p))
			continue;
		uint64_t first = number_of(p->bytes + 12);
		uint64_t size = UINT64_C(1) << (128 - p->bits);

		border[count++] = (struct border){ first, which, 1 };
		border[count++] = (struct border){ first + size, which, -1 };
	}
	return count;
}

static void
add_range(struct space *s, uint64_t first, uint64_t behind, const int in[LISTS])
{
	if (first == behind || (in[OWN] == 0 && in[TELESCOPE] == 0))
		return;
	s->range = mem_grow(s->range, s->count + 1, sizeof *s->range);
	s->range[s->count++] = (struct range){ .first = (uint32_t)first,
		.last = (uint32_t)(behind - 1),
		.telescope = in[TELESCOPE] > 0,
		.hidden = in[TELESCOPE] == 0 && in[HIDE] > 0 };
}

/* Own ranges have the first offsets, so that heard_s goes by offset. */
static void
number_ranges(struct space *s)
{
	for (unsigned telescope = 0; telescope < 2; telescope++)
		for (size_t i = 0; i < s->count; i++) {
			struct range *r = &s->range[i];
			uint64_t size = (uint64_t)r->last - r->first + 1;

			if (r->hidden || r->telescope != telescope)
				continue;
			r->offset = (uint32_t)s->size;
			s->size += size;
			if (telescope)
				s->telescope += size;
		}
	uint64_t own = s->size - s->telescope;

	s->own = own < SPACE_OWN_MAX ? (uint32_t)own : SPACE_OWN_MAX;
}

struct space *
space_new(const struct prefixes *own, const struct prefixes *telescope, uint32_t now_s,
    uint32_t watch_s)
{
	struct space *s = mem_zero(1, sizeof *s);
	struct prefixes hide = { 0 };
	struct border *border;
	size_t count;
	int in[LISTS] = { 0 };
	uint64_t from = 0;
	struct err err;

	(void)prefixes_parse(&hide, HIDDEN, &err);
	border =
	    mem_zero(2 * (own->count + telescope->count + hide.count), sizeof *border);
	count = add_borders(border, 0, own, OWN);
	count = add_borders(border, count, telescope, TELESCOPE);
	count = add_borders(border, count, &hide, HIDE);
	prefixes_free(&hide);
	qsort(border, count, sizeof *border, border_compare);
	for (size_t i = 0; i < count; i++) {
		add_range(s, from, border[i].at, in);
		from = border[i].at;
		in[border[i].list] += border[i].change;
	}
	free(border);
	number_ranges(s);
	s->heard_s = mem_zero(s->own + 1, sizeof *s->heard_s);
	s->quiet_before = mem_zero(s->own / BLOCK + 1, sizeof *s->quiet_before);
	s->ready_s = now_s + watch_s;
	return s;
}

void
space_free(struct space *s)
{
	if (s == NULL)
		return;
	free(s->range);
	free(s->heard_s);
	free(s->quiet_before);
	free(s);
}

static const struct range *
range_of(const struct space *s, uint32_t address)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->range[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->count && s->range[low].first <= address ? &s->range[low] : NULL;
}

static bool
is_used(const struct space *s, uint32_t offset, uint32_t now_s)
{
	uint32_t heard_s;

	if (offset >= s->own || now_s < s->ready_s)
		return true;
	heard_s = s->heard_s[offset];
	return heard_s != 0 && (heard_s >= now_s || now_s - heard_s < SPACE_QUIET_S);
}

enum space_part
space_find(
    const struct space *s, const struct flow_ip *ip, uint32_t now_s, uint32_t *offset)
{
	const struct range *r;
	uint32_t address, at;

	if (ip->len != 4)
		return SPACE_OUTSIDE;
	address = number_of(ip->bytes);
	if ((r = range_of(s, address)) == NULL)
		return SPACE_OUTSIDE;
	if (r->hidden) {
		if (offset != NULL)
			*offset = UINT32_MAX;
		return SPACE_USED;
	}
	at = r->offset + (address - r->first);
	if (offset != NULL)
		*offset = at;
	if (r->telescope)
		return SPACE_TELESCOPE;
	return is_used(s, at, now_s) ? SPACE_USED : SPACE_QUIET;
}

void
space_sent(struct space *s, const struct flow_ip *ip, uint32_t now_s)
{
	uint32_t offset;
	enum space_part part = space_find(s, ip, now_s, &offset);

	if ((part != SPACE_USED && part != SPACE_QUIET) || offset >= s->own)
		return;
	if (part == SPACE_QUIET) {
		s->used++;
		s->sent = true;
	}
	s->heard_s[offset] = now_s != 0 ? now_s : 1;
}

uint64_t
space_size(const struct space *s)
{
	return s->size;
}

static void
count_used(struct space *s, uint32_t now_s)
{
	s->counted_s = now_s;
	s->sent = false;
	s->used = 0;
	for (uint32_t i = 0; i < s->own; i++) {
		if (i % BLOCK == 0)
			s->quiet_before[i / BLOCK] = i - (uint32_t)s->used;
		s->used += is_used(s, i, now_s);
	}
}

uint64_t
space_quiet(struct space *s, uint32_t now_s)
{
	/* Counted anew now and then: some have fallen quiet. */
	if (now_s < s->counted_s || now_s - s->counted_s >= 60)
		count_used(s, now_s);
	return s->telescope + s->own - s->used;
}

unsigned
space_rank(struct space *s, uint32_t *offset, unsigned count, uint32_t now_s)
{
	uint64_t own = s->size - s->telescope;
	unsigned left = 0;

	if (now_s != s->counted_s || s->sent)
		count_used(s, now_s);
	for (unsigned k = 0; k < count; k++) {
		uint32_t at = offset[k], i = at / BLOCK * BLOCK;

		if (at >= own) {
			offset[left++] = (uint32_t)(at - own + s->own - s->used);
			continue;
		}
		if (is_used(s, at, now_s))
			continue;
		uint32_t rank = s->quiet_before[i / BLOCK];

		for (; i < at; i++)
			rank += !is_used(s, i, now_s);
		offset[left++] = rank;
	}
	return left;
}
