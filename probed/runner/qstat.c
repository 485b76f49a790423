/* quakestat's XML. */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "runner/outputs.h"

#define QSTAT_TEXT 64

struct qstat {
	struct times *t;
	unsigned depth;
	char text[QSTAT_TEXT + 1]; /* of the element under way */
	size_t len;
	bool error; /* the server's status */
	long ping;
};

static void
qstat_begin(void *ctx, const XML_Char *name, const XML_Char **attribute)
{
	struct qstat *q = ctx;

	q->depth++;
	q->len = 0;
	if (q->depth != 2 || strcmp(name, "server") != 0)
		return;
	q->t->tried = true;
	for (; attribute[0] != NULL; attribute += 2)
		if (strcmp(attribute[0], "status") == 0)
			q->error = strcmp(attribute[1], "ERROR") == 0;
}

static void
qstat_end(void *ctx, const XML_Char *name)
{
	struct qstat *q = ctx;
	char *end;

	q->text[q->len] = '\0';
	if (q->depth == 3 && strcmp(name, "ping") == 0 && q->text[0] >= '0' &&
	    q->text[0] <= '9') {
		long ping = strtol(q->text, &end, 10);
		if (*end == '\0')
			q->ping = ping;
	}
	if (q->depth == 3 && q->error && strcmp(name, "error") == 0)
		times_say(q->t, q->text);
	q->depth--;
	q->len = 0;
}

static void
qstat_text(void *ctx, const XML_Char *text, int len)
{
	struct qstat *q = ctx;

	for (int i = 0; i < len && q->len < QSTAT_TEXT; i++)
		q->text[q->len++] = text[i];
}

void
times_qstat(struct times *t, const char *text, size_t len)
{
	struct qstat q = { .t = t, .ping = -1 };
	XML_Parser parser = XML_ParserCreate(NULL);

	if (parser == NULL)
		return;
	XML_SetUserData(parser, &q);
	XML_SetElementHandler(parser, qstat_begin, qstat_end);
	XML_SetCharacterDataHandler(parser, qstat_text);
	if (XML_Parse(parser, text, (int)len, 1) == XML_STATUS_OK && q.ping >= 0 &&
	    q.ping < 100000000)
		times_add(t, q.ping * 1000000);
	/* A host that it could not even ask. */
	if (q.error)
		t->why = PING_NOT_SENT;
	XML_ParserFree(parser);
}
