#include "infer/segment.h"

#include <string.h>

static const char *const segments[SEGMENTS] = {
	[SEGMENT_NONE] = "",
	[SEGMENT_HOST] = "host",
	[SEGMENT_WIFI] = "wifi",
	[SEGMENT_HOME] = "home",
	[SEGMENT_ROUTER] = "router",
	[SEGMENT_ACCESS] = "access",
	[SEGMENT_PROVIDER] = "provider",
	[SEGMENT_TRANSIT] = "transit",
	[SEGMENT_FAR] = "far",
	[SEGMENT_RESOLVER] = "resolver",
	[SEGMENT_BEYOND] = "beyond",
};

static const char *const confidences[CONFIDENCES] = { "", "hint", "likely", "sure" };

const char *
segment_word(enum segment segment)
{
	return segments[segment];
}

enum segment
segment_by_word(const char *word)
{
	for (int s = SEGMENT_NONE + 1; s < SEGMENTS; s++)
		if (strcmp(segments[s], word) == 0)
			return (enum segment)s;
	return SEGMENT_NONE;
}

const char *
segment_label(const char *word)
{
	static const char *const labels[SEGMENTS] = {
		[SEGMENT_HOST] = "this box",
		[SEGMENT_WIFI] = "wifi",
		[SEGMENT_HOME] = "home network",
		[SEGMENT_ROUTER] = "router",
		[SEGMENT_ACCESS] = "access line",
		[SEGMENT_PROVIDER] = "the provider's network",
		[SEGMENT_TRANSIT] = "beyond the provider",
		[SEGMENT_FAR] = "far end",
		[SEGMENT_RESOLVER] = "resolver",
		[SEGMENT_BEYOND] = "behind the router",
	};

	for (int i = SEGMENT_NONE + 1; i < SEGMENTS; i++)
		if (strcmp(word, segments[i]) == 0)
			return labels[i];
	return NULL;
}

const char *
confidence_word(enum confidence confidence)
{
	return confidences[confidence];
}

const char *
verdict_level_word(enum verdict_level level)
{
	static const char *const words[VERDICT_LEVELS] = { "unmeasured", "learning",
		"fine", "bad", "behind" };

	return words[level];
}

enum confidence
confidence_by_word(const char *word)
{
	for (int c = CONFIDENCE_HINT; c < CONFIDENCES; c++)
		if (strcmp(confidence_word((enum confidence)c), word) == 0)
			return (enum confidence)c;
	return CONFIDENCE_NONE;
}
