#include "web/eventnews.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "base/log.h"
#include "base/mem.h"

#define OPEN_MAX 200 /* open ones that are looked at */
#define NEW_MAX 100  /* new ones that are told of at once */

/* An open incident as it was told last. */
struct seen {
	int64_t id;
	uint64_t looks; /* a hash of what a reader sees */
};

struct list {
	struct seen seen[OPEN_MAX];
	size_t count;
};

static struct {
	struct list open;
	int64_t version, last; /* as eventlog_version() and eventlog_last() say */
	bool begun;
} news;

/* One look at the file, on its way. */
struct look {
	struct list open;
	eventlog_fn fn; /* NULL: nobody is told */
	void *ctx;
};

static uint64_t
looks_of(const struct eventlog_row *row)
{
	/* Each with its end, so that nothing moves from one into the other. */
	uint64_t h = fnv(FNV_BEGIN, row->summary, strlen(row->summary) + 1);
	char numbers[64];

	snprintf(numbers, sizeof numbers, "%" PRId64 " %" PRId64, row->end,
	    row->suppressed_by);
	h = fnv(h, row->confidence, strlen(row->confidence) + 1);
	return fnv(h, numbers, strlen(numbers));
}

static const struct seen *
find(const struct list *list, int64_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->seen[i].id == id)
			return &list->seen[i];
	return NULL;
}

static void
on_open(void *ctx, const struct eventlog_row *row)
{
	struct look *look = ctx;
	const struct seen *before = find(&news.open, row->id);
	uint64_t looks = looks_of(row);

	if (look->open.count < OPEN_MAX)
		look->open.seen[look->open.count++] = (struct seen){ row->id, looks };
	/* What is new is told of by its number. */
	if (look->fn != NULL && row->id <= news.last &&
	    (before == NULL || before->looks != looks))
		look->fn(look->ctx, row);
}

static void
look(eventlog_fn fn, void *ctx)
{
	static struct look now;
	struct eventlog_query open = { .which = EVENTLOG_OPEN, .limit = OPEN_MAX };
	struct eventlog_query fresh = { .newer = news.last, .limit = NEW_MAX };
	int64_t version, last;
	struct err err;

	if (!eventlog_version(&version) || (news.begun && version == news.version) ||
	    !eventlog_last(&last))
		return;
	now = (struct look){ .fn = news.begun ? fn : NULL, .ctx = ctx };
	if (eventlog_each(&open, on_open, &now, &err) < 0)
		return; /* once more in a moment */
	if (now.fn != NULL) {
		if (last > news.last)
			eventlog_each(&fresh, fn, ctx, &err);
		for (size_t i = 0; i < news.open.count; i++) {
			struct eventlog_query one = { .id = news.open.seen[i].id,
				.limit = 1 };
			if (find(&now.open, one.id) == NULL)
				eventlog_each(&one, fn, ctx, &err);
		}
	}
	news.open = now.open;
	news.version = version;
	news.last = last;
	news.begun = true;
}

void
eventnews_begin(void)
{
	news.begun = false;
	look(NULL, NULL);
	/* Where there is no file yet, all that will be in it is news. */
	if (!news.begun) {
		memset(&news, 0, sizeof news);
		news.begun = true;
	}
}

void
eventnews_look(eventlog_fn fn, void *ctx)
{
	look(fn, ctx);
}
