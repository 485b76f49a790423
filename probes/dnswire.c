#include <ctype.h>
#include <string.h>

#include "probes/dnstext.h"

#define DNSWIRE_TYPE_OPT 41

enum {
	FLAG_QR = 0x8000,
	FLAG_OPCODE = 0x7800,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RCODE = 0x000f,
};

/* --- asking ---------------------------------------------------------------------- */

/* One character of a label at *AT, which moves behind it: itself, \C or \DDD. */
static int
dnswire_character(const char **at)
{
	const char *p = *at;

	if (*p != '\\') {
		*at = p + 1;
		return (unsigned char)*p;
	}
	if (isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) &&
	    isdigit((unsigned char)p[3])) {
		int v = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
		*at = p + 4;
		return v <= 255 ? v : -1;
	}
	if (p[1] == '\0')
		return -1;
	*at = p + 2;
	return (unsigned char)p[1];
}

static int
dnswire_name_encode(struct dnswire_question *q, const char *name, struct err *err)
{
	const char *at = name;

	q->len = 0;
	if (strcmp(name, ".") == 0)
		at++;
	while (*at != '\0') {
		unsigned count = q->len++;
		for (q->name[count] = 0; *at != '\0' && *at != '.'; q->name[count]++) {
			int c = dnswire_character(&at);
			if (c < 0)
				return err_set(err,
				    "'%s' has a broken escape, expected \\C or \\DDD",
				    name);
			/* One byte stays free for the root. */
			if (q->name[count] >= 63 || q->len >= sizeof q->name - 1)
				return err_set(err,
				    "'%s' is too long for a DNS name, expected at "
				    "most 63 bytes a label and 253 in all",
				    name);
			q->name[q->len++] = (uint8_t)c;
		}
		if (q->name[count] == 0)
			return err_set(
			    err, "'%s' has an empty label, expected a DNS name", name);
		if (q->len >= sizeof q->name)
			return err_set(err, "'%s' is too long for a DNS name", name);
		if (*at == '.')
			at++;
	}
	q->name[q->len++] = 0;
	return 0;
}

int
dnswire_ask(
    struct dnswire_question *q, const char *name, const char *type, struct err *err)
{
	int number = dnstext_type(type);

	q->class = DNSWIRE_IN;
	if (dnswire_name_encode(q, name, err) != 0)
		return -1;
	if (number < 0)
		return err_set(err,
		    "'%s' is no DNS record type, expected e.g. A, AAAA, MX, TYPE65",
		    type);
	q->type = (uint16_t)number;
	return 0;
}

int
dnswire_prepend(struct dnswire_question *q, const char *label, unsigned len)
{
	if (len < 1 || len > 63 || q->len + 1 + len > sizeof q->name)
		return -1;
	memmove(q->name + 1 + len, q->name, q->len);
	q->name[0] = (uint8_t)len;
	memcpy(q->name + 1, label, len);
	q->len += 1 + len;
	return 0;
}

void
dnswire_mix_case(struct dnswire_question *q, const uint8_t random[32])
{
	/* A length is at most 63, which is no letter. */
	for (unsigned i = 0; i < q->len; i++)
		if (isalpha(q->name[i]) && (random[i / 8] >> i % 8 & 1) != 0)
			q->name[i] ^= 0x20;
}

static void
dnswire_put_opt(struct pack *p, const struct dnswire_asking *how)
{
	unsigned len =
	    (how->nsid ? 4 : 0) + (how->cookie_len > 0 ? 4 + how->cookie_len : 0);

	pack_u8(p, 0); /* the root */
	pack_u16(p, DNSWIRE_TYPE_OPT);
	pack_u16(p, (uint16_t)how->edns);
	pack_u32(p, 0); /* extended RCODE, version, flags */
	pack_u16(p, (uint16_t)len);
	if (how->nsid) {
		pack_u16(p, DNSWIRE_NSID);
		pack_u16(p, 0);
	}
	if (how->cookie_len > 0) {
		pack_u16(p, DNSWIRE_COOKIE);
		pack_u16(p, (uint16_t)how->cookie_len);
		pack_bytes(p, how->cookie, how->cookie_len);
	}
}

size_t
dnswire_query(uint8_t buf[DNSWIRE_QUERY_MAX], const struct dnswire_asking *how,
    const struct dnswire_question *q)
{
	struct pack p;

	pack_init(&p, buf, DNSWIRE_QUERY_MAX);
	pack_u16(&p, how->id);
	pack_u16(&p, how->recursion ? FLAG_RD : 0);
	pack_u16(&p, 1);
	pack_u16(&p, 0);
	pack_u16(&p, 0);
	pack_u16(&p, how->edns != 0);
	pack_bytes(&p, q->name, q->len);
	pack_u16(&p, q->type);
	pack_u16(&p, q->class);
	if (how->edns != 0)
		dnswire_put_opt(&p, how);
	return pack_len(&p);
}

/* --- matching -------------------------------------------------------------------- */

/* Names compare without regard to case (RFC 4343); a label's length byte is at most 63
 * and so never taken for a letter. */
static bool
dnswire_same_name(const uint8_t *a, const uint8_t *b, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

int
dnswire_match(struct dnswire_answer *a, const void *data, size_t len, uint16_t id,
    const struct dnswire_question *q, bool exact)
{
	memset(a, 0, sizeof *a);
	wire_init(&a->wire, data, len);
	bool ours = wire_u16(&a->wire) == id;
	unsigned flags = wire_u16(&a->wire), questions = wire_u16(&a->wire);
	for (int i = 0; i < 3; i++)
		a->left[i] = wire_u16(&a->wire);
	if (!wire_ok(&a->wire) || !ours || (flags & FLAG_QR) == 0 ||
	    (flags & FLAG_OPCODE) != 0)
		return -1;
	a->authoritative = (flags & FLAG_AA) != 0;
	a->truncated = (flags & FLAG_TC) != 0;
	a->rcode = flags & FLAG_RCODE;
	a->records = a->left[0];
	if (questions == 0)
		return a->rcode != DNSWIRE_NOERROR && a->records == 0 ? 0 : -1;
	const uint8_t *name = wire_bytes(&a->wire, q->len);
	unsigned type = wire_u16(&a->wire), class = wire_u16(&a->wire);
	if (questions != 1 || !wire_ok(&a->wire) || type != q->type ||
	    class != q->class)
		return -1;
	if (exact)
		return memcmp(name, q->name, q->len) == 0 ? 0 : -1;
	return dnswire_same_name(name, q->name, q->len) ? 0 : -1;
}

/* --- walking --------------------------------------------------------------------- */

/* A name has no more labels, and so no use for more pointers than that. */
#define DNSWIRE_JUMPS 128

/* Every pointer has to lead to before the place where the last jump landed, so that
 * there is no loop; and a long chain of them in every name of a large message would be
 * a long time's work. */
int
dnswire_name(struct wire *w, char *text)
{
	struct wire at = *w;
	size_t limit = wire_offset(w), total = 0;
	unsigned jumps = 0;
	char *out = text;

	for (;;) {
		unsigned n = wire_u8(&at);
		if (!wire_ok(&at))
			return -1;
		if ((n & 0xc0) == 0xc0) {
			size_t to = (n & 0x3fu) << 8 | wire_u8(&at);
			if (!wire_ok(&at) || to >= limit || jumps == DNSWIRE_JUMPS)
				return -1;
			if (jumps++ == 0)
				*w = at;
			limit = to;
			at.at = at.start + to;
			continue;
		}
		total += n + 1;
		const uint8_t *label = wire_bytes(&at, n);
		if ((n & 0xc0) != 0 || label == NULL || total > DNSWIRE_NAME_MAX)
			return -1;
		if (n == 0)
			break;
		for (unsigned i = 0; i < n; i++)
			out = dnstext_character(out, label[i]);
		*out++ = '.';
	}
	if (out == text)
		*out++ = '.';
	*out = '\0';
	if (jumps == 0)
		*w = at;
	return 0;
}

int
dnswire_next(struct dnswire_answer *a, struct dnswire_record *rr)
{
	struct wire *w = &a->wire;

	for (rr->section = 0; rr->section < 3; rr->section++)
		if (a->left[rr->section] > 0)
			break;
	if (rr->section == 3)
		return 0;
	a->left[rr->section]--;
	if (dnswire_name(w, rr->name) != 0)
		return -1;
	rr->type = wire_u16(w);
	rr->class = wire_u16(w);
	rr->ttl = wire_u32(w);
	size_t len = wire_u16(w);
	/* The data keeps the message's start: names in it point backwards. */
	rr->data = *w;
	wire_skip(w, len);
	if (!wire_ok(w))
		return -1;
	rr->data.end = w->at;
	/* One and no more, RFC 6891 section 6.1.1. */
	if (rr->type == DNSWIRE_TYPE_OPT && rr->section == 2 && a->opt.start == NULL) {
		a->rcode |= (rr->ttl >> 24) << 4;
		a->opt = rr->data;
	}
	return 1;
}

const uint8_t *
dnswire_option(const struct dnswire_answer *a, enum dnswire_option code, size_t *len)
{
	struct wire w = a->opt;

	while (w.start != NULL && wire_left(&w) > 0) {
		unsigned found = wire_u16(&w);
		*len = wire_u16(&w);
		const uint8_t *data = wire_bytes(&w, *len);
		if (!wire_ok(&w))
			break;
		if (found == code)
			return data;
	}
	return NULL;
}
