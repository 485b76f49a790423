#include "recorder/incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

char *
incident_body(const struct incident *in)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	jw_put_str(&j, "kind", in->kind);
	jw_put_str(&j, "subject", in->subject);
	jw_put_str(&j, "source", in->source);
	jw_put_int(&j, "begin", in->begin);
	jw_put_some(&j, "end", in->end);
	jw_put_str(&j, "confidence", in->confidence);
	jw_put_str(&j, "summary", in->summary);
	jw_put_num(&j, "worst", in->worst);
	jw_put_some(&j, "priority", in->priority);
	jw_key(&j, "evidence");
	json_raw(&j, in->evidence);
	jw_object_end(&j);
	mem_stream_end(out);
	return text;
}

char *
incident_evidence(const char *evidence, const char *why)
{
	char *text;
	size_t len = strlen(evidence), size;
	FILE *out = mem_stream(&text, &size);
	struct json j;

	jw_init(&j, out);
	/* "{}" or "{...}": all but the brace, then one member more. */
	if (len > 2)
		fprintf(out, "%.*s,", (int)len - 1, evidence);
	else
		putc('{', out);
	jw_put_str(&j, "closed", why);
	putc('}', out);
	mem_stream_end(out);
	return text;
}
