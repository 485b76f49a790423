/* probectl notify: is a receiver of alerts reached? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "ctl/ctl.h"

int
ctl_notify(const struct ctl *ctl, int argc, char **argv)
{
	struct err err;
	char *body = NULL;

	if (argc != 3 || strcmp(argv[1], "--test") != 0 || argv[2][0] == '\0') {
		fprintf(stderr, "probectl: expected notify --test RECEIVER, a name in "
				"*** Actions ***, a mail address or |PROGRAM\n");
		return CTL_USAGE;
	}
	char *name = curl_easy_escape(NULL, argv[2], 0);
	char *path = mem_printf("/-/notify?receiver=%s", name != NULL ? name : "");
	int status = ctl_post(ctl, path, &body, &err);
	curl_free(name);
	free(path);
	if (status < 0) {
		fprintf(stderr, "probectl: %s\n", err.text);
		return CTL_FAILED;
	}
	/* A terminal is not the daemon's to steer. */
	for (char *s = body; *s != '\0'; s++)
		if (((unsigned char)*s < ' ' && *s != '\n') || *s == 0x7f)
			*s = '?';
	fprintf(status == 200 ? stdout : stderr, "%s%s",
	    status == 200 ? "" : "probectl: ", body);
	free(body);
	return status == 200 ? 0 : CTL_FAILED;
}
