#include "collector/openminute.h"

#include <stdlib.h>
#include <string.h>

#include "collector/inside.h"
#include "link/msgminute.h"

#define LISTED_MAX (4 * MSG_MINUTE_ROWS)
#define GUESTS_ROOM 256
_Static_assert(MINUTE_GUESTS_INTERFACES < GUESTS_ROOM &&
		   MINUTE_GUESTS_INTERFACES <= MSG_MINUTE_ROWS,
    "they are never too many, and one more part");

/* Rows that are counted apart, and rows that are given out: those of whole messages. */
static const struct size {
	unsigned most, listed;
} sizes[MINUTE_BYS] = {
	[MINUTE_INTERFACE] = { 2048, LISTED_MAX },
	[MINUTE_HOST] = { 4096, 2 * MSG_MINUTE_ROWS },
	[MINUTE_PEER] = { 4096, 2 * MSG_MINUTE_ROWS },
	[MINUTE_PORT] = { 2048, MSG_MINUTE_ROWS },
	[MINUTE_AS] = { 2048, MSG_MINUTE_ROWS },
	[MINUTE_FLOW] = { 8192, 2 * MSG_MINUTE_ROWS },
};

void
open_minute_init(struct open_minute *m)
{
	memset(m, 0, sizeof *m);
	for (unsigned by = 0; by < MINUTE_BYS; by++)
		toptable_init(&m->table[by], sizes[by].most);
	toptable_init(&m->guests, GUESTS_ROOM);
}

void
open_minute_free(struct open_minute *m)
{
	for (unsigned by = 0; by < MINUTE_BYS; by++)
		toptable_free(&m->table[by]);
	toptable_free(&m->guests);
}

void
open_minute_begin(struct open_minute *m, int64_t minute)
{
	m->minute = minute;
	m->begun = m->changed = false;
	for (unsigned by = 0; by < MINUTE_BYS; by++)
		toptable_clear(&m->table[by]);
	toptable_clear(&m->guests);
	memset(m->guest_rows, 0, sizeof m->guest_rows);
	m->new_rows = 0;
	memset(&m->total, 0, sizeof m->total);
	memset(&m->carried, 0, sizeof m->carried);
	memset(m->again, 0, sizeof m->again);
	memset(m->protocol, 0, sizeof m->protocol);
	memset(m->dscp, 0, sizeof m->dscp);
}

void
open_minute_carried(struct open_minute *m, const struct minute_sum *sum)
{
	minute_add(&m->carried, sum);
}

void
open_minute_total(struct open_minute *m, const struct minute_sum *sum)
{
	minute_add(&m->total, sum);
}

void
open_minute_add(struct open_minute *m, enum minute_by by, const struct top_key *key,
    uint64_t hash, const struct minute_sum *sum, bool again)
{
	if (again)
		minute_add(&m->again[by], sum);
	toptable_add(&m->table[by], key, hash, sum);
}

/* Is there room for another interface of GUEST? */
static enum guest_room
guest_room(const struct open_minute *m, uint32_t guest, bool is_new)
{
	if (m->guest_rows[guest] == MINUTE_GUEST_INTERFACES ||
	    m->guests.count == MINUTE_GUESTS_INTERFACES)
		return GUEST_FULL;
	return is_new && m->new_rows >= MINUTE_NEW_GUESTS_INTERFACES ? GUEST_LATER
								     : GUEST_ROOM;
}

enum guest_room
open_minute_add_guest(struct open_minute *m, uint32_t guest, bool is_new,
    const struct top_key *key, uint64_t hash, const struct minute_sum *sum)
{
	enum guest_room room = guest_room(m, guest, is_new);
	unsigned before = m->guests.count;

	if (room != GUEST_ROOM && toptable_find(&m->guests, key, hash) == NULL)
		return room;
	toptable_add(&m->guests, key, hash, sum);
	if (m->guests.count != before) {
		m->guest_rows[guest]++;
		m->new_rows += is_new;
	}
	return GUEST_ROOM;
}

void
open_minute_name(struct open_minute *m, const uint64_t address[2])
{
	struct toptable guests = m->guests;

	if (guests.count == 0)
		return;
	toptable_init(&m->guests, GUESTS_ROOM);
	for (unsigned i = 0; i < guests.count; i++) {
		const struct top_row *row = &guests.row[i];
		bool its =
		    row->key.word[0] == address[0] && row->key.word[1] == address[1];

		toptable_add(its ? &m->table[MINUTE_INTERFACE] : &m->guests, &row->key,
		    guests.hash[i], &row->sum);
		m->changed |= its;
	}
	toptable_free(&guests);
	/* Whose the others are is not known row by row. */
	if (m->new_rows > m->guests.count)
		m->new_rows = m->guests.count;
}

/* --- giving out ------------------------------------------------------------------- */

/* A table on its way out. */
struct giving {
	struct minute_part part;
	const struct minute_row *row; /* greatest first */
	unsigned rows;
	tally_part_fn take;
	void *ctx;
};

static double
less(double a, double b)
{
	return a > b ? a - b : 0;
}

static void
subtract(struct minute_sum *from, const struct minute_sum *sum)
{
	for (unsigned way = 0; way < MINUTE_WAYS; way++) {
		from->octets[way] -= sum->octets[way];
		from->packets[way] -= sum->packets[way];
	}
	from->flows -= sum->flows;
	from->octets_var = less(from->octets_var, sum->octets_var);
	from->packets_var = less(from->packets_var, sum->packets_var);
	from->unknown_octets -= sum->unknown_octets;
}

static void
give(struct giving *g)
{
	unsigned parts = (g->rows + MSG_MINUTE_ROWS - 1) / MSG_MINUTE_ROWS;

	for (unsigned i = 0; i < g->rows; i++)
		subtract(&g->part.rest, &g->row[i].sum);
	g->part.parts = (uint16_t)(parts == 0 ? 1 : parts);
	for (unsigned p = 0, done = 0; p < g->part.parts; p++) {
		unsigned n = g->rows - done;

		if (n > MSG_MINUTE_ROWS)
			n = MSG_MINUTE_ROWS;
		g->part.part = (uint16_t)p;
		g->part.rows = (uint16_t)n;
		g->take(g->ctx, &g->part, g->row + done);
		done += n;
	}
}

/* ROW of table BY as it is told. */
static void
get_row(struct minute_row *out, enum minute_by by, const struct top_row *row)
{
	const uint64_t *word = row->key.word;
	struct minute_key *key = &out->key;

	memset(out, 0, sizeof *out);
	switch (by) {
	case MINUTE_INTERFACE:
		inside_ip(&key->a, word);
		key->number = (uint32_t)word[2];
		break;
	case MINUTE_HOST:
	case MINUTE_PEER:
		inside_ip(&key->a, word);
		break;
	case MINUTE_PORT:
		key->proto = (uint8_t)(word[0] >> 16);
		key->dport = (uint16_t)word[0];
		break;
	case MINUTE_AS:
		key->number = (uint32_t)word[0];
		break;
	case MINUTE_FLOW:
		inside_ip(&key->a, word);
		inside_ip(&key->b, word + 2);
		key->proto = (uint8_t)(word[4] >> 32);
		key->sport = (uint16_t)(word[4] >> 16);
		key->dport = (uint16_t)word[4];
		break;
	case MINUTE_TOTAL:
	case MINUTE_PROTOCOL:
	case MINUTE_DSCP:
	case MINUTE_BYS:
		break;
	}
	out->sum = row->sum;
	out->octets_error = row->error;
}

/* More octets first; then by key, so that equal ones have an order. */
static int
compare_top(const void *a, const void *b)
{
	const struct top_row *x = *(const struct top_row *const *)a;
	const struct top_row *y = *(const struct top_row *const *)b;
	uint64_t more = minute_octets(&x->sum), less = minute_octets(&y->sum);

	if (more != less)
		return more > less ? -1 : 1;
	return memcmp(&x->key, &y->key, sizeof x->key);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct minute_row *x = a, *y = b;
	uint64_t more = minute_octets(&x->sum), less = minute_octets(&y->sum);

	return more > less ? -1 : more < less;
}

/* The greatest COUNT of TOP into ROW. */
static unsigned
list_rows(struct minute_row *row, enum minute_by by, const struct top_row **top,
    unsigned count, unsigned most)
{
	qsort(top, count, sizeof *top, compare_top);
	if (count > most)
		count = most;
	for (unsigned i = 0; i < count; i++)
		get_row(&row[i], by, top[i]);
	return count;
}

/* The rows of guests, into ROW. A guest may send in the name of one that is named: then
 * there is a row already, in which it has no say. */
static unsigned
list_guests(const struct open_minute *m, struct minute_row *row)
{
	const struct top_row *top[GUESTS_ROOM];
	unsigned count = 0;

	for (unsigned i = 0; i < m->guests.count; i++)
		if (toptable_find(&m->table[MINUTE_INTERFACE], &m->guests.row[i].key,
			m->guests.hash[i]) == NULL)
			top[count++] = &m->guests.row[i];
	return list_rows(row, MINUTE_INTERFACE, top, count, MINUTE_GUESTS_INTERFACES);
}

static void
give_table(const struct open_minute *m, struct giving *g)
{
	static const struct top_row *top[TOPTABLE_MAX];
	static struct minute_row row[LISTED_MAX + MINUTE_GUESTS_INTERFACES];
	const struct toptable *t = &m->table[g->part.by];

	for (unsigned i = 0; i < t->count; i++)
		top[i] = &t->row[i];
	g->rows = list_rows(row, g->part.by, top, t->count, sizes[g->part.by].listed);
	g->part.rest_rows = t->count - g->rows;
	if (g->part.by == MINUTE_INTERFACE)
		g->rows += list_guests(m, row + g->rows);
	g->row = row;
	minute_add(&g->part.rest, &m->again[g->part.by]);
	give(g);
}

static bool
is_empty(const struct minute_sum *sum)
{
	return sum->flows == 0 && minute_packets(sum) == 0 && minute_octets(sum) == 0;
}

/* A table by number: all of it that is not empty. */
static void
give_numbers(struct giving *g, const struct minute_sum *sum, unsigned count)
{
	struct minute_row row[256];
	unsigned rows = 0;

	for (unsigned i = 0; i < count; i++) {
		if (is_empty(&sum[i]))
			continue;
		row[rows] = (struct minute_row){ .sum = sum[i] };
		if (g->part.by == MINUTE_DSCP)
			row[rows].key.tos = (uint8_t)i;
		else
			row[rows].key.proto = (uint8_t)i;
		rows++;
	}
	qsort(row, rows, sizeof *row, compare_rows);
	g->row = row;
	g->rows = rows;
	give(g);
}

static void
give_total(const struct open_minute *m, struct giving *g)
{
	struct minute_row row = { .sum = m->total };

	g->row = &row;
	g->rows = 1;
	give(g);
}

void
open_minute_give_empty(int64_t minute, tally_part_fn take, void *ctx)
{
	static const struct minute_row nothing;
	struct giving g = { .part = { .begin_s = minute * MINUTE_S,
				.final = true,
				.by = MINUTE_TOTAL },
		.row = &nothing,
		.rows = 1,
		.take = take,
		.ctx = ctx };

	give(&g);
}

static bool
is_told(enum minute_by by, enum tally_talkers talkers)
{
	if (by == MINUTE_HOST)
		return talkers != TALLY_OFF;
	return (by != MINUTE_PEER && by != MINUTE_FLOW) || talkers == TALLY_FULL;
}

void
open_minute_give(const struct open_minute *m, bool final, enum tally_talkers talkers,
    tally_part_fn take, void *ctx)
{
	for (unsigned by = 0; by < MINUTE_BYS; by++) {
		struct giving g = { .part = { .begin_s = m->minute * MINUTE_S,
					.final = final,
					.by = (enum minute_by)by,
					.rest = by == MINUTE_INTERFACE ? m->carried
								       : m->total },
			.take = take,
			.ctx = ctx };

		if (!is_told((enum minute_by)by, talkers))
			continue;
		if (by == MINUTE_TOTAL)
			give_total(m, &g);
		else if (by == MINUTE_PROTOCOL)
			give_numbers(&g, m->protocol, 256);
		else if (by == MINUTE_DSCP)
			give_numbers(&g, m->dscp, 64);
		else
			give_table(m, &g);
	}
}
