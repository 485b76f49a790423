#include "infer/segment.h"

#include <string.h>

static const struct {
	const char *word, *text;
} segments[SEGMENTS] = {
	[SEGMENT_NONE] = { "", "" },
	[SEGMENT_HOST] = { "host", "this box" },
	[SEGMENT_WIFI] = { "wifi", "the wifi" },
	[SEGMENT_HOME] = { "home", "the home network" },
	[SEGMENT_ROUTER] = { "router", "the router" },
	[SEGMENT_ACCESS] = { "access", "the access line" },
	[SEGMENT_PROVIDER] = { "provider", "the provider's network" },
	[SEGMENT_TRANSIT] = { "transit",
	    "a network between the provider and far ends" },
	[SEGMENT_FAR] = { "far", "the far end" },
	[SEGMENT_RESOLVER] = { "resolver", "the resolver" },
	[SEGMENT_BEYOND] = { "beyond", "something beyond the router" },
};

static const char *const confidences[CONFIDENCES] = { "", "hint", "likely", "sure" };

const char *
segment_word(enum segment segment)
{
	return segments[segment].word;
}

const char *
segment_text(enum segment segment)
{
	return segments[segment].text;
}

enum segment
segment_by_word(const char *word)
{
	for (int i = SEGMENT_NONE + 1; i < SEGMENTS; i++)
		if (strcmp(segments[i].word, word) == 0)
			return (enum segment)i;
	return SEGMENT_NONE;
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
		"fine", "bad" };

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
