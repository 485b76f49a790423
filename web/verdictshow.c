#include "web/verdictshow.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "infer/segment.h"
#include "web/path.h"
#include "web/request.h"

static struct msg_verdict now;
static bool known;

int
verdictshow_message(struct msg_in *in)
{
	struct msg_verdict v;

	if (msg_get_verdict(in, &v) != 0)
		return -1;
	now = v;
	known = true;
	return 0;
}

const struct msg_verdict *
verdictshow(void)
{
	return known && now.confidence != CONFIDENCE_NONE ? &now : NULL;
}

/* What it says, as who may see HOSTS or not reads it; to be freed. */
static char *
sentence_for(const struct msg_verdict *v, bool hosts)
{
	return hosts ? mem_str(v->sentence) : msg_verdict_veiled(v);
}

void
verdictshow_put(struct json *j, bool hosts)
{
	const struct msg_verdict *v = verdictshow();

	jw_key(j, "verdict");
	if (v == NULL) {
		jw_null(j);
		return;
	}
	jw_object(j);
	jw_put_bool(j, "fine", v->fine);
	jw_put_some(j, "begin", v->begin);
	jw_put_str(j, "segment", v->fine ? NULL : segment_word(v->segment));
	jw_put_str(j, "cause", v->fine ? NULL : v->cause);
	jw_put_str(j, "confidence", confidence_word(v->confidence));
	char *sentence = sentence_for(v, hosts);
	jw_put_str(j, "summary", sentence);
	free(sentence);
	jw_put_some(j, "incident", v->incident);
	jw_key(j, "segments");
	jw_object(j);
	for (int i = SEGMENT_NONE + 1; i < SEGMENTS; i++)
		jw_put_str(j, segment_word((enum segment)i),
		    verdict_level_word((enum verdict_level)v->level[i]));
	jw_object_end(j);
	jw_object_end(j);
}

void
verdictshow_line(struct html *page, bool hosts, bool wrong)
{
	const struct msg_verdict *v = verdictshow();

	if (v == NULL)
		return;
	/* It takes some rounds to say that the way is not fine any more. */
	if (wrong && v->fine && path_is_down()) {
		html_text(page, "verdict_below",
		    "The way out does not answer as it did. Whose fault that is, is "
		    "told once it lasts.");
		return;
	}
	char *sentence = sentence_for(v, hosts);
	html_text(page, wrong && v->fine ? "verdict_below" : "verdict", sentence);
	free(sentence);
	if (v->incident != 0)
		html_printf(page, "verdict_href", "%s/incidents?id=%" PRId64,
		    request_base(), v->incident);
}
