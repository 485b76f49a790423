#include "web/row.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/figure.h"
#include "web/flight.h"
#include "web/history.h"
#include "web/look.h"
#include "web/query.h"
#include "web/request.h"
#include "web/vantage.h"
#include "web/when.h"

#define STEPS_MIN 6   /* in the shortest span of a line */
#define LOOKED_MAX 20 /* histories read to find that span, and as many of the mute */

static void
put_path(struct html *h, const char *name, const char *prefix, const char *path,
    const char *slave)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s%s", request_base(), prefix);
	char *slashed = mem_str(path);
	for (char *p = slashed; *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	query_encode(out, slashed);
	free(slashed);
	if (*slave != '\0') {
		fputc('~', out);
		query_encode(out, slave);
	}
	mem_stream_end(out);
	html_text(h, name, text);
	free(text);
}

void
row_path(struct html *h, const char *name, const char *prefix, const char *path)
{
	put_path(h, name, prefix, path, "");
}

void
row_href(struct html *h, const char *name, const struct conf_target *t)
{
	put_path(h, name, "/t/", t->path, "");
}

/* "/graph/A/B" as value NAME. */
static void
row_graph(struct html *h, const char *name, const struct conf_target *t)
{
	put_path(h, name, "/graph/", t->path, "");
}

void
row_links(struct html *h, const struct conf_target *t, const char *slave)
{
	put_path(h, "href", "/t/", t->path, slave);
	put_path(h, "graph", "/graph/", t->path, slave);
}

bool
row_listed(const struct conf_target *t)
{
	return t->kind != CONF_GROUP && !t->hide;
}

bool
row_hidden(const struct conf_target *t)
{
	for (; t != NULL; t = t->parent)
		if (t->hide)
			return true;
	return false;
}

char *
row_trail(const struct conf_target *t)
{
	if (t == NULL || t->parent == NULL)
		return mem_str("");
	char *outer = row_trail(t->parent), *own = html_strip(t->menu);
	char *trail = mem_printf("%s%s%s", outer, *outer != '\0' ? " › " : "", own);
	free(outer);
	free(own);
	return trail;
}

char *
row_extra(const struct conf_target *t, const char *class)
{
	static const char *const word[] = { "{HOSTNAME}", "{HOST}", "{CLASS}",
		"{HASH}" };
	const char *extra = conf_value(t->section, "menuextra", NULL);
	char *hash, *text, *safe;
	size_t len;

	if (extra == NULL || t->kind == CONF_GROUP || t->kind == CONF_MULTIHOST)
		return NULL;
	hash = mem_printf("#%s", t->host);
	const char *const put[] = { t->host, hash, class, "#" };
	FILE *out = mem_stream(&text, &len);
	while (*extra != '\0') {
		size_t i = 0;
		while (i < 4 && strncmp(extra, word[i], strlen(word[i])) != 0)
			i++;
		fputs(i < 4 ? put[i] : (char[]){ *extra, '\0' }, out);
		extra += i < 4 ? strlen(word[i]) : 1;
	}
	mem_stream_end(out);
	safe = html_safe(text);
	free(text);
	free(hash);
	return safe;
}

/* "1.1.1.1", and the host's name only where that says more. */
static void
put_address(struct html *h, const struct conf_target *t, const struct live *live)
{
	char address[ADDR_TEXT] = "";

	if (live != NULL)
		addr_text(&live->target.address, address);
	html_text(h, "host", t->host);
	if (t->host != NULL && strcmp(address, t->host) != 0)
		html_text(h, "address", address);
	else
		html_text(h, "address", "");
}

/* Every name gets a value, "" where nothing is known, so that a line in a list never
 * shows what surrounds it. */
static void
put_round(struct html *h, const struct live *live)
{
	static const struct live nothing = {
		.median = NAN, .jitter = NAN, .loss_ratio = NAN
	};
	char when[32] = "";

	if (live == NULL)
		live = &nothing;
	figure_rtt(h, "median", "median_unit", live->median);
	figure_rtt(h, "jitter", "jitter_unit", live->jitter);
	figure_percent(h, "loss", live->loss_ratio);
	html_flag(h, "lossy", live->loss > 0);
	html_flag(h, "total_loss", live->loss_ratio >= 1);
	html_flag(h, "measured", live->measured);
	html_printf(h, "row", "%" PRId64, live->row);
	if (live->measured)
		when_text(when, sizeof when, live->row, true);
	html_text(h, "when", when);
}

/* A multihost's line is about others; its picture changes with any of them. */
static void
put_members(struct html *h, const struct conf_target *t)
{
	int64_t row = 0;

	for (size_t i = 0; i < t->members; i++) {
		const struct live *live = state_live(conf_target_id(t->member[i]));
		if (live != NULL && live->row > row)
			row = live->row;
	}
	put_round(h, NULL);
	html_printf(h, "row", "%" PRId64, row);
	html_printf(h, "host", "%zu targets drawn together", t->members);
	html_text(h, "look", "group");
	html_text(h, "address", "");
	html_text(h, "why", "");
	html_text(h, "other_probe", "");
	flight_put(h, NULL);
}

/* What was heard of T last, of the first slave where this box does not measure. */
static const struct live *
live_of(const struct conf_target *t)
{
	return state_live(vantage_id(t, vantage_first(state_conf(), t)));
}

enum look
row_present(struct html *h, const struct conf_target *t)
{
	const struct live *live = live_of(t);
	char why[512];
	char *menu = html_strip(t->menu);

	html_text(h, "name", menu);
	free(menu);
	row_href(h, "href", t);
	row_graph(h, "graph", t);
	if (t->kind == CONF_MULTIHOST) {
		put_members(h, t);
		return LOOK_FINE;
	}
	enum look look = look_of(t, why, sizeof why);
	html_text(h, "look", look_word(look));
	html_text(h, "why", why);
	put_address(h, t, live);
	html_text(h, "probe", t->probe != NULL ? t->probe->module : "");
	html_flag(h, "other_probe",
	    t->probe != NULL && strncmp(t->probe->module, "FPing", 5) != 0);
	put_round(h, live != NULL && live->measured ? live : NULL);
	flight_put(h, look == LOOK_CANNOT || look == LOOK_FILTERED ? NULL : t);
	return look;
}

int64_t
row_first(const struct conf_target *t, int64_t span)
{
	int64_t now = clock_wall_s();
	const struct history *past = history_of(t, now - span, now, HISTORY_LIST);
	const struct live *live = state_live(t->id);

	if (past->first != 0 || live == NULL)
		return past->first;
	return live->first_known > now - span ? live->first_known : 0;
}

/* End of the first row known within ROW_SPAN, of any of the first targets; NOW when
 * there is none. Those that are not measured do not keep us from the others. */
static int64_t
oldest_row(int64_t now)
{
	const struct conf *conf = state_conf();
	int64_t oldest = now;
	unsigned looked[2] = { 0 };

	for (size_t i = 0; i < conf->target_count && looked[true] < LOOKED_MAX; i++) {
		const struct conf_target *t = conf->target[i];
		const struct live *live = state_live(t->id);
		bool heard = live != NULL && live->first_known != 0;
		if (!row_listed(t) || t->kind == CONF_MULTIHOST ||
		    looked[heard]++ >= LOOKED_MAX)
			continue;
		int64_t first = row_first(t, ROW_SPAN);
		if (first != 0 && first < oldest)
			oldest = first;
		/* Old enough: no need to look further. */
		if (oldest < now - ROW_SPAN / 2)
			break;
	}
	return oldest;
}

int64_t
row_span(void)
{
	static const unsigned minutes[] = { 2, 5, 10, 15, 20, 30, 45, 60, 90 };
	int64_t now = clock_wall_s(), oldest = oldest_row(now);
	int64_t span = ROW_SPAN;

	for (size_t i = sizeof minutes / sizeof minutes[0]; i-- > 0;)
		if (now - oldest < (int64_t)minutes[i] * 60 &&
		    (int64_t)minutes[i] * 60 >= (int64_t)state_conf()->step * STEPS_MIN)
			span = minutes[i] * 60;
	return span;
}

int64_t
row_begin(struct html *page)
{
	int64_t span = row_span();
	char text[32];

	html_printf(page, "span", "%" PRId64, span);
	figure_span(text, sizeof text, span);
	html_text(page, "span_text", text);
	if (span % 3600 == 0)
		html_printf(page, "span_short", "%" PRId64 " h", span / 3600);
	else
		html_printf(page, "span_short", "%" PRId64 " min", span / 60);
	return span;
}

static void
put_past(struct html *item, const struct history *past)
{
	figure_percent(item, "past_loss", past->loss_ratio);
	html_flag(item, "past_lossy", past->loss_ratio > 0);
}

const struct live *
row_seen(struct html *h, const struct conf_target *t, const char *slave)
{
	const struct live *live = state_live(vantage_id(t, slave));
	char why[512];

	if (live != NULL && !live->measured)
		live = NULL;
	flight_put(h, NULL);
	html_text(h, "look", look_word(look_from(t, slave, why, sizeof why)));
	html_text(h, "why", why);
	put_round(h, live);
	return live;
}

/* Below T's own line, one for each slave whose view that is not. */
static void
add_slaves(
    struct html *page, const char *list, const struct conf_target *t, int64_t span)
{
	const char *own = vantage_first(state_conf(), t);
	int64_t now = clock_wall_s();
	struct vantage v[VANTAGES];
	size_t count = vantage_list(state_conf(), t, v, VANTAGES);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(v[i].slave, own) == 0)
			continue;
		struct html *item = html_item(page, list);
		const struct history *past =
		    history_from(t, v[i].slave, now - span, now, HISTORY_LIST);

		html_flag(item, "slave", true);
		html_printf(item, "name", "from %s", v[i].display);
		html_text(item, "host", v[i].location != NULL ? v[i].location : "");
		html_text(item, "address", "");
		html_flag(item, "other_probe", false);
		row_links(item, t, v[i].slave);
		if (row_seen(item, t, v[i].slave) == NULL)
			html_printf(item, "row", "%" PRId64, past->last);
		html_flag(item, "strip", past->first != 0);
		put_past(item, past);
	}
}

void
row_past(const struct conf_target *t, int64_t span)
{
	int64_t now = clock_wall_s();

	if (history_of(t, now - span, now, HISTORY_LIST)->first == 0)
		row_first(t, ROW_SPAN);
}

bool
row_past_known(const struct conf_target *t, int64_t span)
{
	int64_t now = clock_wall_s();

	return history_known(t, now - span, now, HISTORY_LIST);
}

enum look
row_add(struct html *page, const char *list, const struct conf_target *t, int64_t span)
{
	struct html *item = html_item(page, list);
	int64_t now = clock_wall_s();
	enum look look = row_present(item, t);

	html_flag(item, "slave", false);
	if (t->kind == CONF_MULTIHOST) {
		html_flag(item, "strip", true);
		return look;
	}
	const struct history *past = history_of(t, now - span, now, HISTORY_LIST);
	put_past(item, past);
	html_flag(item, "strip", past->first != 0 || row_first(t, ROW_SPAN) != 0);
	add_slaves(page, list, t, span);
	return look;
}
