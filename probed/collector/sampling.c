#include "collector/sampling.h"

#include <stdlib.h>

#include "base/mem.h"

static uint32_t
rate(const char *text)
{
	return text == NULL ? 0 : (uint32_t)strtoul(text, NULL, 10);
}

void
sampling_configure(struct rates *r, const struct conf *conf)
{
	const struct conf_section *top = conf_top(conf, "Collector");
	const struct conf_section *group = conf_child(top, "exporters");
	struct rates_rule *rules = NULL;
	size_t count = 0;
	struct err err;

	for (const struct conf_section *s = group == NULL ? NULL : group->first;
	     s != NULL; s = s->next) {
		struct rates_rule one = {
			.fallback = rate(conf_value(s, "sampling_default", NULL)),
		};

		if (prefixes_parse(
			&one.address, conf_value(s, "address", NULL), &err) != 0) {
			log_warnx("*** Collector ***: %s: address: %s; passed over",
			    s->name, err.text);
			continue;
		}
		if (ratelist_parse(&one.rate, conf_value(s, "sampling", NULL), &err) !=
		    0)
			log_warnx("*** Collector ***: %s: sampling: %s; passed over",
			    s->name, err.text);
		rules = mem_grow(rules, count + 1, sizeof *rules);
		rules[count++] = one;
	}
	rates_set(r, rules, count, rate(conf_value(top, "sampling_default", NULL)));
}
