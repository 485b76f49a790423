/* Complaints: collected while loading, printed by whoever asked. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/tree.h"

/* A generated file can be wrong in every line: a report is for people. */
#define REPORT_MAX 1000
/* Of which notes leave room for what is wrong. */
#define NOTES_MAX (REPORT_MAX / 2)

static void
report_add(struct conf_report *report, enum conf_severity severity, struct place at,
    const char *fmt, va_list ap)
{
	struct conf_problem *p;
	char *text;

	if (severity == CONF_ERROR)
		report->errors++;
	else if (severity == CONF_WARNING)
		report->warnings++;
	if (report->count > REPORT_MAX ||
	    (severity == CONF_NOTE && report->notes > NOTES_MAX))
		return;
	if (severity == CONF_NOTE)
		report->notes++;
	if (report->count == REPORT_MAX) {
		text = mem_str("too many complaints, the others are left out");
	} else if (severity == CONF_NOTE && report->notes > NOTES_MAX) {
		text = mem_str("too many notes, the others are left out");
	} else if (vasprintf(&text, fmt, ap) < 0) {
		fatal("vasprintf");
	}
	report->problem = mem_grow(report->problem, report->count + 1, sizeof(*p));
	p = &report->problem[report->count++];
	p->severity = severity;
	p->at.file = mem_str(at.file);
	p->at.line = at.line;
	p->text = text;
}

void
report_error(struct conf_report *report, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(report, CONF_ERROR, at, fmt, ap);
	va_end(ap);
}

void
conf_report_add(struct conf_report *report, struct place at, const char *text)
{
	report_error(report, at, "%s", text);
}

void
report_warning(struct conf_report *report, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(report, CONF_WARNING, at, fmt, ap);
	va_end(ap);
}

void
report_note(struct conf_report *report, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(report, CONF_NOTE, at, fmt, ap);
	va_end(ap);
}

static void
print(const struct conf_problem *p, FILE *out)
{
	if (p->at.file != NULL)
		fprintf(out, "%s:", p->at.file);
	if (p->at.line != 0)
		fprintf(out, "%u:", p->at.line);
	if (p->at.file != NULL)
		putc(' ', out);
	if (p->severity == CONF_WARNING)
		fputs("warning: ", out);
	else if (p->severity == CONF_NOTE)
		fputs("note: ", out);
	/* What a file says is shown, but it does not steer a terminal. */
	for (const char *c = p->text; *c != '\0'; c++)
		putc((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c, out);
	putc('\n', out);
}

void
conf_report_print(const struct conf_report *report, FILE *out)
{
	conf_report_print_new(report, NULL, out);
}

static bool
same(const struct conf_problem *a, const struct conf_problem *b)
{
	return a->severity == b->severity && strcmp(a->text, b->text) == 0 &&
	       (a->at.file == NULL) == (b->at.file == NULL) &&
	       (a->at.file == NULL || strcmp(a->at.file, b->at.file) == 0);
}

/* Is there one like P in OLD that was not TAKEN for another one yet? */
static bool
take(const struct conf_report *old, bool *taken, const struct conf_problem *p)
{
	for (size_t i = 0; old != NULL && i < old->count; i++)
		if (!taken[i] && same(&old->problem[i], p)) {
			taken[i] = true;
			return true;
		}
	return false;
}

void
conf_report_each_new(const struct conf_report *report, const struct conf_report *old,
    void (*each)(void *ctx, const struct conf_problem *p), void *ctx)
{
	bool *taken = mem_zero(old == NULL ? 1 : old->count + 1, sizeof *taken);

	for (size_t i = 0; i < report->count; i++)
		if (report->problem[i].severity != CONF_NOTE &&
		    !take(old, taken, &report->problem[i]))
			each(ctx, &report->problem[i]);
	free(taken);
}

static void
print_one(void *ctx, const struct conf_problem *p)
{
	print(p, ctx);
}

void
conf_report_print_new(
    const struct conf_report *report, const struct conf_report *old, FILE *out)
{
	conf_report_each_new(report, old, print_one, out);
}

void
conf_report_print_notes(const struct conf_report *report, FILE *out)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->problem[i].severity == CONF_NOTE)
			print(&report->problem[i], out);
}

void
conf_report_free(struct conf_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->problem[i].text);
		free((char *)(uintptr_t)report->problem[i].at.file);
	}
	free(report->problem);
	memset(report, 0, sizeof(*report));
}
