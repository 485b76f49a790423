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
#include "ctl/ask.h"
#include "ctl/ctl.h"

#define COLUMNS 10

/* NAN where there is no number. */
static double
number(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

/* --- tables ----------------------------------------------------------------------- */

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

static char *
span(long long seconds)
{
	char text[CLOCK_SPAN_TEXT];

	return mem_str(clock_span_text(seconds < 0 ? 0 : seconds, text));
}

/* --- status ----------------------------------------------------------------------- */

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

		cell[0] = mem_str(ask_text(w, "name"));
		cell[1] = mem_str(ask_text(w, "state"));
		cell[2] = mem_printf("%lld", ask_integer(w, "pid"));
		cell[3] = mem_printf("%lld", ask_integer(w, "uid"));
		cell[4] = mem_printf("%lld", ask_integer(w, "restarts"));
		cell[5] = mem_printf("%lld", ask_integer(w, "generation"));
		cell[6] = ask_integer(w, "since") > 0
			      ? span(now - ask_integer(w, "since"))
			      : mem_str("-");
		cell[7] = mem_printf("%s%s%s", ask_text(w, "sandbox"),
		    ask_text(w, "last_end")[0] ? "; ended last: " : "",
		    ask_text(w, "last_end"));
	}
	print(&t, true);
}

static void
show_icmp(const json_t *icmp, const char *family)
{
	char *why = mem_printf("%s_why", family);
	char *count = mem_printf("%s_sockets", family);
	char *buffer = mem_printf("%s_buffer", family);
	const char *mode = ask_text(icmp, family), *reason = ask_text(icmp, why);

	printf("icmp %-5s %s sockets", family, mode[0] != '\0' ? mode : "no");
	if (ask_integer(icmp, count) > 0)
		printf(", %lld with %lld KiB each", ask_integer(icmp, count),
		    ask_integer(icmp, buffer) / 1024);
	printf("%s%s\n", reason[0] != '\0' ? ": " : "", reason);
	free(why);
	free(count);
	free(buffer);
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

static long long
sum(const json_t *object)
{
	const char *key;
	json_t *v;
	long long all = 0;

	json_object_foreach((json_t *)object, key, v)
	{
		all += json_integer_value(v);
	}
	return all;
}

static void
show_problems(const json_t *list, const char *what)
{
	size_t i;
	json_t *p;

	json_array_foreach(list, i, p) printf("  %s%s%s%s\n", ask_text(p, "place"),
	    ask_text(p, "place")[0] != '\0' ? ": " : "", what, ask_text(p, "text"));
}

static void
show_config(const json_t *config, long long now)
{
	bool refused = json_is_true(json_object_get(config, "refused"));
	size_t errors = json_array_size(json_object_get(config, "errors"));
	size_t warnings = json_array_size(json_object_get(config, "warnings"));
	char *age = span(now - ask_integer(config, "checked"));

	printf("%-10s generation %lld, checked %s ago: %s (%zu errors, %zu warnings)\n",
	    "config", ask_integer(config, "generation"), age,
	    refused ? "the files on disk are REFUSED, an older state runs" : "in force",
	    errors, warnings);
	free(age);
	show_problems(json_object_get(config, "errors"), "");
	show_problems(json_object_get(config, "warnings"), "warning: ");
}

/* Who sends flows and may not, and what would let it in. */
static void
show_strangers(const json_t *s)
{
	size_t i;
	json_t *t;

	json_array_foreach(json_object_get(s, "strangers"), i, t)
	{
		const char *protocol = ask_text(t, "protocol");

		printf("stranger   %s sent %lld datagrams%s%s", ask_text(t, "address"),
		    ask_integer(t, "datagrams"),
		    *protocol == '\0'		       ? ""
		    : ask_integer(t, "datagrams") == 1 ? " of "
						       : ", mostly ",
		    protocol);
		if (json_is_true(json_object_get(t, "proxy")))
			fputs(", and passes on what others send: who they are is not "
			      "seen; give the container its host's network "
			      "(network_mode: host), or let all of them in",
			    stdout);
		printf("; to let it in: *** Collector *** %s\n", ask_text(t, "line"));
	}
}

/* What exporters told, and had no more room. */
static void
show_no_room(const json_t *totals)
{
	json_t *list = json_object_get(totals, "no_room"), *count;
	const char *what;

	json_object_foreach(list, what, count) if (json_integer_value(count) > 0)
	    printf(", no room for %lld %s", (long long)json_integer_value(count), what);
	if (ask_integer(totals, "lessons_left") > 0)
		printf(", %lld exporters and templates not kept over a restart",
		    ask_integer(totals, "lessons_left"));
}

/* Who sends flows. */
static void
show_exporters(const json_t *s, long long now)
{
	static const char *const names[] = { "EXPORTER", "PROTOCOL", "RECORDS", "LOST",
		"FAULTS", "SAMPLING", "BY", "LAST", NULL };
	const json_t *list = json_object_get(s, "exporters");
	const json_t *totals = json_object_get(s, "collector");
	struct table t = { .right = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 };
	size_t i;
	json_t *x;

	printf("%-10s %zu seen", "exporters", json_array_size(list));
	if (ask_integer(totals, "strangers") > 0)
		printf(", %lld datagrams of senders that may not send",
		    ask_integer(totals, "strangers"));
	if (ask_integer(totals, "drops") > 0)
		printf(", %lld datagrams dropped for want of room",
		    ask_integer(totals, "drops"));
	if (ask_integer(totals, "suspicions") > 0)
		printf(", %lld suspicions", ask_integer(totals, "suspicions"));
	show_no_room(totals);
	putchar('\n');
	if (json_array_size(list) == 0) {
		show_strangers(s);
		return;
	}
	putchar('\n');
	head(&t, names);
	json_array_foreach(list, i, x)
	{
		char **cell = row(&t);
		const char *agent = ask_text(x, "agent");

		cell[0] = mem_printf("%s%s%s/%lld", ask_text(x, "address"),
		    agent[0] != '\0' ? " " : "", agent, ask_integer(x, "domain"));
		cell[1] = mem_str(ask_text(x, "protocol"));
		cell[2] = mem_printf("%lld", ask_integer(x, "records"));
		cell[3] = mem_printf("%lld", ask_integer(x, "lost"));
		cell[4] = mem_printf("%lld", ask_integer(x, "faults"));
		cell[5] = ask_integer(x, "sampling") > 0
			      ? mem_printf("%lld", ask_integer(x, "sampling"))
			      : mem_str("unknown");
		cell[6] = mem_str(
		    ask_integer(x, "sampling") > 0 ? ask_text(x, "sampling_from") : "");
		cell[7] = span(now - ask_integer(x, "last"));
	}
	print(&t, true);
	putchar('\n');
	show_strangers(s);
}

/* Interfaces, who is asked for their counters, and where flows say something else. */
static void
show_interfaces(const json_t *s, long long now)
{
	static const char *const names[] = { "ASKED", "BY", "ADDRESS", "INTERFACES",
		"LAST", "TROUBLE", NULL };
	const json_t *totals = json_object_get(s, "interfaces");
	const json_t *list = json_object_get(s, "pollers");
	struct table t = { .right = 1 << 3 | 1 << 4 };
	size_t i;
	json_t *x;

	printf(
	    "%-10s %lld known, %lld with counters: %lld samples, %lld resets, %lld wraps, "
	    "%lld gaps, %lld doubts\n",
	    "interfaces", ask_integer(totals, "known"), ask_integer(totals, "counted"),
	    ask_integer(totals, "samples"), ask_integer(totals, "resets"),
	    ask_integer(totals, "wraps"), ask_integer(totals, "gaps"),
	    ask_integer(totals, "doubts"));
	json_array_foreach(json_object_get(totals, "differing"), i, x)
	{
		printf(
		    "  %s interface %lld %s: counters and flows differ by a factor of "
		    "%.2f\n",
		    ask_text(x, "device"), ask_integer(x, "index"), ask_text(x, "name"),
		    number(x, "factor"));
	}
	if (json_array_size(list) == 0)
		return;
	putchar('\n');
	head(&t, names);
	json_array_foreach(list, i, x)
	{
		char **cell = row(&t);

		cell[0] = mem_str(ask_text(x, "name"));
		cell[1] = mem_str(ask_text(x, "source"));
		cell[2] =
		    mem_str(ask_text(x, "address")[0] ? ask_text(x, "address") : "-");
		cell[3] = mem_printf("%lld", ask_integer(x, "interfaces"));
		cell[4] = ask_integer(x, "last") > 0
			      ? span(now - ask_integer(x, "last"))
			      : mem_str("never");
		cell[5] = mem_str(ask_text(x, "trouble"));
	}
	print(&t, true);
	putchar('\n');
}

/* This host's radios, or why none is seen. */
static void
show_wifi(const json_t *wifi)
{
	size_t i;
	json_t *r;

	if (ask_text(wifi, "text")[0] != '\0')
		printf("%-10s %s\n", "wifi", ask_text(wifi, "text"));
	json_array_foreach(json_object_get(wifi, "radios"), i, r)
	    printf("%-10s %s%s: %s\n", "wifi", ask_text(r, "name"),
		json_is_true(json_object_get(r, "leads_out")) ? ", the way out" : "",
		ask_text(r, "text"));
}

/* Who is told of alerts, and how that goes. */
static void
show_receivers(const json_t *receivers, long long now)
{
	static const char *const names[] = { "RECEIVER", "TYPE", "SENT", "FAILED",
		"WAITING", "LAST", "TROUBLE", NULL };
	struct table t = { .right = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 };
	size_t i;
	json_t *r;

	if (json_array_size(receivers) == 0)
		return;
	head(&t, names);
	json_array_foreach(receivers, i, r)
	{
		char **cell = row(&t);

		cell[0] = mem_str(ask_text(r, "name"));
		cell[1] = mem_str(ask_text(r, "type"));
		cell[2] = mem_printf("%lld", ask_integer(r, "sent"));
		cell[3] = mem_printf("%lld", ask_integer(r, "failed"));
		cell[4] = mem_printf("%lld", ask_integer(r, "waiting"));
		cell[5] = ask_integer(r, "last") > 0
			      ? span(now - ask_integer(r, "last"))
			      : mem_str("-");
		cell[6] = mem_str(ask_text(r, "error"));
	}
	putchar('\n');
	print(&t, true);
}

/* What is done against attacks. */
static void
show_blockades(const json_t *blockades)
{
	size_t i;
	json_t *b;

	json_array_foreach(blockades, i, b)
	{
		const char *why = ask_text(b, "why"), *says = ask_text(b, "says");

		printf("%-10s %s, %s: %s%s%s", "blockade", ask_text(b, "action"),
		    ask_text(b, "host"), ask_text(b, "state"), *why != '\0' ? ", " : "",
		    why);
		if (*says != '\0')
			printf(": %.*s", (int)strcspn(says, "\n"), says);
		putchar('\n');
	}
}

static void
show_sinks(const json_t *sinks, long long now)
{
	size_t i;
	json_t *s;

	json_array_foreach(sinks, i, s)
	{
		printf("%-10s %s, %s: sent %lld, dropped %lld, waiting %lld\n", "sink",
		    ask_text(s, "name"), ask_text(s, "url"), ask_integer(s, "sent"),
		    ask_integer(s, "dropped"), ask_integer(s, "waiting"));
		if (ask_integer(s, "failed_at") > 0) {
			char *age = span(now - ask_integer(s, "failed_at"));
			printf("  failed %s ago: %s\n", age, ask_text(s, "error"));
			free(age);
		}
	}
}

static void
show_troubles(const json_t *troubles, long long now)
{
	size_t i;
	json_t *t;

	json_array_foreach(troubles, i, t)
	{
		char *age = span(now - ask_integer(t, "time"));

		if (i == 0)
			puts("troubles");
		printf("  %s ago: %s%s%s\n", age, ask_text(t, "target"),
		    ask_text(t, "target")[0] != '\0' ? ": " : "", ask_text(t, "text"));
		free(age);
	}
}

/* A line for each slave, and one for what is wrong. */
static void
show_slaves(const json_t *slaves, long long now)
{
	size_t i;
	json_t *s;

	json_array_foreach(slaves, i, s)
	{
		const char *name = ask_text(s, "name");
		char *age = ask_integer(s, "seen") > 0
				? span(now - ask_integer(s, "seen"))
				: NULL;

		if (i == 0)
			puts("slaves");
		if (*name == '\0')
			printf("  others    ");
		else if (age == NULL)
			printf("  %-10sdid not call yet", name);
		else
			printf("  %-10scalled %s ago from %s (%s), %lld rounds%s", name,
			    age, ask_text(s, "address"), ask_text(s, "protocol"),
			    ask_integer(s, "rounds"),
			    json_is_true(json_object_get(s, "current"))
				? ""
				: ", with an older configuration");
		free(age);
		printf("; %lld errors\n", sum(json_object_get(s, "errors")));
		if (*ask_text(s, "last_error") != '\0') {
			age = span(now - ask_integer(s, "last_error_time"));
			printf("    %s ago: %s\n", age, ask_text(s, "last_error"));
			free(age);
		}
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
	json_t *s = ctl_ask(ctl, "/api/v1/status");
	if (s == NULL)
		return CTL_FAILED;
	long long now = ask_integer(s, "time");
	char *up = span(ask_integer(s, "uptime"));
	const json_t *icmp = json_object_get(s, "icmp");
	const json_t *overload = json_object_get(s, "overload");
	const json_t *reflector = json_object_get(s, "reflector");

	printf("smokebox %s, up %s\n\n", ask_text(s, "version"), up);
	free(up);
	show_workers(s, now);
	putchar('\n');
	show_config(json_object_get(s, "config"), now);
	show_icmp(icmp, "v4");
	show_icmp(icmp, "v6");
	show_counts("rounds", json_object_get(s, "rounds"), true);
	show_counts("pings", json_object_get(s, "pings"), false);
	show_counts("overload", overload, false);
	if (ask_integer(icmp, "new_ids") > 0)
		printf("%-10s %lld targets moved to another ICMP id\n", "new ids",
		    ask_integer(icmp, "new_ids"));
	if (sum(reflector) > 0)
		show_counts("reflector", reflector, false);
	printf("%-10s p50 %.3f ms, p99 %.3f ms, longest %.3f ms\n", "loop",
	    number(overload, "loop_p50") * 1e3, number(overload, "loop_p99") * 1e3,
	    number(overload, "loop_max") * 1e3);
	show_counts("store", json_object_get(s, "store"), true);
	show_sinks(json_object_get(s, "sinks"), now);
	show_blockades(json_object_get(s, "blockades"));
	show_exporters(s, now);
	show_interfaces(s, now);
	show_wifi(json_object_get(s, "wifi"));
	show_slaves(json_object_get(s, "slaves"), now);
	show_troubles(json_object_get(s, "troubles"), now);
	show_receivers(
	    json_object_get(json_object_get(s, "courier"), "receivers"), now);
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

/* --- targets ---------------------------------------------------------------------- */

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

	cell[0] = mem_str(ask_text(target, "path"));
	cell[1] = mem_str(ask_text(target, "probe"));
	cell[2] = mem_str(ask_text(target, "host"));
	cell[3] =
	    mem_str(ask_text(target, "address")[0] ? ask_text(target, "address") : "-");
	cell[4] = rtt(number(last, "median"));
	cell[5] = isnan(lost) ? mem_str("-")
			      : mem_printf("%g/%lld %.0f%%", lost,
				    ask_integer(target, "pings"), ratio * 100);
	cell[6] =
	    json_is_object(last) ? span(now - ask_integer(last, "time")) : mem_str("-");
	cell[7] = mem_printf("%s%s%s", ask_text(target, "state"),
	    ask_text(target, "why")[0] ? ": " : "", ask_text(target, "why"));
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
	json_t *page = ctl_ask(ctl, path);

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
	long long now = clock_wall_s();
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
		    target) if (asked_for(ask_text(target, "path"), argc, argv))
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
