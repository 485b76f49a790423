/* probectl status, health, targets: what the daemon says of itself, in tables. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/ctl.h"

#define COLUMNS 10

/* --- asking ----------------------------------------------------------------------- */

/* Make control characters in all that the daemon says harmless: a terminal is not its
 * to steer, least of all root's. */
static void
tame(json_t *j)
{
	const char *key;
	json_t *v;
	size_t i;

	for (char *s = (char *)(uintptr_t)json_string_value(j); s != NULL && *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	json_array_foreach(j, i, v) tame(v);
	json_object_foreach(j, key, v) tame(v);
}

/* Fetch and parse PATH; NULL after having complained. */
static json_t *
ask(const struct ctl *ctl, const char *path)
{
	struct err err;
	json_error_t why;
	char *body;
	int status = ctl_get(ctl, path, &body, &err);

	if (status < 0) {
		fprintf(stderr, "probectl: %s\n", err.text);
		return NULL;
	}
	json_t *j = json_loads(body, 0, &why);
	free(body);
	tame(j);
	if (status != 200 || !json_is_object(j)) {
		const char *detail = json_string_value(json_object_get(j, "detail"));
		fprintf(stderr, "probectl: the daemon answers %s with %d%s%s\n", path,
		    status, detail ? ": " : "", detail ? detail : "");
		json_decref(j);
		return NULL;
	}
	return j;
}

static const char *
text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

static long long
integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* NAN where there is no number. */
static double
number(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

/* --- tables ------------------------------------------------------------------------
 */

/* Rows of cells; cells are owned. */
struct table {
	char *(*row)[COLUMNS];
	size_t rows;
	unsigned columns;
	unsigned right; /* bit per column that stands right */
};

/* Begin a row; its cells are empty. */
static char **
row(struct table *t)
{
	t->row = mem_grow(t->row, t->rows + 1, sizeof *t->row);
	memset(t->row[t->rows], 0, sizeof t->row[0]);
	return t->row[t->rows++];
}

/* Characters, not bytes. */
static size_t
width(const char *s)
{
	size_t n = 0;

	for (; s != NULL && *s != '\0'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void
print_row(const struct table *t, char **cell, const size_t *wide)
{
	for (unsigned c = 0; c < t->columns; c++) {
		const char *s = cell[c] != NULL ? cell[c] : "";
		int pad = (int)(wide[c] - width(s));
		bool right = t->right >> c & 1, last = c + 1 == t->columns;

		printf("%s%*s%s%*s", c ? "  " : "", right ? pad : 0, "", s,
		    right || last ? 0 : pad, "");
	}
	putchar('\n');
}

/* Print T, unless it is not wanted after all, and free it. */
static void
print(struct table *t, bool wanted)
{
	size_t wide[COLUMNS] = { 0 };

	for (size_t r = 0; r < t->rows; r++)
		for (unsigned c = 0; c < t->columns; c++) {
			size_t w = width(t->row[r][c]);
			if (w > wide[c])
				wide[c] = w;
		}
	for (size_t r = 0; r < t->rows; r++) {
		if (wanted)
			print_row(t, t->row[r], wide);
		for (unsigned c = 0; c < COLUMNS; c++)
			free(t->row[r][c]);
	}
	free(t->row);
}

static void
head(struct table *t, const char *const *names)
{
	char **cell = row(t);

	for (t->columns = 0; names[t->columns] != NULL; t->columns++)
		cell[t->columns] = mem_str(names[t->columns]);
}

/* SECONDS for people: "5 s", "3 min", "2 h 5 min", "4 d 1 h". */
static char *
span(long long seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 120)
		return mem_printf("%lld s", seconds);
	if (seconds < 7200)
		return mem_printf("%lld min", seconds / 60);
	if (seconds < 172800)
		return mem_printf("%lld h %lld min", seconds / 3600, seconds / 60 % 60);
	return mem_printf("%lld d %lld h", seconds / 86400, seconds / 3600 % 24);
}

/* --- status ------------------------------------------------------------------------
 */

static void
show_workers(const json_t *status, long long now)
{
	static const char *const names[] = { "WORKER", "STATE", "PID", "UID",
		"RESTARTS", "CONFIG", "SINCE", "LOCKED IN", NULL };
	struct table t = { .right = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 };
	size_t i;
	json_t *w;

	head(&t, names);
	json_array_foreach(json_object_get(status, "workers"), i, w)
	{
		char **cell = row(&t);

		cell[0] = mem_str(text(w, "name"));
		cell[1] = mem_str(text(w, "state"));
		cell[2] = mem_printf("%lld", integer(w, "pid"));
		cell[3] = mem_printf("%lld", integer(w, "uid"));
		cell[4] = mem_printf("%lld", integer(w, "restarts"));
		cell[5] = mem_printf("%lld", integer(w, "generation"));
		cell[6] = integer(w, "since") > 0 ? span(now - integer(w, "since"))
						  : mem_str("-");
		cell[7] = mem_printf("%s%s%s", text(w, "sandbox"),
		    text(w, "last_end")[0] ? "; ended last: " : "",
		    text(w, "last_end"));
	}
	print(&t, true);
}

static void
show_icmp(const json_t *icmp, const char *key, const char *why, const char *name)
{
	const char *mode = text(icmp, key), *reason = text(icmp, why);

	printf("%-10s %s sockets%s%s\n", name, mode[0] != '\0' ? mode : "no",
	    reason[0] != '\0' ? ": " : "", reason);
}

/* "NAME   a 1, b 2" of the integers of OBJECT that are not 0. */
static void
show_counts(const char *name, const json_t *object, bool zeroes)
{
	const char *key;
	json_t *v;
	bool any = false;

	printf("%-10s", name);
	json_object_foreach((json_t *)object, key, v)
	{
		if (!json_is_integer(v) || (!zeroes && json_integer_value(v) == 0))
			continue;
		char *words = mem_str(key);
		for (char *s = words; *s != '\0'; s++)
			if (*s == '_' || (unsigned char)*s < ' ')
				*s = ' ';
		printf("%s %s %lld", any ? "," : "", words,
		    (long long)json_integer_value(v));
		free(words);
		any = true;
	}
	puts(any ? "" : " none");
}

static void
show_problems(const json_t *list, const char *what)
{
	size_t i;
	json_t *p;

	json_array_foreach(list, i, p) printf("  %s%s%s%s\n", text(p, "place"),
	    text(p, "place")[0] != '\0' ? ": " : "", what, text(p, "text"));
}

static void
show_config(const json_t *config, long long now)
{
	bool refused = json_is_true(json_object_get(config, "refused"));
	size_t errors = json_array_size(json_object_get(config, "errors"));
	size_t warnings = json_array_size(json_object_get(config, "warnings"));
	char *age = span(now - integer(config, "checked"));

	printf("%-10s generation %lld, checked %s ago: %s (%zu errors, %zu warnings)\n",
	    "config", integer(config, "generation"), age,
	    refused ? "the files on disk are REFUSED, an older state runs" : "in force",
	    errors, warnings);
	free(age);
	show_problems(json_object_get(config, "errors"), "");
	show_problems(json_object_get(config, "warnings"), "warning: ");
}

static void
show_troubles(const json_t *troubles, long long now)
{
	size_t i;
	json_t *t;

	json_array_foreach(troubles, i, t)
	{
		char *age = span(now - integer(t, "time"));

		if (i == 0)
			puts("troubles");
		printf("  %s ago: %s%s%s\n", age, text(t, "target"),
		    text(t, "target")[0] != '\0' ? ": " : "", text(t, "text"));
		free(age);
	}
}

int
ctl_status(const struct ctl *ctl, int argc, char **argv)
{
	if (argc > 1) {
		fprintf(
		    stderr, "probectl: status takes no argument, not '%s'\n", argv[1]);
		return CTL_USAGE;
	}
	json_t *s = ask(ctl, "/api/v1/status");
	if (s == NULL)
		return CTL_FAILED;
	long long now = integer(s, "time");
	char *up = span(integer(s, "uptime"));
	const json_t *icmp = json_object_get(s, "icmp");
	const json_t *overload = json_object_get(s, "overload");

	printf("smokebox %s, up %s\n\n", text(s, "version"), up);
	free(up);
	show_workers(s, now);
	putchar('\n');
	show_config(json_object_get(s, "config"), now);
	show_icmp(icmp, "v4", "v4_why", "icmp v4");
	show_icmp(icmp, "v6", "v6_why", "icmp v6");
	show_counts("rounds", json_object_get(s, "rounds"), true);
	show_counts("pings", json_object_get(s, "pings"), false);
	show_counts("overload", overload, false);
	printf("%-10s p50 %.3f ms, p99 %.3f ms, longest %.3f ms\n", "loop",
	    number(overload, "loop_p50") * 1e3, number(overload, "loop_p99") * 1e3,
	    number(overload, "loop_max") * 1e3);
	show_counts("store", json_object_get(s, "store"), true);
	printf("%-10s %zu seen\n", "exporters",
	    json_array_size(json_object_get(s, "exporters")));
	show_troubles(json_object_get(s, "troubles"), now);
	json_decref(s);
	return 0;
}

int
ctl_health(const struct ctl *ctl, int argc, char **argv)
{
	struct err err;
	char *body;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "probectl: health takes no argument\n");
		return CTL_USAGE;
	}
	int status = ctl_get(ctl, "/healthz", &body, &err);
	free(body);
	return status == 200 ? 0 : CTL_FAILED;
}

/* --- targets -----------------------------------------------------------------------
 */

/* SECONDS as a time that fits: "14.83 ms", "1.204 s". */
static char *
rtt(double seconds)
{
	if (isnan(seconds))
		return mem_str("-");
	if (seconds < 1e-3)
		return mem_printf("%.0f us", seconds * 1e6);
	if (seconds < 1)
		return mem_printf("%.2f ms", seconds * 1e3);
	return mem_printf("%.3f s", seconds);
}

static void
show_target(struct table *t, const json_t *target, long long now)
{
	const json_t *last = json_object_get(target, "last");
	double lost = number(last, "loss"), ratio = number(last, "loss_ratio");
	char **cell = row(t);

	cell[0] = mem_str(text(target, "path"));
	cell[1] = mem_str(text(target, "probe"));
	cell[2] = mem_str(text(target, "host"));
	cell[3] = mem_str(text(target, "address")[0] ? text(target, "address") : "-");
	cell[4] = rtt(number(last, "median"));
	cell[5] = isnan(lost) ? mem_str("-")
			      : mem_printf("%g/%lld %.0f%%", lost,
				    integer(target, "pings"), ratio * 100);
	cell[6] =
	    json_is_object(last) ? span(now - integer(last, "time")) : mem_str("-");
	cell[7] = mem_printf("%s%s%s", text(target, "state"),
	    text(target, "why")[0] ? ": " : "", text(target, "why"));
}

/* Is PATH one of ARGV, or below one of them? All are when there is none. */
static bool
asked_for(const char *path, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t len = strlen(argv[i]);

		if (strncmp(path, argv[i], len) == 0 &&
		    (path[len] == '\0' || path[len] == '.'))
			return true;
	}
	return argc <= 1;
}

/* Ask for the page of targets behind AFTER ("" for the first). */
static json_t *
ask_page(const struct ctl *ctl, const char *after)
{
	char *escaped = curl_easy_escape(NULL, after, 0);
	char *path = mem_printf("/api/v1/targets?after=%s", escaped ? escaped : "");
	json_t *page = ask(ctl, path);

	curl_free(escaped);
	free(path);
	return page;
}

int
ctl_targets(const struct ctl *ctl, int argc, char **argv)
{
	static const char *const names[] = { "PATH", "PROBE", "HOST", "ADDRESS",
		"MEDIAN", "LOSS", "AGE", "STATE", NULL };
	struct table t = { .right = 1 << 4 | 1 << 5 | 1 << 6 };
	long long now = clock_wall_ns() / CLOCK_NS_PER_S;
	char *after = mem_str("");
	int status = 0;

	head(&t, names);
	while (after != NULL) {
		json_t *page = ask_page(ctl, after), *target;
		const char *next = json_string_value(json_object_get(page, "next"));
		size_t i;

		free(after);
		after = mem_str(next);
		json_array_foreach(json_object_get(page, "targets"), i,
		    target) if (asked_for(text(target, "path"), argc, argv))
		    show_target(&t, target, now);
		if (page == NULL)
			status = CTL_FAILED;
		json_decref(page);
	}
	bool any = t.rows > 1;
	print(&t, any || status == 0);
	if (status == 0 && !any && argc > 1) {
		fprintf(stderr, "probectl: no target is called %s\n", argv[1]);
		status = CTL_FAILED;
	}
	return status;
}
