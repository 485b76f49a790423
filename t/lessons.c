/* What exporters have taught, kept over a restart: the bytes of the collector, the file
 * of the recorder around them. */
#include <zlib.h>

#include "collector/lessons.h"
#include "recorder/taught.h"
#include "t/flowgram.h"
#include "t/tap.h"

static uint8_t kept[LESSONS_MAX];
static size_t kept_len;
static uint32_t left_out; /* of what was kept last */
static bool all_may = true;

static bool
may(void *ctx, const struct addr *from, bool *is_guest)
{
	(void)ctx;
	(void)from;
	*is_guest = guest;
	return all_may;
}

/* The collector ends, and another one begins LATER ms afterwards. */
static int
restart(int64_t later)
{
	int64_t then = now;
	struct err err;

	kept_len = lessons_write(all, kept, sizeof kept, &left_out);
	afresh();
	now = then + later;
	return lessons_read(all, kept, kept_len, now, may, NULL, &err);
}

static void
ipfix_known(uint32_t octets)
{
	ipfix(0, 3);
	set(256);
	plain_record(octets);
	end_set();
	end_message();
}

static void
test_restart(void)
{
	afresh();
	learn_plain(1);
	v9_sampler_row(1, 7, 512);
	give();
	ipfix(0, 3);
	template(2, 256, 4, plain);
	end_message();
	give_from(2, 4739);
	v5(1, 10000, 0, 0); /* teaches nothing */
	v5_record(1000, 2000);
	give_from(3, 2055);
	is_int(restart(5000), 0, "what was learned is learned again");
	is_int(all->count, 2, "of those who had taught something");
	v9_plain(1, 1, 2);
	give();
	ok(flows == 2 && flow[0].octets == 100 && flow[0].rate == 512 &&
		flow[0].rate_from == SAMPLING_ONLY_SAMPLER,
	    "data make sense at once, and are scaled");
	v9_sampler_row(1, 7, 512);
	/* Its row without its template. */
	memmove(bytes + 20, bytes + 20 + 24, pack_len(&p) - 44);
	p.at -= 24;
	give();
	is_int(options, 1, "options too");
	ipfix_known(55);
	give_from(2, 4739);
	ok(flows == 3 && flow[2].octets == 55 && faults[FAULT_FLOW_NO_TEMPLATE] == 0,
	    "IPFIX too");
	v9_plain(1, 2, 1);
	give();
	is_int(faults[FAULT_FLOW_NO_TEMPLATE], 1, "but no other source's");

	/* Ages go on: IPFIX ninety minutes, NetFlow v9 six hours since they were used.
	 */
	restart(80 * 60000LL);
	restart(11 * 60000LL);
	clear();
	ipfix_known(55);
	give_from(2, 4739);
	v9_plain(1, 1, 1);
	give();
	ok(faults[FAULT_FLOW_NO_TEMPLATE] == 1 && flows == 1,
	    "what nobody used for its time is not believed");
	restart(7 * 3600000LL);
	is_int((long long)all->template_bytes, 0, "nor the other one hours later");
	learn_plain(1);
	restart(-3600000LL);
	ok(all->template_bytes == 0 && all->count == 1 && all->all->last_ms <= now,
	    "nor what was used tomorrow by the clock");
}

/* Data that come before what was kept is read. */
static void
test_meanwhile(void)
{
	struct err err;

	afresh();
	learn_plain(1);
	v9_sampler_row(1, 7, 512);
	give();
	v9(0, 2);
	give();
	v9_sampler_row(2, 7, 100);
	give();
	kept_len = lessons_write(all, kept, sizeof kept, &left_out);
	afresh();
	v9_plain(1, 1, 1);
	give();
	is_int(faults[FAULT_FLOW_NO_TEMPLATE], 1, "data without a template");
	v9_sampler_row(2, 8, 50);
	give();
	v9_sampler_row(2, 7, 60);
	give();
	is_int(lessons_read(all, kept, kept_len, now, may, NULL, &err), 0,
	    "what was kept comes late");
	v9_plain(2, 1, 1);
	give();
	ok(flows == 1 && flow[0].rate == 512 &&
		flow[0].rate_from == SAMPLING_ONLY_SAMPLER,
	    "an exporter that had sent has its sampler again");
	const struct exporter *x = all->all;
	while (x != NULL && x->domain != 2)
		x = x->hh.next;
	ok(x != NULL && x->samplers == 2 && x->sampler[0].rate == 50 &&
		x->sampler[1].rate == 60,
	    "what one had told anew counts");

	/* Kept for another port, it is not the port that told last. */
	afresh();
	v9_sampler_row(1, 7, 512);
	give();
	kept_len = lessons_write(all, kept, sizeof kept, &left_out);
	afresh();
	v9_sampler_row(1, 7, 60);
	give_from(1, 2056);
	lessons_read(all, kept, kept_len, now, may, NULL, &err);
	ok(only_exporter()->samplers == 2 && only_exporter()->sampler_port == 2056,
	    "nor does what was kept for another port take its place");
}

static void
test_order(void)
{
	static const uint16_t other[][2] = { { 8, 4 }, { 12, 4 }, { 2, 4 }, { 1, 4 } };

	/* What is known by now is better. */
	afresh();
	learn_plain(1);
	kept_len = lessons_write(all, kept, sizeof kept, &left_out);
	afresh();
	v9(0, 1);
	template(0, 256, 4, other);
	give();
	struct err err;
	is_int(lessons_read(all, kept, kept_len, now + 1000, may, NULL, &err), 0,
	    "a template that was sent again meanwhile");
	v9_plain(1, 1, 1);
	give();
	ok(flow[0].octets == 3 && flow[0].packets == 100, "is the one that counts");

	/* Used longest ago first, also afterwards. */
	afresh();
	for (unsigned i = 0; i < 5; i++) {
		now += 1000;
		v9(0, 1);
		template(0, 300 + i, 4, plain);
		give();
	}
	restart(1000);
	int64_t last = 0;
	const struct template *t;
	bool sorted = true;
	TAILQ_FOREACH(t, &all->by_use, use) {
		sorted &= t->used_ms > last;
		last = t->used_ms;
	}
	ok(sorted && last == NOW + 5000, "the order of use is kept, and its times");

	/* Not all fit: those used last stay. */
	kept_len = lessons_write(all, kept, 260, &left_out);
	afresh();
	now = NOW + 10000;
	is_int(lessons_read(all, kept, kept_len, now, may, NULL, &err), 0,
	    "with little room");
	ok(HASH_COUNT(only_exporter()->templates) == 4 &&
		TAILQ_FIRST(&all->by_use)->id == 301 && left_out == 1,
	    "the one used longest ago is left out, and counted");

	/* Guests, however busy, leave the room to who is named. */
	afresh();
	v9(0, 1);
	template(0, 300, 4, plain);
	give_from(1, 2055);
	guest = true;
	for (unsigned i = 0; i < 20; i++) {
		now += 1000;
		v9(0, 1);
		template(0, 300, 4, plain);
		give_from(2 + i, 2055);
	}
	guest = false;
	kept_len = lessons_write(all, kept, 600, &left_out);
	afresh();
	now = NOW + 30000;
	is_int(lessons_read(all, kept, kept_len, now, may, NULL, &err), 0,
	    "with little room for guests");
	unsigned known = 0;
	TAILQ_FOREACH(t, &all->by_use, use)
		known++;
	ok(left_out > 2 && left_out == 2 * 21 - all->count - known,
	    "those that have none are counted, and their templates");
	v9(1, 1);
	set(300);
	plain_record(77);
	end_set();
	give_from(1, 2055);
	ok(flows == 1 && flow[0].octets == 77, "who is named is understood at once");

	/* Who may not send any more is not known again; guests stay guests. */
	all_may = false;
	restart(1000);
	is_int(left_out, 0, "all of it fits into what is kept");
	is_int(all->count, 0, "who may not send teaches nothing");
	all_may = true;
	for (unsigned i = 0; i < 200; i++) {
		v9(0, 1);
		template(0, 256, 4, plain);
		give_from(i, 2055);
	}
	kept_len = lessons_write(all, kept, sizeof kept, &left_out);
	afresh();
	guest = true;
	now += 60000;
	lessons_read(all, kept, kept_len, now, may, NULL, &err);
	is_int(all->guests, 200, "two hundred guests are known again at once");
}

/* As it was written before it told of ports. */
static void
test_plain(void)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct pack k;
	struct err err;

	pack_init(&k, kept, sizeof kept);
	pack_u8(&k, 1);
	pack_u32(&k, 1);
	pack_bytes(&k, mapped, sizeof mapped);
	pack_u32(&k, 0xc0000201);
	pack_u64(&k, 0), pack_u64(&k, 0); /* agent */
	pack_u64(&k, 1);		  /* domain */
	pack_u32(&k, 0);
	pack_u32(&k, 0);
	pack_u8(&k, FLOW_NETFLOW9);
	pack_u16(&k, 2055);
	pack_i64(&k, NOW), pack_i64(&k, NOW), pack_i64(&k, 0);
	pack_u32(&k, 60), pack_u32(&k, 15);
	pack_u16(&k, 1);
	pack_u8(&k, 1), pack_u64(&k, 7), pack_u32(&k, 512);
	pack_u32(&k, 0);
	pack_u8(&k, 0);
	pack_i64(&k, NOW);
	pack_u16(&k, 20);
	pack_u16(&k, 256);
	pack_u16(&k, 4);
	for (unsigned i = 0; i < 4; i++)
		pack_u16(&k, plain[i][0]), pack_u16(&k, plain[i][1]);
	afresh();
	is_int(lessons_read(all, kept, pack_len(&k), now, may, NULL, &err), 0,
	    "what was kept before ports were is read");
	v9_plain(1, 1, 1);
	give();
	ok(flows == 1 && flow[0].octets == 100 && flow[0].rate == 512,
	    "and data make sense by it");
}

static void
test_damage(void)
{
	unsigned good = 0, bad = 0;
	struct err err;

	afresh();
	learn_plain(1);
	v9_sampler_row(1, 7, 512);
	give();
	kept_len = lessons_write(all, kept, sizeof kept, &left_out);
	for (size_t len = 0; len <= kept_len; len++) {
		uint8_t *copy = malloc(len + 1);

		memcpy(copy, kept, len);
		afresh();
		if (lessons_read(all, copy, len, now, may, NULL, &err) == 0)
			good++;
		free(copy);
	}
	is_int(good, 3, "cut off anywhere but behind a whole part is a fault");
	for (size_t at = 0; at < kept_len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			kept[at] ^= (uint8_t)(1u << bit);
			afresh();
			bad += lessons_read(
				   all, kept, kept_len, now, may, NULL, &err) != 0;
			kept[at] ^= (uint8_t)(1u << bit);
		}
	ok(bad > 0, "bits that were turned do no harm (%u were seen)", bad);
}

/* A file as the recorder writes it around LEN bytes. */
static size_t
file_of(uint8_t *file, const char *inside, uint32_t len)
{
	struct pack f;

	pack_init(&f, file, 1000);
	pack_bytes(&f, "smokebox templates 1\n", 21);
	pack_u32(&f, len);
	pack_bytes(&f, inside, len);
	pack_u32(&f, (uint32_t)crc32(0, (const uint8_t *)inside, len));
	return pack_len(&f);
}

static void
test_file(void)
{
	const uint8_t *inside;
	uint8_t file[1000];
	size_t len, inside_len;
	struct err err;
	unsigned taken = 0;

	len = file_of(file, "hello", 5);
	ok(taught_open(file, len, &inside, &inside_len, &err) == 0 && inside_len == 5 &&
		memcmp(inside, "hello", 5) == 0,
	    "the file gives back what was put in");
	for (size_t at = 0; at < len; at++) {
		file[at] ^= 4;
		taken += taught_open(file, len, &inside, &inside_len, &err) == 0;
		file[at] ^= 4;
		taken += taught_open(file, at, &inside, &inside_len, &err) == 0;
	}
	is_int(taken, 0, "a byte that is another one, or missing, is seen");
	file[len] = 0;
	ok(taught_open(file, len + 1, &inside, &inside_len, &err) != 0,
	    "and one too many");
}

/* What was kept is late, and has by now been told anew from another port. */
static void
test_late_templates(void)
{
	int64_t then;
	struct err err;

	afresh();
	ipfix(0, 3);
	template(2, 256, 4, plain);
	end_message();
	give_from(2, 4739);
	kept_len = lessons_write(all, kept, sizeof kept, &left_out);
	then = now;
	afresh();
	now = then + 100 * 60000;
	ipfix(0, 3);
	template(2, 256, 4, plain);
	end_message();
	give_from(2, 5000);
	is_int(lessons_read(all, kept, kept_len, now, may, NULL, &err), 0,
	    "a template that was not used for long comes late");
	ipfix_known(55);
	flows = 0;
	give_from(2, 5000);
	is_int(flows, 1, "and takes nothing away that was told meanwhile");
}

static unsigned
templates(void)
{
	const struct template *t;
	unsigned n = 0;

	TAILQ_FOREACH(t, &all->by_use, use)
		n++;
	return n;
}

/* As many templates as two processes may send in one minute each, all in one ms. */
static void
test_many_templates(void)
{
	static const uint16_t turned[][2] = { { 12, 4 }, { 8, 4 }, { 2, 4 }, { 1, 4 } };
	unsigned before;

	afresh();
	for (unsigned minute = 0; minute < 2; minute++) {
		now += 61000;
		for (unsigned port = 1; port <= 2; port++)
			for (unsigned i = 0; i < 70; i++) {
				v9(0, 1);
				template(0, 256 + i, 4, port == 1 ? plain : turned);
				give_from(1, port);
			}
	}
	before = templates();
	is_int(restart(5000), 0, "more templates than may change in a minute");
	ok(before == 140 && templates() == before, "are read, every one (%u of %u)",
	    templates(), before);
}

int
main(void)
{
	test_restart();
	test_plain();
	test_meanwhile();
	test_order();
	test_damage();
	test_late_templates();
	test_many_templates();
	test_file();
	exporters_free(all);
	return tap_done();
}
