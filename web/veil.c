#include "web/veil.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "infer/finding.h"
#include "web/eventlog.h"

#define SOMEBODY "a device"

char *
veil_text(const char *text, const char *name)
{
	const char *at;
	char *veiled;
	size_t size;
	FILE *out = open_memstream(&veiled, &size);

	if (out == NULL)
		fatal("open_memstream");
	while (*name != '\0' && (at = strstr(text, name)) != NULL) {
		fprintf(out, "%.*s" SOMEBODY, (int)(at - text), text);
		text = at + strlen(name);
	}
	fputs(text, out);
	fclose(out);
	return veiled;
}

static void
veil_in_place(char **text, const char *name)
{
	char *veiled = veil_text(*text, name);

	free(*text);
	*text = veiled;
}

static void
take_name(void *ctx, const char *key, const char *value)
{
	char **text = ctx;

	for (unsigned i = 0; finding_private(i) != NULL; i++)
		if (strcmp(key, finding_private(i)) == 0)
			veil_in_place(text, value);
}

char *
veil_summary(const char *summary, const char *evidence)
{
	char *text = mem_str(summary);

	eventlog_facts(evidence, take_name, &text);
	return text;
}

char *
veil_evidence(const char *evidence)
{
	return eventlog_veil(evidence);
}
