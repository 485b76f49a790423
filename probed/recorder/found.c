#include "recorder/found.h"

#include <stdlib.h>
#include <string.h>

static void (*listener)(void *ctx, const struct infer_finding *f, bool over);
static void *listener_ctx;

void
found_listen(void (*fn)(void *ctx, const struct infer_finding *f, bool over), void *ctx)
{
	listener = fn;
	listener_ctx = ctx;
}

void
found_tell(const struct infer_finding *f, bool over)
{
	if (listener != NULL)
		listener(listener_ctx, f, over);
}

static struct finding
made_of(const struct infer_finding *f, int64_t time, unsigned hold, char *evidence)
{
	return (struct finding){ .kind = f->kind,
		.subject = f->subject,
		.source = f->source,
		.time = time,
		.confidence = f->confidence != CONFIDENCE_NONE
				  ? confidence_word(f->confidence)
				  : NULL,
		.summary = f->sentence[0] != '\0' ? f->sentence : NULL,
		.worst = f->worst,
		.evidence = evidence,
		.total = strcmp(f->cause, "outage") == 0 ||
			 strcmp(f->cause, "unlinked") == 0,
		.hold = hold };
}

int64_t
found_raise(
    struct conditions *cs, const struct infer_finding *f, int64_t time, unsigned hold)
{
	char *evidence = finding_evidence(f);
	struct finding c = made_of(f, time, hold, evidence);

	if (f->begin != 0 && f->begin < time &&
	    condition_open(cs, f->kind, f->subject, f->source) == 0)
		c.time = f->begin;
	int64_t id = condition_raise(cs, &c);
	if (id != 0)
		found_tell(f, false);
	free(evidence);
	return id;
}

int64_t
found_clear(
    struct conditions *cs, const struct infer_finding *f, int64_t time, unsigned hold)
{
	char *evidence = f->numbers > 0 ? finding_evidence(f) : NULL;
	struct finding c = made_of(f, time, hold, evidence);
	int64_t id = condition_clear(cs, &c);
	if (id != 0)
		found_tell(f, true);
	free(evidence);
	return id;
}
