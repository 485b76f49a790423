#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probes/dnswire.h"

#define DNSWIRE_CLASS_IN 1
#define DNSWIRE_TYPE_OPT 41

enum {
	FLAG_QR = 0x8000,
	FLAG_OPCODE = 0x7800,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RCODE = 0x000f,
};

/* How the data of a type is printed: each letter one field. n: name, p: number of 16
 * bits, b: of 8, l: of 32, 4 and 6: address, s: string, S: strings to the end, v: the
 * rest as one quoted value, h: the rest in hexadecimal digits. */
static const struct dnswire_type {
	const char *name;
	uint16_t number;
	const char *fields; /* NULL: printed as unknown, RFC 3597 */
} dnswire_types[] = {
	{ "A", 1, "4" },
	{ "NS", 2, "n" },
	{ "CNAME", 5, "n" },
	{ "SOA", 6, "nnlllll" },
	{ "PTR", 12, "n" },
	{ "HINFO", 13, "ss" },
	{ "MX", 15, "pn" },
	{ "TXT", 16, "S" },
	{ "RP", 17, "nn" },
	{ "AFSDB", 18, "pn" },
	{ "SIG", 24, NULL },
	{ "KEY", 25, NULL },
	{ "AAAA", 28, "6" },
	{ "LOC", 29, NULL },
	{ "SRV", 33, "pppn" },
	{ "NAPTR", 35, "ppsssn" },
	{ "KX", 36, "pn" },
	{ "CERT", 37, NULL },
	{ "DNAME", 39, "n" },
	{ "DS", 43, "pbbh" },
	{ "SSHFP", 44, "bbh" },
	{ "RRSIG", 46, NULL },
	{ "NSEC", 47, NULL },
	{ "DNSKEY", 48, NULL },
	{ "NSEC3", 50, NULL },
	{ "NSEC3PARAM", 51, NULL },
	{ "TLSA", 52, "bbbh" },
	{ "CDS", 59, "pbbh" },
	{ "CDNSKEY", 60, NULL },
	{ "SVCB", 64, NULL },
	{ "HTTPS", 65, NULL },
	{ "SPF", 99, "S" },
	{ "ANY", 255, NULL },
	{ "URI", 256, "ppv" },
	{ "CAA", 257, "bsv" },
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

static int
dnswire_type_encode(struct dnswire_question *q, const char *type, struct err *err)
{
	char *end;

	for (size_t i = 0; i < sizeof dnswire_types / sizeof *dnswire_types; i++)
		if (strcasecmp(type, dnswire_types[i].name) == 0) {
			q->type = dnswire_types[i].number;
			return 0;
		}
	if (strncasecmp(type, "TYPE", 4) == 0 && isdigit((unsigned char)type[4])) {
		unsigned long v = strtoul(type + 4, &end, 10);
		if (*end == '\0' && v > 0 && v <= UINT16_MAX) {
			q->type = (uint16_t)v;
			return 0;
		}
	}
	return err_set(
	    err, "'%s' is no DNS record type, expected e.g. A, AAAA, MX, TYPE65", type);
}

int
dnswire_ask(
    struct dnswire_question *q, const char *name, const char *type, struct err *err)
{
	q->class = DNSWIRE_CLASS_IN;
	if (dnswire_name_encode(q, name, err) != 0)
		return -1;
	return dnswire_type_encode(q, type, err);
}

size_t
dnswire_query(uint8_t buf[DNSWIRE_QUERY_MAX], uint16_t id,
    const struct dnswire_question *q, bool rd, unsigned edns)
{
	struct pack p;

	pack_init(&p, buf, DNSWIRE_QUERY_MAX);
	pack_u16(&p, id);
	pack_u16(&p, rd ? FLAG_RD : 0);
	pack_u16(&p, 1);
	pack_u16(&p, 0);
	pack_u16(&p, 0);
	pack_u16(&p, edns != 0);
	pack_bytes(&p, q->name, q->len);
	pack_u16(&p, q->type);
	pack_u16(&p, q->class);
	if (edns != 0) {
		pack_u8(&p, 0); /* the root */
		pack_u16(&p, DNSWIRE_TYPE_OPT);
		pack_u16(&p, (uint16_t)edns);
		pack_u32(&p, 0); /* extended RCODE, version, flags */
		pack_u16(&p, 0);
	}
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
    const struct dnswire_question *q)
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
	    class != q->class || !dnswire_same_name(name, q->name, q->len))
		return -1;
	return 0;
}

/* --- walking --------------------------------------------------------------------- */

static char *
dnswire_put_character(char *out, unsigned c)
{
	if (c > ' ' && c < 127) {
		if (strchr(".\\\"();@$", (int)c) != NULL)
			*out++ = '\\';
		*out++ = (char)c;
		return out;
	}
	*out++ = '\\';
	*out++ = (char)('0' + c / 100);
	*out++ = (char)('0' + c / 10 % 10);
	*out++ = (char)('0' + c % 10);
	return out;
}

/* Expand the name at W, which moves behind it, into TEXT (DNSWIRE_TEXT_MAX bytes).
 * Every pointer has to lead to before the place where the last jump landed, so that
 * there is no loop. 0, or -1 when it is broken. */
static int
dnswire_name(struct wire *w, char *text)
{
	struct wire at = *w;
	size_t limit = wire_offset(w), total = 0;
	bool jumped = false;
	char *out = text;

	for (;;) {
		unsigned n = wire_u8(&at);
		if (!wire_ok(&at))
			return -1;
		if ((n & 0xc0) == 0xc0) {
			size_t to = (n & 0x3fu) << 8 | wire_u8(&at);
			if (!wire_ok(&at) || to >= limit)
				return -1;
			if (!jumped)
				*w = at;
			jumped = true;
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
			out = dnswire_put_character(out, label[i]);
		*out++ = '.';
	}
	if (out == text)
		*out++ = '.';
	*out = '\0';
	if (!jumped)
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
	if (rr->type == DNSWIRE_TYPE_OPT && rr->section == 2)
		a->rcode |= (rr->ttl >> 24) << 4;
	return 1;
}

/* --- printing -------------------------------------------------------------------- */

static void
dnswire_print_string(const uint8_t *s, size_t len, FILE *out)
{
	putc('"', out);
	for (size_t i = 0; i < len; i++) {
		char text[8];
		bool plain = s[i] >= ' ' && s[i] < 127 && s[i] != '"' && s[i] != '\\';
		if (plain)
			putc(s[i], out);
		else {
			*dnswire_put_character(text, s[i]) = '\0';
			fputs(text, out);
		}
	}
	putc('"', out);
}

static void
dnswire_print_rest(struct wire *w, bool hex, FILE *out)
{
	size_t len = wire_left(w);
	const uint8_t *s = wire_bytes(w, len);

	if (!hex)
		dnswire_print_string(s, len, out);
	for (size_t i = 0; hex && i < len; i++)
		fprintf(out, "%02x", s[i]);
}

/* One field of the data at W. */
static int
dnswire_print_field(char kind, struct wire *w, FILE *out)
{
	char text[DNSWIRE_TEXT_MAX];
	const uint8_t *bytes;

	switch (kind) {
	case 'n':
		if (dnswire_name(w, text) != 0)
			return -1;
		fputs(text, out);
		break;
	case 'b':
		fprintf(out, "%u", wire_u8(w));
		break;
	case 'p':
		fprintf(out, "%u", wire_u16(w));
		break;
	case 'l':
		fprintf(out, "%u", wire_u32(w));
		break;
	case '4':
	case '6':
		bytes = wire_bytes(w, kind == '4' ? 4 : 16);
		if (bytes != NULL)
			fputs(inet_ntop(kind == '4' ? AF_INET : AF_INET6, bytes, text,
				  sizeof text),
			    out);
		break;
	case 's':
	case 'S': {
		size_t len = wire_u8(w);
		bytes = wire_bytes(w, len);
		if (bytes != NULL)
			dnswire_print_string(bytes, len, out);
		break;
	}
	default:
		dnswire_print_rest(w, kind == 'h', out);
	}
	return wire_ok(w) ? 0 : -1;
}

static int
dnswire_print_data(const char *fields, struct wire w, FILE *out)
{
	char before = '\t';

	for (const char *f = fields; *f != '\0';) {
		putc(before, out);
		before = ' ';
		if (dnswire_print_field(*f, &w, out) != 0)
			return -1;
		if (*f != 'S' || wire_left(&w) == 0)
			f++;
	}
	return wire_left(&w) == 0 ? 0 : -1;
}

int
dnswire_print(const struct dnswire_record *rr, FILE *out)
{
	const struct dnswire_type *type = NULL;
	struct wire w = rr->data;

	for (size_t i = 0; i < sizeof dnswire_types / sizeof *dnswire_types; i++)
		if (dnswire_types[i].number == rr->type)
			type = &dnswire_types[i];
	fprintf(out, "%s\t%u\t", rr->name, rr->ttl);
	if (rr->class == DNSWIRE_CLASS_IN)
		fputs("IN\t", out);
	else
		fprintf(out, "CLASS%u\t", rr->class);
	if (type != NULL)
		fputs(type->name, out);
	else
		fprintf(out, "TYPE%u", rr->type);
	if (type != NULL && type->fields != NULL)
		return dnswire_print_data(type->fields, w, out);
	fprintf(out, "\t\\# %zu ", wire_left(&w));
	dnswire_print_rest(&w, true, out);
	return 0;
}

const char *
dnswire_rcode_text(unsigned rcode, char buf[16])
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
		"NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
		"NOTAUTH", "NOTZONE" };

	if (rcode < sizeof names / sizeof *names)
		snprintf(buf, 16, "%s", names[rcode]);
	else if (rcode == 16)
		snprintf(buf, 16, "BADVERS");
	else
		snprintf(buf, 16, "RCODE %u", rcode & 0xfff);
	return buf;
}
