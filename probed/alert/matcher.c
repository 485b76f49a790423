/* Reading the call of a matcher. SmokePing hands its arguments to Perl; here they are
 * names and values, and nothing is evaluated. */
#include "alert/matcher.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WORD_MAX 64
static const char blank[] = " \t\n\v\f\r";

/* --- the arguments' text --------------------------------------------------------- */

/* One name or value of the list. */
struct token {
	char text[WORD_MAX];
	bool number;
	double value;
};

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* 'TEXT' or "TEXT" at *S. */
static int
read_quoted(const char **s, struct token *t)
{
	const char *end = strchr(*s + 1, **s);
	size_t len;

	if (end == NULL)
		return -1;
	len = (size_t)(end - *s) - 1;
	if (len >= sizeof t->text || memchr(*s + 1, '\\', len) != NULL)
		return -1;
	memcpy(t->text, *s + 1, len);
	t->text[len] = '\0';
	*s = end + 1;
	const char *number = t->text;
	t->number = number_read(&number, false, &t->value) == 0 && *number == '\0';
	return 0;
}

static int
read_token(const char **s, bool name, struct token *t)
{
	size_t len = 0;

	*t = (struct token){ 0 };
	*s += strspn(*s, blank);
	if (**s == '\'' || **s == '"')
		return read_quoted(s, t);
	if (!name) {
		t->number = number_read(s, true, &t->value) == 0;
		return t->number && !in_word(**s) ? 0 : -1;
	}
	while (in_word((*s)[len]))
		len++;
	if (len == 0 || len >= sizeof t->text || isdigit((unsigned char)**s))
		return -1;
	memcpy(t->text, *s, len);
	*s += len;
	return 0;
}

/* "=>" or "," at *S. */
static bool
read_comma(const char **s)
{
	*s += strspn(*s, blank);
	size_t len = strncmp(*s, "=>", 2) == 0 ? 2 : **s == ',';
	*s += len;
	return len > 0;
}

/* --- what they mean -------------------------------------------------------------- */

static void
names_of(const struct matcher_kind *kind, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (const struct matcher_arg *a = kind->arg; a->name != NULL && at < size; a++)
		at += (size_t)snprintf(
		    buf + at, size - at, "%s%s", a == kind->arg ? "" : ", ", a->name);
}

static bool
take_value(struct matcher *m, size_t i, const struct token *t)
{
	const char *op = t->text;

	if (m->kind->arg[i].type == ARG_COMPARE) {
		m->compare = compare_read(&op);
		return *op == '\0' && m->compare != COMPARE_NONE &&
		       m->compare != COMPARE_NE;
	}
	if (!t->number)
		return false;
	m->arg[i] = t->value;
	return m->kind->arg[i].type == ARG_DECIMAL ||
	       (t->value < 1e9 && t->value == (double)(size_t)t->value);
}

static enum rule_answer
take(struct matcher *m, const struct token *name, const struct token *value,
    struct err *err)
{
	static const char *const form[] = { "a whole number", "a number",
		"'<', '>', '<=', '>=' or '=='" };
	char names[200];
	size_t i = 0;

	while (m->kind->arg[i].name != NULL &&
	       strcmp(m->kind->arg[i].name, name->text) != 0)
		i++;
	if (m->kind->arg[i].name == NULL) {
		names_of(m->kind, names, sizeof names);
		err_set(err, "key '%s' is not known by matcher %s, expected %s",
		    name->text, m->kind->name, names);
		return RULE_BAD;
	}
	if (!take_value(m, i, value)) {
		err_set(err,
		    "key '%s' of matcher %s contains invalid data, expected %s",
		    name->text, m->kind->name, form[m->kind->arg[i].type]);
		return RULE_BAD;
	}
	m->given[i] = true;
	return RULE_READY;
}

static enum rule_answer
read_args(struct matcher *m, const char *text, struct err *err)
{
	enum rule_answer answer = RULE_READY;
	struct token name, value;
	const char *s = text;

	while (answer == RULE_READY) {
		const char *from = s;
		if (read_token(&s, true, &name) < 0 || !read_comma(&s) ||
		    read_token(&s, false, &value) < 0) {
			err_set(err,
			    "arguments of matcher %s: '%.100s' is not understood, "
			    "expected name => value, ...",
			    m->kind->name, from);
			return RULE_BAD;
		}
		answer = take(m, &name, &value, err);
		from = s;
		if (!read_comma(&s) && *s != '\0') {
			err_set(err,
			    "arguments of matcher %s: '%.100s' is not understood, "
			    "expected a comma",
			    m->kind->name, from);
			return RULE_BAD;
		}
		s += strspn(s, blank);
		if (*s == '\0')
			break;
	}
	return answer;
}

/* Without these SmokePing starts, and then divides by nothing or flaps. */
static enum rule_answer
complete(const struct matcher *m, struct err *err)
{
	const struct matcher_kind *kind = m->kind;
	const char *why;

	for (size_t i = 0; kind->arg[i].name != NULL; i++)
		if (!m->given[i] && !kind->arg[i].optional) {
			err_set(err,
			    "matcher %s without %s never matches, expected %s =>",
			    kind->name, kind->arg[i].name, kind->arg[i].name);
			return RULE_IDLE;
		}
	why = kind->idle != NULL ? kind->idle(m) : NULL;
	if (why != NULL) {
		err_set(err, "matcher %s never matches: %s", kind->name, why);
		return RULE_IDLE;
	}
	if (kind->length(m) > RULE_LENGTH_MAX) {
		err_set(err,
		    "matcher %s looks back over %zu rounds, expected at most %d",
		    kind->name, kind->length(m), RULE_LENGTH_MAX);
		return RULE_BAD;
	}
	return RULE_READY;
}

static const struct matcher_kind *
kind_named(const char *name, size_t len)
{
	for (const struct matcher_kind *k = matcher_kinds; k->name != NULL; k++)
		if (strlen(k->name) == len && memcmp(k->name, name, len) == 0)
			return k;
	return NULL;
}

enum rule_answer
matcher_parse(struct matcher **matcher, const char *text, struct err *err)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')'), *name = open;
	struct matcher *m;
	enum rule_answer answer;
	char *args;

	*matcher = NULL;
	while (name != NULL && name > text && strchr(blank, name[-1]) == NULL)
		name--;
	if (open == NULL || name == open || close == NULL || close - open < 2) {
		err_set(err,
		    "pattern entry '%.100s' is invalid, expected a matcher such as "
		    "CheckLoss(l=>30,x=>2)",
		    text);
		return RULE_BAD;
	}
	if (*name < 'A' || *name > 'Z') {
		err_set(err, "matcher %.*s: all matchers start with a capital letter",
		    (int)(open - name > 100 ? 100 : open - name), name);
		return RULE_BAD;
	}
	m = mem_zero(1, sizeof *m);
	m->kind = kind_named(name, (size_t)(open - name));
	if (m->kind == NULL) {
		err_set(err,
		    "matcher %.*s is not one of SmokePing's and never matches here, "
		    "expected Avgratio, CheckLatency, CheckLoss, ConsecutiveLoss, ExpLoss, "
		    "Median or Medratio",
		    (int)(open - name > 100 ? 100 : open - name), name);
		free(m);
		return RULE_IDLE;
	}
	args = mem_strn(open + 1, (size_t)(close - open) - 1);
	answer = read_args(m, args, err);
	free(args);
	if (answer == RULE_READY)
		answer = complete(m, err);
	if (answer == RULE_READY)
		*matcher = m;
	else
		free(m);
	return answer;
}

void
matcher_free(struct matcher *m)
{
	free(m);
}

size_t
matcher_length(const struct matcher *m)
{
	return m->kind->length(m);
}

bool
matcher_holds(const struct matcher *m, const struct values *v, bool before)
{
	return m->kind->holds(m, v, before);
}
