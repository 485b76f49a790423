#include "recorder/silence.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/window.h"

struct asked {
	int64_t begin, end;
	char *prefix;
};

struct silences {
	struct events *ev;
	struct asked *asked;
	size_t count;
	struct window *window;
	bool *holds; /* each window, at AT */
	size_t windows;
	int64_t at;
};

static void
keep(void *ctx, int64_t begin, int64_t end, const char *prefix, const char *reason)
{
	struct silences *s = ctx;

	(void)reason;
	if (s->count == SILENCES_MAX)
		return;
	s->asked = mem_grow(s->asked, s->count + 1, sizeof *s->asked);
	s->asked[s->count++] = (struct asked){ begin, end, mem_str(prefix) };
}

static void
forget_old(struct silences *s, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->asked[i].end > now)
			s->asked[n++] = s->asked[i];
		else
			free(s->asked[i].prefix);
	s->count = n;
}

int
silences_add(struct silences *s, int64_t begin, int64_t end, const char *prefix,
    const char *reason, struct err *err)
{
	int64_t now = clock_wall_s();

	forget_old(s, now);
	if (begin < 0 || end <= begin || end <= now || end - begin > SILENCE_LONGEST)
		return err_set(err,
		    "a silence from %lld to %lld, expected one that lasts, at most 366 days",
		    (long long)begin, (long long)end);
	if (s->count == SILENCES_MAX)
		return err_set(
		    err, "there are %d silences, expected no more", SILENCES_MAX);
	keep(s, begin, end, prefix, reason);
	events_silence(s->ev, begin, end, prefix, reason);
	return 0;
}

int
silences_end(struct silences *s, int64_t id, int64_t begin, int64_t end,
    const char *prefix, struct err *err)
{
	int64_t now = clock_wall_s();

	forget_old(s, now);
	for (size_t i = 0; i < s->count; i++) {
		struct asked *a = &s->asked[i];

		if (a->begin != begin || a->end != end ||
		    strcmp(a->prefix, prefix) != 0)
			continue;
		a->end = now;
		forget_old(s, now);
		events_silence_end(s->ev, id, now);
		return 0;
	}
	return err_set(err, "silence %lld is over already", (long long)id);
}

/* Which windows hold at NOW: looked at once a second, however many ask. */
static void
look(struct silences *s, int64_t now)
{
	time_t t = (time_t)now;
	struct tm local;

	if (now == s->at || localtime_r(&t, &local) == NULL)
		return;
	s->at = now;
	for (size_t i = 0; i < s->windows; i++)
		s->holds[i] = window_holds(&s->window[i], now, &local);
}

bool
silences_cover(struct silences *s, const char *subject, int64_t now)
{
	for (size_t i = 0; i < s->count; i++)
		if (now >= s->asked[i].begin && now < s->asked[i].end &&
		    window_below(
			subject, s->asked[i].prefix, strlen(s->asked[i].prefix)))
			return true;
	if (s->windows == 0)
		return false;
	look(s, now);
	for (size_t i = 0; i < s->windows; i++)
		if (s->holds[i] && window_covers(&s->window[i], subject))
			return true;
	return false;
}

void
silences_configure(struct silences *s, const struct conf *next)
{
	const struct conf_section *top = conf_top(next, "Silences");
	const struct conf_section *one = top != NULL ? top->first : NULL;
	struct place at;
	struct err err;

	s->windows = 0;
	s->at = -1;
	for (; one != NULL; one = one->next) {
		s->window = mem_grow(s->window, s->windows + 1, sizeof *s->window);
		s->holds = mem_grow(s->holds, s->windows + 1, sizeof *s->holds);
		s->holds[s->windows] = false;
		/* What does not parse was refused with the whole file. */
		if (window_parse(&s->window[s->windows], one, &at, &err) == 0)
			s->windows++;
	}
}

struct silences *
silences_new(struct events *ev)
{
	struct silences *s = mem_zero(1, sizeof *s);

	s->ev = ev;
	s->at = -1;
	events_each_silence(ev, clock_wall_s(), keep, s);
	return s;
}

void
silences_free(struct silences *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->asked[i].prefix);
	free(s->asked);
	free(s->window);
	free(s->holds);
	free(s);
}
