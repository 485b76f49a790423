#include "bench/flowmake.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/wire.h"

#define TEMPLATE_ID 256
#define V5_RECORDS 30
#define V9_RECORDS 30
#define SFLOW_SAMPLES 7
#define SFLOW_HEADER 128
#define UPTIME_MS 100000000u /* a day and a bit: the same in every head */

/* --- records ---------------------------------------------------------------------- */

struct flow_made {
	uint32_t src, dst, packets, octets;
	uint16_t sport, dport;
	uint8_t proto;
};

/* Scrambles: the same number for the same key in every run. */
static uint32_t
scrambled(uint32_t v)
{
	v = (v ^ v >> 16) * 0x7feb352dU;
	v = (v ^ v >> 15) * 0x846ca68bU;
	return v ^ v >> 16;
}

static struct flow_made
flow_of(uint32_t key)
{
	static const uint16_t services[] = { 443, 80, 53, 22, 25, 993, 123, 8080 };
	uint32_t dice = scrambled(key);
	struct flow_made f = { .src = 0x0a000000 + key % (1 << 20),
		.dst = 0xc6120000 + scrambled(key / 7) % (1 << 17),
		.packets = 1 + dice % 12,
		.sport = (uint16_t)(1024 + key % 60000),
		.dport = services[dice >> 8 & 7],
		.proto = (dice >> 12 & 3) == 0 ? 17 : 6 };

	f.octets = f.packets * (60 + (dice >> 16) % 1400);
	return f;
}

static void
put_v5(struct pack *p, const struct flow_made *f)
{
	pack_u32(p, f->src);
	pack_u32(p, f->dst);
	pack_u32(p, 0);
	pack_u16(p, 1);
	pack_u16(p, 2);
	pack_u32(p, f->packets);
	pack_u32(p, f->octets);
	pack_u32(p, UPTIME_MS - 3000);
	pack_u32(p, UPTIME_MS - 1000);
	pack_u16(p, f->sport);
	pack_u16(p, f->dport);
	pack_u8(p, 0);
	pack_u8(p, 0x1b);
	pack_u8(p, f->proto);
	pack_u8(p, 0);
	pack_u32(p, 0);
	pack_u32(p, 0);
}

/* The fields of a v9 or FLOWMAKE_IPFIX record: number and width. The last two are the
 * times. */
static const uint16_t fields[][2] = { { 8, 4 }, { 12, 4 }, { 10, 2 }, { 14, 2 },
	{ 2, 4 }, { 1, 4 }, { 7, 2 }, { 11, 2 }, { 6, 1 }, { 4, 1 }, { 5, 1 },
	{ 61, 1 } };
#define FIELDS (sizeof fields / sizeof *fields)

static void
put_v9(struct pack *p, const struct flowmake_how *how, const struct flow_made *f)
{
	pack_u32(p, f->src);
	pack_u32(p, f->dst);
	pack_u16(p, 1);
	pack_u16(p, 2);
	pack_u32(p, f->packets);
	pack_u32(p, f->octets);
	pack_u16(p, f->sport);
	pack_u16(p, f->dport);
	pack_u8(p, 0x1b);
	pack_u8(p, f->proto);
	pack_u8(p, 0);
	pack_u8(p, 0);
	if (how->protocol == FLOWMAKE_V9) {
		pack_u32(p, UPTIME_MS - 3000);
		pack_u32(p, UPTIME_MS - 1000);
	} else { /* microseconds before the export */
		pack_u32(p, 3000000);
		pack_u32(p, 1000000);
	}
}

/* One sampled frame; a key's packets are of one size, so one stands for them. */
static void
put_sample(struct pack *p, const struct flowmake_how *how, const struct flow_made *f,
    unsigned number)
{
	uint32_t frame = f->octets / f->packets + 14;
	uint8_t *header;

	pack_u32(p, 1); /* flow sample */
	pack_u32(p, 32 + 8 + 16 + SFLOW_HEADER);
	pack_u32(p, number);
	pack_u32(p, 1); /* interface 1 */
	pack_u32(p, how->sampling);
	pack_u32(p, number * how->sampling);
	pack_u32(p, 0);
	pack_u32(p, 1);
	pack_u32(p, 2);
	pack_u32(p, 1); /* records */
	pack_u32(p, 1); /* raw header */
	pack_u32(p, 16 + SFLOW_HEADER);
	pack_u32(p, 1);
	pack_u32(p, frame + 4);
	pack_u32(p, 4);
	pack_u32(p, SFLOW_HEADER);
	header = p->at;
	pack_u32(p, 0x02000000);
	pack_u32(p, 0x00010200);
	pack_u32(p, 0x00000002);
	pack_u16(p, 0x0800);
	pack_u16(p, 0x4500);
	pack_u16(p, (uint16_t)(frame - 14));
	pack_u32(p, 0x00004000);
	pack_u8(p, 64);
	pack_u8(p, f->proto);
	pack_u16(p, 0);
	pack_u32(p, f->src);
	pack_u32(p, f->dst);
	pack_u16(p, f->sport);
	pack_u16(p, f->dport);
	pack_u32(p, 1);
	pack_u32(p, 1);
	pack_u16(p, 0x5010);
	while (p->at < header + SFLOW_HEADER)
		pack_u16(p, 0);
}

/* --- datagrams -------------------------------------------------------------------- */

unsigned
flowmake_records(const struct flowmake_how *how)
{
	return how->protocol == FLOWMAKE_V5	 ? V5_RECORDS
	       : how->protocol == FLOWMAKE_SFLOW ? SFLOW_SAMPLES
						 : V9_RECORDS;
}

size_t
flowmake_head_size(const struct flowmake_how *how)
{
	static const size_t size[] = { 24, 20, 16, 28 };

	return size[how->protocol];
}

void
flowmake(struct flowmake *m, const struct flowmake_how *how, uint32_t key)
{
	struct pack p;
	uint8_t *set;

	pack_init(&p, m->data, sizeof m->data);
	for (size_t i = 0; i < flowmake_head_size(how); i++)
		pack_u8(&p, 0);
	set = p.at;
	if (how->protocol == FLOWMAKE_V9 || how->protocol == FLOWMAKE_IPFIX)
		pack_u32(&p, TEMPLATE_ID << 16);
	for (m->records = 0; m->records < flowmake_records(how); m->records++) {
		struct flow_made f = flow_of((key + m->records) % how->keys);

		if (how->protocol == FLOWMAKE_V5)
			put_v5(&p, &f);
		else if (how->protocol == FLOWMAKE_SFLOW) {
			put_sample(&p, how, &f, m->records + 1u);
			/* What sFlow counts: the frame with its check sum. */
			f.octets = f.octets / f.packets + 18;
			f.packets = 1;
		} else
			put_v9(&p, how, &f);
		m->octets += f.octets;
		m->packets += f.packets;
	}
	if (!pack_ok(&p))
		abort(); /* the records of one datagram are chosen to fit */
	m->len = (uint16_t)pack_len(&p);
	if (how->protocol == FLOWMAKE_V9 || how->protocol == FLOWMAKE_IPFIX) {
		while (m->len % 4 != 0)
			m->data[m->len++] = 0;
		uint16_t len = htons((uint16_t)(m->len - (set - m->data)));

		memcpy(set + 2, &len, sizeof len);
	}
}

void
flowmake_template(struct flowmake *m, const struct flowmake_how *how)
{
	struct pack p;
	bool v9 = how->protocol == FLOWMAKE_V9;

	pack_init(&p, m->data, sizeof m->data);
	for (size_t i = 0; i < flowmake_head_size(how); i++)
		pack_u8(&p, 0);
	pack_u16(&p, v9 ? 0 : 2);
	pack_u16(&p, (uint16_t)(8 + 4 * (FIELDS + 2)));
	pack_u16(&p, TEMPLATE_ID);
	pack_u16(&p, FIELDS + 2);
	for (size_t i = 0; i < FIELDS; i++) {
		pack_u16(&p, fields[i][0]);
		pack_u16(&p, fields[i][1]);
	}
	pack_u16(&p, v9 ? 22 : 158);
	pack_u16(&p, 4);
	pack_u16(&p, v9 ? 21 : 159);
	pack_u16(&p, 4);
	m->len = (uint16_t)pack_len(&p);
}

void
flowmake_head(struct flowmake *m, const struct flowmake_how *how, uint32_t agent,
    uint32_t *sequence, uint32_t now_s)
{
	struct pack p;

	pack_init(&p, m->data, flowmake_head_size(how));
	switch (how->protocol) {
	case FLOWMAKE_V5:
		pack_u16(&p, 5);
		pack_u16(&p, m->records);
		pack_u32(&p, UPTIME_MS);
		pack_u32(&p, now_s);
		pack_u32(&p, 0);
		pack_u32(&p, *sequence);
		pack_u16(&p, 0);
		pack_u16(
		    &p, how->sampling > 1 ? (uint16_t)(0x4000 | how->sampling) : 0);
		*sequence += m->records;
		break;
	case FLOWMAKE_V9:
		pack_u16(&p, 9);
		pack_u16(&p, m->records == 0 ? 1 : m->records);
		pack_u32(&p, UPTIME_MS);
		pack_u32(&p, now_s);
		pack_u32(&p, (*sequence)++);
		pack_u32(&p, 1);
		break;
	case FLOWMAKE_IPFIX:
		pack_u16(&p, 10);
		pack_u16(&p, m->len);
		pack_u32(&p, now_s);
		pack_u32(&p, *sequence);
		pack_u32(&p, 1);
		*sequence += m->records;
		break;
	case FLOWMAKE_PROTOCOLS:
	case FLOWMAKE_SFLOW:
		pack_u32(&p, 5);
		pack_u32(&p, 1);
		pack_u32(&p, agent);
		pack_u32(&p, 0);
		pack_u32(&p, (*sequence)++);
		pack_u32(&p, UPTIME_MS);
		pack_u32(&p, m->records);
		break;
	}
}
