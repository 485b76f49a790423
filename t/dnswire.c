/* The DNS codec, by tables: names, types, matching, walking, what is broken. */
#include "t/tap.h"

#include "base/mem.h"
#include "probes/dnswire.h"

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
	return dnswire_match(a, m->data, pack_len(&m->p), ID, q);
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
	size_t len = dnswire_query(buf, ID, &q, true, 0);

	ok(len == sizeof plain && memcmp(buf, plain, len) == 0, "a plain query");
	len = dnswire_query(buf, ID, &q, false, 1232);
	ok(len == sizeof plain + sizeof opt && buf[2] == 0 && buf[11] == 1 &&
		memcmp(buf + sizeof plain, opt, sizeof opt) == 0,
	    "a query with EDNS and without recursion");
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
	ok(match(&m, &other, &a) != 0, "another name is not ours");
	ok(match(&m, &longer, &a) != 0, "a longer name is not ours");
	ok(match(&m, &mx, &a) != 0, "another type is not ours");
	ok(dnswire_match(&a, m.data, pack_len(&m.p), ID + 1, &q) != 0,
	    "another id is not ours");
	for (size_t len = 0; len < pack_len(&m.p); len++) {
		uint8_t *cut = mem_alloc(len + 1);
		memcpy(cut, m.data, len);
		if (dnswire_match(&a, cut, len, ID, &q) == 0)
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
		{ 257, "\0\5issueca", 9, "w.org.\t300\tIN\tCAA\t0 \"issue\" \"ca\"" },
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
			    dnswire_print(&rr, out) == 0;
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
	is_str(dnswire_rcode_text(a.rcode, text), "RCODE 19", "RCODE 19");
	is_str(dnswire_rcode_text(3, text), "NXDOMAIN", "RCODE 3");
	size_t all = pack_len(&m.p);
	for (size_t len = q.len + 16; len < all; len++) {
		uint8_t *cut = mem_alloc(len);
		memcpy(cut, m.data, len);
		int got = dnswire_match(&a, cut, len, ID, &q);
		while (got == 0 && (got = dnswire_next(&a, &rr)) == 1)
			got = 0;
		if (got != -1)
			ok(false, "cut at %zu", len);
		free(cut);
	}
	ok(true, "cut anywhere, it is broken");
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
	test_match();
	test_records();
	test_pointers();
	test_sections();
	return tap_done();
}
