/* probectl traffic: who filled the line, as a table. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/attime.h"
#include "base/mem.h"
#include "ctl/ask.h"

static int
usage(void)
{
	fprintf(stderr,
	    "probectl: expected traffic [--by host|peer|port|protocol|as|dscp|interface|flow] "
	    "[--since T] [--until T] [--limit N]\n");
	return CTL_USAGE;
}

/* "&NAME=VALUE" behind PATH, which is freed. */
static char *
with(char *path, const char *name, const char *value)
{
	char *text = curl_easy_escape(NULL, value, 0);
	char *longer = mem_printf("%s&%s=%s", path, name, text != NULL ? text : "");

	curl_free(text);
	free(path);
	return longer;
}

static const char *
bytes(double v, char buf[32])
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	unsigned u = 0;

	for (; v >= 999.5 && u < 6; u++)
		v /= 1000;
	snprintf(buf, 32, "%.*f %s",
	    u == 0 || v >= 99.5 ? 0
	    : v >= 9.95		? 1
				: 2,
	    v, unit[u]);
	return buf;
}

static const char *
text_cell(const json_t *columns, const char *name, size_t i)
{
	const char *text =
	    json_string_value(json_array_get(json_object_get(columns, name), i));

	return text != NULL ? text : "";
}

static double
cell(const json_t *columns, const char *name, size_t i)
{
	return json_number_value(json_array_get(json_object_get(columns, name), i));
}

/* Columns that TEXT takes: as many as it has characters. */
static int
width(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* SHARE may be NAN. */
static void
put_row(const char *name, const char *detail, double in, double out, double all,
    double share, double low, double high, double missing)
{
	char a[32], b[32], c[32], around[64] = "";

	if (high > low && all > 0)
		snprintf(
		    around, sizeof around, " +-%.1f %%", (high - low) / 2 / all * 100);
	int room = 44 - width(name) - width(detail) - (*detail != '\0');
	printf("%s%s%s%*s %10s %10s %10s", name, *detail != '\0' ? " " : "", detail,
	    room > 0 ? room : 0, "", bytes(all, a), bytes(in, b), bytes(out, c));
	if (!isnan(share))
		printf(" %5.1f %%", share * 100);
	fputs(around, stdout);
	if (missing > 0)
		printf(" (up to %s more)", bytes(missing, a));
	putchar('\n');
}

static void
show(const json_t *j)
{
	const json_t *columns = json_object_get(j, "columns"),
		     *total = json_object_get(j, "total"),
		     *rest = json_object_get(j, "rest");
	size_t count = (size_t)json_integer_value(json_object_get(j, "count"));
	double all = json_number_value(json_object_get(total, "octets"));

	const char *by = json_string_value(json_object_get(j, "by"));
	bool no_share = by != NULL && strcmp(by, "interface") == 0;

	printf("%-44s %10s %10s %10s%s\n", by != NULL ? by : "", "volume", "in", "out",
	    no_share ? "" : "   share");
	for (size_t i = 0; i < count; i++) {
		put_row(text_cell(columns, "name", i), text_cell(columns, "detail", i),
		    cell(columns, "octets_in", i), cell(columns, "octets_out", i),
		    cell(columns, "octets", i),
		    no_share ? NAN : cell(columns, "share", i),
		    cell(columns, "octets_low", i), cell(columns, "octets_high", i),
		    cell(columns, "missing", i));
	}
	double others = json_number_value(json_object_get(rest, "octets"));
	if (others > 0)
		put_row(json_number_value(json_object_get(rest, "forgotten")) > 0
			    ? "others and forgotten"
			    : "others",
		    "", json_number_value(json_object_get(rest, "octets_in")),
		    json_number_value(json_object_get(rest, "octets_out")), others,
		    no_share  ? NAN
		    : all > 0 ? others / all
			      : 0,
		    0, 0, 0);
	put_row("all", "", json_number_value(json_object_get(total, "octets_in")),
	    json_number_value(json_object_get(total, "octets_out")), all,
	    no_share  ? NAN
	    : all > 0 ? 1
		      : 0,
	    json_number_value(json_object_get(total, "octets_low")),
	    json_number_value(json_object_get(total, "octets_high")), 0);
	const json_t *coverage = json_object_get(j, "coverage");
	if (json_number_value(coverage) < 0.01 && json_number_value(coverage) > 0)
		printf("less than 1 %% of the time was tallied");
	else
		printf("%.0f %% of the time was tallied",
		    json_number_value(coverage) * 100);
	double unknown = json_number_value(json_object_get(total, "unknown_octets"));
	if (unknown > 0 && unknown >= all / 1000)
		printf("; the sampling of %.1f %% of the octets is not known",
		    unknown / all * 100);
	putchar('\n');
}

int
ctl_traffic(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "by", required_argument, NULL, 'b' },
		{ "since", required_argument, NULL, 's' },
		{ "until", required_argument, NULL, 'u' },
		{ "limit", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	char *path = mem_str("/api/v1/flows/top?");
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		const char *name = c == 'b'   ? "by"
				   : c == 's' ? "start"
				   : c == 'u' ? "end"
				   : c == 'l' ? "limit"
					      : NULL;
		if (name == NULL) {
			free(path);
			return usage();
		}
		if (c == 's' || c == 'u') {
			char *time = attime_minutes(optarg);
			path = with(path, name, time);
			free(time);
		} else {
			path = with(path, name, optarg);
		}
	}
	if (optind != argc) {
		free(path);
		return usage();
	}
	json_t *j = ctl_ask(ctl, path);
	free(path);
	if (j == NULL)
		return CTL_FAILED;
	show(j);
	json_decref(j);
	return 0;
}
