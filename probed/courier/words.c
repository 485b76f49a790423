/* What people read: titles and texts of parcels. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "courier/letter.h"

#define HISTORY_MAX 240 /* bytes of a history where room is scarce */

/* Local time: "2026-11-26 12:03:10". */
static void
letter_time(int64_t time, char *buf, size_t size)
{
	time_t t = (time_t)time;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(buf, size, "%lld", (long long)time);
}

void
letter_url(const struct letter *l, const char *url_base, FILE *out)
{
	if (*url_base == '\0' || *l->target == '\0')
		return;
	fprintf(out, "%s?target=", url_base);
	/* A path has letters, digits and dots; a foreign one must not end the address.
	 */
	for (const char *p = l->target; *p != '\0'; p++)
		if (strchr(" \"<>&;#%?", *p) != NULL)
			fprintf(out, "%%%02X", (unsigned char)*p);
		else
			putc(*p, out);
}

/* What one letter says, in a line. */
static void
put_line(const struct letter *l, FILE *out)
{
	char span[CLOCK_SPAN_TEXT];

	if (*l->alert != '\0') {
		fprintf(out, "%s %s on %s", l->alert, letter_state(l), l->subject);
		return;
	}
	fputs(*l->kind != '\0' ? l->kind : "incident", out);
	/* A note has nothing but its words. */
	if (strcmp(l->what, "note") != 0)
		fprintf(out, " %s", letter_state(l));
	if (*l->subject != '\0')
		fprintf(out, " at %s", l->subject);
	if (letter_is_over(l) && l->begin > 0 && l->end >= l->begin) {
		clock_span_text(l->end - l->begin, span);
		fprintf(out, " after %s", span);
	}
	if (*l->summary != '\0')
		fprintf(out, ": %s", l->summary);
}

void
parcel_title(const struct parcel *p, FILE *out)
{
	char first[32], last[32];

	if (p->count == 1) {
		put_line(&p->letter[0], out);
		return;
	}
	letter_time(p->letter[0].time, first, sizeof first);
	letter_time(p->letter[p->count - 1].time, last, sizeof last);
	/* The day is said once where it is the same. */
	fprintf(out, "%zu messages, %s to %s", p->count, first,
	    strncmp(first, last, 11) == 0 ? last + 11 : last);
}

/* The newest values of a history are at its end: the others go first. */
static void
put_history(const char *history, FILE *out)
{
	size_t len = strlen(history);
	const char *colon = strchr(history, ' ');

	if (len == 0)
		return;
	if (len <= HISTORY_MAX || colon == NULL) {
		fprintf(out, "%s\n", history);
		return;
	}
	const char *tail = strstr(history + len - HISTORY_MAX, ", ");
	fprintf(out, "%.*s ...%s\n", (int)(colon - history), history,
	    tail != NULL ? tail + 1 : "");
}

static void
put_single(const struct parcel *p, FILE *out)
{
	const struct letter *l = &p->letter[0];
	char when[32];

	letter_time(l->time, when, sizeof when);
	fprintf(out, "%s\n", when);
	if (*l->alert != '\0' && *l->summary != '\0')
		fprintf(out, "%s\n", l->summary);
	put_history(l->loss, out);
	put_history(l->rtt, out);
	if (*l->comment != '\0')
		fprintf(out, "%s\n", l->comment);
	letter_url(l, p->url_base, out);
}

/* What one of many says. */
static void
put_entry(const struct parcel *p, const struct letter *l, FILE *out)
{
	char when[32];

	letter_time(l->time, when, sizeof when);
	fprintf(out, "\n%s ", when);
	put_line(l, out);
	putc('\n', out);
	put_history(l->loss, out);
	put_history(l->rtt, out);
	if (p->count <= 5 && *l->comment != '\0')
		fprintf(out, "%s\n", l->comment);
}

static char *
whole_text(const struct parcel *p, size_t *len)
{
	char *text = NULL;
	FILE *out = mem_stream(&text, len);

	if (p->count == 1) {
		put_single(p, out);
	} else {
		fprintf(out, "These %zu could not be sent one by one when they came.\n",
		    p->count);
		for (size_t i = 0; i < p->count; i++)
			put_entry(p, &p->letter[i], out);
	}
	mem_stream_end(out);
	while (*len > 0 && text[*len - 1] == '\n')
		text[--*len] = '\0';
	return text;
}

char *
parcel_text(const struct parcel *p, size_t max)
{
	size_t len;
	char *text = whole_text(p, &len);

	if (len > max) {
		static const char more[] = "...";

		len = max - (sizeof more - 1);
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
		memcpy(text + len, more, sizeof more);
	}
	return text;
}

bool
parcel_fits(const struct parcel *p, size_t max)
{
	size_t len;

	free(whole_text(p, &len));
	return len <= max;
}
