/* probectl path TARGET: what the daemon knows of the way to one of its targets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <jansson.h>

#include "base/addr.h"
#include "base/mem.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"

/* KEY, seconds, in milliseconds; "-" where it is not known. */
static const char *
millis(const json_t *object, const char *key, char *buf, size_t size)
{
	const json_t *v = json_object_get(object, key);

	if (json_is_number(v))
		snprintf(buf, size, "%.2f", json_number_value(v) * 1e3);
	else
		snprintf(buf, size, "-");
	return buf;
}

static const char *
when(long long seconds, char *buf, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(buf, size, "%Y-%m-%d %H:%M", &tm);
	return buf;
}

static void
print_hop(const json_t *h)
{
	const json_t *address, *addresses = json_object_get(h, "addresses");
	const json_t *loss = json_object_get(h, "loss_ratio");
	char median[32], least[32], most[32];
	size_t i;

	printf("%3lld  ", ask_integer(h, "hop"));
	if (json_is_true(json_object_get(h, "limited")))
		printf("limits  ");
	else if (json_is_number(loss))
		printf("%5.1f%%  ", json_number_value(loss) * 100);
	else
		printf("     -  ");
	printf("%9s %9s %9s  %-8s ", millis(h, "median", median, sizeof median),
	    millis(h, "min", least, sizeof least), millis(h, "max", most, sizeof most),
	    json_is_true(json_object_get(h, "target")) ? "target"
						       : ask_text(h, "rung"));
	if (json_array_size(addresses) == 0)
		printf(" (silent)");
	json_array_foreach(addresses, i, address)
	    printf(" %s", json_string_value(address));
	putchar('\n');
}

static void
print_way(const json_t *way)
{
	const json_t *h, *history = json_object_get(way, "history");
	char since[32];
	size_t i;

	printf("%s  %s  %s, as it is since %s\n", ask_text(way, "target"),
	    ask_text(way, "address"), ask_text(way, "rung"),
	    when(ask_integer(way, "since"), since, sizeof since));
	printf("hop    loss     median       min       max  what      router (ms)\n");
	json_array_foreach(json_object_get(way, "hops"), i, h) print_hop(h);
	if (json_is_true(json_object_get(way, "blind")))
		printf("The routers are not visible from here.\n");
	json_array_foreach(history, i, h)
	    printf("%s  %s: %s\n", when(ask_integer(h, "time"), since, sizeof since),
		ask_text(h, "kind"), ask_text(h, "summary"));
}

/* What the daemon answers about NAME, or NULL: no such target, or no daemon. */
static json_t *
ask(const struct ctl *ctl, const char *name)
{
	char *escaped = curl_easy_escape(NULL, name, 0), *path, *body = NULL;
	json_t *way = NULL;
	struct err err;

	if (escaped == NULL)
		return NULL;
	path = mem_printf("/api/v1/path?target=%s", escaped);
	curl_free(escaped);
	int status = ctl_get(ctl, path, &body, &err);
	if (status == 200)
		way = ctl_parse(path, status, body);
	else if (status > 0)
		free(body);
	free(path);
	return way;
}

int
ctl_way(const struct ctl *ctl, const char *name, char **host)
{
	struct addr a;
	json_t *way;
	int r = -1;

	*host = NULL;
	if (addr_parse(&a, name) == 0 || (way = ask(ctl, name)) == NULL)
		return -1;
	if (json_array_size(json_object_get(way, "hops")) > 0) {
		print_way(way);
		r = 0;
	} else {
		*host = mem_str(json_string_value(json_object_get(way, "host")));
	}
	json_decref(way);
	return r;
}

/* TEXT line by line, each behind a hash, with nothing in it that steers a terminal. */
static void
print_commented(const char *text)
{
	for (bool begins = true; *text != '\0'; begins = *text++ == '\n') {
		if (begins)
			putchar('#');
		putchar(*text != '\n' && ((unsigned char)*text < ' ' || *text == 0x7f)
			    ? '?'
			    : *text);
	}
}

int
ctl_way_targets(const struct ctl *ctl)
{
	static const char where[] = "/api/v1/path";
	char *body;
	struct err err;
	int status = ctl_get(ctl, where, &body, &err);

	if (status != 200) {
		if (status > 0)
			json_decref(ctl_parse(where, status, body));
		else
			fprintf(stderr, "probectl: %s\n", err.text);
		return CTL_FAILED;
	}
	json_t *path = json_loads(body, 0, NULL);
	const char *suggestion = ask_text(path, "suggestion");
	bool walked = json_array_size(json_object_get(path, "targets")) > 0;
	free(body);
	if (*suggestion != '\0')
		print_commented(suggestion);
	else
		fprintf(stderr, "probectl: %s\n",
		    walked
			? "nothing is proposed: what was found on the way is measured"
			: "nothing is known yet of the way: it is walked in the first "
			  "minutes after a start");
	int result = *suggestion != '\0' ? 0 : CTL_FAILED;
	json_decref(path);
	return result;
}
