/* The one place where JSON is written. Commas and escaping are seen to; nesting is
 * the caller's: every open has its close. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out; /* borrowed */
	bool comma;
};

void json_init(struct json *j, FILE *out);
void json_object(struct json *j);
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(
    struct json *j, const char *s); /* NULL gives null; broken UTF-8 is U+FFFD */
void json_num(struct json *j,
    double v); /* NAN and infinities give null; shortest that reads back */
void json_int(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);

#endif
