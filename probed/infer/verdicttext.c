/* All that a verdict says in words. A sentence says since when, what, how much and what
 * that means; then what is fine, and what is not measured from here. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "infer/odds.h"
#include "infer/verdict_impl.h"

#define TEXT 400
#define SERIES_TOLD 14 /* of whose numbers the evidence is */
#define TALKER_S 900   /* who filled the line last is looked for so far back */

/* What is said of a segment and a cause: %1 is the size, %2 the subject. */
struct words {
	enum segment segment;
	const char *cause, *text;
};

static const struct words table[] = {
	{ SEGMENT_HOST, "not_sent",
	    "this box cannot send: its network interface or its firewall takes no packet" },
	{ SEGMENT_HOST, "unsent",
	    "this box cannot send {size}: its network interface or its firewall takes "
	    "none at times" },
	{ SEGMENT_HOST, "outage",
	    "this box has no way out: it finds no route, or its interface is down" },
	{ SEGMENT_HOST, "loss",
	    "this box itself loses {size} before they reach the wire" },
	{ SEGMENT_WIFI, "outage", "the wifi between this box and the router is dead" },
	{ SEGMENT_WIFI, "loss", "the wifi loses {size}" },
	{ SEGMENT_WIFI, "radio", "the wifi is bad, {harm}: {radio}" },
	{ SEGMENT_WIFI, "unlinked", "the wifi is dead: {radio}" },
	{ SEGMENT_WIFI, "delay", "the wifi delays everything by {size}" },
	{ SEGMENT_HOME, "outage",
	    "nothing comes back from the router: the router itself, or what lies between "
	    "it and this box" },
	{ SEGMENT_HOME, "loss",
	    "the home network, up to and with the router, loses {size}" },
	{ SEGMENT_HOME, "delay",
	    "the home network, up to and with the router, delays everything by {size}" },
	{ SEGMENT_ROUTER, "outage",
	    "the router does not answer and lets nothing through; {others}" },
	{ SEGMENT_ROUTER, "loss", "the router loses {size}; {home}" },
	{ SEGMENT_ROUTER, "delay", "the router delays everything by {size}; {home}" },
	{ SEGMENT_ACCESS, "outage", "your provider's access line is dead" },
	{ SEGMENT_ACCESS, "loss", "your provider's access line loses {size}" },
	{ SEGMENT_ACCESS, "delay",
	    "your provider's access line delays everything by {size}" },
	{ SEGMENT_ACCESS, "bufferbloat",
	    "your provider's access line delays everything by {size} while {use}: {holds}" },
	{ SEGMENT_ACCESS, "saturation",
	    "your provider's access line loses {size} while {use}: it is full" },
	{ SEGMENT_ACCESS, "attack",
	    "{attack} fills your access line, which {does} {size}" },
	{ SEGMENT_ACCESS, "congestion", "your access line is congested: {size}" },
	{ SEGMENT_PROVIDER, "outage",
	    "your provider's network lets nothing through behind the access line" },
	{ SEGMENT_PROVIDER, "loss", "your provider's network loses {size}" },
	{ SEGMENT_PROVIDER, "delay",
	    "your provider's network delays everything by {size}" },
	{ SEGMENT_PROVIDER, "route",
	    "your provider leads everything another way, which is {size} longer" },
	{ SEGMENT_PROVIDER, "congestion",
	    "your provider's network is congested: {size}" },
	{ SEGMENT_TRANSIT, "outage",
	    "a network behind your provider's lets nothing through to {ends}" },
	{ SEGMENT_TRANSIT, "loss",
	    "a network behind your provider's loses {size} to {ends}" },
	{ SEGMENT_TRANSIT, "delay",
	    "a network behind your provider's delays {ends} by {size}" },
	{ SEGMENT_TRANSIT, "route", "the way to {ends} is another one, {size} longer" },
	{ SEGMENT_TRANSIT, "congestion",
	    "a network behind your provider's is congested: {size} to {ends}" },
	{ SEGMENT_FAR, "outage", "{subject} does not answer" },
	{ SEGMENT_FAR, "loss", "{subject}, or its own line, loses {size}" },
	{ SEGMENT_FAR, "delay",
	    "{subject}, or its own line, is {size} slower than usual" },
	{ SEGMENT_FAR, "address",
	    "the name of {subject} points to another address, and that is the matter: {size}" },
	{ SEGMENT_FAR, "route", "the way to {subject} is another one, {size} longer" },
	{ SEGMENT_FAR, "unreachable", "{subject} is reached by no router: {size}" },
	{ SEGMENT_FAR, "filtered", "a firewall keeps packets from {subject}: {size}" },
	{ SEGMENT_FAR, "refused",
	    "{subject} is there, but its service refuses: {size}" },
	{ SEGMENT_FAR, "bad_answer", "{subject} answers wrongly: {size}" },
	{ SEGMENT_RESOLVER, "outage", "the resolver {subject} does not answer" },
	{ SEGMENT_RESOLVER, "loss", "the resolver {subject} loses {size}" },
	{ SEGMENT_RESOLVER, "delay",
	    "the resolver {subject} is {size} slower than usual" },
	{ SEGMENT_RESOLVER, "refused", "the resolver {subject} refuses: {size}" },
	{ SEGMENT_RESOLVER, "bad_answer",
	    "the resolver {subject} answers wrongly: {size}" },
	{ SEGMENT_RESOLVER, "unreachable",
	    "the resolver {subject} is reached by no router" },
	{ SEGMENT_RESOLVER, "filtered",
	    "a firewall keeps packets from the resolver {subject}" },
	{ SEGMENT_RESOLVER, "address",
	    "the name of the resolver {subject} points to another address: {size}" },
	{ SEGMENT_RESOLVER, "route",
	    "the way to the resolver {subject} is another one, {size} longer" },
	{ SEGMENT_BEYOND, "outage", "nothing comes back from {beyond}" },
	{ SEGMENT_BEYOND, "loss", "something loses {size} {where}" },
	{ SEGMENT_BEYOND, "delay", "something delays everything by {size} {where}" },
};

/* --- pieces ----------------------------------------------------------------------- */

static const char *
time_text(int64_t when, int64_t now, char *buf, size_t size)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return "?";
	strftime(buf, size, now - when < 20 * 3600 ? "%H:%M" : "%Y-%m-%d %H:%M", &tm);
	return buf;
}

static const char *
delay_text(double s, char *buf, size_t size)
{
	if (s >= 1)
		snprintf(buf, size, "%.1f s", s);
	else
		snprintf(buf, size, s >= 0.01 ? "%.0f ms" : "%.1f ms", s * 1000);
	return buf;
}

static const char *
size_text(const struct diagnosis *d, char *buf, size_t size)
{
	char text[32];

	/* A share of pings may need a noun, a delay does not. */
	if (d->sign == SIGN_LOSS)
		snprintf(buf, size, "%.*f %% of all packets", d->size < 0.1 ? 1 : 0,
		    d->size * 100);
	else
		snprintf(buf, size, "%s%s", delay_text(d->size, text, sizeof text),
		    d->p90 ? " at times" : "");
	return buf;
}

/* Who fills the line by U, since D began, a quarter of an hour at most; its share. */
static double
talker_of(const struct verdict *v, const struct diagnosis *d,
    const struct verdict_use *u, char talker[VERDICT_TALKER])
{
	int64_t end = (v->judged + 1) * v->length, begin = d->since * v->length;

	talker[0] = '\0';
	if (v->talker == NULL || u == NULL)
		return 0;
	if (begin < end - TALKER_S)
		begin = end - TALKER_S;
	return v->talker(v->talker_ctx, begin, end, verdict_is_out(u), talker);
}

double
verdict_line(const struct verdict_use *u, bool out)
{
	double told = out ? u->out_line : u->in_line;

	return told > 0 ? told : out ? u->out_bps / u->out : u->in_bps / u->in;
}

/* The same as what is the matter with everything. */
static const char *
harm_text(const struct diagnosis *d, char *buf, size_t size)
{
	char text[64];

	if (d->sign == SIGN_LOSS)
		snprintf(buf, size, "%s are lost", size_text(d, text, sizeof text));
	else
		snprintf(buf, size, "everything takes %s longer%s",
		    delay_text(d->size, text, sizeof text), d->p90 ? " at times" : "");
	return buf;
}

static const char *
use_text(const struct verdict *v, const struct diagnosis *d, char *buf, size_t size)
{
	const struct verdict_use *u = verdict_busiest(v, d->since * v->length);
	char talker[VERDICT_TALKER];

	if (u == NULL)
		return "it is in use";
	bool out = verdict_is_out(u), known = talker_of(v, d, u, talker) > 0;
	snprintf(buf, size, "%s at %.3g of %.3g Mbit/s%s%s%s",
	    out ? "uploading" : "downloading", (out ? u->out_bps : u->in_bps) / 1e6,
	    verdict_line(u, out) / 1e6, known ? " (" : "", talker, known ? ")" : "");
	return buf;
}

/* Octets that wait in front of the line while D delays everything: measured by pings
 * under load, or else delay times rate. */
static double
held(const struct diagnosis *d, const struct verdict_use *u)
{
	bool out = verdict_is_out(u);
	double measured = out ? u->out_holds : u->in_holds;

	return measured > 0 ? measured
			    : d->size * (out ? u->out_bps : u->in_bps) / 8;
}

static const char *
holds_text(const struct verdict *v, const struct diagnosis *d, char *buf, size_t size)
{
	const struct verdict_use *u = verdict_busiest(v, d->since * v->length);

	if (u == NULL || d->sign != SIGN_DELAY)
		return "its buffers are too long";
	double octets = held(d, u);
	const char *whose = verdict_is_out(u) ? "your modem"
					      : "the queue at your provider's end";
	if (octets >= 999500)
		snprintf(buf, size, "%s holds about %.2g MB", whose, octets / 1e6);
	else
		snprintf(buf, size, "%s holds about %.3g kB", whose, octets / 1e3);
	return buf;
}

/* "an attack (SYN flood of 25 Mbit/s) on 192.168.1.7", by the one who found it. */
static const char *
attack_text(const struct verdict *v, const struct diagnosis *d, char *buf, size_t size)
{
	const struct infer_finding *o = d->other;
	char rate[40] = "", more[40] = "";
	unsigned n;

	if (o == NULL)
		return "an attack";
	const struct finding_number *bits = finding_find(o, "bits");
	const char *host = finding_fact_of(o, "attacked"),
		   *vector = finding_fact_of(o, "vector");
	if (bits != NULL && bits->value > 0)
		snprintf(rate, sizeof rate, "of %.3g Mbit/s", bits->value / 1e6);
	verdict_attack(v, verdict_busiest(v, d->since * v->length), &n);
	if (n > 1)
		snprintf(more, sizeof more, ", and %u more,", n - 1);
	bool both = vector[0] != '\0' && rate[0] != '\0';
	bool any = vector[0] != '\0' || rate[0] != '\0';
	snprintf(buf, size, "an attack%s%s%s%s%s%s%s%s", any ? " (" : "", vector,
	    both ? " " : "", rate, any ? ")" : "",
	    host[0] == '\0'	  ? ""
	    : verdict_goes_out(o) ? " by "
				  : " on ",
	    host, more);
	return buf;
}

static const char *
where_text(const struct diagnosis *d)
{
	return d->behind == VERDICT_ACCESS ? "behind the access line"
	       : d->behind == VERDICT_GATEWAY
		   ? "beyond the router"
		   : "somewhere between this box and the far ends";
}

static const char *
beyond_text(const struct diagnosis *d)
{
	return d->behind == VERDICT_ACCESS    ? "beyond the access line"
	       : d->behind == VERDICT_GATEWAY ? "beyond the router"
	       : d->bad == 1 ? "the far end, and nothing on the way tells where it ends"
			     : "any far end, and nothing on the way tells where it "
			       "ends";
}

static unsigned
other_family(const struct diagnosis *d)
{
	return d->family == 4 ? 6 : 4;
}

/* Replace {words} of TEXT. */
static void
fill(const struct verdict *v, const struct diagnosis *d, const struct series *s,
    const char *text, char *out, size_t size)
{
	char buf[240];
	size_t n = 0;

	while (*text != '\0' && n + 1 < size) {
		const char *what = NULL;
		if (strncmp(text, "{size}", 6) == 0)
			what = size_text(d, buf, sizeof buf);
		else if (strncmp(text, "{harm}", 6) == 0)
			what = harm_text(d, buf, sizeof buf);
		else if (strncmp(text, "{radio}", 7) == 0)
			what = d->other != NULL ? d->other->sentence
						: "its radio says so";
		else if (strncmp(text, "{use}", 5) == 0)
			what = use_text(v, d, buf, sizeof buf);
		else if (strncmp(text, "{holds}", 7) == 0)
			what = holds_text(v, d, buf, sizeof buf);
		else if (strncmp(text, "{attack}", 8) == 0)
			what = attack_text(v, d, buf, sizeof buf);
		else if (strncmp(text, "{does}", 6) == 0)
			what = d->sign == SIGN_LOSS ? "loses" : "delays everything by";
		else if (strncmp(text, "{others}", 8) == 0) {
			snprintf(buf, sizeof buf, "by IPv%u it does", other_family(d));
			what = d->family != 0 ? buf : "other hosts at home answer";
		} else if (strncmp(text, "{home}", 6) == 0) {
			snprintf(
			    buf, sizeof buf, "by IPv%u it does not", other_family(d));
			what = d->family != 0 ? buf : "the home network does not";
		} else if (strncmp(text, "{subject}", 9) == 0)
			what = s != NULL ? s->path : "it";
		else if (strncmp(text, "{where}", 7) == 0)
			what = where_text(d);
		else if (strncmp(text, "{beyond}", 8) == 0)
			what = beyond_text(d);
		else if (strncmp(text, "{ends}", 6) == 0) {
			snprintf(buf, sizeof buf, "%u of %u far networks", d->bad,
			    d->bad + d->good);
			what = buf;
		}
		if (what == NULL) {
			out[n++] = *text++;
			continue;
		}
		text = strchr(text, '}') + 1;
		n += (size_t)snprintf(out + n, size - n, "%s", what);
		if (n >= size)
			n = size - 1;
	}
	out[n] = '\0';
}

static const char *
sentence_of(enum segment segment, const char *cause)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].segment == segment && strcmp(table[i].cause, cause) == 0)
			return table[i].text;
	return NULL;
}

/* Names of the segments whose level is LEVEL, with commas; returns how many. */
static unsigned
list(const struct verdict *v, enum verdict_level level, enum segment but, char *buf,
    size_t size)
{
	static const struct {
		enum segment segment;
		const char *name;
	} said[] = { { SEGMENT_WIFI, "your wifi" }, { SEGMENT_ROUTER, "router" },
		{ SEGMENT_ACCESS, "access line" },
		{ SEGMENT_PROVIDER, "the provider's network" },
		{ SEGMENT_FAR, "far ends" }, { SEGMENT_RESOLVER, "resolver" } };
	unsigned count = 0;
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		if (said[i].segment == but ||
		    verdict_level(v, said[i].segment) != level)
			continue;
		n += (size_t)snprintf(
		    buf + n, size - n, "%s%s", count > 0 ? ", " : "", said[i].name);
		if (n >= size)
			n = size - 1;
		count++;
	}
	return count;
}

/* Is nothing the matter with the ends that are measured by FAMILY? */
static bool
is_family_fine(const struct verdict *v, unsigned family)
{
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next)
		if ((s->role == VERDICT_FAR || s->role == VERDICT_RESOLVER) &&
		    s->family == family &&
		    (slot_is_open(&s->slot) || s->track[SIGN_LOSS].bad ||
			s->track[SIGN_DELAY].bad))
			return false;
	return true;
}

/* "X and Y are fine; Z is not measured from here." What is behind a fault is not said
 * to be fine, nor anything that the same verdict covers. */
static void
put_rest(const struct verdict *v, const struct diagnosis *d, char *buf, size_t size)
{
	enum segment blamed = d->segment;
	char names[TEXT];
	size_t n = 0;
	unsigned count;

	buf[0] = '\0';
	if (d->family != 0) {
		if (is_family_fine(v, other_family(d)))
			n = (size_t)snprintf(
			    buf, size, " By IPv%u all is fine.", other_family(d));
	} else if (d->sign == SIGN_LOSS && d->effect > 1) {
		n = (size_t)snprintf(buf, size,
		    " Pings are lost in runs: what was asked between them may seem "
		    "fine.");
	} else if (blamed == SEGMENT_ACCESS || blamed == SEGMENT_PROVIDER ||
		   blamed == SEGMENT_TRANSIT || blamed == SEGMENT_BEYOND) {
		/* In front of it only; levels of what lies behind say nothing now. */
		bool beyond = blamed == SEGMENT_BEYOND;
		bool router = verdict_level(v, SEGMENT_ROUTER) == VERDICT_FINE &&
			      (!beyond || d->behind != VERDICT_OTHER);
		bool access =
		    (blamed == SEGMENT_PROVIDER || blamed == SEGMENT_TRANSIT ||
			(beyond && d->behind == VERDICT_ACCESS)) &&
		    verdict_level(v, SEGMENT_ACCESS) == VERDICT_FINE;
		bool provider = blamed == SEGMENT_TRANSIT &&
				verdict_level(v, SEGMENT_PROVIDER) == VERDICT_FINE;
		count = router + access + provider;
		if (count > 0)
			n = (size_t)snprintf(buf, size, " %s%s%s%s%s %s fine.",
			    router ? "Router" : "",
			    router && access ? (provider ? ", " : " and ") : "",
			    access ? (router ? "access line" : "The access line") : "",
			    provider && count > 1 ? " and " : "",
			    provider ? (count > 1 ? "the provider's network"
						  : "The provider's network")
				     : "",
			    count > 1 ? "are" : "is");
	} else if (blamed == SEGMENT_FAR || blamed == SEGMENT_RESOLVER) {
		count = list(v, VERDICT_FINE, blamed, names, sizeof names);
		if (count > 0)
			n = (size_t)snprintf(buf, size, " Fine: %s.", names);
	}
	if (n >= size)
		return;
	count = list(v, VERDICT_UNMEASURED, SEGMENT_NONE, names, sizeof names);
	if (count > 0)
		snprintf(buf + n, size - n, " Not measured from here: %s.", names);
}

/* --- numbers ---------------------------------------------------------------------- */

/* What S shows since D began and before window UNTIL; its pings of which nothing is
 * known. */
static uint64_t
put_series(const struct diagnosis *d, int64_t until, const struct series *s,
    struct infer_finding *f)
{
	struct finding_number *x;
	uint64_t n, lost;

	series_counts_until(s, d->since, until, &n, &lost);
	if (n == 0)
		return series_unknown(s, d->since);
	x = finding_number_of(
	    f, "loss", "ratio", s->path, (double)lost / (double)n, VERDICT_LEAST);
	odds_interval(lost, n, &x->low, &x->high);
	f->quality.samples += n;
	double shift = series_shift_until(s, d->since, until, d->p90);
	if (!isnan(shift)) {
		x = finding_number_of(f, d->p90 ? "added_delay_p90" : "added_delay",
		    "s", s->path, shift, s->limit);
		series_shift_interval(s, d->since, until, d->p90, &x->low, &x->high);
	}
	return series_unknown(s, d->since);
}

/* What the line carried, of how much, for whom, and what waits in front of it. */
static void
put_use(const struct verdict *v, const struct diagnosis *d, const struct verdict_use *u,
    struct infer_finding *f)
{
	bool out = verdict_is_out(u);
	char talker[VERDICT_TALKER];

	finding_number_of(f, "upload", "ratio", "access", u->out, VERDICT_BUSY)->time =
	    u->time;
	finding_number_of(f, "download", "ratio", "access", u->in, VERDICT_BUSY)->time =
	    u->time;
	finding_number_of(f, "rate", "bit/s", "access", out ? u->out_bps : u->in_bps,
	    VERDICT_BUSY * verdict_line(u, out))
	    ->time = u->time;
	finding_number_of(f, "line_rate", "bit/s", "access", verdict_line(u, out), NAN);
	if (d->sign == SIGN_DELAY && d->passive)
		finding_number_of(f, "buffer", "B", "access", held(d, u), NAN);
	double share = talker_of(v, d, u, talker);
	if (share > 0) {
		finding_number_of(f, "talker_share", "ratio", "access", share, NAN);
		finding_fact(f, "talker", "%s", talker);
	}
}

static void
put_attack(const struct infer_finding *attack, const struct verdict_use *u,
    struct infer_finding *f)
{
	const struct finding_number *bits = finding_find(attack, "bits");
	const char *host = finding_fact_of(attack, "attacked");
	bool out = verdict_goes_out(attack);
	double line = u == NULL ? NAN : out ? u->out_bps : u->in_bps;

	if (bits != NULL) {
		struct finding_number *n = finding_number_of(f, "attack", "bit/s",
		    "access", bits->value, VERDICT_HURTS * line);
		finding_interval_of(n, bits);
	}
	if (host[0] != '\0')
		finding_fact(f, "attacked", "%s", host);
}

static void
put_numbers(const struct verdict *v, const struct slot *slot, const struct series *own,
    struct infer_finding *f)
{
	const struct diagnosis *d = &slot->d;
	/* Windows in which it is over already are no evidence of it. */
	int64_t until = slot->last / v->length;
	const struct series *s, *next;
	const struct verdict_use *u = verdict_busiest(v, d->since * v->length);
	unsigned told = 0;
	uint64_t unknown = 0;

	if (own != NULL)
		unknown += put_series(d, until, own, f);
	/* The nearest first: where it begins is what matters. */
	for (int role = VERDICT_BRIDGE; role < VERDICT_ROLES; role++)
		HASH_ITER(hh, v->series, s, next)
			if ((int)s->role == role && s != own && told < SERIES_TOLD) {
				unknown += put_series(d, until, s, f);
				told++;
			}
	if (unknown > 0)
		f->quality.unknown =
		    (double)unknown / (double)(unknown + f->quality.samples);
	if (d->sign == SIGN_LOSS && d->effect > 1)
		finding_number(f, "design_effect", "ratio", d->effect);
	finding_number_of(f, "size", d->sign == SIGN_LOSS ? "ratio" : "s",
	    own != NULL ? own->path : segment_word(d->segment), d->size, NAN);
	finding_number(f, "bad_far_networks", "count", d->bad);
	finding_number(f, "good_far_networks", "count", d->good);
	if (u != NULL)
		put_use(v, d, u, f);
	/* One that goes on is told, whether it is why or not. */
	const struct infer_finding *attack =
	    d->other != NULL && strcmp(d->other->kind, "attack") == 0 ? d->other
	    : d->segment == SEGMENT_ACCESS ? verdict_any_attack(v)
					   : NULL;
	if (attack != NULL) {
		put_attack(attack, u, f);
		finding_fact(f, "attack", "%s", attack->sentence);
	}
}

/* What the radio tells stands in every verdict of who is in a wifi: it is what proves
 * that the wifi is not the matter, too. */
static void
put_radio(
    const struct verdict *v, const struct diagnosis *d, struct infer_finding *f)
{
	const struct infer_finding *o =
	    d->other != NULL && d->other == v->bad_radio ? d->other : verdict_radio(v);

	for (unsigned k = 0; o != NULL && k < o->numbers; k++) {
		const struct finding_number *n = &o->number[k];
		struct finding_number *x = finding_number_of(
		    f, n->name, n->unit, n->of, n->value, n->threshold);

		finding_interval_of(x, n);
	}
}

static void
put_errors(const struct series *s, struct infer_finding *f)
{
	static const char *const words[VERDICT_ERRORS] = { "no answer", "no route",
		"host unreachable", "prohibited", "refused", "no neighbour",
		"never left", "bad answer" };

	for (int e = 0; e < VERDICT_ERRORS; e++)
		if (s->error[e] > 0)
			finding_number(f, words[e], "pings", s->error[e]);
}

static void
put_quality(const struct verdict *v, const struct diagnosis *d, struct infer_finding *f)
{
	const struct series *s, *next;
	double longest = NAN;
	bool hours = true;

	HASH_ITER(hh, v->series, s, next) {
		if (s->baseline.first == 0)
			continue;
		double length =
		    (double)((v->judged + 1) * v->length - s->baseline.first);
		longest = isnan(longest) || length > longest ? length : longest;
		hours &= s->same_hour;
	}
	f->quality.baseline_s = longest;
	if (d->sign == SIGN_DELAY && !hours)
		snprintf(f->quality.note, sizeof f->quality.note,
		    "what is usual at this hour is not known yet");
	size_t n = strlen(f->quality.note);
	if (v->left_out > 0)
		snprintf(f->quality.note + n, sizeof f->quality.note - n,
		    "%s%u targets are not judged: %u are at most", n > 0 ? "; " : "",
		    v->left_out, VERDICT_SERIES);
	if (v->gap_end != 0 && v->gap_end > f->begin)
		finding_fact(f, "gap", "%lld to %lld: %s", (long long)v->gap_begin,
		    (long long)v->gap_end, v->gap_why);
}

/* --- where ways part -------------------------------------------------------------- */

unsigned
verdict_cut(const struct verdict *v, const struct diagnosis *d, char hop[VERDICT_HOP])
{
	uint64_t bad[VERDICT_SERIES], good[VERDICT_SERIES];
	size_t bads = 0, goods = 0;
	const struct series *s, *next;

	/* Of a way that is another one by now, the usual one says nothing. */
	if (v->cut == NULL || d->segment != SEGMENT_TRANSIT ||
	    strcmp(d->cause, "route") == 0)
		return 0;
	HASH_ITER(hh, v->series, s, next) {
		bool hops = s->role >= VERDICT_GATEWAY && s->role <= VERDICT_PROVIDER;

		if ((!hops && s->role != VERDICT_FAR) || slot_is_open(&s->slot) ||
		    !series_fresh(v, s))
			continue;
		/* So is one that is bad of what was the matter before, and less. */
		bool is = s->track[d->sign].bad &&
			  (d->sign == SIGN_DELAY ||
			      series_against(s, d->since + 1, INT64_MAX,
				  VERDICT_PERSISTS * d->low, VERDICT_PROVEN) >= 0);
		if (!is && goods < VERDICT_SERIES)
			good[goods++] = s->id;
		else if (!hops && bads < VERDICT_SERIES)
			bad[bads++] = s->id;
	}
	return bads > 0 ? v->cut(v->cut_ctx, bad, bads, good, goods, hop) : 0;
}

/* "; their ways part from the others at hop 7 (203.0.113.9)" or "". */
static void
put_cut(const struct verdict *v, const struct diagnosis *d, struct infer_finding *f,
    char *buf, size_t size)
{
	char hop[VERDICT_HOP];
	unsigned ttl = verdict_cut(v, d, hop);

	buf[0] = '\0';
	if (ttl == 0)
		return;
	finding_number(f, "cut", "hops", ttl);
	finding_fact(f, "cut", "%s", hop);
	snprintf(buf, size, "; their ways part from the others at hop %u (%s)", ttl, hop);
}

/* ", time and again (3 times by now)," or "". */
static void
put_again(const struct verdict *v, const struct slot *slot, struct infer_finding *f,
    char *buf, size_t size)
{
	char when[32];

	buf[0] = '\0';
	if (slot->times < 2)
		return;
	finding_number(f, "times", "count", slot->times);
	if (slot->quiet == 0)
		snprintf(buf, size, ", time and again (%u times by now),", slot->times);
	else
		snprintf(buf, size, ", time and again (%u times, not since %s),",
		    slot->times,
		    time_text(
			slot->last, (v->judged + 1) * v->length, when, sizeof when));
}

/* --- what else there is to it ----------------------------------------------------- */

/* "; from 14:00 to 15:00 nothing got through", of what is less by now, and "; something
 * is the matter there since 13:00", of what became worse: or "". */
static void
put_before(const struct verdict *v, const struct slot *slot, struct infer_finding *f,
    char *buf, size_t size)
{
	int64_t now = (v->judged + 1) * v->length;
	bool dead = slot->dead.end != 0 && strcmp(slot->d.cause, "outage") != 0;
	char from[32], to[32];
	size_t n = 0;

	buf[0] = '\0';
	if (dead) {
		finding_fact(f, "outage", "%lld to %lld: nothing got through",
		    (long long)slot->dead.begin, (long long)slot->dead.end);
		n = (size_t)snprintf(buf, size, "; from %s to %s nothing got through",
		    time_text(slot->dead.begin, now, from, sizeof from),
		    time_text(slot->dead.end, now, to, sizeof to));
	}
	if (slot->since == slot->begin)
		return;
	finding_fact(f, "phase", "%lld to %lld: %s", (long long)slot->since,
	    (long long)slot->last, slot->d.cause);
	if (!dead || slot->dead.begin > slot->begin)
		snprintf(buf + n, size - n, "; something is the matter there since %s",
		    time_text(slot->begin, now, from, sizeof from));
}

/* "; what gets through takes 80 ms longer", or in another segment what that does: of
 * the other sign than SLOT's. Or "". */
static void
put_also(const struct verdict *v, const struct slot *slot, const struct series *s,
    enum confidence confidence, struct infer_finding *f, char *buf, size_t size)
{
	static const char *const less[CONFIDENCES] = { "", " (a hint)", " (likely)" };
	const struct diagnosis *d = &slot->also;
	const char *text =
	    sentence_of(d->segment, d->sign == SIGN_LOSS ? "loss" : "delay");
	char what[TEXT];

	buf[0] = '\0';
	if (d->state != DIAGNOSIS_FOUND || d->sign == slot->d.sign || text == NULL ||
	    slot->d.size >= VERDICT_FULL)
		return;
	enum confidence is = verdict_confidence(v, d, VERDICT_GOOD);
	finding_number_of(f, d->sign == SIGN_LOSS ? "loss" : "added_delay",
	    d->sign == SIGN_LOSS ? "ratio" : "s",
	    s != NULL ? s->path : segment_word(d->segment), d->size, NAN);
	if (d->segment != slot->d.segment)
		fill(v, d, s, text, what, sizeof what);
	else if (d->sign == SIGN_LOSS)
		harm_text(d, what, sizeof what);
	else
		snprintf(what, sizeof what, "what gets through takes %s longer%s",
		    delay_text(d->size, buf, size), d->p90 ? " at times" : "");
	snprintf(buf, size, "; %s%s", what, is < confidence ? less[is] : "");
}

/* --- sentences -------------------------------------------------------------------- */

void
verdict_tell(const struct verdict *v, const struct slot *slot, const struct series *s,
    enum confidence confidence, struct infer_finding *f)
{
	const struct diagnosis *d = &slot->d;
	static const char *const sure[CONFIDENCES] = { "", "A hint.", "Likely.",
		"Sure." };
	const char *text = sentence_of(d->segment, d->cause);
	char when[32], what[TEXT], rest[2 * TEXT], cut[VERDICT_HOP + 80];
	char family[24] = "", again[80], before[120], also[TEXT + 20];

	finding_init(f, VERDICT_KIND, s != NULL ? s->path : segment_word(d->segment),
	    VERDICT_SOURCE);
	finding_cause(f, d->cause);
	f->segment = d->segment;
	f->confidence = confidence;
	f->begin = slot->begin;
	f->worst = d->sign == SIGN_LOSS ? d->size * 100 : NAN;
	put_numbers(v, slot, s, f);
	put_radio(v, d, f);
	if (s != NULL)
		put_errors(s, f);
	if (d->other != NULL && strcmp(d->other->kind, "attack") != 0)
		finding_fact(f, d->other->kind, "%s", d->other->sentence);
	put_quality(v, d, f);
	put_cut(v, d, f, cut, sizeof cut);
	if (d->family != 0) {
		snprintf(family, sizeof family, "by IPv%u alone, ", d->family);
		finding_fact(f, "family", "IPv%u", d->family);
	}
	fill(v, d, s, text != NULL ? text : "something is the matter: {size}", what,
	    sizeof what);
	put_rest(v, d, rest, sizeof rest);
	put_again(v, slot, f, again, sizeof again);
	put_before(v, slot, f, before, sizeof before);
	put_also(v, slot, s, confidence, f, also, sizeof also);
	finding_sentence(f, "Since %s%s %s%s%s%s%s.%s %s",
	    time_text(slot->since, (v->judged + 1) * v->length, when, sizeof when),
	    again, family, what, cut, also, before, rest, sure[confidence]);
}

void
verdict_tell_doubt(const struct verdict *v, int64_t since, struct infer_finding *f)
{
	bool soon = v->judged - since / v->length < VERDICT_RING / 2;
	char when[32];

	finding_init(f, VERDICT_KIND, "", VERDICT_SOURCE);
	f->begin = since;
	finding_sentence(f, "Since %s something is the matter; what it is, %s.",
	    time_text(since, (v->judged + 1) * v->length, when, sizeof when),
	    soon ? "the next minutes will tell"
		 : "nothing that is measured from here tells");
}

void
verdict_tell_before(const struct verdict *v, int64_t begin, struct infer_finding *f)
{
	char when[32];

	finding_init(f, VERDICT_KIND, "", VERDICT_SOURCE);
	f->begin = begin;
	finding_sentence(f,
	    "Since %s something was the matter when smokebox was restarted; whether it "
	    "still is, the next minutes will tell.",
	    time_text(begin, (v->judged + 1) * v->length, when, sizeof when));
}

/* When nothing was measured, a sentence into BUF. Times are told by the minute. */
static void
put_gap(const struct verdict *v, int64_t now, char *buf, size_t size)
{
	char begin[32], end[32];

	time_text(v->gap_begin, now, begin, sizeof begin);
	time_text(v->gap_end, now, end, sizeof end);
	if (v->gap_end - v->gap_begin < 60)
		snprintf(buf, size, " Not measured for %lld s at %s: %s.",
		    (long long)(v->gap_end - v->gap_begin), end, v->gap_why);
	else
		snprintf(buf, size, " Not measured from %s to %s: %s.", begin, end,
		    v->gap_why);
}

void
verdict_tell_fine(const struct verdict *v, struct infer_finding *f)
{
	char when[32], fine[TEXT], not [TEXT], gap[160] = "", a[32];
	char load[120] = "";
	int64_t now = (v->judged + 1) * v->length;

	finding_init(f, VERDICT_KIND, "", VERDICT_SOURCE);
	if (v->fine == 0) {
		finding_sentence(
		    f, "Nothing can be said yet of whose fault anything is.");
		return;
	}
	f->begin = v->fine;
	unsigned count = list(v, VERDICT_FINE, SEGMENT_NONE, fine, sizeof fine);
	if (count == 0) {
		finding_sentence(
		    f, "Nothing can be said yet of whose fault anything is.");
		return;
	}
	f->confidence = CONFIDENCE_SURE;
	unsigned open = list(v, VERDICT_UNMEASURED, SEGMENT_NONE, not, sizeof not );
	/* An own restart comes right before it. */
	if (v->gap_end != 0 && v->gap_end + 3600 > v->fine)
		put_gap(v, now, gap, sizeof gap);
	if (v->load != 0) {
		snprintf(load, sizeof load,
		    " A load test of your own fills the line since %s: what is slow "
		    "meanwhile is its doing.",
		    time_text(v->load, now, a, sizeof a));
		finding_fact(f, "load_test", "since %lld", (long long)v->load);
	}
	finding_sentence(f, "Fine since %s: %s.%s%s%s%s%s",
	    time_text(v->fine, now, when, sizeof when), fine, gap, load,
	    open > 0 ? " Not measured from here: " : "", not, open > 0 ? "." : "");
}
