/* A finding, its bounds, and what it is as JSON. */
#include "infer/finding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "infer/odds.h"
#include "t/tap.h"

static json_t *
parsed(const struct infer_finding *f)
{
	char *text = finding_evidence(f);
	json_t *j = json_loads(text, 0, NULL);

	free(text);
	return j;
}

static void
test_words(void)
{
	int words = 0;

	for (int i = SEGMENT_NONE + 1; i < SEGMENTS; i++)
		words += *segment_word((enum segment)i) != '\0';
	ok(words == SEGMENTS - 1, "each segment has a word");
	is_str(confidence_word(CONFIDENCE_SURE), "sure", "sure");
	is_str(confidence_word(CONFIDENCE_LIKELY), "likely", "likely");
	is_str(confidence_word(CONFIDENCE_HINT), "hint", "hint");
}

static void
test_evidence(void)
{
	static struct infer_finding f;
	struct finding_number *n;

	finding_init(&f, "congestion", "access", "bufferbloat");
	finding_cause(&f, "bufferbloat");
	f.segment = SEGMENT_ACCESS;
	f.confidence = CONFIDENCE_LIKELY;
	n = finding_number_of(&f, "added_delay", "s", "Home.gw", 0.18, 0.05);
	n->low = 0.17;
	n->high = 0.19;
	n->weight = 2;
	finding_number(&f, "rate", "bit/s", 9.6e6);
	finding_fact(&f, "talker", "%s port %d", "192.168.1.30", 443);
	f.quality = (struct finding_quality){ .samples = 60, .baseline_s = 86400 };
	json_t *j = parsed(&f),
	       *first = json_array_get(json_object_get(j, "numbers"), 0);
	is_str(
	    json_string_value(json_object_get(j, "segment")), "access", "the segment");
	is_str(
	    json_string_value(json_object_get(j, "cause")), "bufferbloat", "the cause");
	ok(json_number_value(json_object_get(first, "value")) == 0.18 &&
		json_number_value(json_object_get(first, "threshold")) == 0.05 &&
		json_number_value(json_object_get(first, "weight")) == 2,
	    "a number with what it was compared with");
	ok(json_number_value(json_array_get(json_object_get(first, "interval"), 1)) ==
		0.19,
	    "and its interval");
	json_t *second = json_array_get(json_object_get(j, "numbers"), 1);
	ok(json_number_value(json_object_get(second, "value")) == 9.6e6 &&
		json_object_get(second, "threshold") == NULL &&
		json_object_get(second, "interval") == NULL,
	    "a number without");
	is_str(json_string_value(json_object_get(
		   json_array_get(json_object_get(j, "facts"), 0), "text")),
	    "192.168.1.30 port 443", "a fact");
	ok(json_integer_value(
	       json_object_get(json_object_get(j, "quality"), "samples")) == 60,
	    "what the data are worth");
	json_decref(j);
}

/* Each interval says how sure it is. */
static void
test_levels(void)
{
	static struct infer_finding f;

	finding_init(&f, "k", "s", "t");
	finding_interval(finding_number(&f, "a", "count", 2), 1, 3, 0.9);
	finding_interval_of(finding_number(&f, "b", "count", 2), &f.number[0]);
	struct finding_number *n = finding_number(&f, "c", "count", 2);
	n->low = 1;
	json_t *j = parsed(&f), *numbers = json_object_get(j, "numbers");
	const double want[] = { 0.9, 0.9, 0.95 };
	for (size_t i = 0; i < 3; i++)
		is_close(json_number_value(
			     json_object_get(json_array_get(numbers, i), "level")),
		    want[i], 1e-12, "with its level");
	json_decref(j);
}

static void
test_exact(void)
{
	/* Recomputed from tables of the binomial distribution. */
	static const struct {
		uint64_t k, n;
		double low, high;
	} table[] = { { 0, 10, 0, 0.30850 }, { 1, 10, 0.00253, 0.44502 },
		{ 5, 10, 0.18709, 0.81291 }, { 10, 10, 0.69150, 1 },
		{ 3, 20, 0.03207, 0.37893 }, { 0, 0, 0, 1 } };
	uint64_t rank[2];
	double low, high;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		odds_exact(table[i].k, table[i].n, 0.95, &low, &high);
		ok(fabs(low - table[i].low) < 1e-5 && fabs(high - table[i].high) < 1e-5,
		    "%u of %u: %.5f to %.5f", (unsigned)table[i].k,
		    (unsigned)table[i].n, low, high);
	}
	ok(isnan(odds_median(0, 0.95, &rank[0], &rank[1])), "of nothing no median");
	is_close(
	    odds_median(1, 0.95, &rank[0], &rank[1]), 0, 1e-12, "one proves nothing");
	is_close(odds_median(3, 0.95, &rank[0], &rank[1]), 0.75, 1e-12, "three, 75 %");
	ok(rank[0] == 0 && rank[1] == 2, "by the least and the greatest");
	is_close(odds_median(6, 0.95, &rank[0], &rank[1]), 0.95, 1e-12, "six, 95 %");
	ok(rank[0] == 0 && rank[1] == 5, "likewise");
	odds_median(10, 0.95, &rank[0], &rank[1]);
	ok(rank[0] == 1 && rank[1] == 8, "ten by the second and the last but one");
	odds_median(100, 0.95, &rank[0], &rank[1]);
	ok(rank[0] == 39 && rank[1] == 60, "a hundred by the 40th and the 61st");
}

static void
test_bounds(void)
{
	static struct infer_finding f;
	char subject[2 * FINDING_SUBJECT];

	/* An umlaut across the end goes as a whole. */
	memset(subject, 'x', sizeof subject);
	memcpy(subject + FINDING_SUBJECT - 2, "\xc3\xa4", 2);
	subject[sizeof subject - 1] = '\0';
	finding_init(&f, "a kind that is far too long", subject, "t");
	ok(strlen(f.subject) == FINDING_SUBJECT - 2,
	    "a long subject is cut at a character");
	ok(strlen(f.kind) == sizeof f.kind - 1, "a long kind is cut");
	for (int i = 0; i < FINDING_NUMBERS + 3; i++)
		finding_number(&f, "n", "count", i);
	for (int i = 0; i < FINDING_FACTS + 2; i++)
		finding_fact(&f, "f", "%s", subject);
	finding_sentence(&f, "%s%s%s%s", subject, subject, subject, subject);
	json_t *j = parsed(&f);
	ok(json_array_size(json_object_get(j, "numbers")) == FINDING_NUMBERS &&
		json_array_size(json_object_get(j, "facts")) == FINDING_FACTS,
	    "no more than there is room for");
	ok(json_integer_value(json_object_get(j, "left_out")) == 5,
	    "and how many were left out");
	ok(strlen(f.sentence) < FINDING_SENTENCE, "a long sentence is cut");
	ok(json_is_null(json_object_get(j, "segment")), "no segment is null");
	json_decref(j);
}

int
main(void)
{
	test_words();
	test_evidence();
	test_levels();
	test_exact();
	test_bounds();
	return tap_done();
}
