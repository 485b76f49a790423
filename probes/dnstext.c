#include "probes/dnstext.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/mem.h"

/* How the data of a type is printed: each letter one field. n: name, p: number of 16
 * bits, b: of 8, l: of 32, 4 and 6: address, s: string, w: word, S: strings to the end,
 * v: the rest as one quoted value, h: the rest in hexadecimal digits, B: in base 64, t:
 * a type, T: a time, x: a length and as many bytes in hexadecimal digits, y: in base
 * 32, m: a map of types (RFC 4034), k: parameters of a service (RFC 9460). */
static const struct dnstext_row {
	const char *name;
	uint16_t number;
	const char *fields; /* NULL: printed as unknown, RFC 3597 */
} dnstext_types[] = {
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
	{ "SIG", 24, "tbblTTpnB" },
	{ "KEY", 25, "pbbB" },
	{ "AAAA", 28, "6" },
	{ "LOC", 29, NULL },
	{ "SRV", 33, "pppn" },
	{ "NAPTR", 35, "ppsssn" },
	{ "KX", 36, "pn" },
	{ "CERT", 37, "ppbB" },
	{ "DNAME", 39, "n" },
	{ "DS", 43, "pbbh" },
	{ "SSHFP", 44, "bbh" },
	{ "RRSIG", 46, "tbblTTpnB" },
	{ "NSEC", 47, "nm" },
	{ "DNSKEY", 48, "pbbB" },
	{ "NSEC3", 50, "bbpxym" },
	{ "NSEC3PARAM", 51, "bbpx" },
	{ "TLSA", 52, "bbbh" },
	{ "SMIMEA", 53, "bbbh" },
	{ "CDS", 59, "pbbh" },
	{ "CDNSKEY", 60, "pbbB" },
	{ "OPENPGPKEY", 61, "B" },
	{ "CSYNC", 62, "lpm" },
	{ "SVCB", 64, "pnk" },
	{ "HTTPS", 65, "pnk" },
	{ "SPF", 99, "S" },
	{ "ANY", 255, NULL },
	{ "URI", 256, "ppv" },
	{ "CAA", 257, "bwv" },
};

static const struct dnstext_row *
dnstext_row(unsigned number)
{
	for (size_t i = 0; i < sizeof dnstext_types / sizeof *dnstext_types; i++)
		if (dnstext_types[i].number == number)
			return &dnstext_types[i];
	return NULL;
}

int
dnstext_type(const char *name)
{
	char *end;

	for (size_t i = 0; i < sizeof dnstext_types / sizeof *dnstext_types; i++)
		if (strcasecmp(name, dnstext_types[i].name) == 0)
			return dnstext_types[i].number;
	if (strncasecmp(name, "TYPE", 4) != 0 || !isdigit((unsigned char)name[4]))
		return -1;
	unsigned long v = strtoul(name + 4, &end, 10);
	return *end == '\0' && v > 0 && v <= UINT16_MAX ? (int)v : -1;
}

/* --- printing -------------------------------------------------------------------- */

char *
dnstext_character(char *out, unsigned c)
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

static void
dnstext_string(const uint8_t *s, size_t len, FILE *out)
{
	putc('"', out);
	for (size_t i = 0; i < len; i++) {
		char text[8];
		bool plain = s[i] >= ' ' && s[i] < 127 && s[i] != '"' && s[i] != '\\';
		if (plain)
			putc(s[i], out);
		else {
			*dnstext_character(text, s[i]) = '\0';
			fputs(text, out);
		}
	}
	putc('"', out);
}

/* The next LEN bytes in hexadecimal digits. */
static void
dnstext_hex(struct wire *w, size_t len, FILE *out)
{
	const uint8_t *s = wire_bytes(w, len);

	for (size_t i = 0; s != NULL && i < len; i++)
		fprintf(out, "%02x", s[i]);
}

static void
dnstext_base64(struct wire *w, size_t len, FILE *out)
{
	const uint8_t *s = wire_bytes(w, len);

	if (s == NULL || len == 0)
		return;
	size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	char *text = mem_alloc(size);
	fputs(
	    sodium_bin2base64(text, size, s, len, sodium_base64_VARIANT_ORIGINAL), out);
	free(text);
}

/* RFC 4648 section 7, without padding: hashed names of NSEC3. */
static void
dnstext_base32(struct wire *w, size_t len, FILE *out)
{
	const uint8_t *s = wire_bytes(w, len);
	unsigned bits = 0, have = 0;

	for (size_t i = 0; s != NULL && i < len; i++) {
		bits = bits << 8 | s[i];
		for (have += 8; have >= 5; have -= 5)
			putc(
			    "0123456789ABCDEFGHIJKLMNOPQRSTUV"[bits >> (have - 5) & 31],
			    out);
	}
	if (have > 0)
		putc("0123456789ABCDEFGHIJKLMNOPQRSTUV"[bits << (5 - have) & 31], out);
}

static void
dnstext_address(struct wire *w, int family, FILE *out)
{
	const uint8_t *bytes = wire_bytes(w, family == AF_INET ? 4 : 16);
	char text[INET6_ADDRSTRLEN];

	if (bytes != NULL)
		fputs(inet_ntop(family, bytes, text, sizeof text), out);
}

static void
dnstext_put_type(unsigned number, FILE *out)
{
	const struct dnstext_row *row = dnstext_row(number);

	if (row != NULL)
		fputs(row->name, out);
	else
		fprintf(out, "TYPE%u", number);
}

/* Seconds since 1970, of which the nearest of all 2^32 s is meant. */
static void
dnstext_time(uint32_t at, FILE *out)
{
	time_t when = at;
	struct tm tm;
	char text[32];

	strftime(text, sizeof text, "%Y%m%d%H%M%S", gmtime_r(&when, &tm));
	fputs(text, out);
}

/* Windows of 256 types, RFC 4034 section 4.1.2. */
static int
dnstext_type_map(struct wire *w, FILE *out)
{
	bool first = true;

	while (wire_left(w) > 0) {
		unsigned window = wire_u8(w);
		size_t len = wire_u8(w);
		const uint8_t *map = wire_bytes(w, len);
		if (map == NULL || len < 1 || len > 32)
			return -1;
		for (unsigned i = 0; i < len * 8; i++) {
			if ((map[i / 8] & 0x80 >> i % 8) == 0)
				continue;
			if (!first)
				putc(' ', out);
			first = false;
			dnstext_put_type(window << 8 | i, out);
		}
	}
	return 0;
}

/* --- parameters of SVCB and HTTPS, RFC 9460 section 14.3 ------------------------- */

static const char *const dnstext_svc_keys[] = { "mandatory", "alpn", "no-default-alpn",
	"port", "ipv4hint", "ech", "ipv6hint" };

#define SVC_KEYS (sizeof dnstext_svc_keys / sizeof *dnstext_svc_keys)

static void
dnstext_svc_key(unsigned key, FILE *out)
{
	if (key < SVC_KEYS)
		fputs(dnstext_svc_keys[key], out);
	else
		fprintf(out, "key%u", key);
}

/* The value V of parameter KEY, a list where it is one. */
static int
dnstext_svc_value(unsigned key, struct wire *v, FILE *out)
{
	for (bool first = true; wire_left(v) > 0; first = false) {
		if (!first)
			putc(',', out);
		if (key == 0)
			dnstext_svc_key(wire_u16(v), out);
		else if (key == 3)
			fprintf(out, "%u", wire_u16(v));
		else if (key == 4)
			dnstext_address(v, AF_INET, out);
		else if (key == 6)
			dnstext_address(v, AF_INET6, out);
		else
			dnstext_base64(v, wire_left(v), out);
		if (!wire_ok(v))
			return -1;
	}
	return 0;
}

/* Names of protocols, in one pair of quotes. */
static int
dnstext_svc_alpn(struct wire *v, FILE *out)
{
	char text[4];

	putc('"', out);
	for (bool first = true; wire_left(v) > 0; first = false) {
		size_t len = wire_u8(v);
		const uint8_t *name = wire_bytes(v, len);
		if (name == NULL)
			return -1;
		if (!first)
			putc(',', out);
		for (size_t i = 0; i < len; i++)
			fwrite(text, 1,
			    (size_t)(dnstext_character(text, name[i]) - text), out);
	}
	putc('"', out);
	return 0;
}

static int
dnstext_svc(struct wire *w, FILE *out)
{
	for (bool first = true; wire_left(w) > 0; first = false) {
		unsigned key = wire_u16(w);
		size_t len = wire_u16(w);
		struct wire v = *w;
		wire_skip(w, len);
		if (!wire_ok(w))
			return -1;
		v.end = w->at;
		if (!first)
			putc(' ', out);
		dnstext_svc_key(key, out);
		if (len == 0)
			continue;
		putc('=', out);
		if (key >= SVC_KEYS)
			dnstext_string(wire_bytes(&v, len), len, out);
		else if ((key == 1 ? dnstext_svc_alpn(&v, out)
				   : dnstext_svc_value(key, &v, out)) != 0)
			return -1;
	}
	return 0;
}

/* --- records --------------------------------------------------------------------- */

/* A length of one byte and what it says. */
static void
dnstext_counted(char kind, struct wire *w, FILE *out)
{
	size_t len = wire_u8(w);
	const uint8_t *bytes;

	if (kind == 'y') {
		dnstext_base32(w, len, out);
	} else if (kind == 'x') {
		if (len == 0)
			putc('-', out);
		dnstext_hex(w, len, out);
	} else if ((bytes = wire_bytes(w, len)) != NULL) {
		if (kind == 'w')
			fwrite(bytes, 1, len, out);
		else
			dnstext_string(bytes, len, out);
	}
}

static int
dnstext_name(struct wire *w, FILE *out)
{
	char text[DNSWIRE_TEXT_MAX];

	if (dnswire_name(w, text) != 0)
		return -1;
	fputs(text, out);
	return 0;
}

/* One field of the data at W. */
static int
dnstext_field(char kind, struct wire *w, FILE *out)
{
	size_t left = wire_left(w);

	switch (kind) {
	case 'n':
		return dnstext_name(w, out);
	case 'b':
		fprintf(out, "%u", wire_u8(w));
		break;
	case 'p':
		fprintf(out, "%u", wire_u16(w));
		break;
	case 'l':
		fprintf(out, "%u", wire_u32(w));
		break;
	case 't':
		dnstext_put_type(wire_u16(w), out);
		break;
	case 'T':
		dnstext_time(wire_u32(w), out);
		break;
	case '4':
	case '6':
		dnstext_address(w, kind == '4' ? AF_INET : AF_INET6, out);
		break;
	case 'B':
		dnstext_base64(w, left, out);
		break;
	case 'h':
		dnstext_hex(w, left, out);
		break;
	case 'v':
		dnstext_string(wire_bytes(w, left), left, out);
		break;
	case 'm':
		return dnstext_type_map(w, out);
	case 'k':
		return dnstext_svc(w, out);
	default:
		dnstext_counted(kind, w, out);
	}
	return wire_ok(w) ? 0 : -1;
}

static int
dnstext_data(const char *fields, struct wire w, FILE *out)
{
	char before = '\t';

	for (const char *f = fields; *f != '\0';) {
		if (wire_left(&w) > 0 || strchr("mk", *f) == NULL)
			putc(before, out);
		before = ' ';
		if (dnstext_field(*f, &w, out) != 0)
			return -1;
		if (*f != 'S' || wire_left(&w) == 0)
			f++;
	}
	return wire_left(&w) == 0 ? 0 : -1;
}

int
dnstext_record(const struct dnswire_record *rr, FILE *out)
{
	const struct dnstext_row *row = dnstext_row(rr->type);
	struct wire w = rr->data;

	fprintf(out, "%s\t%u\t", rr->name, rr->ttl);
	if (rr->class == DNSWIRE_IN || rr->class == DNSWIRE_CH)
		fputs(rr->class == DNSWIRE_IN ? "IN\t" : "CH\t", out);
	else
		fprintf(out, "CLASS%u\t", rr->class);
	dnstext_put_type(rr->type, out);
	if (row != NULL && row->fields != NULL)
		return dnstext_data(row->fields, w, out);
	fprintf(out, "\t\\# %zu ", wire_left(&w));
	dnstext_hex(&w, wire_left(&w), out);
	return 0;
}

const char *
dnstext_rcode(unsigned rcode, char buf[16])
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL",
		"NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
		"NOTAUTH", "NOTZONE" };

	if (rcode < sizeof names / sizeof *names)
		snprintf(buf, 16, "%s", names[rcode]);
	else if (rcode == 16 || rcode == 23)
		snprintf(buf, 16, rcode == 16 ? "BADVERS" : "BADCOOKIE");
	else
		snprintf(buf, 16, "RCODE %u", rcode & 0xfff);
	return buf;
}
