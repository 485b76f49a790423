#include "slave/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/json.h"

#define US_MAX INT64_C(4000000000000000) /* in the year 2096; fits a double */

/* --- writing --------------------------------------------------------------------- */

void
report_begin(FILE *out, const struct report_head *head)
{
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	jw_key(&j, "protocol");
	jw_int(&j, REPORT_PROTOCOL);
	jw_key(&j, "slave");
	jw_str(&j, head->slave);
	jw_key(&j, "time");
	jw_int(&j, head->time);
	jw_key(&j, "nonce");
	jw_str(&j, head->nonce);
	jw_key(&j, "config");
	jw_str(&j, head->config);
	jw_key(&j, "rounds");
	fputs("[", out);
}

void
report_end(FILE *out)
{
	fputs("]}\n", out);
}

static void
put_pings(struct json *j, const struct round *r)
{
	jw_key(j, "rtt");
	jw_array(j);
	for (unsigned i = 0; i < r->count; i++)
		if (r->ping[i].rtt_ns >= 0)
			jw_int(j, r->ping[i].rtt_ns);
		else
			jw_null(j);
	jw_array_end(j);
	jw_key(j, "outcome");
	jw_array(j);
	for (unsigned i = 0; i < r->count; i++)
		jw_str(j, ping_outcome_word((enum ping_outcome)r->ping[i].outcome));
	jw_array_end(j);
	jw_key(j, "stamp");
	jw_array(j);
	for (unsigned i = 0; i < r->count; i++)
		jw_str(j, ping_stamp_word(r->ping[i].stamp < STAMP_KINDS
					      ? (enum ping_stamp)r->ping[i].stamp
					      : STAMP_USER));
	jw_array_end(j);
}

void
report_round(FILE *out, size_t count, const char *path, const struct round *r)
{
	char address[ADDR_TEXT] = "";
	struct json j;

	fputs(count > 0 ? ",\n" : "\n", out);
	jw_init(&j, out);
	jw_object(&j);
	jw_key(&j, "target");
	jw_str(&j, path);
	jw_put_int(&j, "row", r->row);
	jw_put_int(&j, "step", r->step);
	jw_key(&j, "state");
	jw_str(&j, r->state == ROUND_UNKNOWN ? "unknown" : "measured");
	jw_key(&j, "cause");
	jw_str(&j, r->state == ROUND_UNKNOWN
		       ? ping_outcome_word((enum ping_outcome)r->cause)
		       : NULL);
	jw_put_int(&j, "begin", r->begin_ns / CLOCK_NS_PER_US);
	jw_put_int(&j, "end", r->end_ns / CLOCK_NS_PER_US);
	addr_text(&r->address, address);
	jw_key(&j, "address");
	jw_str(&j, address[0] != '\0' ? address : NULL);
	jw_key(&j, "suspect");
	jw_bool(&j, r->suspect);
	jw_put_int(&j, "duplicates", r->duplicates);
	jw_put_int(&j, "late", r->late);
	jw_put_int(&j, "forged", r->forged);
	jw_put_int(&j, "wrong_source", r->wrong_source);
	jw_put_int(&j, "truncated", r->truncated);
	jw_put_int(&j, "reordered", r->reordered);
	jw_put_int(&j, "ttl_changes", r->ttl_changes);
	jw_put_int(&j, "ttl", r->ttl);
	jw_key(&j, "extras");
	jw_object(&j);
	for (unsigned i = 0; i < r->extras; i++) {
		jw_key(&j, extra_kind((enum extra)r->extra[i].kind)->word);
		jw_num(&j, r->extra[i].value);
	}
	jw_object_end(&j);
	put_pings(&j, r);
	jw_object_end(&j);
}

static void
put_data(struct json *j, const struct data *d)
{
	switch (d->kind) {
	case DATA_NOTHING:
		jw_null(j);
		return;
	case DATA_TEXT:
		jw_str(j, d->text);
		return;
	case DATA_LIST:
		jw_array(j);
		for (const struct data *m = d->first; m != NULL; m = m->next)
			put_data(j, m);
		jw_array_end(j);
		return;
	case DATA_TABLE:
		jw_object(j);
		for (const struct data *m = d->first; m != NULL; m = m->next) {
			jw_key(j, m->key);
			put_data(j, m);
		}
		jw_object_end(j);
		return;
	}
}

void
report_answer_write(FILE *out, const struct report_answer *a)
{
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	jw_put_int(&j, "protocol", REPORT_PROTOCOL);
	jw_key(&j, "nonce");
	jw_str(&j, a->nonce);
	jw_put_int(&j, "time", a->time);
	jw_put_int(&j, "taken", (int64_t)a->taken);
	jw_put_int(&j, "refused", (int64_t)a->refused);
	jw_key(&j, "trouble");
	jw_str(&j, a->trouble[0] != '\0' ? a->trouble : NULL);
	jw_key(&j, "config");
	if (a->config != NULL)
		put_data(&j, a->config);
	else
		jw_null(&j);
	jw_object_end(&j);
	putc('\n', out);
}

/* --- reading: pieces ------------------------------------------------------------- */

/* The string KEY of OBJECT into BUF; -1 with ERR when it is none or too long. */
static int
get_text(const json_t *object, const char *key, char *buf, size_t size, struct err *err)
{
	const char *s = json_string_value(json_object_get(object, key));

	if (s == NULL || strlen(s) >= size)
		return err_set(
		    err, "%s: expected a string shorter than %zu", key, size);
	memcpy(buf, s, strlen(s) + 1);
	return 0;
}

/* Is J a whole number from LOW to HIGH? Then *OUT is it. */
static bool
is_integer(const json_t *j, int64_t low, int64_t high, int64_t *out)
{
	double v = json_is_number(j) ? json_number_value(j) : NAN;

	if (!(v >= (double)low && v <= (double)high) || v != floor(v))
		return false;
	*out = (int64_t)v;
	return true;
}

/* The integer KEY of OBJECT, LOW..HIGH (less than 2^53); -1 with ERR. */
static int
get_int(const json_t *object, const char *key, int64_t low, int64_t high, int64_t *out,
    struct err *err)
{
	if (!is_integer(json_object_get(object, key), low, high, out))
		return err_set(err, "%s: expected an integer from %lld to %lld", key,
		    (long long)low, (long long)high);
	return 0;
}

static json_t *
load(const char *text, size_t len, struct err *err)
{
	json_error_t error;
	json_t *j = json_loadb(text, len, 0, &error);
	int64_t protocol = 0;

	if (j == NULL)
		err_set(err, "byte %d: %s", error.position, error.text);
	else if (!json_is_object(j))
		err_set(err, "expected a JSON object");
	else if (get_int(j, "protocol", REPORT_PROTOCOL, REPORT_PROTOCOL, &protocol,
		     err) == 0)
		return j;
	json_decref(j);
	return NULL;
}

/* --- reading: rounds ------------------------------------------------------------- */

static int
outcome_of(const char *word)
{
	for (int o = 0; word != NULL && o < PING_OUTCOMES; o++)
		if (o != PING_OPEN &&
		    strcmp(word, ping_outcome_word((enum ping_outcome)o)) == 0)
			return o;
	return -1;
}

static int
stamp_of(const char *word)
{
	for (int s = 0; word != NULL && s < STAMP_KINDS; s++)
		if (strcmp(word, ping_stamp_word((enum ping_stamp)s)) == 0)
			return s;
	return -1;
}

static int
read_pings(const json_t *object, struct round *r, struct err *err)
{
	const json_t *rtts = json_object_get(object, "rtt");
	const json_t *outcomes = json_object_get(object, "outcome");
	const json_t *stamps = json_object_get(object, "stamp");
	size_t n = json_array_size(rtts); /* 0 when it is none */

	if (n == 0 || n > ROUND_MAX_PINGS || json_array_size(outcomes) != n ||
	    json_array_size(stamps) != n)
		return err_set(err,
		    "rtt, outcome, stamp: expected arrays of one length from 1 to %d",
		    ROUND_MAX_PINGS);
	r->count = (uint16_t)n;
	for (size_t i = 0; i < n; i++) {
		const json_t *ns = json_array_get(rtts, i);
		int o = outcome_of(json_string_value(json_array_get(outcomes, i)));
		int s = stamp_of(json_string_value(json_array_get(stamps, i)));
		bool timed = o == PING_ANSWERED || o == PING_LATE;
		int64_t rtt = -1;

		if (o < 0 || s < 0)
			return err_set(
			    err, "outcome, stamp: expected words that exist");
		if (timed ? !is_integer(ns, 0, INT64_C(1000000000000000), &rtt)
			  : !json_is_null(ns))
			return err_set(
			    err, "rtt: expected ns where there is an answer");
		r->ping[i] = (struct ping){ rtt, (uint8_t)o, (uint8_t)s };
	}
	return 0;
}

static void
read_extras(const json_t *object, struct round *r)
{
	json_t *extras = json_object_get(object, "extras"), *v;
	const char *word;

	/* What a newer one sends and we do not know is no fault. */
	json_object_foreach(extras, word, v)
	{
		for (int e = 0; e < EXTRAS && r->extras < ROUND_MAX_EXTRAS; e++)
			if (json_is_number(v) &&
			    strcmp(word, extra_kind((enum extra)e)->word) == 0)
				r->extra[r->extras++] =
				    (struct round_extra){ (uint8_t)e,
					    json_number_value(v) };
	}
}

static int
read_counts(const json_t *object, struct round *r, struct err *err)
{
	const struct {
		const char *key;
		uint16_t *out;
	} counts[] = {
		{ "duplicates", &r->duplicates },
		{ "late", &r->late },
		{ "forged", &r->forged },
		{ "wrong_source", &r->wrong_source },
		{ "truncated", &r->truncated },
		{ "reordered", &r->reordered },
		{ "ttl_changes", &r->ttl_changes },
	};
	int64_t v = 0;

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		if (get_int(object, counts[i].key, 0, UINT16_MAX, &v, err) < 0)
			return -1;
		*counts[i].out = (uint16_t)v;
	}
	if (get_int(object, "ttl", 0, 255, &v, err) < 0)
		return -1;
	r->ttl = (uint8_t)v;
	r->suspect = json_is_true(json_object_get(object, "suspect"));
	return 0;
}

/* OBJECT as a round, its target's path to PATH. */
static int
read_round(
    const json_t *object, char *path, size_t size, struct round *r, struct err *err)
{
	const char *address = json_string_value(json_object_get(object, "address"));
	char state[16], cause[32];
	int64_t step = 0, begin = 0, end = 0;
	int o;

	memset(r, 0, offsetof(struct round, ping));
	if (get_text(object, "target", path, size, err) < 0 ||
	    get_int(object, "row", 1, INT64_C(100000000000), &r->row, err) < 0 ||
	    get_int(object, "step", 1, UINT32_MAX, &step, err) < 0 ||
	    get_text(object, "state", state, sizeof state, err) < 0 ||
	    get_int(object, "begin", 0, US_MAX, &begin, err) < 0 ||
	    get_int(object, "end", 0, US_MAX, &end, err) < 0 ||
	    read_counts(object, r, err) < 0 || read_pings(object, r, err) < 0)
		return -1;
	r->step = (uint32_t)step;
	r->begin_ns = begin * CLOCK_NS_PER_US;
	r->end_ns = end * CLOCK_NS_PER_US;
	r->address.sa.sa_family = AF_UNSPEC;
	if (address != NULL)
		addr_parse(&r->address, address);
	if (strcmp(state, "unknown") == 0) {
		r->state = ROUND_UNKNOWN;
		if (get_text(object, "cause", cause, sizeof cause, err) < 0)
			return -1;
		o = outcome_of(cause);
		if (o < 0 || !ping_is_unknown((enum ping_outcome)o))
			return err_set(err, "cause: expected why nothing is known");
		r->cause = (uint8_t)o;
	} else if (strcmp(state, "measured") != 0) {
		return err_set(err, "state: expected measured or unknown");
	}
	read_extras(object, r);
	return 0;
}

int
report_read(const char *text, size_t len, struct report_head *head,
    report_judge_fn judge, report_fn each, report_wrong_fn wrong, void *ctx,
    struct err *err)
{
	static struct round r; /* large */
	json_t *j = load(text, len, err);
	const json_t *rounds;
	char path[512];
	struct err why;
	int result = -1;

	if (j == NULL)
		return -1;
	rounds = json_object_get(j, "rounds");
	if (get_text(j, "slave", head->slave, sizeof head->slave, err) == 0 &&
	    get_text(j, "nonce", head->nonce, sizeof head->nonce, err) == 0 &&
	    get_text(j, "config", head->config, sizeof head->config, err) == 0 &&
	    get_int(j, "time", 0, INT64_C(100000000000), &head->time, err) == 0)
		result = json_is_array(rounds)
			     ? 0
			     : err_set(err, "rounds: expected an array");
	if (result == 0 && strlen(head->nonce) != REPORT_NONCE)
		result = err_set(
		    err, "nonce: expected a string of %d letters", REPORT_NONCE);
	bool wanted = result == 0 && judge(ctx, head);
	for (size_t i = 0; wanted && i < json_array_size(rounds); i++) {
		if (read_round(json_array_get(rounds, i), path, sizeof path, &r, &why) <
		    0)
			wrong(ctx, why.text);
		else
			each(ctx, path, &r);
	}
	json_decref(j);
	return result;
}

/* --- reading: answers ------------------------------------------------------------ */

static struct data *
read_data(json_t *j, unsigned depth)
{
	struct data *d;
	const char *key;
	json_t *m;

	if (json_is_string(j))
		return data_text(json_string_value(j));
	if (depth == DATA_DEPTH || (!json_is_array(j) && !json_is_object(j)))
		return data_new(DATA_NOTHING);
	if (json_is_object(j)) {
		d = data_new(DATA_TABLE);
		json_object_foreach(j, key, m)
		    data_add(d, key, read_data(m, depth + 1));
		return d;
	}
	d = data_new(DATA_LIST);
	for (size_t i = 0; i < json_array_size(j); i++)
		data_add(d, NULL, read_data(json_array_get(j, i), depth + 1));
	return d;
}

int
report_answer_read(
    const char *text, size_t len, struct report_answer *a, struct err *err)
{
	json_t *j = load(text, len, err);
	json_t *config;
	int64_t taken = 0, refused = 0;

	memset(a, 0, sizeof *a);
	if (j == NULL)
		return -1;
	if (get_text(j, "nonce", a->nonce, sizeof a->nonce, err) < 0 ||
	    get_int(j, "time", 0, INT64_C(100000000000), &a->time, err) < 0 ||
	    get_int(j, "taken", 0, US_MAX, &taken, err) < 0 ||
	    get_int(j, "refused", 0, US_MAX, &refused, err) < 0) {
		json_decref(j);
		return -1;
	}
	a->taken = (uint64_t)taken;
	a->refused = (uint64_t)refused;
	get_text(j, "trouble", a->trouble, sizeof a->trouble, NULL);
	config = json_object_get(j, "config");
	if (json_is_object(config))
		a->config = read_data(config, 0);
	json_decref(j);
	return 0;
}
