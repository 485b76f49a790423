/* probectl explain: every number behind an incident. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/log.h"
#include "base/mem.h"
#include "ctl/ask.h"

static void
print_time(const char *word, const json_t *in, const char *key)
{
	const json_t *value = json_object_get(in, key);
	char buf[40];
	struct tm tm;

	printf("%-12s", word);
	time_t t = (time_t)json_integer_value(value);
	if (!json_is_integer(value))
		printf("-\n");
	else if (localtime_r(&t, &tm) != NULL &&
		 strftime(buf, sizeof buf, "%Y-%m-%d %H:%M:%S", &tm) > 0)
		printf("%s\n", buf);
	else
		printf("%lld\n", (long long)t);
}

/* V with its unit, in a form that people read: a ratio is told in percent. */
static void
figure(char *buf, size_t size, const json_t *v, const char *unit)
{
	double x = json_number_value(v);

	if (!json_is_number(v))
		snprintf(buf, size, "unknown");
	else if (strcmp(unit, "ratio") == 0)
		snprintf(buf, size, "%.3g %%", x * 100);
	else if (strcmp(unit, "s") == 0 && fabs(x) < 1)
		snprintf(buf, size, "%.3g ms", x * 1000);
	else if (strcmp(unit, "count") == 0)
		snprintf(buf, size, "%.10g", x);
	else
		snprintf(buf, size, "%.4g %s", x, unit);
}

/* An incident of before levels were told has none. */
static void
print_interval(const json_t *level, const char *low, const char *high)
{
	double l = json_number_value(level);

	if (json_is_number(level) && l >= 1)
		printf(" (counted)");
	else if (json_is_number(level))
		printf(" (%.3g %%: %s to %s)", 100 * l, low, high);
	else
		printf(" (%s to %s)", low, high);
}

static void
print_number(const json_t *n)
{
	const char *unit = ask_text(n, "unit");
	const json_t *threshold = json_object_get(n, "threshold");
	const json_t *interval = json_object_get(n, "interval");
	char value[64], low[64], high[64];

	figure(value, sizeof value, json_object_get(n, "value"), unit);
	printf("  %-26s %-20s %s", ask_text(n, "of"), ask_text(n, "name"), value);
	if (json_array_size(interval) == 2) {
		figure(low, sizeof low, json_array_get(interval, 0), unit);
		figure(high, sizeof high, json_array_get(interval, 1), unit);
		print_interval(json_object_get(n, "level"), low, high);
	}
	if (json_is_number(threshold)) {
		figure(value, sizeof value, threshold, unit);
		printf(", threshold %s", value);
	}
	if (json_is_number(json_object_get(n, "weight")))
		printf(", weight %g", json_number_value(json_object_get(n, "weight")));
	putchar('\n');
}

/* What a judge other than that of findings has put there: names and values. */
static void
print_plain(const char *key, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL)
		fatalx("no memory");
	printf("  %-26s %s\n", key,
	    json_is_string(value) ? json_string_value(value) : text);
	free(text);
}

static void
print_rates(const char *who, const json_t *of)
{
	printf("    %-24s in %.4g, out %.4g Mbit/s\n", who,
	    json_number_value(json_object_get(of, "bps_in")) / 1e6,
	    json_number_value(json_object_get(of, "bps_out")) / 1e6);
}

/* Who filled the line during the incident, or before it. */
static void
print_span(const char *key, const json_t *span)
{
	const json_t *host;
	size_t i;

	if (!json_is_object(span))
		return;
	printf("  who filled the line %s", key);
	if (json_is_number(json_object_get(span, "coverage")))
		printf(" (%.0f %% of the time was counted)",
		    100 * json_number_value(json_object_get(span, "coverage")));
	putchar('\n');
	print_rates("all", span);
	json_array_foreach(json_object_get(span, "hosts"), i, host)
	    print_rates(ask_text(host, "host"), host);
}

static void
print_evidence(const json_t *evidence)
{
	const json_t *numbers = json_object_get(evidence, "numbers");
	const json_t *facts = json_object_get(evidence, "facts");
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(numbers)) {
		json_array_foreach(numbers, i, value) print_number(value);
		json_array_foreach(facts, i, value) printf(
		    "  %-26s %s\n", ask_text(value, "name"), ask_text(value, "text"));
	}
	json_object_foreach((json_t *)evidence, key, value)
	{
		if (json_is_array(numbers) &&
		    (strcmp(key, "numbers") == 0 || strcmp(key, "facts") == 0))
			continue;
		if (strcmp(key, "talkers") == 0 && json_is_object(value)) {
			print_span("meanwhile", json_object_get(value, "during"));
			print_span("before", json_object_get(value, "before"));
			continue;
		}
		if (strcmp(key, "quality") != 0 || !json_is_object(value)) {
			print_plain(key, value);
			continue;
		}
		const char *word;
		json_t *of;
		json_object_foreach(value, word, of) print_plain(word, of);
	}
}

static void
print_incident(const json_t *in)
{
	const char *subject = ask_text(in, "subject");

	printf("%s\n\n", ask_text(in, "summary"));
	printf("%-12s%s\n", "kind", ask_text(in, "kind"));
	printf("%-12s%s\n", "subject", *subject != '\0' ? subject : "(all)");
	print_time("begin", in, "begin");
	print_time("end", in, "end");
	printf("%-12s%s\n", "confidence", ask_text(in, "confidence"));
	if (json_is_integer(json_object_get(in, "suppressed_by")))
		printf("%-12s%lld\n", "explained by",
		    (long long)json_integer_value(
			json_object_get(in, "suppressed_by")));
	printf("\nevidence\n");
	print_evidence(json_object_get(in, "evidence"));
}

int
ctl_explain(const struct ctl *ctl, int argc, char **argv)
{
	const char *id = argc == 2 ? argv[1] : "";
	char path[80];

	if (*id == '\0' || strlen(id) > 17 || id[strspn(id, "0123456789")] != '\0') {
		fprintf(
		    stderr, "probectl: expected explain ID, an incident's number\n");
		return CTL_USAGE;
	}
	snprintf(path, sizeof path, "/api/v1/incidents?id=%s", id);
	json_t *answer = ctl_ask(ctl, path);
	if (answer == NULL)
		return CTL_FAILED;
	const json_t *in = json_array_get(json_object_get(answer, "incidents"), 0);
	if (in == NULL)
		fprintf(stderr, "probectl: there is no incident %s\n", id);
	else
		print_incident(in);
	json_decref(answer);
	return in != NULL ? 0 : CTL_FAILED;
}
