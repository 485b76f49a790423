#include "config/loadtest.h"

#include <stdlib.h>
#include <string.h>

/* A number with k, M or G behind it, as the grammar has it. */
static double
number(const char *text)
{
	static const char units[] = "kMG";
	char *end;
	double v = strtod(text, &end);
	const char *unit = *end == '\0' ? NULL : strchr(units, *end);

	for (const char *u = units; unit != NULL && u <= unit; u++)
		v *= 1000;
	return v;
}

void
loadtest_settings(struct loadtest_settings *set, const struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Loadtest");
	const char *at = conf_value(s, "at", NULL);

	*set = (struct loadtest_settings){
		.url = { conf_value(s, "download", NULL), conf_value(s, "upload", NULL) },
		.seconds = (unsigned)atoi(conf_value(s, "seconds", "10")),
		.connections = (unsigned)atoi(conf_value(s, "connections", "4")),
		.bytes = (uint64_t)number(conf_value(s, "bytes", "200M")),
		.busy_bps = number(conf_value(s, "busy", "2M")),
		.interface = conf_value(s, "interface", NULL),
		.at = at != NULL ? atoi(at) * 60 + atoi(at + 3) : -1 };
}

bool
loadtest_wanted(const struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Loadtest");

	return conf_value(s, "download", NULL) != NULL ||
	       conf_value(s, "upload", NULL) != NULL;
}
