#include "minutetable.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/mem.h"

/* Most of a row are zeros: the fastest packing takes a quarter of the room. */
#define PACKING 1
/* Rows that the collector has room for in the smallest table that may forget. */
#define TABLE_ROOM 2048

void
minutetable_free(struct minutetable *t)
{
	free(t->row);
	free(t->missing);
	t->row = NULL;
	t->missing = NULL;
	t->rows = 0;
}

/* Behind unlisted stands forgotten. */
#define HAS_FORGOTTEN (1ULL << 60)

/* --- as bytes -----------------------------------------------------------------------
 * *
 *
 *      as minute_put_part(): part 0 of 1, rows 0
 *   8  minutes, and bit 60 where there is something forgotten
 *   8  unlisted
 *  (8) forgotten
 *   4  rows
 *      rows, deflated: as minute_put_row(), of an hour 8 bytes missing behind each */

static void
put_head(struct pack *p, const struct minutetable *t)
{
	struct minute_part part = { .begin_s = t->begin_s,
		.final = t->final,
		.by = t->by,
		.parts = 1,
		.rest = t->rest,
		.rest_rows = t->rest_rows };

	minute_put_part(p, &part);
	pack_u64(p, t->minutes | (t->forgotten != 0 ? HAS_FORGOTTEN : 0));
	pack_u64(p, t->unlisted);
	if (t->forgotten != 0)
		pack_u64(p, t->forgotten);
	pack_u32(p, (uint32_t)t->rows);
}

static void
get_head(struct wire *w, struct minutetable *t)
{
	struct minute_part part;

	minute_get_part(w, &part);
	memset(t, 0, sizeof *t);
	if (!wire_ok(w))
		return;
	t->begin_s = part.begin_s;
	t->by = part.by;
	t->final = part.final;
	t->rest = part.rest;
	t->rest_rows = part.rest_rows;
	t->minutes = wire_u64(w);
	t->unlisted = wire_u64(w);
	if (t->minutes & HAS_FORGOTTEN) {
		t->minutes &= ~HAS_FORGOTTEN;
		t->forgotten = wire_u64(w);
	}
	t->rows = wire_u32(w);
	if (part.parts != 1 || part.rows != 0 || t->rows > MINUTETABLE_ROWS ||
	    t->minutes >> 60 != 0 || (t->minutes != 0 && t->begin_s % 3600 != 0) ||
	    (t->by == MINUTE_TOTAL && t->rows > 1))
		w->bad = true;
}

uint8_t *
minutetable_write(const struct minutetable *t, size_t *len)
{
	if (t->rows > MINUTETABLE_ROWS)
		return NULL;
	size_t room = t->rows * (MINUTE_ROW_MAX + 8);
	uint8_t *plain = mem_alloc(room + 1);
	struct pack p;

	pack_init(&p, plain, room);
	for (size_t i = 0; i < t->rows; i++) {
		minute_put_row(&p, t->by, &t->row[i]);
		if (t->minutes != 0)
			pack_u64(&p, t->missing != NULL ? t->missing[i] : 0);
	}
	uLongf packed = compressBound(pack_len(&p));
	uint8_t *data = mem_alloc(MINUTETABLE_HEAD + packed);
	struct pack head;

	pack_init(&head, data, MINUTETABLE_HEAD);
	put_head(&head, t);
	bool good = pack_ok(&p) && pack_ok(&head) &&
		    compress2(data + pack_len(&head), &packed, plain, pack_len(&p),
			PACKING) == Z_OK;
	free(plain);
	if (!good) {
		free(data);
		return NULL;
	}
	*len = pack_len(&head) + packed;
	return data;
}

int
minutetable_peek(const uint8_t *data, size_t len, struct minutetable *t)
{
	struct wire w;

	wire_init(&w, data, len);
	get_head(&w, t);
	return wire_ok(&w) ? 0 : -1;
}

/* The rows of T from LEN unpacked bytes. */
static int
get_rows(struct minutetable *t, const uint8_t *plain, size_t len)
{
	struct wire w;

	wire_init(&w, plain, len);
	t->row = mem_alloc((t->rows + 1) * sizeof *t->row);
	if (t->minutes != 0)
		t->missing = mem_alloc((t->rows + 1) * sizeof *t->missing);
	for (size_t i = 0; i < t->rows && wire_ok(&w); i++) {
		minute_get_row(&w, t->by, &t->row[i]);
		if (t->minutes != 0)
			t->missing[i] = wire_u64(&w);
	}
	return wire_ok(&w) && wire_left(&w) == 0 ? 0 : -1;
}

int
minutetable_read(const uint8_t *data, size_t len, struct minutetable *t)
{
	struct wire w;

	wire_init(&w, data, len);
	get_head(&w, t);
	if (!wire_ok(&w))
		return -1;
	/* No more than the rows can take, whatever the packed bytes promise. */
	uLongf room = t->rows * (MINUTE_ROW_MAX + 8) + 1;
	size_t packed = wire_left(&w);
	uint8_t *plain = mem_alloc(room);
	bool good = uncompress(plain, &room, wire_bytes(&w, packed), packed) == Z_OK &&
		    get_rows(t, plain, room) == 0;

	free(plain);
	if (good)
		return 0;
	minutetable_free(t);
	return -1;
}

/* --- forgetting ------------------------------------------------------------------- */

size_t
minute_forget(const struct prefix *p, enum minute_by by, struct minute_row *row,
    uint64_t *missing, size_t rows, struct minute_sum *gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < rows; i++) {
		if (by != MINUTE_INTERFACE &&
		    (flow_ip_in(&row[i].key.a, p) || flow_ip_in(&row[i].key.b, p))) {
			minute_add(gone, &row[i].sum);
			continue;
		}
		row[kept] = row[i];
		if (missing != NULL)
			missing[kept] = missing[i];
		kept++;
	}
	return kept;
}

/* --- out of messages -------------------------------------------------------------- */

static void
begin(struct minuteparts *p, const struct minute_part *part)
{
	if (p->parts != 0)
		p->torn++;
	minutetable_free(&p->table);
	p->table = (struct minutetable){ .begin_s = part->begin_s,
		.by = part->by,
		.final = part->final,
		.rest_rows = part->rest_rows };
	p->next = 0;
	p->parts = part->parts;
}

uint64_t
minute_others(const struct minute_sum *rest, uint64_t forgotten)
{
	uint64_t octets = minute_octets(rest);

	return octets > forgotten ? octets - forgotten : 0;
}

/* A key that no row tells had no more than all such keys together, whose sum is the
 * rest; nor more than the least that is told, and what a full table forgot of it: of W
 * octets in C rows 2 W / C at most (collector/toptable.h). */
static uint64_t
most_unlisted(const struct minutetable *t)
{
	uint64_t rest = minute_others(&t->rest, t->forgotten);
	uint64_t all = minute_octets(&t->rest), least = UINT64_MAX;

	for (size_t i = 0; i < t->rows; i++) {
		uint64_t octets = minute_octets(&t->row[i].sum);
		least = octets < least ? octets : least;
		all += octets;
	}
	uint64_t evicted = all / (TABLE_ROOM / 2);
	return t->rows > 0 && least < rest && evicted < rest - least ? least + evicted
								     : rest;
}

bool
minuteparts_take(
    struct minuteparts *p, const struct minute_part *part, const struct minute_row *row)
{
	struct minutetable *t = &p->table;

	if (part->part == 0)
		begin(p, part);
	else if (p->parts == 0 || part->part != p->next || part->parts != p->parts ||
		 part->by != t->by || part->begin_s != t->begin_s ||
		 part->final != t->final) {
		p->torn += p->parts != 0;
		p->parts = 0;
		return false;
	}
	if (t->rows + part->rows > MINUTETABLE_ROWS) {
		p->torn++;
		p->parts = 0;
		return false;
	}
	t->rest = part->rest;
	t->forgotten = part->forgotten;
	t->row = mem_grow(t->row, t->rows + part->rows + 1, sizeof *t->row);
	for (unsigned i = 0; i < part->rows; i++)
		t->row[t->rows++] = row[i];
	if (++p->next < p->parts)
		return false;
	p->parts = 0;
	t->unlisted = most_unlisted(t);
	return true;
}

void
minuteparts_free(struct minuteparts *p)
{
	minutetable_free(&p->table);
	memset(p, 0, sizeof *p);
}
