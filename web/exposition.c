#include "web/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void
expo_family(
    const struct exposition *p, const char *name, const char *type, const char *help)
{
	size_t len = strlen(name);

	if (p->open && strcmp(type, "counter") == 0)
		len -= strlen("_total");
	else if (strcmp(type, "info") == 0 && p->open)
		len -= strlen("_info");
	else if (strcmp(type, "info") == 0)
		type = "gauge";
	fprintf(p->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)len, name, help,
	    (int)len, name, type);
}

void
expo_label(FILE *out, const char *name, const char *value, bool first)
{
	fprintf(out, "%s%s=\"", first ? "" : ",", name);
	for (const char *s = value != NULL ? value : ""; *s != '\0'; s++) {
		if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\\' || *s == '"')
			fprintf(out, "\\%c", *s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

void
expo_number(FILE *out, double v)
{
	if (isnan(v))
		fputs(" NaN\n", out);
	else if (isinf(v))
		fputs(v > 0 ? " +Inf\n" : " -Inf\n", out);
	else
		fprintf(out, " %.17g\n", v);
}

void
expo_plain(const struct exposition *p, const char *name, double v)
{
	fputs(name, p->out);
	expo_number(p->out, v);
}

void
expo_labelled(const struct exposition *p, const char *name, const char *key,
    const char *value, uint64_t v)
{
	fprintf(p->out, "%s{", name);
	expo_label(p->out, key, value, true);
	fprintf(p->out, "} %" PRIu64 "\n", v);
}

void
expo_two_labels(const struct exposition *p, const char *name, const char *key,
    const char *value, const char *other, const char *other_value, uint64_t v)
{
	fprintf(p->out, "%s{", name);
	expo_label(p->out, key, value, true);
	expo_label(p->out, other, other_value, false);
	fprintf(p->out, "} %" PRIu64 "\n", v);
}
