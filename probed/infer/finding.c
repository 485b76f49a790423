#include "infer/finding.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define LEVEL 0.95 /* where nobody says another */

/* TEXT into BUF, cut in front of a character that does not fit. */
static void
put_text(char *buf, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size) {
		len = size - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(buf, text, len);
	buf[len] = '\0';
}

static void
put_format(char *buf, size_t size, const char *fmt, va_list ap)
{
	char long_text[FINDING_SENTENCE + FINDING_SUBJECT];

	vsnprintf(long_text, sizeof long_text, fmt, ap);
	put_text(buf, size, long_text);
}

void
finding_init(
    struct infer_finding *f, const char *kind, const char *subject, const char *source)
{
	memset(f, 0, sizeof *f);
	put_text(f->kind, sizeof f->kind, kind);
	put_text(f->subject, sizeof f->subject, subject);
	put_text(f->source, sizeof f->source, source);
	f->worst = NAN;
	f->quality.baseline_s = NAN;
}

void
finding_cause(struct infer_finding *f, const char *cause)
{
	put_text(f->cause, sizeof f->cause, cause);
}

struct finding_number *
finding_number(
    struct infer_finding *f, const char *name, const char *unit, double value)
{
	return finding_number_of(f, name, unit, "", value, NAN);
}

struct finding_number *
finding_number_of(struct infer_finding *f, const char *name, const char *unit,
    const char *of, double value, double threshold)
{
	struct finding_number *n = &f->spare;

	if (f->numbers < FINDING_NUMBERS)
		n = &f->number[f->numbers++];
	else
		f->left_out++;
	put_text(n->name, sizeof n->name, name);
	put_text(n->unit, sizeof n->unit, unit);
	put_text(n->of, sizeof n->of, of);
	n->value = value;
	n->threshold = threshold;
	n->low = n->high = n->weight = NAN;
	n->level = LEVEL;
	n->time = 0;
	return n;
}

void
finding_interval(struct finding_number *n, double low, double high, double level)
{
	n->low = low;
	n->high = high;
	n->level = level;
}

void
finding_interval_of(struct finding_number *n, const struct finding_number *from)
{
	finding_interval(n, from->low, from->high, from->level);
}

void
finding_fact(struct infer_finding *f, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (f->facts == FINDING_FACTS) {
		f->left_out++;
		return;
	}
	struct finding_fact *fact = &f->fact[f->facts++];
	put_text(fact->name, sizeof fact->name, name);
	va_start(ap, fmt);
	put_format(fact->text, sizeof fact->text, fmt, ap);
	va_end(ap);
}

void
finding_sentence(struct infer_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(f->sentence, sizeof f->sentence, fmt, ap);
	va_end(ap);
}

const struct finding_number *
finding_find(const struct infer_finding *f, const char *name)
{
	for (unsigned i = 0; i < f->numbers; i++)
		if (strcmp(f->number[i].name, name) == 0)
			return &f->number[i];
	return NULL;
}

const char *
finding_fact_of(const struct infer_finding *f, const char *name)
{
	for (unsigned i = 0; i < f->facts; i++)
		if (strcmp(f->fact[i].name, name) == 0)
			return f->fact[i].text;
	return "";
}

const char *
finding_private(unsigned i)
{
	static const char *const names[] = { "talker", "attacked" };

	return i < sizeof names / sizeof names[0] ? names[i] : NULL;
}

/* --- JSON ------------------------------------------------------------------------- */

static void
put_some(struct json *j, const char *key, double value)
{
	if (!isnan(value))
		jw_put_num(j, key, value);
}

static void
put_number(struct json *j, const struct finding_number *n)
{
	jw_object(j);
	jw_put_str(j, "name", n->name);
	jw_put_num(j, "value", n->value);
	jw_put_str(j, "unit", n->unit);
	if (n->of[0] != '\0')
		jw_put_str(j, "of", n->of);
	put_some(j, "threshold", n->threshold);
	if (!isnan(n->low) || !isnan(n->high)) {
		jw_key(j, "interval");
		jw_array(j);
		jw_num(j, n->low);
		jw_num(j, n->high);
		jw_array_end(j);
		jw_put_num(j, "level", n->level);
	}
	put_some(j, "weight", n->weight);
	if (n->time != 0)
		jw_put_int(j, "time", n->time);
	jw_object_end(j);
}

static void
put_quality(struct json *j, const struct finding_quality *q)
{
	jw_object(j);
	jw_put_int(j, "samples", (int64_t)q->samples);
	jw_put_num(j, "unknown", q->unknown);
	if (q->sampling != 0)
		jw_put_int(j, "sampling", q->sampling);
	jw_put_num(j, "baseline_seconds", q->baseline_s);
	if (q->learned != LEARNED_NOTHING)
		jw_put_bool(j, "learned", q->learned == LEARNED_ENOUGH);
	if (q->note[0] != '\0')
		jw_put_str(j, "note", q->note);
	jw_object_end(j);
}

/* Two facts of one name would be two members of one name, so they are a list. */
static void
put_facts(struct json *j, const struct infer_finding *f)
{
	jw_array(j);
	for (unsigned i = 0; i < f->facts; i++) {
		jw_object(j);
		jw_put_str(j, "name", f->fact[i].name);
		jw_put_str(j, "text", f->fact[i].text);
		jw_object_end(j);
	}
	jw_array_end(j);
}

void
finding_put(struct json *j, const struct infer_finding *f)
{
	jw_put_str(
	    j, "segment", f->segment != SEGMENT_NONE ? segment_word(f->segment) : NULL);
	jw_put_str(j, "cause", f->cause[0] != '\0' ? f->cause : NULL);
	jw_key(j, "numbers");
	jw_array(j);
	for (unsigned i = 0; i < f->numbers; i++)
		put_number(j, &f->number[i]);
	jw_array_end(j);
	jw_key(j, "facts");
	put_facts(j, f);
	jw_key(j, "quality");
	put_quality(j, &f->quality);
	if (f->left_out > 0)
		jw_put_int(j, "left_out", f->left_out);
}

char *
finding_evidence(const struct infer_finding *f)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	finding_put(&j, f);
	jw_object_end(&j);
	mem_stream_end(out);
	return text;
}

bool
finding_is_of(const char *evidence, const char *cause)
{
	char member[FINDING_WORD + 16];

	snprintf(member, sizeof member, "\"cause\":\"%s\"", cause);
	return strstr(evidence, member) != NULL &&
	       strstr(evidence, "\"name\":\"phase\"") == NULL;
}
