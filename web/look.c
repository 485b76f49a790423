#include "web/look.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store.h"
#include "web/state.h"
#include "web/vantage.h"
#include "web/when.h"

/* A target's first round is over so soon, stored so soon after its end. */
#define SHORT_ROUND_S 8
#define ROUND_STORED_S 3
/* Targets that are asked when their first result is there. */
#define LOOKED_AT_MAX 200
#define QUIET_STEPS 3 /* without a round for so long, nothing is known */

/* What made T's pings fail: where an answer came that was no good, or not all of it,
 * the prober may have more to say, as it has where they could not be sent from here
 * or somebody complained, and the runner whatever its program had to say. Valid until
 * the next call. */
static const char *
cause_text(const struct conf_target *t, const struct live *l)
{
	bool echo = t->probe != NULL && strncmp(t->probe->module, "FPing", 5) == 0;
	/* "says 192.0.2.1": what an ICMP error of a few pings is, not of silence */
	bool said = echo && strncmp(l->target.text, "says ", 5) == 0;
	bool told = l->cause == PING_BAD_ANSWER || l->cause == PING_CUT_OFF ||
		    l->cause == PING_SYN_LOST || (l->cause == PING_TIMEOUT && !said) ||
		    (t->probe != NULL && t->probe->home == MODULE_RUNNER);
	bool more = l->cause == PING_NOT_SENT || l->cause == PING_CANNOT ||
		    (said && l->cause != PING_TIMEOUT && l->cause != PING_LATE &&
			l->cause != PING_NO_NEIGHBOUR && l->cause != PING_NEVER_LEFT);
	static char both[sizeof l->target.text + 64];

	if ((!told && !more) || l->target.text[0] == '\0' ||
	    (l->target.state != TARGET_OK && l->target.state != TARGET_WAITING))
		return ping_outcome_text(l->cause);
	if (told)
		return l->target.text;
	snprintf(
	    both, sizeof both, "%s: %s", ping_outcome_text(l->cause), l->target.text);
	return both;
}

static enum look
look_down(const struct conf_target *t, const struct live *l, char *why, size_t size)
{
	char since[32];

	when_text(since, sizeof since, l->down_since, false);
	snprintf(why, size, "%s: 100 %% loss since %s%s", cause_text(t, l), since,
	    l->down_from_first ? " or earlier" : "");
	return LOOK_DOWN;
}

/* "host: reason" as "reason": the host stands beside it, and reasons that are the same
 * are told once. */
static const char *
without_host(const char *text, const char *host)
{
	size_t n = host != NULL ? strlen(host) : 0;

	return n > 0 && strncmp(text, host, n) == 0 && strncmp(text + n, ": ", 2) == 0
		   ? text + n + 2
		   : text;
}

/* The prober has said that T cannot be measured, or parsing has. */
static bool
cannot(const struct conf_target *t, const struct live *l, char *why, size_t size)
{
	if (t->note != NULL) {
		static const char said[] = "cannot measure: "; /* as the state says */
		size_t skip = sizeof said - 1;
		snprintf(why, size, "%s",
		    t->note + (strncmp(t->note, said, skip) == 0 ? skip : 0));
		return true;
	}
	if (t->nomasterpoll) {
		snprintf(why, size, "left to slaves, and has none");
		return true;
	}
	if (l == NULL ||
	    (l->target.state != TARGET_NO_NAME && l->target.state != TARGET_CANNOT))
		return false;
	if (l->target.state == TARGET_NO_NAME)
		snprintf(why, size, "name does not resolve%s%s",
		    l->target.text[0] != '\0' ? ": " : "",
		    without_host(l->target.text, t->host));
	else if (l->target.text[0] != '\0')
		snprintf(why, size, "%s", l->target.text);
	else
		snprintf(why, size, "this kind of probe cannot run here");
	return true;
}

/* Targets drawn together look like the worst of them. */
static enum look
look_members(const struct conf_target *t)
{
	static const enum look order[] = { LOOK_DOWN, LOOK_LOSS, LOOK_UNKNOWN,
		LOOK_CANNOT, LOOK_WAITING, LOOK_FILTERED, LOOK_FINE };
	bool seen[LOOKS] = { false };
	char why[256];
	size_t i = 0;

	for (size_t k = 0; k < t->members; k++) {
		const struct conf_target *m =
		    conf_target_by_path(state_conf(), t->member[k]);
		if (m != NULL && m->kind != CONF_MULTIHOST)
			seen[look_of(m, why, sizeof why)] = true;
	}
	while (i < sizeof order / sizeof order[0] && !seen[order[i]])
		i++;
	return i < sizeof order / sizeof order[0] ? order[i] : LOOK_WAITING;
}

/* T has no round any more since that which ended at ROW. */
static bool
is_quiet(const struct conf_target *t, int64_t row, char *why, size_t size)
{
	int64_t now = clock_wall_s();
	char since[32];

	if (now - row <= (int64_t)t->step * QUIET_STEPS)
		return false;
	when_text(since, sizeof since, row, false);
	snprintf(why, size, "no round since %s", since);
	return true;
}

/* How T looks by its last round, L. */
static enum look
look_round(const struct conf_target *t, const struct live *l, char *why, size_t size)
{
	if (is_quiet(t, l->row, why, size))
		return LOOK_UNKNOWN;
	if (l->unknown) {
		snprintf(why, size, "last round unknown: %s", cause_text(t, l));
		return LOOK_UNKNOWN;
	}
	if (isnan(l->median) && l->loss >= l->pings && l->down_since != 0)
		return look_down(t, l, why, size);
	if (l->loss > 0) {
		snprintf(why, size, "%u of %u pings lost%s: %s", l->lost_now,
		    l->known_now, l->known_now < l->pings ? ", others unknown" : "",
		    cause_text(t, l));
		return LOOK_LOSS;
	}
	return LOOK_FINE;
}

static bool
has_history(const struct conf_target *t)
{
	char file[STORE_PATH];

	return vantage_file(file, t, "") == 0 && access(file, F_OK) == 0;
}

bool
look_is_new(void)
{
	if (state_has_round())
		return false;
	/* What was measured before this start is not told of, but kept. */
	const struct conf *conf = state_conf();
	for (size_t i = 0; i < conf->target_count && i < LOOKED_AT_MAX; i++)
		if (has_history(conf->target[i]))
			return false;
	return true;
}

/* A target that has no value gets a short round at once, one that goes on where it was
 * the next of its step, whose pings may be spread over all of it. */
int64_t
look_expected(const struct conf_target *t)
{
	const struct live *l = state_live(t->id);
	int64_t now = clock_wall_s(), step = t->step;
	int64_t since = l != NULL ? l->since : state_started();

	if (t->kind == CONF_MULTIHOST || t->nomasterpoll || t->filtered ||
	    (l != NULL && l->measured))
		return 0;
	int64_t soon = since + SHORT_ROUND_S;
	if (now < soon && soon < since + 2 * step && !has_history(t))
		return soon;
	int64_t due = since + 2 * step + ROUND_STORED_S;
	return now < due ? due : 0;
}

int64_t
look_first_expected(void)
{
	const struct conf *conf = state_conf();
	int64_t first = 0;
	char why[512];

	if (!look_is_new())
		return 0;
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		int64_t at = conf_target_is_pinged(t) ? look_expected(t) : 0;
		if (at != 0 && (first == 0 || at < first) &&
		    !cannot(t, state_live(t->id), why, sizeof why))
			first = at;
		if (i == LOOKED_AT_MAX)
			break;
	}
	return first;
}

static void
look_waiting(const struct conf_target *t, char *why, size_t size)
{
	int64_t expected = look_expected(t);
	char when[WHEN_TEXT];

	if (expected == 0) {
		snprintf(why, size, "waiting for the first round");
		return;
	}
	when_text(when, sizeof when, expected, true);
	snprintf(why, size, "first result by %s", when);
}

enum look
look_from(const struct conf_target *t, const char *slave, char *why, size_t size)
{
	const struct live *l = state_live(vantage_id(t, slave));

	if (*slave == '\0')
		return look_of(t, why, size);
	why[0] = '\0';
	if (l != NULL && l->measured)
		return look_round(t, l, why, size);
	/* What was before this start only the file tells, and not how it went. */
	int64_t last = vantage_last(t, slave);
	if (last != 0 && is_quiet(t, last, why, size))
		return LOOK_UNKNOWN;
	snprintf(why, size, "%s",
	    last == 0 ? "no round from there yet" : "waiting for the next round");
	return LOOK_WAITING;
}

/* What only slaves measure looks like what the first of them sees that has a round. */
static enum look
look_slaves(const struct conf_target *t, char *why, size_t size)
{
	struct vantage list[VANTAGES];
	size_t count = vantage_list(state_conf(), t, list, VANTAGES);

	for (size_t i = 0; i < count; i++) {
		enum look look = look_from(t, list[i].slave, why, size);
		if (look != LOOK_WAITING)
			return look;
	}
	snprintf(why, size, "waiting for a round of its slaves");
	return LOOK_WAITING;
}

enum look
look_of(const struct conf_target *t, char *why, size_t size)
{
	const struct live *l = state_live(t->id);

	why[0] = '\0';
	if (t->kind == CONF_MULTIHOST)
		return look_members(t);
	if (t->nomasterpoll && t->note == NULL &&
	    *vantage_first(state_conf(), t) != '\0')
		return look_slaves(t, why, size);
	if (t->filtered) {
		snprintf(why, size, "left out by --filter");
		return LOOK_FILTERED;
	}
	if (cannot(t, l, why, size))
		return LOOK_CANNOT;
	if (l == NULL || !l->measured) {
		look_waiting(t, why, size);
		return LOOK_WAITING;
	}
	return look_round(t, l, why, size);
}

const char *
look_said(enum look look)
{
	return look == LOOK_CANNOT     ? "cannot measure"
	       : look == LOOK_FILTERED ? "left out"
				       : look_word(look);
}

const char *
look_word(enum look look)
{
	static const char *const word[] = { "waiting", "fine", "loss", "down", "cannot",
		"unknown", "filtered" };

	return word[look];
}
