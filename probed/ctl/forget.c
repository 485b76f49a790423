/* probectl forget ADDRESS: nobody is to see it in the traffic any more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "ctl/ask.h"

static const struct timespec while_working = { 0, 200 * 1000 * 1000 };

static bool
is_state(const json_t *j, const char *state)
{
	const char *is = json_string_value(json_object_get(j, "state"));

	return is != NULL && strcmp(is, state) == 0;
}

/* Whose state J tells; 0: nobody's. */
static json_int_t
ticket_of(const json_t *j)
{
	return json_integer_value(json_object_get(j, "ticket"));
}

/* Why what J tells is not that ours is done. */
static const char *
trouble_of(const json_t *j, bool ours)
{
	const char *why = json_string_value(json_object_get(j, "trouble"));

	if (is_state(j, "none"))
		return "the daemon was started again, try again";
	if (!ours)
		return "somebody asked for another address before it was seen how this one "
		       "ended, try again";
	return why != NULL ? why : "the daemon does not say why";
}

int
ctl_forget(const struct ctl *ctl, int argc, char **argv)
{
	struct prefix p;
	struct err err;
	char *body = NULL;

	if (argc != 2) {
		fprintf(stderr, "probectl: expected forget ADDRESS or PREFIX\n");
		return CTL_USAGE;
	}
	if (prefix_parse(&p, argv[1], &err) < 0) {
		fprintf(stderr, "probectl: %s\n", err.text);
		return CTL_USAGE;
	}
	char *address = curl_easy_escape(NULL, argv[1], 0);
	char *path =
	    mem_printf("/api/v1/forget?address=%s", address != NULL ? address : "");
	int status = ctl_post(ctl, path, &body, &err);
	json_t *j = status < 0 ? NULL : ctl_parse(path, status, body);
	curl_free(address);
	free(path);
	if (status < 0)
		fprintf(stderr, "probectl: %s\n", err.text);
	json_int_t ticket = ticket_of(j);
	/* It goes on there even if nobody waits. */
	while (j != NULL && is_state(j, "working") && ticket_of(j) == ticket) {
		nanosleep(&while_working, NULL);
		json_decref(j);
		j = ctl_ask(ctl, "/api/v1/forget");
	}
	if (j == NULL)
		return CTL_FAILED;
	bool ours = ticket_of(j) == ticket;
	if (!ours || !is_state(j, "done")) {
		fprintf(stderr, "probectl: perhaps not all of %s is forgotten: %s\n",
		    argv[1], trouble_of(j, ours));
		json_decref(j);
		return CTL_FAILED;
	}
	json_int_t rows = json_integer_value(json_object_get(j, "rows"));
	printf("%s is forgotten: it stood in %" JSON_INTEGER_FORMAT " row%s\n", argv[1],
	    rows, rows == 1 ? "" : "s");
	json_decref(j);
	return 0;
}
