#include "web/veil.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "infer/finding.h"
#include "web/eventlog.h"

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
