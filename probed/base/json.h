/* The one place where JSON is written. Commas and escaping are seen to; nesting is
 * the caller's: every open has its close. (Names that begin with json_ are those of
 * jansson, which reads it.) */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out; /* borrowed */
	bool comma;
};

void jw_init(struct json *j, FILE *out);
void jw_object(struct json *j);
void jw_object_end(struct json *j);
void jw_array(struct json *j);
void jw_array_end(struct json *j);
void jw_key(struct json *j, const char *key);
void jw_str(
    struct json *j, const char *s); /* NULL gives null; broken UTF-8 is U+FFFD */
void jw_num(struct json *j,
    double v); /* NAN and infinities give null; shortest that reads back */
/* The same to DIGITS significant digits. */
void jw_rounded(struct json *j, double v, int digits);
void jw_int(struct json *j, int64_t v);
void jw_bool(struct json *j, bool v);
void jw_null(struct json *j);
/* A member of an object, with its value. */
void jw_put_str(struct json *j, const char *key, const char *value);
void jw_put_num(struct json *j, const char *key, double value);
void jw_put_int(struct json *j, const char *key, int64_t value);
void jw_put_bool(struct json *j, const char *key, bool value);
/* null where VALUE is 0, such as a time or an id that there is not. */
void jw_put_some(struct json *j, const char *key, int64_t value);
/* TEXT is JSON already, and known to be whole. */
void json_raw(struct json *j, const char *text);

#endif
