#include "recorder/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/service.h"
#include "minutering.h"

#define HOSTS 48
#define SERVICES 32
#define TABLES (1U << MINUTE_TOTAL | 1U << MINUTE_HOST | 1U << MINUTE_FLOW)
#define LEAST (1 / 3.) /* of all, for who is named; and of a host's, for its port */

/* What an own host exchanged with one service outside, one way. */
struct service {
	struct flow_ip host;
	uint16_t port;
	uint8_t proto;
	bool out;
	uint64_t octets;
};

struct minute {
	int64_t begin; /* 0: none */
	bool counted;  /* its total is known */
	struct minute_sum total;
	unsigned hosts, services;
	struct minute_row host[HOSTS]; /* as of table MINUTE_HOST, the greatest first */
	struct service service[SERVICES];
};

struct talk {
	struct minute minute[TALK_MINUTES]; /* minute M at M % TALK_MINUTES */
	struct minuteparts parts;
	int64_t newest; /* begin of a minute; 0: none came */
	int64_t since;	/* from then on it has all that is known; 0: none came */
};

struct talk *
talk_new(void)
{
	return mem_zero(1, sizeof(struct talk));
}

void
talk_free(struct talk *t)
{
	if (t == NULL)
		return;
	minuteparts_free(&t->parts);
	free(t);
}

/* --- what comes ------------------------------------------------------------------- */

/* The place of the minute that begins at BEGIN; NULL: a newer one has it. A clock that
 * was set back begins anew. */
static struct minute *
minute_of(struct talk *t, int64_t begin)
{
	struct minute *m = &t->minute[begin / MINUTE_S % TALK_MINUTES];

	if (begin <= 0)
		return NULL;
	if (m->begin > begin && m->begin - begin < 2L * TALK_MINUTES * MINUTE_S)
		return NULL;
	if (m->begin != begin) {
		memset(m, 0, sizeof *m);
		m->begin = begin;
	}
	if (t->since == 0)
		t->since = begin;
	if (begin > t->newest || t->newest - begin >= 2L * TALK_MINUTES * MINUTE_S)
		t->newest = begin;
	return m;
}

static int
by_octets(const void *a, const void *b)
{
	uint64_t x = minute_octets(&((const struct minute_row *)a)->sum);
	uint64_t y = minute_octets(&((const struct minute_row *)b)->sum);

	return (x < y) - (x > y);
}

static int
by_service(const void *a, const void *b)
{
	const struct service *x = a, *y = b;

	return (x->octets < y->octets) - (x->octets > y->octets);
}

static void
take_hosts(struct minute *m, const struct minutetable *whole)
{
	struct minute_row *row = mem_alloc((whole->rows + 1) * sizeof *row);

	if (whole->rows > 0)
		memcpy(row, whole->row, whole->rows * sizeof *row);
	qsort(row, whole->rows, sizeof *row, by_octets);
	m->hosts = whole->rows < HOSTS ? (unsigned)whole->rows : HOSTS;
	memcpy(m->host, row, m->hosts * sizeof *row);
	free(row);
}

static size_t
add_service(struct service *s, size_t n, const struct service *one)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].port == one->port && s[i].proto == one->proto &&
		    s[i].out == one->out &&
		    memcmp(&s[i].host, &one->host, sizeof one->host) == 0) {
			s[i].octets += one->octets;
			return n;
		}
	s[n] = *one;
	return n + 1;
}

/* Flows of one service are put together; of so many rows the greatest few are enough to
 * see which rules. */
static void
take_flows(struct minute *m, const struct minutetable *whole)
{
	struct minute_row *row = mem_alloc((whole->rows + 1) * sizeof *row);
	struct service *s = mem_alloc((4UL * SERVICES + 1) * sizeof *s);
	size_t n = 0;

	if (whole->rows > 0)
		memcpy(row, whole->row, whole->rows * sizeof *row);
	qsort(row, whole->rows, sizeof *row, by_octets);
	for (size_t i = 0; i < whole->rows && n + 2 <= 4UL * SERVICES; i++) {
		const struct minute_key *k = &row[i].key;
		bool out = row[i].sum.octets[MINUTE_OUT] > row[i].sum.octets[MINUTE_IN];
		struct service one = { .host = out ? k->a : k->b,
			.proto = k->proto,
			.port = service_has_ports(k->proto)
				    ? service_port(k->sport, k->dport)
				    : 0,
			.out = out,
			.octets = row[i].sum.octets[out ? MINUTE_OUT : MINUTE_IN] };
		if (one.octets > 0)
			n = add_service(s, n, &one);
	}
	qsort(s, n, sizeof *s, by_service);
	m->services = n < SERVICES ? (unsigned)n : SERVICES;
	memcpy(m->service, s, m->services * sizeof *s);
	free(s);
	free(row);
}

static void
take(struct talk *t, const struct minutetable *whole)
{
	struct minute *m = minute_of(t, whole->begin_s);

	if (m == NULL)
		return;
	if (whole->by == MINUTE_HOST)
		take_hosts(m, whole);
	else if (whole->by == MINUTE_FLOW)
		take_flows(m, whole);
	else if (whole->by == MINUTE_TOTAL) {
		m->total = whole->rest;
		for (size_t i = 0; i < whole->rows; i++)
			minute_add(&m->total, &whole->row[i].sum);
		m->counted = true;
	}
}

void
talk_minute(
    struct talk *t, const struct minute_part *part, const struct minute_row *row)
{
	if ((TABLES >> part->by & 1) != 0 && minuteparts_take(&t->parts, part, row))
		take(t, &t->parts.table);
}

static int
take_old(void *ctx, const struct minutetable *whole)
{
	if (whole->minutes == 0)
		take(ctx, whole);
	return 0;
}

void
talk_begin(struct talk *t, int64_t now)
{
	struct minutering_damage damage;
	int64_t end = now - now % MINUTE_S + MINUTE_S;

	t->since = end - (TALK_MINUTES - 2) * (int64_t)MINUTE_S;
	minutering_read(TABLES, t->since, end, true, take_old, t, &damage);
}

/* --- forgetting ------------------------------------------------------------------- */

static size_t
forget_services(struct minute *m, const struct prefix *p)
{
	unsigned kept = 0, before = m->services;

	for (unsigned i = 0; i < before; i++) {
		struct minute_row row = { .key = { .a = m->service[i].host } };
		struct minute_sum gone = { 0 };
		if (minute_forget(p, MINUTE_HOST, &row, NULL, 1, &gone) == 1)
			m->service[kept++] = m->service[i];
	}
	m->services = kept;
	return before - kept;
}

uint64_t
talk_forget(struct talk *t, const struct prefix *p)
{
	uint64_t rows = 0;

	for (unsigned i = 0; i < TALK_MINUTES; i++) {
		struct minute *m = &t->minute[i];
		struct minute_sum gone = { 0 };
		unsigned before = m->hosts;
		m->hosts = (unsigned)minute_forget(
		    p, MINUTE_HOST, m->host, NULL, m->hosts, &gone);
		rows += before - m->hosts;
		rows += forget_services(m, p);
	}
	minuteparts_free(&t->parts);
	return rows;
}

/* --- asking ----------------------------------------------------------------------- */

static bool
lies_in(const struct minute *m, int64_t begin, int64_t end)
{
	return m->begin != 0 && m->begin + MINUTE_S > begin && m->begin < end;
}

/* The service that has most of HOST's octets, where it has enough of ALL of them. */
static bool
service_of(const struct talk *t, int64_t begin, int64_t end, bool out,
    const struct flow_ip *host, uint64_t all, struct service *most)
{
	struct service s[4 * SERVICES + 1];
	size_t n = 0;

	for (unsigned i = 0; i < TALK_MINUTES; i++) {
		const struct minute *m = &t->minute[i];
		for (unsigned k = 0; lies_in(m, begin, end) && k < m->services &&
				     n < 4UL * SERVICES;
		     k++)
			if (m->service[k].out == out &&
			    memcmp(&m->service[k].host, host, sizeof *host) == 0)
				n = add_service(s, n, &m->service[k]);
	}
	qsort(s, n, sizeof *s, by_service);
	if (n == 0 || s[0].port == 0 || (double)s[0].octets < LEAST * (double)all)
		return false;
	*most = s[0];
	return true;
}

/* The row of L that has most octets WAY; false: none has any. */
static bool
greatest(const struct toplist *l, enum minute_way way, struct toplist_row *most)
{
	size_t count;
	struct toplist_row *row =
	    toplist_top(l, TOPLIST_KEYS, &count, NULL, NULL, NULL);

	memset(most, 0, sizeof *most);
	for (size_t i = 0; i < count; i++)
		if (row[i].sum.octets[way] > most->sum.octets[way])
			*most = row[i];
	free(row);
	return most->sum.octets[way] > 0;
}

static void
add_minute(const struct minute *m, struct talk_span *span)
{
	struct minutetable hosts = { .begin_s = m->begin,
		.by = MINUTE_HOST,
		.final = true,
		.rows = m->hosts,
		.row = (struct minute_row *)(uintptr_t)m->host };

	toplist_add(span->hosts, &hosts);
	if (!m->counted)
		return;
	minute_add(&span->total, &m->total);
	span->covered_s += MINUTE_S;
}

double
talk_top(const struct talk *t, int64_t begin, int64_t end, bool out, char *text,
    size_t size)
{
	enum minute_way way = out ? MINUTE_OUT : MINUTE_IN;
	struct talk_span span = { .hosts = toplist_new(MINUTE_HOST) };
	struct toplist_row most;
	struct service service;
	char address[ADDR_TEXT];
	double share = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < TALK_MINUTES; i++)
		if (lies_in(&t->minute[i], begin, end))
			add_minute(&t->minute[i], &span);
	if (greatest(span.hosts, way, &most) && span.total.octets[way] > 0)
		share = (double)most.sum.octets[way] / (double)span.total.octets[way];
	talk_span_free(&span);
	if (share < LEAST)
		return 0;
	flow_ip_text(&most.key.a, address);
	if (service_of(t, begin, end, out, &most.key.a, most.sum.octets[way], &service))
		snprintf(text, size, "%s, port %u", address, service.port);
	else
		snprintf(text, size, "%s", address);
	return share < 1 ? share : 1;
}

/* --- spans ------------------------------------------------------------------------ */

struct reading {
	struct talk_span *span;
	int64_t counted; /* the minute whose total came last: two halves are one minute */
};

static int
add_old(void *ctx, const struct minutetable *whole)
{
	struct reading *r = ctx;

	if (whole->by == MINUTE_HOST) {
		toplist_add(r->span->hosts, whole);
		return 0;
	}
	minute_add(&r->span->total, &whole->rest);
	for (size_t i = 0; i < whole->rows; i++)
		minute_add(&r->span->total, &whole->row[i].sum);
	if (whole->minutes != 0)
		r->span->covered_s +=
		    __builtin_popcountll(whole->minutes) * (int64_t)MINUTE_S;
	else if (whole->begin_s != r->counted)
		r->span->covered_s += MINUTE_S;
	r->counted = whole->begin_s;
	return 0;
}

void
talk_span(const struct talk *t, int64_t start, int64_t end, struct talk_span *span)
{
	int64_t edge = t->newest - (TALK_MINUTES - 2) * (int64_t)MINUTE_S;
	struct minutering_damage damage;
	struct reading r = { span, 0 };

	memset(span, 0, sizeof *span);
	span->hosts = toplist_new(MINUTE_HOST);
	span->start = start - start % MINUTE_S;
	span->end = (end + MINUTE_S - 1) / MINUTE_S * MINUTE_S;
	if (edge < t->since)
		edge = t->since;
	if (edge < span->start)
		edge = span->start;
	if (edge > span->end || t->newest == 0)
		edge = span->end;
	if (edge > span->start)
		minutering_read(1U << MINUTE_TOTAL | 1U << MINUTE_HOST, span->start,
		    edge, false, add_old, &r, &damage);
	for (unsigned i = 0; i < TALK_MINUTES; i++)
		if (t->minute[i].begin >= edge && t->minute[i].begin < span->end)
			add_minute(&t->minute[i], span);
}

void
talk_span_free(struct talk_span *span)
{
	toplist_free(span->hosts);
	span->hosts = NULL;
}
