#include "minute.h"

#include <math.h>
#include <string.h>

/* clang-format off */
static const char *const by_word[MINUTE_BYS] = {
	[MINUTE_TOTAL] = "total", [MINUTE_INTERFACE] = "interface",
	[MINUTE_HOST] = "host", [MINUTE_PEER] = "peer", [MINUTE_PORT] = "port",
	[MINUTE_PROTOCOL] = "protocol", [MINUTE_AS] = "as", [MINUTE_DSCP] = "dscp",
	[MINUTE_FLOW] = "flow",
};
/* clang-format on */

const char *
minute_by_word(enum minute_by by)
{
	return by_word[by];
}

enum minute_by
minute_by_of(const char *word)
{
	unsigned by = 0;

	while (by < MINUTE_BYS && strcmp(by_word[by], word) != 0)
		by++;
	return (enum minute_by)by;
}

static void
put_sum(struct pack *p, const struct minute_sum *sum)
{
	for (unsigned way = 0; way < MINUTE_WAYS; way++) {
		pack_u64(p, sum->octets[way]);
		pack_u64(p, sum->packets[way]);
	}
	pack_u64(p, sum->flows);
	pack_f64(p, sum->octets_var);
	pack_f64(p, sum->packets_var);
	pack_u64(p, sum->unknown_octets);
}

static double
get_variance(struct wire *w)
{
	double var = wire_f64(w);

	if (!isfinite(var) || var < 0) {
		w->bad = true;
		return 0;
	}
	return var;
}

static void
get_sum(struct wire *w, struct minute_sum *sum)
{
	for (unsigned way = 0; way < MINUTE_WAYS; way++) {
		sum->octets[way] = wire_u64(w);
		sum->packets[way] = wire_u64(w);
	}
	sum->flows = wire_u64(w);
	sum->octets_var = get_variance(w);
	sum->packets_var = get_variance(w);
	sum->unknown_octets = wire_u64(w);
}

void
minute_put_row(struct pack *p, enum minute_by by, const struct minute_row *row)
{
	const struct minute_key *key = &row->key;

	switch (by) {
	case MINUTE_INTERFACE:
		flow_ip_put(p, &key->a);
		pack_u32(p, key->number);
		break;
	case MINUTE_HOST:
	case MINUTE_PEER:
		flow_ip_put(p, &key->a);
		break;
	case MINUTE_PORT:
		pack_u8(p, key->proto);
		pack_u16(p, key->dport);
		break;
	case MINUTE_PROTOCOL:
		pack_u8(p, key->proto);
		break;
	case MINUTE_AS:
		pack_u32(p, key->number);
		break;
	case MINUTE_DSCP:
		pack_u8(p, key->tos);
		break;
	case MINUTE_FLOW:
		flow_ip_put(p, &key->a);
		flow_ip_put(p, &key->b);
		pack_u8(p, key->proto);
		pack_u16(p, key->sport);
		pack_u16(p, key->dport);
		break;
	case MINUTE_TOTAL:
	case MINUTE_BYS:
		break;
	}
	put_sum(p, &row->sum);
	pack_u64(p, row->octets_error);
}

void
minute_get_row(struct wire *w, enum minute_by by, struct minute_row *row)
{
	struct minute_key *key = &row->key;

	memset(row, 0, sizeof *row);
	switch (by) {
	case MINUTE_INTERFACE:
		flow_ip_get(w, &key->a);
		key->number = wire_u32(w);
		break;
	case MINUTE_HOST:
	case MINUTE_PEER:
		flow_ip_get(w, &key->a);
		break;
	case MINUTE_PORT:
		key->proto = wire_u8(w);
		key->dport = wire_u16(w);
		break;
	case MINUTE_PROTOCOL:
		key->proto = wire_u8(w);
		break;
	case MINUTE_AS:
		key->number = wire_u32(w);
		break;
	case MINUTE_DSCP:
		key->tos = wire_u8(w);
		if (key->tos > 63)
			w->bad = true;
		break;
	case MINUTE_FLOW:
		flow_ip_get(w, &key->a);
		flow_ip_get(w, &key->b);
		key->proto = wire_u8(w);
		key->sport = wire_u16(w);
		key->dport = wire_u16(w);
		break;
	case MINUTE_TOTAL:
	case MINUTE_BYS:
		break;
	}
	get_sum(w, &row->sum);
	row->octets_error = wire_u64(w);
}

void
minute_put_part(struct pack *p, const struct minute_part *part)
{
	pack_i64(p, part->begin_s);
	pack_u8(p, part->final);
	pack_u8(p, (uint8_t)part->by);
	pack_u16(p, part->part);
	pack_u16(p, part->parts);
	put_sum(p, &part->rest);
	pack_u32(p, part->rest_rows);
	pack_u16(p, part->rows);
}

void
minute_get_part(struct wire *w, struct minute_part *part)
{
	part->begin_s = wire_i64(w);
	uint8_t final = wire_u8(w), by = wire_u8(w);

	part->final = final == 1;
	part->by = (enum minute_by)(by < MINUTE_BYS ? by : 0);
	part->part = wire_u16(w);
	part->parts = wire_u16(w);
	get_sum(w, &part->rest);
	part->rest_rows = wire_u32(w);
	part->rows = wire_u16(w);
	if (final > 1 || by >= MINUTE_BYS || part->part >= part->parts ||
	    part->begin_s < 0 || part->begin_s > INT64_MAX / 1000 ||
	    part->begin_s % MINUTE_S != 0)
		w->bad = true;
}
