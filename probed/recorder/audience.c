#include "recorder/audience.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

char *
audience_of(const struct conf *conf, const char *kind, const char *other, bool too)
{
	const struct conf_section *actions = conf_top(conf, "Actions");
	char *text = NULL;
	size_t len, names = 0;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	jw_array(&j);
	for (const struct conf_section *s = actions != NULL ? actions->first : NULL;
	     s != NULL; s = s->next)
		if (conf_action_hears(s, kind) &&
		    (other == NULL || conf_action_hears(s, other) == too)) {
			jw_str(&j, s->name);
			names++;
		}
	jw_array_end(&j);
	mem_stream_end(out);
	if (names > 0)
		return text;
	free(text);
	return NULL;
}
