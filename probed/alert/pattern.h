/* Patterns: ">0%,*12*,>0%". */
#ifndef ALERT_PATTERN_H
#define ALERT_PATTERN_H

#include "alert/rule.h"

struct pattern;

/* As rule_parse(), of a pattern. PATTERN gets NULL unless RULE_READY. */
enum rule_answer pattern_parse(
    struct pattern **pattern, enum rule_type type, const char *text, struct err *err);
void pattern_free(struct pattern *p); /* NULL allowed */
enum rule_type pattern_type(const struct pattern *p);
size_t pattern_length(const struct pattern *p);
bool pattern_holds(struct pattern *p, const struct values *v);

/* --- numbers and comparisons, for matchers too ----------------------------------- */

enum compare {
	COMPARE_NONE,
	COMPARE_EQ,
	COMPARE_NE,
	COMPARE_LT,
	COMPARE_GT,
	COMPARE_LE,
	COMPARE_GE,
};

/* The operator at *TEXT, which moves behind it; COMPARE_NONE when there is none. */
enum compare compare_read(const char **text);
bool compare_holds(enum compare op, double a, double b);
/* The number at *TEXT, digits with or without a fraction, which moves behind it. PERL:
 * it stands in Perl's own text, where a leading zero makes it octal. 0, or -1: none. */
int number_read(const char **text, bool perl, double *value);

#endif
