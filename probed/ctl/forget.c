/* probectl forget ADDRESS: nobody is to see it in the traffic any more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "ctl/ask.h"

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
	if (j == NULL)
		return CTL_FAILED;
	json_int_t rows = json_integer_value(json_object_get(j, "rows"));
	printf("%s is forgotten: it stood in %" JSON_INTEGER_FORMAT " row%s\n", argv[1],
	    rows, rows == 1 ? "" : "s");
	json_decref(j);
	return 0;
}
