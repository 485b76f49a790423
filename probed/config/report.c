/* Complaints: collected while loading, printed by whoever asked. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/tree.h"

/* A generated file can be wrong in every line: a report is for people. */
#define REPORT_MAX 1000

static void
report_add(struct conf_report *report, enum conf_severity severity, struct place at,
    const char *fmt, va_list ap)
{
	struct conf_problem *p;
	char *text;

	if (severity == CONF_ERROR)
		report->errors++;
	else
		report->warnings++;
	if (report->count > REPORT_MAX)
		return;
	if (report->count == REPORT_MAX) {
		text = mem_str("too many complaints, the others are left out");
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
report_warning(struct conf_report *report, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_add(report, CONF_WARNING, at, fmt, ap);
	va_end(ap);
}

void
conf_report_print(const struct conf_report *report, FILE *out)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct conf_problem *p = &report->problem[i];

		if (p->at.file != NULL)
			fprintf(out, "%s:", p->at.file);
		if (p->at.line != 0)
			fprintf(out, "%u:", p->at.line);
		if (p->at.file != NULL)
			putc(' ', out);
		if (p->severity == CONF_WARNING)
			fputs("warning: ", out);
		/* What a file says is shown, but it does not steer a terminal. */
		for (const char *c = p->text; *c != '\0'; c++)
			putc((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c, out);
		putc('\n', out);
	}
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
