/* Behaviour by host number, from a small file:
 *
 *	# FROM[-TO] or *, then key=value ...; later lines win, key by key
 *	*      delay=1ms
 *	1-100  slope=10us uniform=200us loss=0.01
 *	7      error=host drop=1/2
 *	8      error_extra=3.13 quote=short self=yes
 *	9      instead=tag:0.5 after=source hold=1/3:20ms
 *
 * The keys and their shapes stand in the table below, what they do in sim.h.
 */
#include "t/sim/sim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum kind {
	KIND_TIME,
	KIND_PART, /* probability */
	KIND_NUMBER,
	KIND_BOOL,
	KIND_LATE,  /* P:TIME */
	KIND_ERROR, /* WORD[:P], or TYPE.CODE[:P] */
	KIND_TRICK, /* WORD[:P] */
	KIND_DROP,  /* N/M */
	KIND_HOLD,  /* N/M:TIME */
	KIND_QUOTE,
	KIND_DNS,
	KIND_TCP,
	KIND_PORTS,
	KIND_SLOPE,
	KIND_LIMIT, /* BURST/RATE */
};

#define AT(field) offsetof(struct behaviour, field)

/* clang-format off */
static const struct key {
	const char *name;
	enum kind kind;
	size_t at, at2; /* at2: of the probability */
} keys[] = {
	{ "delay",        KIND_TIME,   AT(delay_ns),     0 },
	{ "slope",        KIND_SLOPE,  AT(slope_ns),     0 },
	{ "uniform",      KIND_TIME,   AT(uniform_ns),   0 },
	{ "normal",       KIND_TIME,   AT(normal_ns),    0 },
	{ "loss",         KIND_PART,   AT(loss),         0 },
	{ "dup",          KIND_PART,   AT(dup),          0 },
	{ "late",         KIND_LATE,   AT(late_ns),      AT(late) },
	{ "forge",        KIND_PART,   AT(forge),        0 },
	{ "forge_extra",  KIND_PART,   AT(forge_extra),  0 },
	{ "source",       KIND_PART,   AT(source),       0 },
	{ "source_extra", KIND_PART,   AT(source_extra), 0 },
	{ "truncate",     KIND_PART,   AT(truncate),     0 },
	{ "error",        KIND_ERROR,  AT(error),        AT(error_p) },
	{ "error_extra",  KIND_ERROR,  AT(error_extra),  AT(error_extra_p) },
	{ "instead",      KIND_TRICK,  AT(instead),      AT(instead_p) },
	{ "before",       KIND_TRICK,  AT(before),       AT(before_p) },
	{ "after",        KIND_TRICK,  AT(after),        AT(after_p) },
	{ "quote",        KIND_QUOTE,  AT(quote),        0 },
	{ "self",         KIND_BOOL,   AT(self),         0 },
	{ "mtu",          KIND_NUMBER, AT(mtu),          0 },
	{ "ttl",          KIND_NUMBER, AT(ttl),          0 },
	{ "copies",       KIND_NUMBER, AT(copies),       0 },
	{ "drop",         KIND_DROP,   AT(drop),         AT(drop_of) },
	{ "hold",         KIND_HOLD,   AT(hold),         AT(hold_of) },
	{ "moved",        KIND_NUMBER, AT(moved),        0 },
	{ "http",         KIND_NUMBER, AT(http),         0 },
	{ "body",         KIND_NUMBER, AT(body),         0 },
	{ "dns",          KIND_DNS,    AT(dns),          0 },
	{ "tcp",          KIND_TCP,    AT(tcp),          0 },
	{ "ports",        KIND_PORTS,  AT(port),         0 },
	{ "silent",       KIND_BOOL,   AT(silent),       0 },
	{ "stamps",       KIND_BOOL,   AT(stamps),       0 },
	{ "hops",         KIND_NUMBER, AT(hops),         0 },
	{ "via",          KIND_NUMBER, AT(via),          0 },
	{ "paths",        KIND_NUMBER, AT(paths),        0 },
	{ "limit",        KIND_LIMIT,  AT(limit),        AT(limit_rate) },
	{ "mpls",         KIND_NUMBER, AT(mpls),         0 },
	{ "pass_loss",    KIND_PART,   AT(pass_loss),    0 },
};
static const char *const error_words[SIM_ERRORS] = { "none", "net", "host", "port",
	"prohibited", "ttl", "big", "parameter", "reassembly", "redirect", "quench" };
static const char *const quote_words[SIM_QUOTES] = { "full", "short", "forged" };
static const char *const trick_words[SIM_TRICKS] = { "none", "payload", "tag", "seq",
	"id", "target", "source", "cut", "stump", "request", "code", "corrupt" };
static const char *const dns_words[SIM_DNS_KINDS] = { "answer", "garbage", "wrong_id",
	"wrong_name", "formerr", "servfail", "nxdomain", "refused", "truncated", "short",
	"silent" };
static const char *const tcp_words[SIM_TCP_KINDS] = { "open", "reset", "silent" };
/* clang-format on */

static const struct behaviour plain = {
	.delay_ns = 1000000,
	.moved = UINT32_MAX,
	.http = 200,
	.body = 200,
	.port = { 80 },
	.copies = 1,
	.ttl = 64,
};

struct rule {
	uint32_t from, to;
	char *words; /* "key=value key=value" */
	unsigned line;
};

/* Hosts from FROM up to the next segment's are alike. */
struct segment {
	uint32_t from;
	struct behaviour does;
};
static struct segment *segments;
static size_t segment_count;

static int
parse_time(const char *text, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	char *end;
	double v = strtod(text, &end);

	for (size_t i = 0; end != text && i < sizeof units / sizeof *units; i++)
		if (strcmp(end, units[i].unit) == 0) {
			*ns = (int64_t)(v * units[i].ns);
			return 0;
		}
	return -1;
}

static int
parse_part(const char *text, double *p)
{
	char *end;

	*p = strtod(text, &end);
	return end == text || *end != '\0' || !(*p >= 0 && *p <= 1) ? -1 : 0;
}

static int
parse_number(const char *text, uint32_t *n)
{
	char *end;

	errno = 0;
	unsigned long v = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || v > UINT32_MAX)
		return -1;
	*n = (uint32_t)v;
	return 0;
}

static int
parse_word(const char *text, const char *const *words, unsigned count, uint8_t *out)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = (uint8_t)i;
			return 0;
		}
	return -1;
}

static int
parse_ports(char *text, uint16_t *port)
{
	unsigned n = 0;
	uint32_t v;

	memset(port, 0, 4 * sizeof *port);
	for (char *s = strtok(text, ","); s != NULL; s = strtok(NULL, ",")) {
		if (n == 4 || parse_number(s, &v) != 0 || v > 65535)
			return -1;
		port[n++] = (uint16_t)v;
	}
	return 0;
}

/* Split VALUE at SEP; the rest, or NULL. */
static char *
split(char *value, char sep)
{
	char *at = strchr(value, sep);

	if (at != NULL)
		*at++ = '\0';
	return at;
}

/* A word, or an ICMP type and code as numbers: "3.13". */
static int
parse_error(const char *text, uint32_t *out)
{
	unsigned type, code;
	uint8_t word;
	int end = 0;

	if (parse_word(text, error_words, SIM_ERRORS, &word) == 0) {
		*out = word;
		return 0;
	}
	if (sscanf(text, "%3u.%3u%n", &type, &code, &end) != 2 || text[end] != '\0' ||
	    type > 255 || code > 255)
		return -1;
	*out = SIM_ERROR_RAW | type << 8 | code;
	return 0;
}

static int
parse_share(char *value, uint32_t *part, uint32_t *whole)
{
	char *rest = split(value, '/');

	return rest == NULL || parse_number(value, part) != 0
		   ? -1
		   : parse_number(rest, whole);
}

static int
apply(struct behaviour *b, const struct key *k, char *value, uint32_t from)
{
	char *field = (char *)b + k->at, *second = (char *)b + k->at2, *rest;

	switch (k->kind) {
	case KIND_TIME:
		return parse_time(value, (int64_t *)(void *)field);
	case KIND_SLOPE:
		b->slope_from = from;
		return parse_time(value, &b->slope_ns);
	case KIND_PART:
		return parse_part(value, (double *)(void *)field);
	case KIND_NUMBER:
		return parse_number(value, (uint32_t *)(void *)field);
	case KIND_BOOL:
		*(bool *)field = strcmp(value, "yes") == 0;
		return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0 ? 0 : -1;
	case KIND_LATE:
		rest = split(value, ':');
		return rest == NULL || parse_part(value, &b->late) != 0
			   ? -1
			   : parse_time(rest, &b->late_ns);
	case KIND_ERROR:
		rest = split(value, ':');
		*(double *)(void *)second = 1;
		if (rest != NULL && parse_part(rest, (double *)(void *)second) != 0)
			return -1;
		return parse_error(value, (uint32_t *)(void *)field);
	case KIND_TRICK:
		rest = split(value, ':');
		*(double *)(void *)second = 1;
		if (rest != NULL && parse_part(rest, (double *)(void *)second) != 0)
			return -1;
		return parse_word(value, trick_words, SIM_TRICKS, (uint8_t *)field);
	case KIND_QUOTE:
		return parse_word(value, quote_words, SIM_QUOTES, (uint8_t *)field);
	case KIND_DROP:
	case KIND_LIMIT:
		return parse_share(value, (uint32_t *)(void *)field,
		    (uint32_t *)(void *)second);
	case KIND_HOLD:
		rest = split(value, ':');
		return rest == NULL || parse_time(rest, &b->hold_ns) != 0
			   ? -1
			   : parse_share(value, &b->hold, &b->hold_of);
	case KIND_DNS:
		return parse_word(value, dns_words, SIM_DNS_KINDS, &b->dns);
	case KIND_TCP:
		return parse_word(value, tcp_words, SIM_TCP_KINDS, &b->tcp);
	case KIND_PORTS:
		return parse_ports(value, b->port);
	}
	return -1;
}

static int
apply_rule(struct behaviour *b, const struct rule *rule, const char *file)
{
	char *words = mem_str(rule->words), *save = NULL;
	int result = 0;

	for (char *w = strtok_r(words, " \t", &save); w != NULL && result == 0;
	     w = strtok_r(NULL, " \t", &save)) {
		char *value = split(w, '='), shown[64];
		const struct key *k = NULL;

		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (strcmp(w, keys[i].name) == 0)
				k = &keys[i];
		snprintf(shown, sizeof shown, "%s", value == NULL ? "" : value);
		if (k == NULL || value == NULL || apply(b, k, value, rule->from) != 0) {
			fprintf(stderr, "%s:%u: '%s=%s' is no behaviour\n", file,
			    rule->line, w, shown);
			result = -1;
		}
	}
	free(words);
	return result;
}

static int
parse_range(char *text, struct rule *rule)
{
	if (strcmp(text, "*") == 0) {
		rule->from = 0;
		rule->to = SIM_HOSTS - 1;
		return 0;
	}
	char *to = split(text, '-');
	if (parse_number(text, &rule->from) != 0 ||
	    parse_number(to == NULL ? text : to, &rule->to) != 0)
		return -1;
	return rule->from <= rule->to && rule->to < SIM_HOSTS ? 0 : -1;
}

static int
read_rules(const char *file, struct rule **rules, size_t *count)
{
	FILE *in = fopen(file, "re");
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	if (in == NULL) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return -1;
	}
	for (unsigned number = 1; result == 0 && getline(&line, &size, in) >= 0;
	     number++) {
		struct rule rule = { .line = number };
		line[strcspn(line, "#\n")] = '\0';
		char *range = line + strspn(line, " \t");
		if (*range == '\0')
			continue;
		char *words = range + strcspn(range, " \t");
		if (*words != '\0')
			*words++ = '\0';
		if (parse_range(range, &rule) != 0) {
			fprintf(stderr, "%s:%u: '%s' is no range of hosts\n", file,
			    number, range);
			result = -1;
			break;
		}
		rule.words = mem_str(words);
		*rules = mem_grow(*rules, *count + 1, sizeof **rules);
		(*rules)[(*count)++] = rule;
	}
	free(line);
	fclose(in);
	return result;
}

static int
compare_edges(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Cut the hosts at every rule's edges: inside a piece all rules say the same. */
static int
flatten(const struct rule *rules, size_t count, const char *file)
{
	uint32_t *edge = mem_alloc((2 * count + 1) * sizeof *edge);
	size_t edges = 0, made = 0;
	int result = 0;

	edge[edges++] = 0;
	for (size_t i = 0; i < count; i++) {
		edge[edges++] = rules[i].from;
		edge[edges++] = rules[i].to + 1;
	}
	qsort(edge, edges, sizeof *edge, compare_edges);
	struct segment *made_segments = mem_zero(edges, sizeof *made_segments);
	for (size_t i = 0; i < edges && result == 0; i++) {
		if (i > 0 && edge[i] == edge[i - 1])
			continue;
		struct segment *s = &made_segments[made++];
		s->from = edge[i];
		s->does = plain;
		for (size_t j = 0; j < count && result == 0; j++)
			if (rules[j].from <= s->from && s->from <= rules[j].to)
				result = apply_rule(&s->does, &rules[j], file);
	}
	free(edge);
	if (result != 0) {
		free(made_segments);
		return -1;
	}
	free(segments);
	segments = made_segments;
	segment_count = made;
	return 0;
}

int
rules_load(const char *file)
{
	struct rule *rules = NULL;
	size_t count = 0;
	int result = 0;

	if (file != NULL)
		result = read_rules(file, &rules, &count);
	if (result == 0)
		result = flatten(rules, count, file);
	for (size_t i = 0; i < count; i++)
		free(rules[i].words);
	free(rules);
	return result;
}

const struct behaviour *
rules_find(uint32_t host)
{
	size_t low = 0, high = segment_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (segments[middle].from <= host)
			low = middle;
		else
			high = middle;
	}
	return &segments[low].does;
}
