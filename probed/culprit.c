#include "culprit.h"

#include <string.h>

#define SPAN_LEAST_S 900
#define SPAN_MOST_S 86400
/* No text in JSON has such bytes: its quotes are escaped. */
#define MEMBER "\"talkers\":{\"during\":"

bool
culprit_explains(const char *kind)
{
	static const char *const kinds[] = { "loss", "attack", "congestion", "verdict",
		"alert" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

void
culprit_spans(int64_t begin, int64_t end, int64_t now, struct culprit_spans *s)
{
	int64_t span;

	if (end == 0)
		end = now;
	if (end - begin > SPAN_MOST_S)
		end = begin + SPAN_MOST_S;
	span = end - begin < SPAN_LEAST_S ? SPAN_LEAST_S : end - begin;
	s->begin = begin;
	s->end = end > begin ? end : begin + 1;
	/* Whole minutes: what is in the first of it belongs to it. */
	s->before = begin - begin % 60 - span;
}

static const char *
find(const char *evidence)
{
	const char *at = NULL, *next = evidence;

	while ((next = strstr(next, MEMBER)) != NULL)
		at = next++;
	return at;
}

size_t
culprit_without(const char *evidence)
{
	const char *at = find(evidence);

	if (at == NULL)
		return strlen(evidence);
	/* The comma, or the brace that opens, becomes the one that closes. */
	return (size_t)(at - evidence) + (at[-1] == '{');
}

const char *
culprit_of(const char *evidence)
{
	const char *at = find(evidence);

	return at != NULL ? at + strlen("\"talkers\":") : NULL;
}
