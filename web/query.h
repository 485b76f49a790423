/* What stands in a request line: the path, the arguments, and times in them. Every byte
 * comes from outside. */
#ifndef WEB_QUERY_H
#define WEB_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"

#define QUERY_MAX 8192	  /* bytes of a request target */
#define QUERY_ARGS_MAX 64 /* arguments in one */

struct query_arg {
	char *name, *value;
};

struct query {
	char *path; /* decoded, begins with '/' */
	struct query_arg arg[QUERY_ARGS_MAX];
	size_t args;
};

/* Take TARGET apart ("/t/A?x=1&y=2;z=3"; the absolute form "http://host/..." too) and
 * decode it. 0, or -1 with ERR for a broken escape, a control character, or bytes that
 * are not UTF-8; then nothing needs freeing. */
int query_parse(struct query *q, const char *target, struct err *err);
void query_free(struct query *q);
/* The first argument called NAME, or NULL. */
const char *query_arg(const struct query *q, const char *name);
/* The N-th (from 0) of the arguments called NAME, or NULL. */
const char *query_arg_nth(const struct query *q, const char *name, size_t n);

/* TEXT as epoch seconds: digits, "YYYY-MM-DD[ HH:MM[:SS]]" in local time (a T between
 * them is fine), or RRDtool's AT syntax relative to NOW; "end-..." and "start+..." are
 * relative to OTHER. 0, or -1 with ERR. */
int query_time(
    const char *text, int64_t now, int64_t other, int64_t *out, struct err *err);

/* Write S percent-encoded for use in a path or an argument ('/' stays). */
void query_encode(FILE *out, const char *s);

/* Bytes of the well-formed UTF-8 character at S (no surrogates, nothing overlong), or 0
 * when there is none. The string ends with a NUL, which is no character. */
size_t query_utf8(const char *s);

#endif
