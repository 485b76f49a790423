/* minutemake START MINUTES [sampled|home]: write minutes of made-up traffic into the
 * ring below the working directory, the first at START (epoch seconds), by the
 * recorder's own hand. Host 192.168.1.K sends and receives in proportion to 1/K;
 * between the thirds of the time host 30 uploads as much as all others do together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/msgminute.h"
#include "recorder/minutes.h"

#define HOSTS 30
#define PEERS 250

static bool sampled;
static unsigned seed = 12345;

static unsigned
dice(unsigned sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static void
fill(struct minute_sum *sum, uint64_t in, uint64_t out)
{
	sum->octets[MINUTE_IN] = in;
	sum->octets[MINUTE_OUT] = out;
	sum->packets[MINUTE_IN] = in / 1000 + 1;
	sum->packets[MINUTE_OUT] = out / 1000 + 1;
	sum->flows = 1 + (in + out) / 100000;
	if (sampled) {
		double n = 1000, packets = (double)(in + out) / 1000 / n + 1;
		sum->octets_var = n * n * packets * 1000 * 1000;
		sum->packets_var = n * n * packets;
	}
}

static struct minute_row row[MSG_MINUTE_ROWS * 4];
static unsigned rows;
static struct minute_sum table_sum;

static struct minute_key *
add(uint64_t in, uint64_t out)
{
	struct minute_row *r = &row[rows++];

	memset(r, 0, sizeof *r);
	fill(&r->sum, in, out);
	minute_add(&table_sum, &r->sum);
	return &r->key;
}

static struct flow_ip
ip(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return (
	    struct flow_ip){ 4, { (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d } };
}

static void
give(struct minutes *m, int64_t begin, enum minute_by by, const struct minute_sum *rest)
{
	struct minute_part part = { .begin_s = begin, .final = true, .by = by };

	if (rest != NULL) {
		part.rest = *rest;
		part.rest_rows = 40;
	}
	part.parts = (uint16_t)((rows + MSG_MINUTE_ROWS - 1) / MSG_MINUTE_ROWS);
	for (unsigned done = 0; done < rows; done += part.rows, part.part++) {
		part.rows = (uint16_t)(rows - done < MSG_MINUTE_ROWS ? rows - done
								     : MSG_MINUTE_ROWS);
		minutes_take(m, &part, row + done, begin + 60);
	}
	rows = 0;
	memset(&table_sum, 0, sizeof table_sum);
}

static void
minute(struct minutes *m, int64_t begin, bool upload)
{
	static const uint16_t ports[][2] = { { 6, 443 }, { 17, 443 }, { 6, 80 },
		{ 17, 53 }, { 6, 22 }, { 17, 3478 }, { 6, 993 }, { 17, 51820 },
		{ 6, 5001 } };
	static const uint8_t classes[] = { 0, 46, 34, 8 };
	uint64_t in = 0, out = 0;
	unsigned n = 0;

	for (unsigned k = 1; k <= HOSTS; k++) {
		uint64_t i = 30000000 / k + dice(2000000),
			 o = 3000000 / k + dice(200000);
		if (k == HOSTS && upload)
			o = 140000000 + dice(1000000);
		in += i;
		out += o;
		add(i, o)->a = ip(192, 168, 1, k);
	}
	give(m, begin, MINUTE_HOST, NULL);
	add(in, out);
	give(m, begin, MINUTE_TOTAL, NULL);
	struct minute_sum rest = { 0 };
	fill(&rest, in / 50, out / 50);
	for (n = 0; n < PEERS; n++)
		add(in / (n + 6), out / (n + 6))->a =
		    n % 5 == 0
			? (struct flow_ip){ 16, { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0,
						    0, 0, 0, 0, 0, (uint8_t)n } }
			: ip(203, 0, n % 2 ? 113 : 114, n);
	give(m, begin, MINUTE_PEER, &rest);
	for (n = 0; n < sizeof ports / sizeof ports[0]; n++) {
		struct minute_key *key = add(in >> (n + 1), out >> (n + 1));
		key->proto = (uint8_t)ports[n][0];
		key->dport = ports[n][1];
	}
	give(m, begin, MINUTE_PORT, &rest);
	add(in / 2, out / 2)->proto = 6;
	add(in / 3, out / 3)->proto = 17;
	add(in / 100, out / 100)->proto = 1;
	give(m, begin, MINUTE_PROTOCOL, NULL);
	for (n = 0; n < 12; n++)
		add(in / (n + 3), out / (n + 3))->number = 64500 + n;
	give(m, begin, MINUTE_AS, NULL);
	for (n = 0; n < sizeof classes; n++)
		add(in >> (n + 1), out >> (n + 1))->tos = classes[n];
	give(m, begin, MINUTE_DSCP, NULL);
	for (n = 0; n < 300; n++) {
		struct minute_key *key =
		    add(n % 2 ? in / (n + 9) : 0, n % 2 ? 0 : out / (n + 9));
		key->a = ip(192, 168, 1, n % HOSTS + 1);
		key->b = ip(203, 0, 113, n % 250);
		if (n % 2) {
			struct flow_ip other = key->a;
			key->a = key->b;
			key->b = other;
		}
		key->proto = 6;
		key->dport = n % 2 ? (uint16_t)(40000 + n) : 443;
		key->sport = n % 2 ? 443 : (uint16_t)(40000 + n);
	}
	give(m, begin, MINUTE_FLOW, &rest);
}

int
main(int argc, char **argv)
{
	struct minutes *m = minutes_open(NULL, NULL);
	struct err err;

	log_init("minutemake", LOG_LEVEL_WARN);
	if (argc < 3)
		fatalx("usage: minutemake START MINUTES [sampled]");
	int64_t start = atoll(argv[1]) / MINUTE_S * MINUTE_S;
	int count = atoi(argv[2]);
	sampled = argc > 3 && strcmp(argv[3], "sampled") == 0;
	for (int k = 0; k < count; k++) {
		minute(m, start + k * MINUTE_S, k >= count / 3 && k < count * 2 / 3);
		if (minutes_flush(m, &err) < 0)
			fatalx("%s", err.text);
		if (k % 60 == 59)
			while (minutes_work(m, start + k * MINUTE_S))
				;
	}
	minutes_limit(m, 366 * 86400, UINT64_MAX);
	while (minutes_work(m, start + count * MINUTE_S))
		;
	minutes_close(m);
	return 0;
}
