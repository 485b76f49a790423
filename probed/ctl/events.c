/* probectl events, note, silence: what happened, and an operator's words on it. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ctl/ask.h"

#define SINCE "now-7d"
#define PAGE 500

/* "PATH?a=b&c=d" of names and values, NULL behind the last name; values that are NULL
 * are left out. Malloced. */
static char *
with_args(const char *path, const char *const (*arg)[2])
{
	char *text = mem_str(path);
	char sep = '?';

	for (; (*arg)[0] != NULL; arg++) {
		if ((*arg)[1] == NULL)
			continue;
		char *value = curl_easy_escape(NULL, (*arg)[1], 0);
		char *longer =
		    mem_printf("%s%c%s=%s", text, sep, (*arg)[0], value ? value : "");
		curl_free(value);
		free(text);
		text = longer;
		sep = '&';
	}
	return text;
}

/* --- events ----------------------------------------------------------------------- */

struct wanted {
	const char *since, *until, *kind, *subject;
	bool open, json;
	const char *replay; /* a pattern; then SUBJECT is the target */
};

/* Every incident that is wanted, the newest first; NULL after having complained. */
static json_t *
fetch(const struct ctl *ctl, const struct wanted *w)
{
	/* jw_array() is also the name of one of ours, in base/json.h. */
	json_t *all = json_loads("[]", 0, NULL);
	char after[32] = "", limit[16];

	snprintf(limit, sizeof limit, "%d", PAGE);
	for (;;) {
		const char *const arg[][2] = { { "start", w->since },
			{ "end", w->until }, { "kind", w->kind },
			{ "subject", w->subject }, { "open", w->open ? "yes" : NULL },
			{ "limit", limit },
			{ "after", after[0] != '\0' ? after : NULL }, { NULL, NULL } };
		char *path = with_args("/api/v1/incidents", arg);
		json_t *page = ctl_ask(ctl, path);
		free(path);
		if (page == NULL) {
			json_decref(all);
			return NULL;
		}
		json_array_extend(all, json_object_get(page, "incidents"));
		const json_t *next = json_object_get(page, "next");
		bool more = json_is_integer(next);
		snprintf(
		    after, sizeof after, "%lld", (long long)json_integer_value(next));
		json_decref(page);
		if (!more)
			return all;
	}
}

static void
print_time(long long when)
{
	time_t t = (time_t)when;
	struct tm tm;
	char buf[32] = "?";

	if (localtime_r(&t, &tm) != NULL)
		strftime(buf, sizeof buf, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s", buf);
}

/* How long IN lasted, or has lasted. */
static const char *
length_of(const json_t *in)
{
	static char buf[32];
	const json_t *end = json_object_get(in, "end");
	bool open = !json_is_integer(end);
	long long s = (open ? clock_wall_s() : json_integer_value(end)) -
		      json_integer_value(json_object_get(in, "begin"));
	const char *plus = open ? "+" : "";

	if (s <= 0)
		return open ? "open" : "-";
	if (s < 120)
		snprintf(buf, sizeof buf, "%llds%s", s, plus);
	else if (s < 7200)
		snprintf(buf, sizeof buf, "%lldmin%s", s / 60, plus);
	else if (s < 172800)
		snprintf(buf, sizeof buf, "%lldh%s", s / 3600, plus);
	else
		snprintf(buf, sizeof buf, "%lldd%s", s / 86400, plus);
	return buf;
}

static void
print_line(const json_t *in)
{
	const char *subject = ask_text(in, "subject"), *source = ask_text(in, "source");
	bool alert = strcmp(ask_text(in, "kind"), "alert") == 0;

	print_time(json_integer_value(json_object_get(in, "begin")));
	/* What explain has more to say about. */
	if (json_is_array(json_object_get(json_object_get(in, "evidence"), "numbers")))
		printf(" #%-5lld", (long long)json_integer_value(json_object_get(in, "id")));
	printf("  %7s  %-11s %s%s%s: %s", length_of(in), ask_text(in, "kind"),
	    *subject != '\0' ? subject : "(all)", alert ? " " : "", alert ? source : "",
	    ask_text(in, "summary"));
	if (json_is_integer(json_object_get(in, "suppressed_by")))
		printf(
		    " (explained by %lld)", (long long)json_integer_value(
						json_object_get(in, "suppressed_by")));
	putchar('\n');
}

static int
events_options(struct wanted *w, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "since", required_argument, NULL, 's' },
		{ "until", required_argument, NULL, 'u' },
		{ "kind", required_argument, NULL, 'k' },
		{ "subject", required_argument, NULL, 't' },
		{ "open", no_argument, NULL, 'o' },
		{ "format", required_argument, NULL, 'f' },
		{ "replay", required_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'r':
			w->replay = optarg;
			break;
		case 's':
			w->since = optarg;
			break;
		case 'u':
			w->until = optarg;
			break;
		case 'k':
			w->kind = optarg;
			break;
		case 't':
			w->subject = optarg;
			break;
		case 'o':
			w->open = true;
			break;
		case 'f':
			w->json = strcmp(optarg, "json") == 0;
			if (w->json || strcmp(optarg, "text") == 0)
				break;
			fprintf(stderr,
			    "probectl: --format %s, expected json or text\n", optarg);
			return -1;
		default:
			return -1;
		}
	}
	if (w->replay != NULL && optind + 1 == argc) {
		w->subject = argv[optind];
		return 0;
	}
	if (w->replay != NULL) {
		fprintf(stderr, "probectl: expected events --replay PATTERN TARGET\n");
		return -1;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr,
	    "probectl: events takes options only, not '%s': expected --since T, --until T, "
	    "--kind KIND, --subject PATH, --open or --format json\n",
	    argv[optind]);
	return -1;
}

int
ctl_events(const struct ctl *ctl, int argc, char **argv)
{
	struct wanted w = { .since = SINCE };

	if (events_options(&w, argc, argv) < 0)
		return CTL_USAGE;
	if (w.replay != NULL)
		return ctl_replay(ctl, w.replay, w.subject);
	json_t *all = fetch(ctl, &w);
	if (all == NULL)
		return CTL_FAILED;
	for (size_t i = json_array_size(all); i-- > 0;) {
		const json_t *in = json_array_get(all, i);
		if (!w.json) {
			print_line(in);
			continue;
		}
		char *line = json_dumps(in, JSON_COMPACT);
		if (line == NULL)
			fatalx("no memory");
		puts(line);
		free(line);
	}
	json_decref(all);
	return 0;
}

/* --- words ------------------------------------------------------------------------ */

/* Options --target and, where END is not NULL, --end, wherever they stand; returns the
 * index of the first word that is none of them, or -1. */
static int
word_options(const char **target, const char **end, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "target", required_argument, NULL, 't' },
		{ "end", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*target = NULL;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 't')
			*target = optarg;
		else if (c == 'e' && end != NULL)
			*end = optarg;
		else
			return -1;
	}
	return optind;
}

/* ARGV's words from AT on, blanks between them; NULL when there is none. */
static char *
join(int argc, char **argv, int at)
{
	char *text = NULL;

	for (; at < argc; at++) {
		char *longer = text == NULL ? mem_str(argv[at])
					    : mem_printf("%s %s", text, argv[at]);
		free(text);
		text = longer;
	}
	return text;
}

static int
say(const struct ctl *ctl, char *path)
{
	struct err err;
	char *body;
	int status = ctl_post(ctl, path, &body, &err);
	json_t *answer = NULL;

	if (status < 0)
		fprintf(stderr, "probectl: %s\n", err.text);
	else
		answer = ctl_parse(path, status, body);
	free(path);
	json_decref(answer);
	return answer != NULL ? 0 : CTL_FAILED;
}

int
ctl_note(const struct ctl *ctl, int argc, char **argv)
{
	const char *target;
	int at = word_options(&target, NULL, argc, argv);
	char *text = at < 0 ? NULL : join(argc, argv, at);

	if (text == NULL) {
		fprintf(stderr, "probectl: expected note [--target PATH] TEXT\n");
		return CTL_USAGE;
	}
	const char *const arg[][2] = { { "target", target }, { "text", text },
		{ NULL, NULL } };
	char *path = with_args("/api/v1/notes", arg);
	free(text);
	return say(ctl, path);
}

/* "90m", "2h", "1d", seconds without a letter: 0 when it is none. */
static long long
parse_length(const char *text)
{
	char *end;
	double n = strtod(text, &end);
	static const struct {
		const char *unit;
		double seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 },
		{ "d", 86400 }, { "w", 604800 } };

	if (end == text || !(n > 0 && n < 1e9))
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(end, units[i].unit) == 0)
			return (long long)(n * units[i].seconds);
	return 0;
}

static void
print_silence(const json_t *s)
{
	const json_t *id = json_object_get(s, "id"), *end = json_object_get(s, "end");
	const char *name = ask_text(s, "name"), *target = ask_text(s, "target");
	const char *reason = ask_text(s, "reason");

	if (json_is_integer(id))
		printf("%6lld  ", (long long)json_integer_value(id));
	else
		printf("%6s  ", "-");
	if (json_is_true(json_object_get(s, "active")))
		printf("%-19s", "now");
	else if (json_is_integer(json_object_get(s, "begin")))
		print_time(json_integer_value(json_object_get(s, "begin")));
	else
		printf("%-19s", "by its times");
	printf("  ");
	if (json_is_integer(end))
		print_time(json_integer_value(end));
	else
		printf("%-19s", "-");
	printf("  %s%s%s%s%s\n", *target != '\0' ? target : "(all)",
	    *reason != '\0' ? ": " : "", reason,
	    *name != '\0' ? ", *** Silences *** " : "", name);
}

static int
list_silences(const struct ctl *ctl)
{
	json_t *answer = ctl_ask(ctl, "/api/v1/silences"), *list;

	if (answer == NULL)
		return CTL_FAILED;
	list = json_object_get(answer, "silences");
	if (json_array_size(list) > 0)
		printf("%6s  %-19s  %-19s  OF\n", "ID", "FROM", "UNTIL");
	for (size_t i = 0; i < json_array_size(list); i++)
		print_silence(json_array_get(list, i));
	json_decref(answer);
	return 0;
}

int
ctl_silence(const struct ctl *ctl, int argc, char **argv)
{
	const char *target, *id = NULL;
	int at = word_options(&target, &id, argc, argv);
	long long length = at < 0 || at >= argc ? 0 : parse_length(argv[at]);
	char end[32];

	if (id != NULL && at == argc && target == NULL) {
		const char *const arg[][2] = { { "id", id }, { NULL, NULL } };
		return say(ctl, with_args("/api/v1/silences/end", arg));
	}
	if (at == argc && target == NULL)
		return list_silences(ctl);
	if (length <= 0 || id != NULL) {
		fprintf(stderr,
		    "probectl: expected silence [--target PATH] LENGTH [REASON], a length "
		    "such as 90m, 2h or 1d; or silence --end ID\n");
		return CTL_USAGE;
	}
	snprintf(end, sizeof end, "%lld", clock_wall_s() + length);
	char *reason = join(argc, argv, at + 1);
	const char *const arg[][2] = { { "target", target }, { "end", end },
		{ "reason", reason }, { NULL, NULL } };
	char *path = with_args("/api/v1/silences", arg);
	free(reason);
	return say(ctl, path);
}
