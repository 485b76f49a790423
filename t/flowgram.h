/* For tests of the flow decoders: datagrams made by hand, and what came out of them. */
#ifndef T_FLOWGRAM_H
#define T_FLOWGRAM_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "collector/exporter.h"
#include "collector/template.h"

/* Not every test makes all of them. */
#define MADE static __attribute__((unused))

#define WALL 1700000000u /* of exporters */
#define NOW (WALL * 1000LL + 5)

/* --- what came out ---------------------------------------------------------------- */

static struct exporters *all;
static struct flow flow[64];
static unsigned flows, counters, discards, options, faults[FLOW_FAULTS];
static struct flow_discard discard;
static struct flow_counters counter;
static int64_t now = NOW;
static bool guest, by_port; /* what comes next */

MADE void
on_flow(void *ctx, const struct flow *f)
{
	(void)ctx;
	if (flows < 64)
		flow[flows] = *f;
	flows++;
}

MADE void
on_counters(void *ctx, const struct flow_counters *c)
{
	(void)ctx;
	counter = *c;
	counters++;
}

MADE void
on_discard(void *ctx, const struct flow_discard *d)
{
	(void)ctx;
	discard = *d;
	discards++;
}

MADE void
on_option(void *ctx, const struct flow_option *o)
{
	(void)ctx;
	(void)o;
	options++;
}

MADE void
on_fault(void *ctx, enum flow_fault fault, size_t offset, const char *text)
{
	(void)ctx;
	(void)offset;
	(void)text;
	faults[fault]++;
}

MADE unsigned
all_faults(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FLOW_FAULTS; i++)
		n += faults[i];
	return n;
}

MADE void
clear(void)
{
	flows = counters = discards = options = 0;
	memset(flow, 0, sizeof flow);
	memset(faults, 0, sizeof faults);
}

MADE void
afresh(void)
{
	if (all != NULL)
		exporters_free(all);
	all = exporters_new();
	now = NOW;
	guest = by_port = false;
	clear();
}

/* --- datagrams -------------------------------------------------------------------- */

static uint8_t bytes[65536];
static struct pack p;
static uint8_t *length_at; /* of the open set */

MADE void
give_from(unsigned host, unsigned port)
{
	static const struct flow_sink sink = { .flow = on_flow,
		.counters = on_counters,
		.discard = on_discard,
		.option = on_option,
		.fault = on_fault };
	/* Of its own length, so that a read behind its end is seen. */
	uint8_t *copy = malloc(pack_len(&p) + 1);
	struct datagram d = { .arrived_ms = now,
		.guest = guest,
		.by_port = by_port,
		.data = copy,
		.len = pack_len(&p) };

	memcpy(copy, bytes, d.len);
	d.from.v4.sin_family = AF_INET;
	d.from.v4.sin_addr.s_addr = htonl(0xc0000200 + host);
	addr_set_port(&d.from, port);
	flow_decode(all, &d, &sink);
	free(copy);
}

MADE void
give(void)
{
	give_from(1, 2055);
}

MADE struct exporter *
only_exporter(void)
{
	return all->all;
}

MADE void
v5(unsigned count, uint32_t uptime, uint32_t sequence, unsigned sampling)
{
	pack_init(&p, bytes, sizeof bytes);
	pack_u16(&p, 5);
	pack_u16(&p, (uint16_t)count);
	pack_u32(&p, uptime);
	pack_u32(&p, WALL);
	pack_u32(&p, 0);
	pack_u32(&p, sequence);
	pack_u16(&p, 0x0102);
	pack_u16(&p, (uint16_t)sampling);
}

MADE void
v5_record(uint32_t first, uint32_t last)
{
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 0xc6336402);
	pack_u32(&p, 0);
	pack_u16(&p, 3);
	pack_u16(&p, 4);
	pack_u32(&p, 10);
	pack_u32(&p, 1500);
	pack_u32(&p, first);
	pack_u32(&p, last);
	pack_u16(&p, 443);
	pack_u16(&p, 50000);
	pack_u8(&p, 0);
	pack_u8(&p, 0x12);
	pack_u8(&p, 6);
	pack_u8(&p, 0xb8);
	pack_u16(&p, 64500);
	pack_u16(&p, 64501);
	pack_u8(&p, 24);
	pack_u8(&p, 16);
	pack_u16(&p, 0);
}

MADE void
v9(uint32_t sequence, uint32_t source)
{
	pack_init(&p, bytes, sizeof bytes);
	pack_u16(&p, 9);
	pack_u16(&p, 1); /* nobody believes it */
	pack_u32(&p, 60000);
	pack_u32(&p, WALL);
	pack_u32(&p, sequence);
	pack_u32(&p, source);
}

MADE void
ipfix(uint32_t sequence, uint32_t domain)
{
	pack_init(&p, bytes, sizeof bytes);
	pack_u16(&p, 10);
	pack_u16(&p, 0); /* see end_message() */
	pack_u32(&p, WALL);
	pack_u32(&p, sequence);
	pack_u32(&p, domain);
}

MADE void
end_message(void)
{
	bytes[2] = (uint8_t)(pack_len(&p) >> 8);
	bytes[3] = (uint8_t)pack_len(&p);
}

MADE void
set(unsigned id)
{
	pack_u16(&p, (uint16_t)id);
	length_at = p.at;
	pack_u16(&p, 0);
}

MADE void
end_set(void)
{
	size_t len = (size_t)(p.at - length_at) + 2;

	length_at[0] = (uint8_t)(len >> 8);
	length_at[1] = (uint8_t)len;
}

/* A template of NetFlow v9 or IPFIX without enterprise fields: ID, LENGTH pairs. */
MADE void template(
    unsigned set_id, unsigned id, unsigned count, const uint16_t (*field)[2])
{
	set(set_id);
	pack_u16(&p, (uint16_t)id);
	pack_u16(&p, (uint16_t)count);
	for (unsigned i = 0; i < count; i++) {
		pack_u16(&p, field[i][0]);
		pack_u16(&p, field[i][1]);
	}
	end_set();
}

struct put {
	uint16_t id, len;
	uint32_t pen;
};

/* Template ID of COUNT fields into a set; options have SCOPES of them in front. */
MADE void
define(bool is_ipfix, bool is_options, unsigned id, unsigned scopes,
    const struct put *field, unsigned count)
{
	set(is_ipfix ? (is_options ? 3 : 2) : is_options);
	pack_u16(&p, (uint16_t)id);
	if (is_options && !is_ipfix) {
		pack_u16(&p, (uint16_t)(scopes * 4));
		pack_u16(&p, (uint16_t)((count - scopes) * 4));
	} else {
		pack_u16(&p, (uint16_t)count);
		if (is_options)
			pack_u16(&p, (uint16_t)scopes);
	}
	for (unsigned i = 0; i < count; i++) {
		pack_u16(
		    &p, (uint16_t)(field[i].id | (field[i].pen != 0 ? 0x8000 : 0)));
		pack_u16(&p, field[i].len);
		if (field[i].pen != 0)
			pack_u32(&p, field[i].pen);
	}
	end_set();
}
#define DEFINE(ipfix, options, id, scopes, ...)                                        \
	define(ipfix, options, id, scopes, (const struct put[]){ __VA_ARGS__ },        \
	    sizeof(const struct put[]){ __VA_ARGS__ } / sizeof(struct put))

MADE const uint16_t plain[][2] = { { 8, 4 }, { 12, 4 }, { 1, 4 }, { 2, 4 } };

MADE void
plain_record(uint32_t octets)
{
	pack_u32(&p, 0xc0000201);
	pack_u32(&p, 0xc6336402);
	pack_u32(&p, octets);
	pack_u32(&p, 3);
}

MADE void
v9_plain(uint32_t sequence, uint32_t source, unsigned records)
{
	v9(sequence, source);
	set(256);
	for (unsigned i = 0; i < records; i++)
		plain_record(100 + i);
	end_set();
}

/* An options template, and its row: sampler ID takes one in RATE. */
MADE void
v9_sampler_row(uint32_t source, unsigned id, uint32_t rate)
{
	v9(0, source);
	set(1);
	pack_u16(&p, 400);
	pack_u16(&p, 4);
	pack_u16(&p, 8);
	pack_u32(&p, 1u << 16 | 4);
	pack_u32(&p, 48u << 16 | 1);
	pack_u32(&p, 50u << 16 | 4);
	pack_u16(&p, 0);
	end_set();
	set(400);
	pack_u32(&p, 0);
	pack_u8(&p, (uint8_t)id);
	pack_u32(&p, rate);
	end_set();
}

MADE void
learn_plain(uint32_t source)
{
	v9(0, source);
	template(0, 256, 4, plain);
	give();
}

MADE void
sflow(unsigned samples, uint32_t number)
{
	pack_init(&p, bytes, sizeof bytes);
	pack_u32(&p, 5);
	pack_u32(&p, 1);
	pack_u32(&p, 0xc0000209);
	pack_u32(&p, 7); /* sub-agent */
	pack_u32(&p, number);
	pack_u32(&p, 60000);
	pack_u32(&p, samples);
}

MADE const uint8_t frame[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 100, 8,
	0, 0x45, 2, 0, 40, 0, 0, 0, 0, 60, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2, 1,
	0xbb, 0xc3, 0x50, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x12, 0, 100, 0, 0, 0, 0 };

MADE void
sflow_header(uint32_t header_len)
{
	unsigned padded = (sizeof frame + 3) & ~3u;

	pack_u32(&p, 1);
	pack_u32(&p, 16 + padded);
	pack_u32(&p, 1);
	pack_u32(&p, 1518);
	pack_u32(&p, 4);
	pack_u32(&p, header_len);
	pack_bytes(&p, frame, sizeof frame);
	for (unsigned i = sizeof frame; i < padded; i++)
		pack_u8(&p, 0);
}

MADE void
sflow_sample(
    uint32_t rate, uint32_t in, uint32_t out, uint32_t records, uint32_t header_len)
{
	uint8_t *len_at;

	pack_u32(&p, 1);
	len_at = p.at;
	pack_u32(&p, 0);
	pack_u32(&p, 1);
	pack_u32(&p, 3);
	pack_u32(&p, rate);
	pack_u32(&p, 5000);
	pack_u32(&p, 0);
	pack_u32(&p, in);
	pack_u32(&p, out);
	pack_u32(&p, records);
	sflow_header(header_len);
	size_t len = (size_t)(p.at - len_at) - 4;
	len_at[2] = (uint8_t)(len >> 8);
	len_at[3] = (uint8_t)len;
}

#endif
