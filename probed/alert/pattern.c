/* SmokePing makes a Perl function of every pattern: one loop for each *N*, nested, that
 * of the newest one outside, and one condition for each element. What follows decides
 * alike, oddities included (see smokebox(5)). */
#include "alert/pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PARTS_MAX 4096
#define SKIPS_MAX 64

enum part_kind {
	PART_COMPARE,
	PART_KNOWN,
	PART_UNKNOWN,
	PART_START,
	PART_ANY,
	PART_SKIP,
};

struct part {
	uint8_t kind;	 /* enum part_kind */
	uint8_t op, op2; /* enum compare; the second may be COMPARE_NONE */
	double value, value2;
	size_t skip; /* values, for PART_SKIP */
};

/* The elements between two skips, before the first or behind the last. */
struct stretch {
	size_t part, count; /* first in part[], how many */
	size_t back; /* the first one's distance from the end, all gaps being empty */
};

struct pattern {
	enum rule_type type;
	struct part *part;
	size_t parts;
	size_t plain;		 /* elements that are no skips */
	size_t reach;		 /* plain plus all skips */
	size_t skips;		 /* at most SKIPS_MAX */
	size_t *skip;		 /* their values, oldest first */
	struct stretch *stretch; /* skips + 1 */
	/* For more than one skip: what was found to fit, by skip and gaps behind it. */
	uint8_t *fits;
	size_t fits_size;
};

/* --- numbers --------------------------------------------------------------------- */

enum compare
compare_read(const char **text)
{
	static const struct {
		char word[3];
		enum compare op;
	} ops[] = { { "==", COMPARE_EQ }, { "!=", COMPARE_NE }, { "<=", COMPARE_LE },
		{ ">=", COMPARE_GE }, { "<", COMPARE_LT }, { ">", COMPARE_GT } };

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		size_t len = strlen(ops[i].word);
		if (strncmp(*text, ops[i].word, len) != 0)
			continue;
		*text += len;
		return ops[i].op;
	}
	return COMPARE_NONE;
}

bool
compare_holds(enum compare op, double a, double b)
{
	switch (op) {
	case COMPARE_EQ:
		return a == b;
	case COMPARE_NE:
		return a != b;
	case COMPARE_LT:
		return a < b;
	case COMPARE_GT:
		return a > b;
	case COMPARE_LE:
		return a <= b;
	case COMPARE_GE:
		return a >= b;
	case COMPARE_NONE:
		break;
	}
	return true;
}

/* LEN digits at S as Perl reads a number that starts with zero. */
static int
octal(const char *s, size_t len, double *value)
{
	*value = 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] > '7')
			return -1;
		*value = *value * 8 + (s[i] - '0');
	}
	return 0;
}

int
number_read(const char **text, bool perl, double *value)
{
	const char *s = *text;
	size_t len = strspn(s, "0123456789");
	char *end;

	if (len == 0)
		return -1;
	if (perl && s[0] == '0' && len > 1) {
		if (s[len] == '.' || octal(s, len, value) < 0)
			return -1;
		*text += len;
		return 0;
	}
	/* strtod() would read an exponent as well. */
	size_t all = len;
	if (s[all] == '.')
		all += 1 + strspn(s + all + 1, "0123456789");
	char *copy = mem_strn(s, all);
	*value = strtod(copy, &end);
	free(copy);
	if (!isfinite(*value))
		return -1;
	*text += all;
	return 0;
}

/* --- reading --------------------------------------------------------------------- */

/* SmokePing divides milliseconds and writes the result into its Perl with 15 digits. */
static double
seconds(double ms)
{
	char text[40];

	snprintf(text, sizeof text, "%.15g", ms / 1000);
	return strtod(text, NULL);
}

static enum rule_answer
bad(struct err *err, const char *entry, const char *expected)
{
	err_set(err, "pattern entry '%.100s' is invalid, expected %s", entry, expected);
	return RULE_BAD;
}

#define ELEMENT                                                                        \
	"a comparison such as >20% or <=5% (type loss), >100 (type rtt, "              \
	"milliseconds), ==U, !=U, ==S, ==* or *5*"
#define PERCENT "loss in %, such as >20%"

static enum rule_answer
read_skip(struct part *part, const char *entry, struct err *err)
{
	const char *s = entry + 1;
	double n;

	if (*s < '1' || *s > '9' || number_read(&s, false, &n) < 0 ||
	    strspn(entry + 1, "0123456789") != (size_t)(s - entry - 1) ||
	    strcmp(s, "*") != 0)
		return bad(err, entry, "*N* with a number N from 1, such as *12*");
	if (n > RULE_LENGTH_MAX)
		return bad(err, entry, "a smaller number");
	part->kind = PART_SKIP;
	part->skip = (size_t)n;
	return RULE_READY;
}

/* "20%", "100" at *S as the limit VALUE. */
static enum rule_answer
read_limit(enum rule_type type, const char **s, const char *entry, double *value,
    struct err *err)
{
	if (number_read(s, type == RULE_LOSS, value) < 0)
		return bad(err, entry, "a number without zeros in front");
	bool percent = **s == '%';
	*s += percent;
	if (type == RULE_RTT)
		*value = seconds(*value);
	else if (!percent)
		return bad(err, entry, PERCENT);
	return RULE_READY;
}

static enum rule_answer
read_compare(enum rule_type type, struct part *part, const char *entry, const char *s,
    struct err *err)
{
	enum rule_answer answer = read_limit(type, &s, entry, &part->value, err);

	part->kind = PART_COMPARE;
	if (answer != RULE_READY || *s == '\0')
		return answer;
	if (type == RULE_RTT &&
	    strcmp(s, "*") == 0) /* Perl reads the number before it */
		return answer;
	part->op2 = compare_read(&s);
	if (part->op2 == COMPARE_NONE || part->op2 == COMPARE_EQ ||
	    part->op2 == COMPARE_NE || !isdigit((unsigned char)*s))
		return bad(err, entry, "<, <=, > or >= and a number as a second limit");
	answer = read_limit(type, &s, entry, &part->value2, err);
	if (answer == RULE_READY && *s != '\0')
		return bad(err, entry, "two limits at most");
	return answer;
}

static enum rule_answer
read_part(enum rule_type type, struct part *part, const char *entry, struct err *err)
{
	const char *s = entry;

	*part = (struct part){ 0 };
	if (*s == '*')
		return read_skip(part, entry, err);
	part->op = compare_read(&s);
	if (part->op == COMPARE_NONE)
		return bad(err, entry, ELEMENT);
	if (strcmp(s, "U") == 0) {
		if (part->op != COMPARE_EQ && part->op != COMPARE_NE)
			return bad(err, entry, "==U or !=U");
		part->kind = part->op == COMPARE_EQ ? PART_UNKNOWN : PART_KNOWN;
	} else if (strcmp(s, "S") == 0) {
		if (part->op != COMPARE_EQ)
			return bad(err, entry, "==S");
		part->kind = PART_START;
	} else if (strcmp(s, "*") == 0) {
		if (part->op != COMPARE_EQ)
			return bad(err, entry, "==*");
		part->kind = PART_ANY;
	} else if (isdigit((unsigned char)*s)) {
		return read_compare(type, part, entry, s, err);
	} else {
		return bad(err, entry, ELEMENT);
	}
	return RULE_READY;
}

static void
add(struct pattern *p, const struct part *part)
{
	p->part = mem_grow(p->part, p->parts + 1, sizeof *p->part);
	p->part[p->parts++] = *part;
	if (part->kind == PART_SKIP) {
		p->skips++;
		p->reach += part->skip;
	} else {
		p->plain++;
		p->reach++;
	}
}

/* TEXT split at its commas, with the blanks around them. */
static enum rule_answer
read_parts(struct pattern *p, const char *text, struct err *err)
{
	static const char blank[] = " \t\n\v\f\r";
	enum rule_answer answer = RULE_READY;
	struct part part;

	text += strspn(text, blank);
	while (answer == RULE_READY) {
		size_t len = strcspn(text, ","), cut = len;
		while (cut > 0 && strchr(blank, text[cut - 1]) != NULL)
			cut--;
		char *entry = mem_strn(text, cut);
		answer = read_part(p->type, &part, entry, err);
		free(entry);
		if (answer != RULE_READY)
			break;
		add(p, &part);
		if (p->parts > PARTS_MAX || p->skips > SKIPS_MAX ||
		    p->reach > RULE_LENGTH_MAX) {
			err_set(err,
			    "the pattern is too long, expected at most %d entries, %d "
			    "skips and %d values in all",
			    PARTS_MAX, SKIPS_MAX, RULE_LENGTH_MAX);
			return RULE_BAD;
		}
		text += len;
		text += *text == ',';
		text += strspn(text, blank);
		if (*text == '\0')
			break;
	}
	return answer;
}

/* Where its stretches are. */
static void
settle(struct pattern *p)
{
	size_t n = 0, back = p->plain;

	p->skip = mem_zero(p->skips + 1, sizeof *p->skip);
	p->stretch = mem_zero(p->skips + 1, sizeof *p->stretch);
	p->stretch[0].back = back;
	for (size_t i = 0; i < p->parts; i++) {
		if (p->part[i].kind != PART_SKIP) {
			p->stretch[n].count++;
			back--;
			continue;
		}
		p->skip[n++] = p->part[i].skip;
		p->stretch[n] = (struct stretch){ .part = i + 1, .back = back };
	}
	if (p->skips < 2)
		return;
	p->fits_size = (p->skips * (p->reach + 1) + 7) / 8;
	p->fits = mem_zero(p->fits_size, 1);
}

enum rule_answer
pattern_parse(
    struct pattern **pattern, enum rule_type type, const char *text, struct err *err)
{
	struct pattern *p = mem_zero(1, sizeof *p);
	enum rule_answer answer;

	*pattern = NULL;
	p->type = type;
	answer = read_parts(p, text, err);
	if (answer != RULE_READY) {
		pattern_free(p);
		return answer;
	}
	settle(p);
	*pattern = p;
	return RULE_READY;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	free(p->part);
	free(p->skip);
	free(p->stretch);
	free(p->fits);
	free(p);
}

enum rule_type
pattern_type(const struct pattern *p)
{
	return p->type;
}

size_t
pattern_length(const struct pattern *p)
{
	return p->reach;
}

/* --- deciding -------------------------------------------------------------------- */

static bool
part_holds(const struct part *part, double y)
{
	switch ((enum part_kind)part->kind) {
	case PART_COMPARE:
		/* Neither unknown nor the mark of the start. */
		return y >= 0 && compare_holds(part->op, y, part->value) &&
		       compare_holds(part->op2, y, part->value2);
	case PART_KNOWN:
		return !isnan(y);
	case PART_UNKNOWN:
		return isnan(y);
	case PART_START:
		return y == VALUES_START;
	case PART_ANY:
	case PART_SKIP:
		break;
	}
	return true;
}

/* The values of one evaluation. */
struct look {
	struct pattern *p;
	const double *y;
	size_t count;
};

/* Do all elements of stretch N hold with GAPS values left out behind them? In front of
 * the first value all is unknown. */
static bool
stretch_holds(const struct look *l, size_t n, size_t gaps)
{
	const struct stretch *s = &l->p->stretch[n];
	size_t back = s->back + gaps;

	for (size_t i = 0; i < s->count; i++, back--) {
		double y = back > l->count ? NAN : l->y[l->count - back];
		if (!part_holds(&l->p->part[s->part + i], y))
			return false;
	}
	return true;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Mark, or look up, that skip N fits with GAPS behind it. */
static bool
known_to_fit(const struct pattern *p, size_t n, size_t gaps)
{
	size_t bit = n * (p->reach + 1) + gaps;

	return p->fits != NULL && (p->fits[bit / 8] >> bit % 8 & 1) != 0;
}

static void
mark_fit(struct pattern *p, size_t n, size_t gaps)
{
	size_t bit = n * (p->reach + 1) + gaps;

	if (p->fits != NULL)
		p->fits[bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* The loop of skip N, with GAPS values left out by the newer ones: take the first gap
 * with which stretch N, and all before it, hold. A gap that is found must lie within a
 * bound from which SmokePing has taken it once more; and where an older skip finds
 * none, all is over. */
static bool
skip_fits(const struct look *l, size_t n, size_t gaps)
{
	struct pattern *p = l->p;
	size_t most = least(l->count - p->plain, p->skip[n]);
	size_t bound = least(p->reach - gaps, most), gap;

	if (known_to_fit(p, n, gaps))
		return true;
	for (gap = 0; gap < bound; gap++) {
		if (n > 0 && !skip_fits(l, n - 1, gaps + gap))
			return false;
		if (stretch_holds(l, n, gaps + gap))
			break;
	}
	if (gap >= bound || gap + gap + gaps >= p->reach || gap >= most)
		return false;
	mark_fit(p, n, gaps);
	return true;
}

bool
pattern_holds(struct pattern *p, const struct values *v)
{
	const struct look l = {
		.p = p,
		.y = p->type == RULE_LOSS ? v->loss : v->rtt,
		.count = v->count,
	};

	if (v->count < p->plain || !stretch_holds(&l, p->skips, 0))
		return false;
	if (p->skips == 0)
		return true;
	if (p->fits != NULL)
		memset(p->fits, 0, p->fits_size);
	return skip_fits(&l, p->skips - 1, 0);
}
