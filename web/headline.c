#include "web/headline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/look.h"
#include "web/state.h"
#include "web/vantage.h"
#include "web/when.h"

#define NAMED_MAX 3   /* targets named of those that share a reason */
#define REASONS_MAX 3 /* reasons told of targets that look the same */

/* Why some targets are as they are: "no route to it", and which ones. */
struct reason {
	char *why, *names;
	unsigned count;
	int64_t first, last; /* since when they are down; 0: they are not */
	bool earlier;	     /* or already before that */
};

struct headline {
	unsigned look[LOOKS], all;
	struct reason reason[LOOKS][REASONS_MAX + 1]; /* the last is of all others */
	int64_t expected; /* by when all that wait have a result; 0: not known */
};

/* One more that is down SINCE, or EARLIER. */
static void
widen(struct reason *r, int64_t since, bool earlier)
{
	if (r->first == 0 || since < r->first) {
		r->first = since;
		r->earlier = earlier;
	}
	if (since > r->last)
		r->last = since;
}

/* T looks like LOOK, for WHY. Those that are down for the same reason are told
 * together, whenever that began. */
static void
name_one(
    struct headline *sum, enum look look, const struct conf_target *t, const char *why)
{
	struct reason *r = sum->reason[look], *others = r + REASONS_MAX;
	const char *since = look == LOOK_DOWN ? strstr(why, " since ") : NULL;
	const struct live *live =
	    state_live(vantage_id(t, vantage_first(state_conf(), t)));
	char *reason =
	    mem_strn(why, since != NULL ? (size_t)(since - why) : strlen(why));

	while (r < others && r->why != NULL && strcmp(r->why, reason) != 0)
		r++;
	if (r->why == NULL)
		r->why = mem_str(r < others ? reason : "other reasons");
	free(reason);
	if (r < others && since != NULL && live != NULL)
		widen(r, live->down_since, live->down_from_first);
	if (r->count++ >= NAMED_MAX)
		return;
	char *name = html_strip(t->menu);
	char *longer =
	    r->names == NULL ? mem_str(name) : mem_printf("%s, %s", r->names, name);
	free(name);
	free(r->names);
	r->names = longer;
}

static const char *
plural(unsigned n, const char *one, const char *more)
{
	return n == 1 ? one : more;
}

/* A clause of the headline: how many there are of LOOK. */
static void
clause(FILE *out, const struct headline *sum, enum look look, bool *begun)
{
	static const char *const text[LOOKS][2] = {
		[LOOK_DOWN] = { "does not answer", "do not answer" },
		[LOOK_LOSS] = { "loses pings", "lose pings" },
		[LOOK_UNKNOWN] = { "is unknown just now", "are unknown just now" },
		[LOOK_CANNOT] = { "cannot be measured", "cannot be measured" },
		[LOOK_FILTERED] = { "is left out by --filter",
		    "are left out by --filter" },
		[LOOK_WAITING] = { "waits for its first round",
		    "wait for their first round" },
	};
	unsigned n = sum->look[look];

	if (n == 0)
		return;
	fprintf(out, "%s%u %s", *begun ? ", " : "", n,
	    plural(n, text[look][0], text[look][1]));
	*begun = true;
}

/* Is there no result of any? */
static bool
is_beginning(const struct headline *sum)
{
	return sum->look[LOOK_WAITING] > 0 &&
	       sum->look[LOOK_FINE] + sum->look[LOOK_DOWN] + sum->look[LOOK_LOSS] +
		       sum->look[LOOK_UNKNOWN] ==
		   0;
}

/* What is neither fine nor wrong, after the part in colour. */
static void
put_rest(struct html *page, const struct headline *sum, bool begun)
{
	char *text;
	size_t len;

	if (sum->look[LOOK_FINE] == sum->all || sum->look[LOOK_WAITING] == sum->all)
		return;
	FILE *out = mem_stream(&text, &len);
	bool before = true;
	if (is_beginning(sum))
		clause(out, sum, LOOK_WAITING, &before);
	clause(out, sum, LOOK_UNKNOWN, &before);
	clause(out, sum, LOOK_CANNOT, &before);
	clause(out, sum, LOOK_FILTERED, &before);
	if (!is_beginning(sum))
		clause(out, sum, LOOK_WAITING, &before);
	if (begun && sum->look[LOOK_FINE] > 0)
		fprintf(out, ", %u %s fine", sum->look[LOOK_FINE],
		    plural(sum->look[LOOK_FINE], "is", "are"));
	fputs(".", out);
	mem_stream_end(out);
	/* Behind a colon, where all else there is to say is that it begins. */
	if (is_beginning(sum))
		text[0] = ':';
	html_text(page, "headline_rest", text);
	free(text);
}

/* " since 13:40", " since 13:40 and later" of those that went one after the other. */
static void
since_text(char *buf, size_t size, const struct reason *r)
{
	char first[WHEN_TEXT], last[WHEN_TEXT];

	buf[0] = '\0';
	if (r->first == 0)
		return;
	when_text(first, sizeof first, r->first, false);
	when_text(last, sizeof last, r->last, false);
	snprintf(buf, size, " since %s%s%s", first, r->earlier ? " or earlier" : "",
	    strcmp(first, last) != 0 && !r->earlier ? " and later" : "");
}

/* "Router, Resolver and 3 more: no route to it". */
static void
put_reason(struct html *page, const struct reason *r)
{
	const char *colon = r->why != NULL && *r->why != '\0' ? ": " : "";
	char more[32] = "", since[2 * WHEN_TEXT];

	if (r->why == NULL)
		return;
	if (r->count > NAMED_MAX)
		snprintf(more, sizeof more, " and %u more", r->count - NAMED_MAX);
	since_text(since, sizeof since, r);
	html_printf(html_item(page, "detail"), "detail", "%s%s%s%s%s", r->names, more,
	    colon, r->why, since);
}

/* Below the headline: which ones, and why. */
static void
put_details(struct html *page, const struct headline *sum)
{
	static const enum look order[] = { LOOK_DOWN, LOOK_LOSS, LOOK_UNKNOWN,
		LOOK_CANNOT };

	if (sum->expected != 0) {
		char when[WHEN_TEXT];
		when_text(when, sizeof when, sum->expected, true);
		html_printf(html_item(page, "detail"), "detail",
		    is_beginning(sum)
			? "The first results are there by %s, and smoke from then on."
			: "Who waits has a first result by %s.",
		    when);
	}
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		for (unsigned k = 0; k <= REASONS_MAX; k++)
			put_reason(page, &sum->reason[order[i]][k]);
}

/* What is wrong, as one sentence: "Of 9 targets, 1 does not answer". The rest of what
 * there is to say is paler. */
static void
put_sentence(struct html *page, const struct headline *sum)
{
	unsigned fine = sum->look[LOOK_FINE],
		 wrong = sum->look[LOOK_DOWN] + sum->look[LOOK_LOSS];
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);
	bool begun = false;

	clause(out, sum, LOOK_DOWN, &begun);
	clause(out, sum, LOOK_LOSS, &begun);
	mem_stream_end(out);
	if (sum->all == 0)
		html_text(page, "headline", "There is nothing to measure yet.");
	else if (fine == sum->all && fine == 1)
		html_text(page, "headline", "The one target answers.");
	else if (fine == sum->all)
		html_printf(page, "headline", "All %u targets answer.", fine);
	else if (sum->look[LOOK_WAITING] == sum->all)
		html_printf(page, "headline",
		    "Measuring begins: the first round of %u %s is under way.",
		    sum->all, plural(sum->all, "target", "targets"));
	else if (wrong > 0)
		html_printf(page, "headline", "Of %u %s, ", sum->all,
		    plural(sum->all, "target", "targets"));
	else if (fine > 0)
		html_printf(page, "headline", "%u of %u targets %s", fine, sum->all,
		    plural(fine, "answers", "answer"));
	else
		html_text(page, "headline",
		    is_beginning(sum) ? "Measuring begins"
				      : "Nothing can be said just now");
	html_text(page, "headline_wrong", text);
	free(text);
	put_rest(page, sum, wrong > 0);

	const char *tone = sum->look[LOOK_DOWN] > 0	  ? "bad"
			   : sum->look[LOOK_LOSS] > 0	  ? "warn"
			   : fine == sum->all && fine > 0 ? "good"
							  : "calm";
	html_text(page, "tone", tone);
	put_details(page, sum);
}

struct headline *
headline_new(void)
{
	return mem_zero(1, sizeof(struct headline));
}

void
headline_add(struct headline *sum, const struct conf_target *t)
{
	char why[512];

	if (t->kind == CONF_MULTIHOST)
		return;
	enum look look = look_of(t, why, sizeof why);
	sum->all++;
	sum->look[look]++;
	if (look == LOOK_WAITING) {
		int64_t expected = look_expected(t);
		if (expected > sum->expected)
			sum->expected = expected;
	}
	if (look != LOOK_FINE)
		name_one(sum, look, t, why);
}

bool
headline_put(struct html *page, struct headline *sum)
{
	bool wrong = sum->look[LOOK_DOWN] + sum->look[LOOK_LOSS] > 0;

	put_sentence(page, sum);
	for (unsigned i = 0; i < LOOKS; i++)
		for (unsigned k = 0; k <= REASONS_MAX; k++) {
			free(sum->reason[i][k].why);
			free(sum->reason[i][k].names);
		}
	free(sum);
	return wrong;
}

const char *
headline_beginning_text(void)
{
	static char text[96];
	char when[WHEN_TEXT];
	int64_t expected = look_first_expected();

	if (!look_is_new())
		return "";
	if (expected == 0)
		return "Nothing is measured yet: the first rounds are under way.";
	when_text(when, sizeof when, expected, true);
	snprintf(text, sizeof text,
	    "Nothing is measured yet: the first results are there by %s.", when);
	return text;
}

void
headline_beginning(struct html *page)
{
	html_text(page, "beginning", headline_beginning_text());
}
