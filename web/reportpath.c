/* The way to a target, as evidence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "infer/pathtext.h"
#include "pathfile.h"
#include "web/figure.h"
#include "web/html.h"
#include "web/paper.h"
#include "web/reportparts.h"
#include "web/ways.h"
#include "web/when.h"

#define CHANGES 20  /* shown, the newest */
#define AFTER_S 900 /* behind the end, in which a walk still tells of it */

/* Is A told to nobody outside? */
static bool
is_private(const struct addr *a)
{
	return addr_is_private(a) || addr_is_loopback(a);
}

bool
report_is_private(const char *text)
{
	struct addr a;

	return addr_parse(&a, text) == 0 && is_private(&a);
}

struct gathered {
	int64_t start, end;
	bool have_before, have_then, have_now;
	struct path_record before, then, now;
	struct path_record change[CHANGES];
	unsigned changes; /* ever, within START..END */
};

static void
gather(void *ctx, const struct path_record *p)
{
	struct gathered *g = ctx;

	if (p->kind == PATH_NOW) {
		g->now = *p;
		g->have_now = true;
		return;
	}
	if (p->time >= g->start && p->time <= g->end) {
		g->change[g->changes++ % CHANGES] = *p;
		/* What was found first; a walk since a round was bad tells most. */
		if (!g->have_then ||
		    (p->kind == PATH_BAD && g->then.kind != PATH_BAD)) {
			g->then = *p;
			g->have_then = true;
		}
	} else if (p->time < g->start && p->kind == PATH_CHANGE) {
		g->before = *p;
		g->have_before = true;
	}
}

static const char *
shown(const struct addr *a, bool hosts, char buf[ADDR_TEXT])
{
	if (!hosts && is_private(a))
		return "a private address";
	return addr_text(a, buf);
}

static void
put_hop(FILE *out, const struct hop *h, bool hosts)
{
	char ttl[8], who[HOP_ADDRESSES * (ADDR_TEXT + 2) + 40] = "", loss[FIGURE_TEXT],
							   rtt[FIGURE_TEXT],
							   text[ADDR_TEXT];
	bool odd =
	    (h->flags & (HOP_LIMITED | HOP_SILENT)) != 0 && !(h->flags & HOP_TARGET);

	snprintf(ttl, sizeof ttl, "%u", h->ttl);
	for (unsigned i = 0; i < h->addresses; i++)
		snprintf(who + strlen(who), sizeof who - strlen(who), "%s%s",
		    i > 0 ? ", " : "", shown(&h->address[i], hosts, text));
	if (h->addresses == 0)
		snprintf(who, sizeof who, "never answers");
	else if (odd)
		snprintf(who + strlen(who), sizeof who - strlen(who),
		    " (answers seldom, and passes all on)");
	paper_cells(out, PAPER_ROW,
	    (const char *const[]){ ttl, who,
		h->sent == 0 || odd
		    ? ""
		    : figure_percent_text(loss, 1 - (double)h->answered / h->sent),
		h->median_ns < 0 ? ""
				 : figure_rtt_text(rtt, (double)h->median_ns / 1e9) },
	    4);
}

static void
put_way(FILE *out, const struct hops *way, bool hosts)
{
	paper_cells(out, PAPER_COLUMNS,
	    (const char *const[]){ "rhop", "lrouter", "rlost", "rmedian" }, 4);
	for (unsigned i = 0; i < way->count; i++)
		put_hop(out, &way->hop[i], hosts);
	if ((way->flags & HOPS_REACHED) == 0)
		paper_printf(
		    out, PAPER_SMALL, "The target itself did not answer to this walk.");
}

static void
put_change(FILE *out, const struct path_record *p, bool hosts)
{
	char when[WHEN_TEXT], text[PATHTEXT_CHANGE];
	/* The words name both; without them, the hop is all that is told. */
	bool named = hosts || (!is_private(&p->from) && !is_private(&p->to));

	when_text(when, sizeof when, p->time, false);
	if (!named)
		snprintf(text, sizeof text, "is another one from hop %u on", p->ttl);
	else if (p->kind == PATH_CHANGE)
		change_text(p->ttl, &p->from, &p->to, text);
	else
		break_text(p->elsewhere, p->ttl, &p->from, &p->to, text);
	paper_printf(out, PAPER_SMALL, "%s: the way %s.", when, text);
}

static void
put_walked(FILE *out, const char *what, const struct path_record *p, bool hosts)
{
	char when[WHEN_TEXT];

	when_text(when, sizeof when, p->kind == PATH_NOW ? p->since : p->time, true);
	paper_printf(out, PAPER_TEXT, "%s %s, by %s:", what, when,
	    p->way.method == HOPS_ICMP	? "ICMP echo requests of rising TTL"
	    : p->way.method == HOPS_TCP ? "TCP SYNs of rising TTL"
					: "UDP datagrams of rising TTL");
	put_way(out, &p->way, hosts);
}

void
report_path(FILE *out, const struct conf_target *t, int64_t start, int64_t end,
    bool trouble, bool hosts)
{
	struct gathered *g = mem_zero(1, sizeof *g);

	g->start = start;
	g->end = trouble ? end + AFTER_S : end;
	pathfile_read(t->id, gather, g);
	/* What is so since before it began was so then. */
	if (!g->have_before && g->have_now && g->now.since < start) {
		g->before = g->now;
		g->have_before = true;
	}
	if (g->have_then || g->have_before || g->have_now) {
		char *title = html_strip(t->title);
		paper_printf(out, PAPER_HEADING, "The way to %s", title);
		free(title);
		if (trouble && g->have_then)
			put_walked(
			    out, "While it was wrong, walked at", &g->then, hosts);
		if (trouble && g->have_before)
			put_walked(out, "Before, as it was since", &g->before, hosts);
		if (trouble && !g->have_then)
			paper_printf(out, PAPER_SMALL,
			    "No other way was found while it was wrong.");
		if (!trouble && g->have_now)
			put_walked(out, "As it is since", &g->now, hosts);
		unsigned n = g->changes < CHANGES ? g->changes : CHANGES;
		for (unsigned i = 0; i < n; i++)
			put_change(
			    out, &g->change[(g->changes - n + i) % CHANGES], hosts);
	}
	free(g);
}
