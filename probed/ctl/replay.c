/* probectl events --replay PATTERN TARGET: when an alert would have held, by the rounds
 * in the target's history. The rows come from the daemon, the decisions are those of
 * alert/rule.h, as in the recorder. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <jansson.h>

#include "alert/rule.h"
#include "base/mem.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"

/* Values of one answer: the daemon gives no more than some 10000 rows. */
#define ROWS_MAX 10000
#define VALUES_MAX (1024 * 1024)

/* One run of rounds in which the rule holds. */
struct replay {
	const struct rule *rule;
	struct values values;
	bool holds;
	int64_t begin,
	    last;	  /* ends of the first round that holds, and of the last one */
	unsigned rounds;  /* that hold, in this run */
	char *loss, *rtt; /* as they were at its begin */
	uint64_t known, unknown, times;
	int64_t first;	  /* round of all; 0: none yet */
	uint64_t waiting; /* unknown rows that may have been rounds, or nobody's */
	unsigned pings;
};

static const char *
date(int64_t t, char *buf, size_t size)
{
	time_t when = (time_t)t;
	struct tm tm;

	localtime_r(&when, &tm);
	strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

/* --- deciding -------------------------------------------------------------------- */

static void
print_run(struct replay *r, bool open)
{
	char begin[32], end[32];

	printf("%s  %s  %5u rounds  %s  %s\n", date(r->begin, begin, sizeof begin),
	    open ? "now                " : date(r->last, end, sizeof end), r->rounds,
	    r->loss, r->rtt);
	free(r->loss);
	free(r->rtt);
	r->loss = r->rtt = NULL;
}

static void
take_round(struct replay *r, int64_t time, double lost, double median)
{
	bool before = r->holds;

	values_push(&r->values, lost, r->pings, median);
	r->holds = rule_holds(r->rule, &r->values, before);
	if (!before && r->holds) {
		r->begin = time;
		r->rounds = 0;
		r->times++;
		r->loss = values_loss_text(&r->values);
		r->rtt = values_rtt_text(&r->values);
	} else if (before && !r->holds) {
		print_run(r, false);
	}
	r->rounds += r->holds;
	r->last = time;
}

/* A row: in front of the first round there is nothing, and rows without any value are
 * those in which nobody measured, if they are not the last. */
static void
take_row(struct replay *r, int64_t time, double lost, double median)
{
	if (isnan(lost)) {
		r->waiting += r->first != 0;
		return;
	}
	if (r->first == 0)
		r->first = time;
	r->unknown += r->waiting;
	r->waiting = 0;
	r->known++;
	take_round(r, time, lost, median);
}

/* --- rows ------------------------------------------------------------------------ */

/* The answer for TARGET between START and END, or NULL after having complained. */
static json_t *
ask_rounds(const struct ctl *ctl, const char *target, int64_t start, int64_t end,
    unsigned points)
{
	char *name = curl_easy_escape(NULL, target, 0);
	char *path = mem_printf("/api/v1/rounds?target=%s&start=%" PRId64
				"&end=%" PRId64 "&points=%u",
	    name != NULL ? name : "", start, end, points);
	json_t *j = ctl_ask(ctl, path);

	curl_free(name);
	free(path);
	return j;
}

static double
value_at(const json_t *column, size_t i)
{
	const json_t *v = json_array_get(column, i);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static int
take_rows(struct replay *r, const json_t *j, int64_t step)
{
	const json_t *columns = json_object_get(j, "columns");
	const json_t *loss = json_object_get(columns, "loss");
	const json_t *median = json_object_get(columns, "median");
	int64_t start = json_integer_value(json_object_get(j, "start"));

	if (json_integer_value(json_object_get(j, "step")) != step) {
		fprintf(stderr,
		    "probectl: the history changed while it was read, try again\n");
		return -1;
	}
	for (size_t i = 0; i < json_array_size(loss); i++)
		take_row(r, start + (int64_t)(i + 1) * step, value_at(loss, i),
		    value_at(median, i));
	return 0;
}

/* The archives of a file: the finest, and what comes after it. */
struct archive {
	int64_t step, rounds, begin; /* step 0: there is none */
};

static struct archive
finest(const json_t *j, int64_t *coarser)
{
	struct archive best = { 0 };
	const json_t *a;
	size_t i;

	*coarser = 0;
	json_array_foreach(json_object_get(j, "archives"), i, a)
	{
		struct archive one = {
			.step = json_integer_value(json_object_get(a, "step")),
			.rounds = json_integer_value(json_object_get(a, "rounds")),
			.begin = json_integer_value(json_object_get(a, "begin")),
		};
		if (one.step <= 0 || one.begin < 0)
			continue;
		if (best.step != 0 && one.step > best.step) {
			if (*coarser == 0 || one.step < *coarser)
				*coarser = one.step;
		} else if (best.step == 0 || one.step < best.step ||
			   one.begin < best.begin) {
			if (best.step > one.step)
				*coarser = best.step;
			best = one;
		}
	}
	return best;
}

/* --- the command ----------------------------------------------------------------- */

static enum rule_type
type_of(const char *pattern)
{
	if (strchr(pattern, '(') != NULL)
		return RULE_MATCHER;
	return strchr(pattern, '%') != NULL ? RULE_LOSS : RULE_RTT;
}

static void
print_end(const struct replay *r, const struct archive *a, int64_t coarser)
{
	char first[32], last[32];

	if (r->known == 0) {
		printf("# no round is in the history\n");
		return;
	}
	printf("# %" PRIu64 " rounds of %" PRId64 " s, %s to %s: %" PRIu64 " times\n",
	    r->known, a->step, date(r->first, first, sizeof first),
	    date(r->last, last, sizeof last), r->times);
	if (r->unknown > 0)
		printf("# left out: %" PRIu64 " rows in which nobody measured\n",
		    r->unknown);
	if (a->rounds > 1)
		printf("# each is the mean of %" PRId64
		       " rounds: the file keeps no single ones\n",
		    a->rounds);
	if (coarser > 0)
		printf("# not looked at: what is older, kept as means over %" PRId64
		       " s only\n",
		    coarser);
}

/* The rows of TARGET's finest archive through R. J: a first answer. */
static int
run(const struct ctl *ctl, struct replay *r, const char *target, const json_t *j)
{
	int64_t coarser, now = (int64_t)time(NULL);
	const struct archive a = finest(j, &coarser);
	int64_t begin = a.begin, step = a.step;
	int64_t pings = json_integer_value(json_object_get(j, "pings"));

	if (pings <= 0 || pings > VALUES_MAX / 4) {
		fprintf(stderr, "probectl: the daemon's answer has no pings\n");
		return CTL_FAILED;
	}
	r->pings = (unsigned)pings;
	int64_t most = VALUES_MAX / (pings + 3);
	most = most < ROWS_MAX ? most : ROWS_MAX;
	while (step > 0 && begin < now) {
		int64_t end = begin + most * step < now ? begin + most * step : now;
		json_t *rows = ask_rounds(ctl, target, begin, end, (unsigned)most);
		int status = rows != NULL ? take_rows(r, rows, step) : -1;
		json_decref(rows);
		if (status < 0)
			return CTL_FAILED;
		begin = end / step * step;
		if (end == now)
			break;
	}
	if (r->holds)
		print_run(r, true);
	print_end(r, &a, coarser);
	return 0;
}

int
ctl_replay(const struct ctl *ctl, const char *pattern, const char *target)
{
	struct replay r = { 0 };
	struct rule *rule;
	struct err err;

	if (rule_parse(&rule, type_of(pattern), pattern, &err) != RULE_READY) {
		fprintf(stderr, "probectl: %s\n", err.text);
		return CTL_USAGE;
	}
	int64_t now = (int64_t)time(NULL);
	json_t *j = ask_rounds(ctl, target, now - 1, now, 1);
	r.rule = rule;
	r.values.keep = rule_length(rule);
	int status = j != NULL ? run(ctl, &r, target, j) : CTL_FAILED;
	json_decref(j);
	values_free(&r.values);
	rule_free(rule);
	return status;
}
