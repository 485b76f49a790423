#include "probes/dnsquery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/dnstext.h"
#include "probes/pace.h"

#define DNS_LABEL 16 /* letters of a random name: 80 bits */
#define DNS_INSTANCE 64
/* Answers in a row without the cookie that a server once had, after which it is taken
 * to have none any more. */
#define DNS_COOKIELESS 10
/* A query waits so long for its turn at most, and never half as long as for an answer.
 */
#define DNS_PATIENCE_NS (2 * CLOCK_NS_PER_S)

/* --- asking ---------------------------------------------------------------------- */

static void
dnsquery_random(void *buf, size_t len)
{
	if (getrandom(buf, len, 0) != (ssize_t)len)
		fatal("getrandom");
}

/* A name that nobody asked for before. */
static void
dnsquery_unheard(struct dnswire_question *question)
{
	char label[DNS_LABEL];

	dnsquery_random(label, sizeof label);
	for (size_t i = 0; i < sizeof label; i++)
		label[i] = "abcdefghijklmnopqrstuvwxyz234567"[label[i] & 31];
	(void)dnswire_prepend(question, label, sizeof label);
}

void
dnsquery_init(struct dnsquery *q, struct probe_run *run, unsigned seq)
{
	const struct probe_opts *o = run->opts;

	*q = (struct dnsquery){ .run = run, .seq = seq };
	/* Over HTTPS it is always 0, RFC 8484 section 4.1. */
	if (o->over != DNS_HTTPS)
		dnsquery_random(&q->id, sizeof q->id);
	if (o->mode != DNS_UNCACHED && !o->mix_case)
		return;
	q->own = mem_alloc(sizeof *q->own);
	*q->own = o->question;
	if (o->mode == DNS_UNCACHED)
		dnsquery_unheard(q->own);
	if (o->mix_case) {
		uint8_t random[32];
		dnsquery_random(random, sizeof random);
		dnswire_mix_case(q->own, random);
	}
}

void
dnsquery_free(struct dnsquery *q)
{
	free(q->own);
	q->own = NULL;
}

int64_t
dnsquery_turn(struct dnsquery *q)
{
	struct probe_run *run = q->run;
	const struct probe_opts *o = run->opts;
	unsigned rate = o->rate >= 0 ? (unsigned)o->rate : pace_default(&run->address);
	int64_t patience = run->timeout_ns / 2;
	char text[128];

	if (rate == 0)
		return 0;
	int64_t wait = pace_turn(&run->address, rate,
	    patience < DNS_PATIENCE_NS ? patience : DNS_PATIENCE_NS);
	if (wait >= 0)
		return wait;
	snprintf(text, sizeof text,
	    "not asked: more than %u queries a second to one server (dns_rate)", rate);
	probe_detail(run, text);
	probe_lost(run, q->seq, PING_NOT_SENT, true);
	return -1;
}

static const struct dnswire_question *
dnsquery_question(const struct dnsquery *q)
{
	return q->own != NULL ? q->own : &q->run->opts->question;
}

/* The server whose part of the cookie we have. */
static bool
dnsquery_knows_cookie(const struct probe_run *run)
{
	const struct probe_opts *o = run->opts;

	return o->cookie_len > DNSWIRE_COOKIE_CLIENT &&
	       addr_same_host(&o->cookie_from, &run->address);
}

size_t
dnsquery_write(const struct dnsquery *q, uint8_t buf[DNSWIRE_QUERY_MAX])
{
	const struct probe_opts *o = q->run->opts;
	struct dnswire_asking how = {
		.id = q->id,
		.recursion = !o->authoritative && o->mode != DNS_SERVERID,
		.nsid = o->mode == DNS_SERVERID,
		.edns = o->edns,
		.cookie = o->cookie,
	};

	if (o->cookies)
		how.cookie_len = dnsquery_knows_cookie(q->run) ? o->cookie_len
							       : DNSWIRE_COOKIE_CLIENT;
	return dnswire_query(buf, &how, dnsquery_question(q));
}

void
dnsquery_sent(struct dnsquery *q)
{
	q->sent_wall = clock_wall_ns();
	q->sent_mono = clock_mono_ns();
}

/* --- is it the answer? ----------------------------------------------------------- */

/* Is what A says of cookies what it has to say? RFC 7873 section 5.3. A server may be
 * replaced by one that knows of none, and is not to be lost for that for ever. */
static bool
dnsquery_cookie_fits(const struct dnsquery *q, struct dnswire_answer a)
{
	struct probe_opts *o = q->run->opts;
	struct dnswire_record rr;
	size_t len;

	while (dnswire_next(&a, &rr) == 1)
		continue;
	const uint8_t *cookie = dnswire_option(&a, DNSWIRE_COOKIE, &len);
	if (cookie == NULL && dnsquery_knows_cookie(q->run) &&
	    ++o->cookieless >= DNS_COOKIELESS)
		o->cookie_len = DNSWIRE_COOKIE_CLIENT;
	if (cookie == NULL)
		return !dnsquery_knows_cookie(q->run);
	return (len == DNSWIRE_COOKIE_CLIENT ||
		   (len >= 16 && len <= DNSWIRE_COOKIE_MAX)) &&
	       memcmp(cookie, o->cookie, DNSWIRE_COOKIE_CLIENT) == 0;
}

bool
dnsquery_match(
    const struct dnsquery *q, struct dnswire_answer *a, const void *data, size_t len)
{
	const struct probe_opts *o = q->run->opts;

	if (dnswire_match(a, data, len, q->id, dnsquery_question(q), o->mix_case) != 0)
		return false;
	return !o->cookies || dnsquery_cookie_fits(q, *a);
}

/* --- what is it worth? ----------------------------------------------------------- */

/* What is looked for in an answer's records. */
struct dnsquery_found {
	bool broken, expected;
	char instance[DNS_INSTANCE + 1];
};

/* Does RR's text hold what is expected? Broken when it has none. */
static void
dnsquery_search(const struct probe_opts *o, const struct dnswire_record *rr,
    struct dnsquery_found *found)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = mem_stream(&text, &size);

	found->broken = dnstext_record(rr, out) != 0;
	mem_stream_end(out);
	found->expected = !found->broken && strstr(text, o->expect) != NULL;
	free(text);
}

/* LEN bytes of a server's own name, which shall be text. */
static void
dnsquery_instance(char to[DNS_INSTANCE + 1], const uint8_t *s, size_t len)
{
	size_t n = len < DNS_INSTANCE ? len : DNS_INSTANCE;

	for (size_t i = 0; i < n; i++)
		to[i] = s[i] > ' ' && s[i] < 127 ? (char)s[i] : '?';
	to[n] = '\0';
}

/* Walk all records, which completes the RCODE. */
static void
dnsquery_walk(
    const struct probe_opts *o, struct dnswire_answer *a, struct dnsquery_found *found)
{
	struct dnswire_record rr;
	int more;

	while (!found->broken && (more = dnswire_next(a, &rr)) == 1) {
		if (rr.section != 0)
			continue;
		if (o->expect != NULL && !found->expected)
			dnsquery_search(o, &rr, found);
		if (o->mode == DNS_SERVERID && rr.type == o->question.type) {
			struct wire w = rr.data;
			size_t len = wire_u8(&w);
			const uint8_t *s = wire_bytes(&w, len);
			if (s != NULL)
				dnsquery_instance(found->instance, s, len);
		}
	}
	/* What did not fit was cut by the server, and says so. */
	if (!found->broken && more < 0 && !a->truncated)
		found->broken = true;
	if (o->mode == DNS_SERVERID && found->instance[0] == '\0') {
		size_t len;
		const uint8_t *s = dnswire_option(a, DNSWIRE_NSID, &len);
		if (s != NULL)
			dnsquery_instance(found->instance, s, len);
	}
}

/* Remember the cookie of an answer, which matched. */
static void
dnsquery_keep_cookie(const struct dnsquery *q, const struct dnswire_answer *a)
{
	struct probe_opts *o = q->run->opts;
	size_t len;
	const uint8_t *cookie = dnswire_option(a, DNSWIRE_COOKIE, &len);

	if (!o->cookies || cookie == NULL || len > sizeof o->cookie)
		return;
	o->cookieless = 0;
	memcpy(o->cookie, cookie, len);
	o->cookie_len = (unsigned)len;
	o->cookie_from = q->run->address;
}

/* Tell who answered, and who did before where that was another one. */
static void
dnsquery_keep_instance(
    struct probe_opts *o, const char *instance, struct dnsquery_verdict *v)
{
	if (instance[0] == '\0')
		return;
	v->moved = o->instance != NULL && strcmp(o->instance, instance) != 0;
	if (v->moved)
		snprintf(v->text, sizeof v->text, "answered by %s, before by %s",
		    instance, o->instance);
	else
		snprintf(v->text, sizeof v->text, "answered by %s", instance);
	free(o->instance);
	o->instance = mem_str(instance);
}

/* Meets A what is required? If not, V tells. */
static bool
dnsquery_accept(const struct probe_opts *o, const struct dnswire_answer *a,
    const struct dnsquery_found *found, struct dnsquery_verdict *v)
{
	char rcode[16];

	dnstext_rcode(a->rcode, rcode);
	if (found->broken)
		snprintf(v->text, sizeof v->text, "the server's answer is broken");
	else if (o->noerror && a->rcode != DNSWIRE_NOERROR)
		snprintf(v->text, sizeof v->text, "the server answers %s, not NOERROR",
		    rcode);
	else if (o->nxdomain && a->rcode != DNSWIRE_NXDOMAIN)
		snprintf(v->text, sizeof v->text, "the server answers %s, not NXDOMAIN",
		    rcode);
	else if (o->valid && a->rcode != DNSWIRE_NOERROR &&
		 a->rcode != DNSWIRE_NXDOMAIN)
		snprintf(v->text, sizeof v->text, "the server answers %s", rcode);
	else if (o->authoritative && !a->authoritative)
		snprintf(v->text, sizeof v->text, "the answer is not authoritative");
	else if (a->records < o->answers)
		snprintf(v->text, sizeof v->text,
		    "the answer has %u records, %u are required%s", a->records,
		    o->answers, a->truncated ? " (it is truncated)" : "");
	else if (o->expect != NULL && !found->expected)
		snprintf(v->text, sizeof v->text, "no answer record holds '%.100s'%s",
		    o->expect, a->truncated ? " (it is truncated)" : "");
	else
		return true;
	return false;
}

void
dnsquery_judge(
    const struct dnsquery *q, struct dnswire_answer *a, struct dnsquery_verdict *v)
{
	struct probe_opts *o = q->run->opts;
	struct dnsquery_found found = { 0 };

	dnsquery_walk(o, a, &found);
	*v = (struct dnsquery_verdict){ .truncated = a->truncated, .rcode = a->rcode };
	v->good = dnsquery_accept(o, a, &found, v);
	dnsquery_keep_cookie(q, a);
	if (!v->good)
		return;
	if (o->mode == DNS_SERVERID)
		dnsquery_keep_instance(o, found.instance, v);
	else if (a->truncated)
		snprintf(v->text, sizeof v->text, "the answer is truncated (TC)");
}

void
dnsquery_report(struct probe_run *run, unsigned seq, const struct dnsquery_verdict *v,
    int64_t rtt_ns, enum ping_stamp stamp)
{
	probe_detail(run, v->text[0] != '\0' ? v->text : NULL);
	if (v->truncated)
		probe_truncated(run);
	probe_extra(run, EXTRA_RCODE, v->rcode);
	if (run->opts->mode == DNS_SERVERID)
		probe_extra(run, EXTRA_MOVED, v->moved);
	if (v->good)
		probe_reply(run, seq, rtt_ns, stamp);
	else
		probe_lost(run, seq, PING_BAD_ANSWER, true);
}
