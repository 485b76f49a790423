/* probectl loadtest: fill the line for some seconds and say how long others wait. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/ask.h"

#define PATH "/api/v1/loadtests"
#define LONGEST_S 180

static void
print_test(const json_t *j)
{
	time_t begin = (time_t)json_integer_value(json_object_get(j, "begin"));
	struct tm tm;
	char when[32] = "";

	if (localtime_r(&begin, &tm) != NULL)
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s  %s\n", when, ask_text(j, "summary"));
}

static int
list(const struct ctl *ctl)
{
	json_t *all = ctl_ask(ctl, PATH), *tests, *j;
	size_t i;

	if (all == NULL)
		return CTL_FAILED;
	tests = json_object_get(all, "loadtests");
	if (json_array_size(tests) == 0)
		puts("no load test was made yet");
	json_array_foreach(tests, i, j) print_test(j);
	json_decref(all);
	return 0;
}

/* The newest test is over: print it. 1 when it is not; -1 after having complained. */
static int
try_last(const struct ctl *ctl, bool *complete)
{
	json_t *all = ctl_ask(ctl, PATH), *j;

	if (all == NULL)
		return -1;
	j = json_array_get(json_object_get(all, "loadtests"), 0);
	bool over = json_is_integer(json_object_get(j, "end"));
	if (over) {
		print_test(j);
		*complete =
		    json_is_null(json_object_get(json_object_get(j, "evidence"), "why"));
	}
	json_decref(all);
	return !over;
}

int
ctl_loadtest(const struct ctl *ctl, int argc, char **argv)
{
	bool complete = false;
	char *body = NULL;
	struct err err;
	int r = 1;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list(ctl);
	if (argc != 1) {
		fprintf(stderr, "probectl: expected loadtest [--list]\n");
		return CTL_USAGE;
	}
	int status = ctl_post(ctl, PATH, &body, &err);
	if (status < 0) {
		fprintf(stderr, "probectl: %s\n", err.text);
		return CTL_FAILED;
	}
	json_t *j = ctl_parse(PATH, status, body);
	if (j == NULL)
		return CTL_FAILED;
	json_decref(j);
	fprintf(stderr, "a load test has begun\n");
	/* It is in the list once the recorder has written it. */
	for (int i = 0; r > 0 && i < LONGEST_S; i++) {
		sleep(1);
		r = try_last(ctl, &complete);
	}
	if (r > 0)
		fprintf(stderr, "probectl: it does not end\n");
	return r == 0 && complete ? 0 : CTL_FAILED;
}
