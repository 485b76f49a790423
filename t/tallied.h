/* For tests of the tallies: what is offered to them, and what they give out. */
#ifndef T_TALLIED_H
#define T_TALLIED_H

#include <netinet/in.h>
#include <string.h>

#include "base/prefix.h"
#include "collector/exporter.h"
#include "collector/tally.h"
#include "t/tap.h"

/* Not every test makes all of them. */
#define MADE static __attribute__((unused))

#define T0 1699999980000LL /* a minute's begin */
#define MINUTE_MS 60000
#define PER_TABLE 4096

/* --- what is given out ------------------------------------------------------------ */

static struct table {
	struct minute_row row[PER_TABLE];
	unsigned rows;
	struct minute_sum rest;
	bool given, final;
	unsigned parts, next;
} table[MINUTE_BYS][8]; /* by minute since T0 - 7 */
static unsigned bad_parts;

MADE struct table *
of_minute(enum minute_by by, int minute)
{
	return &table[by][minute + 7];
}

MADE void
on_part(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	int64_t minute = part->begin_s / MINUTE_S - T0 / MINUTE_MS + 7;

	(void)ctx;
	if (minute < 0 || minute >= 8 || part->part >= part->parts) {
		bad_parts++;
		return;
	}
	struct table *t = &table[part->by][minute];
	if (part->part == 0)
		*t = (struct table){ .given = true };
	bad_parts += t->next != part->part || t->rows + part->rows > PER_TABLE;
	t->next++;
	t->final = part->final;
	t->rest = part->rest;
	for (unsigned i = 0; i < part->rows && t->rows < PER_TABLE; i++)
		t->row[t->rows++] = row[i];
}

MADE const struct minute_row *
row_of(const struct table *t, const struct minute_key *key)
{
	static const struct minute_row none;

	for (unsigned i = 0; i < t->rows; i++)
		if (memcmp(&t->row[i].key, key, sizeof *key) == 0)
			return &t->row[i];
	return &none;
}

MADE struct minute_sum
all_of(const struct table *t)
{
	struct minute_sum sum = t->rest;

	for (unsigned i = 0; i < t->rows; i++)
		minute_add(&sum, &t->row[i].sum);
	return sum;
}

/* --- what is offered -------------------------------------------------------------- */

static struct exporters *exporters;
static struct exporter *exporter;
static struct tally *tally;
static struct tally_settings settings;

MADE void
afresh(const char *local)
{
	struct err err;
	struct addr from;
	struct exporter_key key;

	if (tally != NULL) {
		tally_free(tally);
		exporters_free(exporters);
	}
	memset(table, 0, sizeof table);
	bad_parts = 0;
	tally = tally_new(0x0123456789abcdefULL);
	settings.talkers = TALLY_FULL;
	settings.cut_remote = settings.count_all = false;
	settings.ports = 0;
	if (prefixes_parse(&settings.local, local, &err) != 0)
		ok(false, "%s", err.text);
	tally_configure(tally, &settings);
	exporters = exporters_new();
	addr_parse(&from, "10.0.0.1");
	key = exporter_key(&from, FLOW_NETFLOW9, NULL, 0);
	exporter = exporters_get(exporters, &key, false, T0);
	exporter->address = from;
}

MADE struct flow_ip
ip4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return (
	    struct flow_ip){ 4, { (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d } };
}

/* TCP from 203.0.113.5:443 to 10.0.0.9:50000, all of it at T0 + 10 s. */
MADE struct flow
a_flow(void)
{
	return (struct flow){ .exporter = exporter,
		.protocol = FLOW_NETFLOW9,
		.has = FLOW_HAS_START | FLOW_HAS_END | FLOW_HAS_PROTO | FLOW_HAS_SPORT |
		       FLOW_HAS_DPORT | FLOW_HAS_TOS | FLOW_HAS_IN | FLOW_HAS_OUT |
		       FLOW_HAS_OCTETS | FLOW_HAS_PACKETS | FLOW_HAS_SRC_AS,
		.start_ms = T0 + 10000,
		.end_ms = T0 + 10000,
		.src = ip4(203, 0, 113, 5),
		.dst = ip4(10, 0, 0, 9),
		.proto = IPPROTO_TCP,
		.tos = 46 << 2,
		.sport = 443,
		.dport = 50000,
		.in = 3,
		.out = 4,
		.octets = 1500,
		.packets = 3,
		.rate = 1,
		.rate_from = SAMPLING_PROTOCOL,
		.src_as = 64500 };
}

MADE void
close_all(void)
{
	tally_close(tally, on_part, NULL);
}

MADE struct minute_key
host_key(struct flow_ip ip)
{
	return (struct minute_key){ .a = ip };
}

/* Another exporter, which is named, at ADDRESS. */
MADE struct exporter *
another(const char *address)
{
	struct addr from;

	addr_parse(&from, address);
	struct exporter_key key = exporter_key(&from, FLOW_NETFLOW9, NULL, 0);
	struct exporter *x = exporters_get(exporters, &key, false, T0);
	x->address = from;
	return x;
}

/* A guest of 10.0.1.NUMBER. */
MADE struct exporter *
a_guest(unsigned number)
{
	char text[32];
	struct addr from;

	snprintf(text, sizeof text, "10.0.1.%u", number);
	addr_parse(&from, text);
	struct exporter_key key = exporter_key(&from, FLOW_NETFLOW9, NULL, 0);
	exporters->new_guests = (struct bucket){ 0 }; /* it came before */
	struct exporter *x = exporters_get(exporters, &key, true, T0);
	x->address = from;
	return x;
}

#endif
