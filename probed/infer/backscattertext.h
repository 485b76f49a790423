/* A finding of backscatter in words and as JSON: an incident as everywhere. */
#ifndef INFER_BACKSCATTERTEXT_H
#define INFER_BACKSCATTERTEXT_H

#include <stddef.h>

#include "base/json.h"
#include "infer/backscatter.h"

#define BACKSCATTER_SUMMARY 400

/* The sentence about WHO, into BUF (BACKSCATTER_SUMMARY bytes). */
void backscatter_summary(
    char *buf, size_t size, const char *who, const struct backscatter *b);
/* "sure", "likely" or "hint". */
const char *backscatter_confidence(const struct backscatter *b);
/* Every number behind it, a JSON object, malloced. */
char *backscatter_evidence(const struct victim *m, const struct backscatter *b);
/* The incident with every number behind it; OVER: it has an end. */
void backscatter_json(
    struct json *j, const struct victim *m, const struct backscatter *b, bool over);

#endif
