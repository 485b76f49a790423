/* What is over and comes again: what was told of it, and what still has to be. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "recorder/condition_impl.h"
#include "recorder/incident.h"

char *
bout_who(const struct conditions *cs, const struct condition *c)
{
	return c->bout.told == NOBODY
		   ? NULL
		   : cs->ops->audience(cs->ctx, c->kind,
			 c->bout.told == OTHERS ? EARS_NO_VERDICT : EARS_ALL);
}

/* The words of the letter that C's bout is over: from its first letter to its last end.
 * Malloced. */
static char *
end_of_bout(const struct condition *c)
{
	struct incident in = condition_row(c, c->bout.end);
	char *summary = c->bout.since > 1
			    ? mem_printf("%s (%u times)", c->summary, c->bout.since)
			    : mem_str(c->summary);

	in.begin = c->bout.begin;
	in.summary = summary;
	char *body = incident_body(&in);
	free(summary);
	return body;
}

void
bout_hold_end(struct conditions *cs, const struct condition *c)
{
	char *who = bout_who(cs, c), *body = end_of_bout(c);
	char *what =
	    mem_printf(c->bout.told == ALL ? ENDS : ENDS_OTHERS, c->bout.since);

	if (who != NULL)
		events_letter(cs->ev, 0, c->bout.id,
		    &(struct letter){ .what = what,
			.receivers = who,
			.body = body,
			.due = c->bout.end + AGAIN_S });
	free(what);
	free(who);
	free(body);
}

void
bout_forget(struct condition *c)
{
	c->bout.told = NOBODY;
	c->bout.id = 0;
	c->bout.since = 0;
}

void
bout_end(struct conditions *cs, struct condition *c)
{
	char *who = bout_who(cs, c);

	if (who != NULL) {
		char *body = end_of_bout(c);
		events_letter(cs->ev, clock_wall_ns() / CLOCK_NS_PER_S, c->bout.id,
		    &(struct letter){ .what = ENDED,
			.receivers = who,
			.body = body,
			.waited = true });
		free(body);
		free(who);
	}
	bout_forget(c);
}

void
bout_rest(struct conditions *cs, struct condition *c)
{
	HASH_DELETE(by_id, cs->by_id, c);
	c->id = c->suppressed_by = c->priority = 0;
	c->raises = c->clears = 0;
	c->back = c->asked = c->parted = c->dirty = false;
	if (!c->rests)
		TAILQ_INSERT_TAIL(&cs->resting, c, resting);
	c->rests = true;
}

void
bout_look(struct conditions *cs, struct condition *c, int64_t now)
{
	/* Of a clock that was set back it is not known how long it is. */
	if (c->id != 0 || c->past.receivers != NULL ||
	    llabs(now - c->bout.end) < AGAIN_S)
		return;
	bout_end(cs, c);
	condition_free(cs, c);
}

bool
bout_is_news(const struct condition *c, const struct finding *f)
{
	return c->bout.told != NOBODY && c->bout.id != c->id && f->total &&
	       !c->bout.total;
}

void
bout_begin(struct conditions *cs, struct condition *c, const struct finding *f)
{
	bool again = c->bout.times > 0 && f->time - c->bout.end < AGAIN_S;

	if (!again || bout_is_news(c, f))
		bout_end(cs, c);
	if (!again) {
		c->bout.times = 0;
		c->bout.total = false;
	}
	c->bout.times++;
	c->bout.since += c->bout.told != NOBODY;
}

void
bout_note(struct condition *c, int64_t id, int64_t begin, int who)
{
	if (c->bout.told == NOBODY) {
		c->bout.id = id;
		c->bout.begin = begin;
		c->bout.since = 1;
	}
	if (who > (int)c->bout.told)
		c->bout.told = who;
	c->bout.total |= c->total;
}
