/* *** Detection ***: from what on traffic is looked at as an attack. */
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"

#define HOUR_S 3600

/* A number with k, M or G behind it, as the grammar has it. */
static double
number(const char *text, char **end)
{
	static const char units[] = "kMG";
	double v = strtod(text, end);
	const char *unit = **end == '\0' ? NULL : strchr(units, **end);

	for (const char *u = units; unit != NULL && u <= unit; u++)
		v *= 1000;
	*end += unit != NULL;
	return v;
}

void
conf_detection(const struct conf *conf, struct conf_detection *d)
{
	const struct conf_section *s =
	    conf != NULL ? conf_top(conf, "Detection") : NULL;
	const char *line = conf_value(s, "line", NULL);
	char *end;

	d->packets = number(conf_value(s, "host_packets", "2k"), &end);
	d->bits = number(conf_value(s, "host_bits", "20M"), &end);
	d->flows = number(conf_value(s, "host_flows", "1k"), &end);
	d->hold_s = strtol(conf_value(s, "attack_hold", "1900"), NULL, 10);
	d->learn_s = HOUR_S * strtol(conf_value(s, "attack_learn", "24"), NULL, 10);
	d->line[0] = d->line[1] = 0;
	if (line == NULL)
		return;
	d->line[0] = d->line[1] = number(line, &end);
	if (*end == '/')
		d->line[1] = number(end + 1, &end);
}
