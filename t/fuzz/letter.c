/* What the courier reads: a row of the outbox (then all is written that is made of it),
 * a mail template, a receiver's cursor. The first letter says which; behind a w, the
 * first line is what happened, and the rest is the row. */
#include "t/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "base/mem.h"
#include "courier/cursor.h"
#include "courier/mail.h"
#include "courier/service.h"

static const char *const types[] = { "webhook", "ntfy", "gotify", "slack", "discord",
	"telegram", "pushover", "apprise" };

/* All bodies of P; those that are to be JSON are. */
static void
write_all(const struct parcel *p)
{
	struct address a = { .url = (char *)"http://h/t",
		.token = (char *)"t",
		.user = (char *)"u",
		.to = (char *)"a@b",
		.from = (char *)"c@d",
		.url_base = (char *)"http://s/cgi" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char *body = NULL;
		size_t len;
		FILE *out = open_memstream(&body, &len);

		if (out == NULL)
			fatal("open_memstream");
		a.service = service_find(types[i]);
		a.service->body(&a, p, out);
		fclose(out);
		json_t *j = json_loads(body, 0, NULL);
		if (j == NULL && strcmp(types[i], "pushover") != 0)
			abort();
		json_decref(j);
		free(body);
	}
	size_t len;
	char *mail = mail_message(&a, p, NULL, "host", &len);
	if (strlen(mail) != len)
		abort();
	for (const char *line = mail; *line != '\0'; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > 998 && strncmp(line, "Subject:", 8) != 0)
			abort();
	free(mail);
}

static void
letter(const char *what, const char *text)
{
	struct parcel p = { .receiver = "r", .url_base = "http://s/cgi" };

	for (int i = 0; i < 2; i++) {
		struct letter *l = parcel_add(&p);

		l->id = i + 1;
		l->time = 1764000000;
		l->incident = 7;
		if (letter_read(l, i > 0 ? "close" : what, text, NULL) != 0) {
			parcel_clear(&p);
			return;
		}
		write_all(&p);
	}
	parcel_clear(&p);
}

static void template(const char *text)
{
	struct parcel p = { .receiver = "r", .url_base = "http://s/cgi" };
	struct letter *l = parcel_add(&p);
	struct address a = { .to = (char *)"a@b", .from = (char *)"c@d" };
	size_t len;

	if (letter_read(l, "open", "{\"alert\":\"a\",\"target\":\"A\"}", NULL) != 0)
		abort();
	if (mailtemplate_check(text, NULL) == 0)
		free(mail_message(&a, &p, text, "host", &len));
	parcel_clear(&p);
}

int
fuzz_letter(const uint8_t *data, size_t size)
{
	struct cursor c;

	if (size == 0)
		return 0;
	char *text = mem_strn((const char *)data + 1, size - 1);
	if (data[0] == 't') {
		template(text);
	} else if (data[0] == 'c') {
		cursor_parse((const char *)data + 1, size - 1, "a", &c);
	} else if (data[0] == 'w' && strchr(text, '\n') != NULL) {
		char *body = strchr(text, '\n');
		*body++ = '\0';
		letter(text, body);
	} else {
		letter("open", text);
	}
	free(text);
	return 0;
}
