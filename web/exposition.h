/* Writing numbers for Prometheus: its text format 0.0.4, or OpenMetrics 1.0. */
#ifndef WEB_EXPOSITION_H
#define WEB_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* One on its way out. */
struct exposition {
	FILE *out;
	bool open; /* OpenMetrics */
};

/* Begin the family NAME of TYPE "gauge", "counter" (NAME ends with _total), "histogram"
 * or "info" (with _info); OpenMetrics names a counter's family without its _total and
 * an info without its _info. All of its samples follow before the next one. */
void expo_family(
    const struct exposition *p, const char *name, const char *type, const char *help);
/* A label NAME with its VALUE (NULL: empty) in quotes, escaped, and a comma before it
 * if it is not the FIRST. */
void expo_label(FILE *out, const char *name, const char *value, bool first);
/* V behind a sample's name and labels, and the end of its line; NAN is not known. */
void expo_number(FILE *out, double v);
/* A sample without labels, with one, with two. */
void expo_plain(const struct exposition *p, const char *name, double v);
void expo_labelled(const struct exposition *p, const char *name, const char *key,
    const char *value, uint64_t v);
void expo_two_labels(const struct exposition *p, const char *name, const char *key,
    const char *value, const char *other, const char *other_value, uint64_t v);

#endif
