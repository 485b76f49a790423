/* The DNS codec, by tables: names, types, matching, walking, what is broken. */
#include "t/tap.h"

#include "base/mem.h"
#include "probes/dnstext.h"

#define ID 0x1234

/* A message under construction. */
struct message {
	struct pack p;
	uint8_t data[2048];
};

static struct dnswire_question
question(const char *name, const char *type)
{
	struct dnswire_question q;
	struct err err;

	if (dnswire_ask(&q, name, type, &err) != 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return q;
}

static void
begin(struct message *m, unsigned flags, const struct dnswire_question *q,
    unsigned answers, unsigned additional)
{
	pack_init(&m->p, m->data, sizeof m->data);
	pack_u16(&m->p, ID);
	pack_u16(&m->p, (uint16_t)flags);
	pack_u16(&m->p, q != NULL);
	pack_u16(&m->p, (uint16_t)answers);
	pack_u16(&m->p, 0);
	pack_u16(&m->p, (uint16_t)additional);
	if (q == NULL)
		return;
	pack_bytes(&m->p, q->name, q->len);
	pack_u16(&m->p, q->type);
	pack_u16(&m->p, q->class);
}

static void
record(struct message *m, unsigned type, const void *data, size_t len)
{
	pack_u16(&m->p, 0xc00c); /* the question's name */
	pack_u16(&m->p, (uint16_t)type);
	pack_u16(&m->p, 1);
	pack_u32(&m->p, 300);
	pack_u16(&m->p, (uint16_t)len);
	pack_bytes(&m->p, data, len);
}

static int
match(
    const struct message *m, const struct dnswire_question *q, struct dnswire_answer *a)
{
	return dnswire_match(a, m->data, pack_len(&m->p), ID, q, false);
}

static void
test_names(void)
{
	static const struct {
		const char *text, *wire; /* wire NULL: refused */
		size_t len;
		const char *why;
	} names[] = {
		{ "www.example.org", "\3www\7example\3org", 17, "" },
		{ "www.example.org.", "\3www\7example\3org", 17, "" },
		{ ".", "", 1, "" },
		{ "192.0.2.1", "\003192\0010\0012\0011", 11, "" },
		{ "a\\.b.c", "\3a.b\1c", 7, "" },
		{ "\\065.c", "\1A\1c", 5, "" },
		{ "a..b", NULL, 0, "'a..b' has an empty label, expected a DNS name" },
		{ ".a", NULL, 0, "'.a' has an empty label, expected a DNS name" },
		{ "a\\", NULL, 0, "'a\\' has a broken escape, expected \\C or \\DDD" },
		{ "a\\999", NULL, 0,
		    "'a\\999' has a broken escape, expected \\C or \\DDD" },
	};
	struct dnswire_question q;
	struct err err;
	char name[300];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int got = dnswire_ask(&q, names[i].text, "A", &err);
		if (names[i].wire == NULL)
			is_str(got == 0 ? "accepted" : err.text, names[i].why,
			    names[i].text);
		else
			ok(got == 0 && q.len == names[i].len &&
				memcmp(q.name, names[i].wire, q.len) == 0,
			    "name %s", names[i].text);
	}
	memset(name, 'a', sizeof name);
	name[64] = '\0';
	ok(dnswire_ask(&q, name, "A", &err) != 0, "a label of 64 is too long");
	name[63] = '\0';
	ok(dnswire_ask(&q, name, "A", &err) == 0, "a label of 63 is not");
	memset(name, 'a', sizeof name);
	for (int i = 63; i < 255; i += 64)
		name[i] = '.';
	name[253] = '\0';
	ok(dnswire_ask(&q, name, "A", &err) == 0 && q.len == 255, "a name of 253 fits");
	name[253] = 'a';
	name[254] = '\0';
	ok(dnswire_ask(&q, name, "A", &err) != 0, "one of 254 does not");
}

static void
test_types(void)
{
	struct dnswire_question q;
	struct err err;

	ok(dnswire_ask(&q, "a", "mx", &err) == 0 && q.type == 15, "type mx");
	ok(dnswire_ask(&q, "a", "TYPE65", &err) == 0 && q.type == 65, "type TYPE65");
	dnswire_ask(&q, "a", "FOO", &err);
	is_str(err.text,
	    "'FOO' is no DNS record type, expected e.g. A, AAAA, MX, TYPE65",
	    "type FOO");
	ok(dnswire_ask(&q, "a", "TYPE65536", &err) != 0, "type TYPE65536");
	ok(dnswire_ask(&q, "a", "TYPE0", &err) != 0, "type TYPE0");
}

static void
test_query(void)
{
	struct dnswire_question q = question("a.b", "AAAA");
	uint8_t buf[DNSWIRE_QUERY_MAX];
	static const uint8_t plain[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1,
		'a', 1, 'b', 0, 0, 28, 0, 1 };
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };
	struct dnswire_asking how = { .id = ID, .recursion = true };
	size_t len = dnswire_query(buf, &how, &q);

	ok(len == sizeof plain && memcmp(buf, plain, len) == 0, "a plain query");
	how.recursion = false;
	how.edns = 1232;
	len = dnswire_query(buf, &how, &q);
	ok(len == sizeof plain + sizeof opt && buf[2] == 0 && buf[11] == 1 &&
		memcmp(buf + sizeof plain, opt, sizeof opt) == 0,
	    "a query with EDNS and without recursion");
	how.nsid = true;
	how.cookie = (const uint8_t *)"12345678";
	how.cookie_len = 8;
	len = dnswire_query(buf, &how, &q);
	ok(len == sizeof plain + sizeof opt + 16 && memcmp(buf + sizeof plain + 9,
							"\0\020\0\3\0\0\0\012\0\010"
							"12345678",
							18) == 0,
	    "with NSID and cookie as options");
	uint8_t most[DNSWIRE_COOKIE_MAX] = { 0 };
	char name[254];
	memset(name, 'a', sizeof name);
	for (int i = 63; i < 253; i += 64)
		name[i] = '.';
	name[253] = '\0';
	q = question(name, "A");
	how.cookie = most;
	how.cookie_len = sizeof most;
	ok(dnswire_query(buf, &how, &q) == 12 + 255 + 4 + 11 + 4 + 44,
	    "the longest query fits");
}

static void
test_own_names(void)
{
	struct dnswire_question q = question("zone.example", "A"), mixed;
	uint8_t none[32] = { 0 }, all[32];

	ok(dnswire_prepend(&q, "k3", 2) == 0 && q.len == 17 &&
		memcmp(q.name, "\2k3\4zone\7example", 17) == 0,
	    "a label in front");
	ok(dnswire_prepend(&q, "", 0) != 0 && q.len == 17, "none that is empty");
	unsigned labels = 0;
	char label[63];
	memset(label, 'x', sizeof label);
	while (dnswire_prepend(&q, label, sizeof label) == 0)
		labels++;
	ok(labels == 3 && q.len == 17 + 3 * 64, "none when the name is full");
	ok(dnswire_prepend(&q, label, 45) == 0 && q.len == 255, "up to the last byte");

	q = question("aZ09-.Example", "A");
	mixed = q;
	dnswire_mix_case(&mixed, none);
	ok(memcmp(mixed.name, q.name, q.len) == 0, "case stays without bits");
	memset(all, 0xff, sizeof all);
	dnswire_mix_case(&mixed, all);
	ok(memcmp(mixed.name, "\5Az09-\7eXAMPLE", 15) == 0, "and changes with them");
}

static void
test_match(void)
{
	struct dnswire_question q = question("www.example.org", "A");
	struct dnswire_question upper = question("WWW.Example.org", "A");
	struct dnswire_question other = question("www.example.net", "A");
	struct dnswire_question mx = question("www.example.org", "MX");
	struct dnswire_question longer = question("www.example.org.uk", "A");
	struct dnswire_answer a;
	struct message m;

	begin(&m, 0x8583, &q, 0, 0);
	ok(match(&m, &q, &a) == 0 && a.rcode == 3 && a.authoritative && !a.truncated,
	    "header of the answer");
	ok(match(&m, &upper, &a) == 0, "case does not matter");
	ok(dnswire_match(&a, m.data, pack_len(&m.p), ID, &upper, true) != 0 &&
		dnswire_match(&a, m.data, pack_len(&m.p), ID, &q, true) == 0,
	    "unless it has to be exact");
	ok(match(&m, &other, &a) != 0, "another name is not ours");
	ok(match(&m, &longer, &a) != 0, "a longer name is not ours");
	ok(match(&m, &mx, &a) != 0, "another type is not ours");
	ok(dnswire_match(&a, m.data, pack_len(&m.p), ID + 1, &q, false) != 0,
	    "another id is not ours");
	for (size_t len = 0; len < pack_len(&m.p); len++) {
		uint8_t *cut = mem_alloc(len + 1);
		memcpy(cut, m.data, len);
		if (dnswire_match(&a, cut, len, ID, &q, false) == 0)
			ok(false, "cut at %zu", len);
		free(cut);
	}
	ok(true, "cut anywhere, it is not ours");
	begin(&m, 0x0100, &q, 0, 0);
	ok(match(&m, &q, &a) != 0, "a query is no answer");
	begin(&m, 0xa800, &q, 0, 0);
	ok(match(&m, &q, &a) != 0, "another opcode is not ours");
	begin(&m, 0x8001, NULL, 0, 0);
	ok(match(&m, &q, &a) == 0 && a.rcode == 1, "FORMERR needs no question");
	begin(&m, 0x8000, NULL, 0, 0);
	ok(match(&m, &q, &a) != 0, "success does");
}

static void
test_records(void)
{
	static const struct {
		unsigned type;
		const char *data;
		size_t len;
		const char *text; /* NULL: broken */
	} records[] = {
		{ 1, "\300\0\2\1", 4, "w.org.\t300\tIN\tA\t192.0.2.1" },
		{ 28, "\040\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16,
		    "w.org.\t300\tIN\tAAAA\t2001:db8::1" },
		{ 5, "\1x\300\014", 4, "w.org.\t300\tIN\tCNAME\tx.w.org." },
		{ 15, "\0\012\300\016", 4, "w.org.\t300\tIN\tMX\t10 org." },
		{ 16, "\3a\"b\0\1c", 7, "w.org.\t300\tIN\tTXT\t\"a\\\"b\" \"\" \"c\"" },
		{ 6, "\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 22,
		    "w.org.\t300\tIN\tSOA\t. . 1 2 3 4 5" },
		{ 33, "\0\1\0\2\0\120\300\014", 8,
		    "w.org.\t300\tIN\tSRV\t1 2 80 w.org." },
		{ 257, "\0\5issueca", 9, "w.org.\t300\tIN\tCAA\t0 issue \"ca\"" },
		{ 48, "\1\1\3\015abcd", 8,
		    "w.org.\t300\tIN\tDNSKEY\t257 3 13 YWJjZA==" },
		{ 52, "\3\1\1\252\273", 5, "w.org.\t300\tIN\tTLSA\t3 1 1 aabb" },
		{ 46, "\0\1\015\2\0\0\1\054\x6a\0\0\0\x69\0\0\0\x30\x39\300\016x", 21,
		    "w.org.\t300\tIN\tRRSIG\tA 13 2 300 20260510034816 20251027232800 "
		    "12345 org. eA==" },
		{ 47, "\300\016\0\6\100\1\0\0\0\3\1\1\100", 13,
		    "w.org.\t300\tIN\tNSEC\torg. A MX RRSIG NSEC CAA" },
		{ 47, "\300\016", 2, "w.org.\t300\tIN\tNSEC\torg." },
		{ 47, "\300\016\0\0", 4, NULL },
		{ 47, "\300\016\0\041xxx", 7, NULL },
		{ 50, "\1\0\0\012\2\xab\xcd\5\0\x11\x22\x33\x44\0\1\100", 16,
		    "w.org.\t300\tIN\tNSEC3\t1 0 10 abcd 008I4CQ4 A" },
		{ 51, "\1\0\0\0\0", 5, "w.org.\t300\tIN\tNSEC3PARAM\t1 0 0 -" },
		{ 64, "\0\0\300\016", 4, "w.org.\t300\tIN\tSVCB\t0 org." },
		{ 65,
		    "\0\1\0"
		    "\0\0\0\4\0\1\0\3"
		    "\0\1\0\6\2h2\2h3"
		    "\0\2\0\0"
		    "\0\3\0\2\1\xbb"
		    "\0\4\0\010\300\0\2\1\300\0\2\2"
		    "\0\5\0\2hi"
		    "\0\7\0\4/q\"x",
		    57,
		    "w.org.\t300\tIN\tHTTPS\t1 . mandatory=alpn,port alpn=\"h2,h3\" "
		    "no-default-alpn port=443 ipv4hint=192.0.2.1,192.0.2.2 ech=aGk= "
		    "key7=\"/q\\\"x\"" },
		{ 65, "\0\1\0\0\1\0\3\4h2", 10, NULL },
		{ 65, "\0\1\0\0\4\0\3\1\2\3", 10, NULL },
		{ 65, "\0\1\0\0\4\0\5\1\2", 9, NULL },
		{ 65, "\0\1\0\0\3", 5, NULL },
		{ 65280, "\1\2\377", 3, "w.org.\t300\tIN\tTYPE65280\t\\# 3 0102ff" },
		{ 1, "\300\0\2", 3, NULL },
		{ 1, "\300\0\2\1\1", 5, NULL },
		{ 5, "\300\300", 2, NULL },
		{ 5, "\377\377", 2, NULL },
		{ 5, "\100x", 2, NULL },
		{ 5, "", 0, NULL },
		{ 16, "\4abc", 4, NULL },
	};
	struct dnswire_question q = question("w.org", "ANY");

	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct dnswire_answer a;
		struct dnswire_record rr;
		struct message m;
		char *text = NULL;
		size_t size = 0;
		begin(&m, 0x8180, &q, 1, 0);
		record(&m, records[i].type, records[i].data, records[i].len);
		FILE *out = open_memstream(&text, &size);
		bool good = match(&m, &q, &a) == 0 && dnswire_next(&a, &rr) == 1 &&
			    dnstext_record(&rr, out) == 0;
		fclose(out);
		if (records[i].text == NULL)
			ok(!good, "record %zu is broken", i);
		else
			is_str(good ? text : NULL, records[i].text, "record");
		if (good)
			is_int(dnswire_next(&a, &rr), 0, "and it was the last");
		free(text);
	}
}

/* Every pointer that could make a loop. */
static void
test_pointers(void)
{
	struct dnswire_question q = question("w.org", "A");
	struct dnswire_answer a;
	struct dnswire_record rr;
	struct message m;

	for (unsigned to = 0; to < 0x4000; to++) {
		begin(&m, 0x8180, &q, 1, 0);
		size_t at = pack_len(&m.p);
		pack_u16(&m.p, (uint16_t)(0xc000 | to));
		pack_u64(&m.p, 0x0001000100000001);
		pack_u16(&m.p, 0);
		int got = match(&m, &q, &a) == 0 ? dnswire_next(&a, &rr) : -2;
		if (to >= at && got != -1)
			ok(false, "pointer to %u gave %d", to, got);
		if (to == 12 && got != 1)
			ok(false, "pointer to the question gave %d", got);
	}
	ok(true, "no pointer loops, forwards or to itself");

	/* A chain downhill is allowed, but the name has to stay within 255 bytes. */
	begin(&m, 0x8180, &q, 40, 0);
	for (int i = 0, last = 12; i < 40; i++) {
		int here = (int)pack_len(&m.p);
		pack_u8(&m.p, 9);
		pack_bytes(&m.p, "ninebytes", 9);
		pack_u16(&m.p, (uint16_t)(0xc000 | last));
		pack_u64(&m.p, 0x0001000100000001);
		pack_u16(&m.p, 0);
		last = here;
	}
	int got = match(&m, &q, &a), count = 0;
	while (got == 0 && dnswire_next(&a, &rr) == 1)
		count++;
	is_int(count, 24, "a chain of pointers ends where the name is too long");

	/* Pointers to pointers make no name longer, and cost as much. */
	begin(&m, 0x8180, &q, 1, 0);
	pack_u16(&m.p, 0xc00c);
	pack_u64(&m.p, 0x0010000100000001);
	pack_u16(&m.p, 400);
	for (unsigned i = 0, last = 12; i < 200; i++) {
		unsigned here = (unsigned)pack_len(&m.p);
		pack_u16(&m.p, (uint16_t)(0xc000 | last));
		last = here;
	}
	ok(match(&m, &q, &a) == 0 && dnswire_next(&a, &rr) == 1, "in a record's data");
	char text[DNSWIRE_TEXT_MAX];
	int bad = 0;
	for (unsigned i = 0; i < 200; i++) {
		struct wire w = rr.data;
		wire_skip(&w, 2 * i);
		bad += dnswire_name(&w, text) != (i < 128 ? 0 : -1);
	}
	is_int(bad, 0, "128 pointers are followed, and not one more");
}

/* An answer to Q whose OPT record holds DATA: option CODE of it, as text. */
static const char *
option(const struct dnswire_question *q, unsigned code, const char *data, size_t size)
{
	static char text[64];
	struct dnswire_answer a;
	struct dnswire_record rr;
	struct message m;
	size_t len;

	begin(&m, 0x8180, q, 0, 1);
	pack_bytes(&m.p, "\0\0\051\4\320\0\0\0\0\0", 10);
	pack_u8(&m.p, (uint8_t)size);
	pack_bytes(&m.p, data, size);
	if (match(&m, q, &a) != 0 || dnswire_option(&a, code, &len) != NULL)
		return "early";
	while (dnswire_next(&a, &rr) == 1)
		continue;
	const uint8_t *found = dnswire_option(&a, code, &len);
	if (found == NULL)
		return "none";
	snprintf(text, sizeof text, "%.*s", (int)len, (const char *)found);
	return text;
}

static void
test_options(const struct dnswire_question *q)
{
	is_str(option(q, DNSWIRE_NSID, "\0\3\0\4fra7", 8), "fra7", "NSID");
	is_str(option(q, DNSWIRE_NSID, "\0\012\0\1x\0\3\0\2ab", 11), "ab",
	    "behind another");
	is_str(option(q, DNSWIRE_COOKIE, "\0\3\0\4fra7", 8), "none", "not the other");
	is_str(option(q, DNSWIRE_NSID, "\0\3\0\5fra7", 8), "none", "none that is cut");
	is_str(option(q, DNSWIRE_NSID, "\0\3\0", 3), "none", "nor a head that is cut");
	is_str(option(q, DNSWIRE_NSID, "", 0), "none", "nor in nothing");
}

static void
test_sections(void)
{
	struct dnswire_question q = question("w.org", "A");
	struct dnswire_answer a;
	struct dnswire_record rr;
	struct message m;
	char text[16];

	begin(&m, 0x8183, &q, 1, 1);
	record(&m, 1, "\300\0\2\1", 4);
	pack_bytes(&m.p, "\0\0\051\4\320\1\0\0\0\0\0", 11);
	ok(match(&m, &q, &a) == 0 && dnswire_next(&a, &rr) == 1 && rr.section == 0,
	    "first the answer");
	ok(dnswire_next(&a, &rr) == 1 && rr.section == 2 && dnswire_next(&a, &rr) == 0,
	    "then the additional record");
	is_int(a.rcode, 19, "whose OPT extends the RCODE");
	is_str(dnstext_rcode(a.rcode, text), "RCODE 19", "RCODE 19");
	is_str(dnstext_rcode(3, text), "NXDOMAIN", "RCODE 3");
	size_t all = pack_len(&m.p);
	for (size_t len = q.len + 16; len < all; len++) {
		uint8_t *cut = mem_alloc(len);
		memcpy(cut, m.data, len);
		int got = dnswire_match(&a, cut, len, ID, &q, false);
		while (got == 0 && (got = dnswire_next(&a, &rr)) == 1)
			got = 0;
		if (got != -1)
			ok(false, "cut at %zu", len);
		free(cut);
	}
	ok(true, "cut anywhere, it is broken");
	test_options(&q);
	begin(&m, 0x8180, &q, 65535, 0);
	ok(match(&m, &q, &a) == 0 && dnswire_next(&a, &rr) == -1,
	    "records that are only promised");
}

int
main(void)
{
	test_names();
	test_types();
	test_query();
	test_own_names();
	test_match();
	test_records();
	test_pointers();
	test_sections();
	return tap_done();
}
