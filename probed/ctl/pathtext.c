#include "ctl/pathtext.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "round.h"

/* Fewer lost probes are no finding: at half a percent of loss three of twenty are one
 * case in 7700. */
#define LOST_LEAST 3
/* Loss goes on where so much of the target's is to be seen, give or take chance. */
#define LOSS_GOES_ON 0.8
/* A bridge between a container and its host is nearer than any cable. */
#define BRIDGE_NS (200 * CLOCK_NS_PER_US)

static double
ms(int64_t ns)
{
	return (double)ns / (double)CLOCK_NS_PER_MS;
}

static double
loss(const struct hop *h)
{
	return h->sent == 0 ? 0 : (double)(h->sent - h->answered) / h->sent;
}

/* "10.0.0.1, 10.0.0.2", or "?". */
static const char *
names(const struct hop *h, char *text, size_t size)
{
	char one[ADDR_TEXT];
	size_t at = 0;

	snprintf(text, size, "?");
	for (unsigned i = 0; i < h->addresses && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s", i == 0 ? "" : ", ",
		    addr_text(&h->address[i], one));
	return text;
}

/* --- the table ------------------------------------------------------------------- */

static void
table_row(FILE *out, const struct hop *h)
{
	char who[HOP_ADDRESSES * (ADDR_TEXT + 2)];

	fprintf(out, "%3u  %5.1f %5u ", h->ttl, 100 * loss(h), h->sent);
	if (h->answered > 0)
		fprintf(out, "%9.3f %9.3f %9.3f", ms(h->min_ns), ms(h->median_ns),
		    ms(h->max_ns));
	else
		fprintf(out, "%9s %9s %9s", "-", "-", "-");
	fprintf(out, "  %s", names(h, who, sizeof who));
	for (unsigned i = 0; i < h->labels; i++)
		fprintf(out, "%s%u%s", i == 0 ? "  MPLS " : ",", h->label[i], "");
	if (h->flags & HOP_SILENT)
		fputs("  (silent)", out);
	if (h->flags & HOP_LIMITED)
		fputs("  (limits its answers)", out);
	if (h->why != PING_ANSWERED)
		fprintf(out, "  (%s)", ping_outcome_text(h->why));
	fputc('\n', out);
}

void
pathtext_table(FILE *out, const struct hops *p)
{
	fprintf(out, "%3s  %5s %5s %9s %9s %9s  %s\n", "Hop", "Loss%", "Sent", "Best",
	    "Median", "Worst", "Address");
	for (unsigned i = 0; i < p->count; i++)
		table_row(out, &p->hop[i]);
}

/* --- the sentence ---------------------------------------------------------------- */

/* The first hop of those from which on nobody who answers loses less than the last one,
 * which is the target, unless by chance. */
static const struct hop *
loss_begins(const struct hops *p)
{
	unsigned i = p->count - 1;
	const struct hop *last = &p->hop[i], *begin = last;

	while (i-- > 0) {
		const struct hop *h = &p->hop[i];

		if (h->answered == 0)
			continue;
		/* That so many answer, or more, where so many should be lost: */
		if (hops_chance(h->answered, h->sent, 1 - LOSS_GOES_ON * loss(last)) <
		    HOPS_CHANCE)
			break;
		begin = h;
	}
	return begin;
}

static void
say_reached(const struct hops *p, char *text, size_t size)
{
	const struct hop *last = &p->hop[p->count - 1];
	unsigned lost = last->sent - last->answered;
	char to[ADDR_TEXT], who[HOP_ADDRESSES * (ADDR_TEXT + 2)];

	addr_text(&p->address, to);
	int at = snprintf(text, size, "%s is %u hop%s away and answers in %.3f ms", to,
	    last->ttl, last->ttl == 1 ? "" : "s", ms(last->median_ns));
	text += at;
	size -= (size_t)at;
	if (lost == 0)
		snprintf(text, size, "; nothing is lost.");
	else if (lost < LOST_LEAST)
		snprintf(text, size, "; %u of %u probes lost are too few to say where.",
		    lost, last->sent);
	else if (loss_begins(p) == last)
		snprintf(text, size,
		    "; %.0f %% is lost, and only at the target itself.",
		    100 * loss(last));
	else
		snprintf(text, size,
		    "; %.0f %% is lost, which begins at hop %u (%s) and goes on from "
		    "there.",
		    100 * loss(last), loss_begins(p)->ttl,
		    names(loss_begins(p), who, sizeof who));
}

static void
say_unreached(const struct hops *p, char *text, size_t size)
{
	char to[ADDR_TEXT], who[HOP_ADDRESSES * (ADDR_TEXT + 2)];
	const struct hop *last = p->count == 0 ? NULL : &p->hop[p->count - 1];

	addr_text(&p->address, to);
	if (last == NULL)
		snprintf(text, size,
		    "Nobody answers on the way to %s, not even the first router: it "
		    "is not visible from here.",
		    to);
	else if (last->why == PING_NO_NEIGHBOUR)
		snprintf(text, size,
		    "The first router on the way to %s does not answer this host: its "
		    "address cannot be found on the local network.",
		    to);
	else if (p->flags & HOPS_ENDED)
		snprintf(text, size, "%s is not reached: hop %u (%s) says %s.", to,
		    last->ttl, names(last, who, sizeof who),
		    ping_outcome_text(last->why));
	else
		snprintf(text, size,
		    "%s is not reached: nobody behind hop %u (%s) answers. It may be "
		    "down, or somebody there lets such probes not pass.",
		    to, last->ttl, names(last, who, sizeof who));
}

const char *
pathtext_sentence(const struct hops *p, bool boxed, char *text)
{
	unsigned odd = 0;
	size_t at;

	if (p->flags & HOPS_REACHED)
		say_reached(p, text, PATHTEXT);
	else
		say_unreached(p, text, PATHTEXT);
	for (unsigned i = 0; i < p->count; i++)
		odd += (p->hop[i].flags & (HOP_SILENT | HOP_LIMITED)) != 0;
	at = strlen(text);
	if (odd > 0)
		snprintf(text + at, PATHTEXT - at,
		    " %u hop%s answer%s seldom or never, but those behind %s do: no "
		    "fault.",
		    odd, odd == 1 ? "" : "s", odd == 1 ? "s" : "",
		    odd == 1 ? "it" : "them");
	at = strlen(text);
	if (p->flags & HOPS_BLIND)
		snprintf(text + at, PATHTEXT - at,
		    " The routers on the way are not visible from here: somebody near, "
		    "such as a container's network, a VPN or a proxy, answers for "
		    "them.");
	else if (boxed && p->count > 0 && p->hop[0].answered > 0 &&
		 p->hop[0].min_ns < BRIDGE_NS && !(p->hop[0].flags & HOP_TARGET))
		snprintf(text + at, PATHTEXT - at,
		    " This is a container: hop 1 seems to be the bridge to its host.");
	return text;
}

/* --- JSON ------------------------------------------------------------------------ */

static void
put_seconds(struct json *j, const char *key, int64_t ns)
{
	jw_key(j, key);
	if (ns < 0)
		jw_null(j);
	else
		jw_num(j, (double)ns / (double)CLOCK_NS_PER_S);
}

static void
put_hop(struct json *j, const struct hop *h)
{
	char text[ADDR_TEXT];

	jw_object(j);
	jw_put_int(j, "ttl", h->ttl);
	jw_key(j, "addresses");
	jw_array(j);
	for (unsigned i = 0; i < h->addresses; i++)
		jw_str(j, addr_text(&h->address[i], text));
	jw_array_end(j);
	jw_put_int(j, "sent", h->sent);
	jw_put_int(j, "answered", h->answered);
	put_seconds(j, "min", h->min_ns);
	put_seconds(j, "median", h->median_ns);
	put_seconds(j, "max", h->max_ns);
	jw_put_some(j, "reply_ttl", h->reply_ttl);
	jw_put_bool(j, "target", (h->flags & HOP_TARGET) != 0);
	jw_put_bool(j, "silent", (h->flags & HOP_SILENT) != 0);
	jw_put_bool(j, "limited", (h->flags & HOP_LIMITED) != 0);
	jw_put_str(
	    j, "error", h->why == PING_ANSWERED ? NULL : ping_outcome_word(h->why));
	jw_key(j, "mpls");
	jw_array(j);
	for (unsigned i = 0; i < h->labels; i++)
		jw_int(j, h->label[i]);
	jw_array_end(j);
	jw_object_end(j);
}

void
pathtext_json(FILE *out, const struct hops *p, const char *host, const char *sentence)
{
	char text[ADDR_TEXT];
	struct json j;

	jw_init(&j, out);
	jw_object(&j);
	jw_put_str(&j, "host", host);
	jw_put_str(&j, "address", addr_text(&p->address, text));
	jw_put_str(&j, "method", hops_method_word(p->method));
	jw_put_bool(&j, "reached", (p->flags & HOPS_REACHED) != 0);
	jw_put_bool(&j, "visible", (p->flags & HOPS_BLIND) == 0);
	put_seconds(&j, "start", p->start_ns);
	put_seconds(&j, "end", p->end_ns);
	jw_key(&j, "hops");
	jw_array(&j);
	for (unsigned i = 0; i < p->count; i++)
		put_hop(&j, &p->hop[i]);
	jw_array_end(&j);
	jw_put_str(&j, "summary", sentence);
	jw_object_end(&j);
	fputc('\n', out);
}
