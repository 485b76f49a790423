/* A range of the reader's choice, and the ways on from it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "web/figure.h"
#include "web/incidents.h"
#include "web/page.h"
#include "web/plot.h"
#include "web/request.h"
#include "web/row.h"
#include "web/share.h"
#include "web/talkers.h"
#include "web/target.h"
#include "web/window.h"

static void
put_move(
    struct html *page, const char *word, const char *hint, int64_t start, int64_t end)
{
	struct html *item = html_item(page, "move");
	int64_t now = clock_wall_s();

	if (start < 0 || end - start < 10)
		return;
	/* Beyond now there is nothing to see. */
	if (end > now) {
		start -= end - now;
		end = now;
	}
	html_text(item, "word", word);
	html_text(item, "hint", hint);
	html_printf(item, "m_start", "%" PRId64, start);
	html_printf(item, "m_end", "%" PRId64, end);
}

static void
put_moves(struct html *page, int64_t start, int64_t end)
{
	int64_t span = end - start, half = span / 2;

	put_move(page, "←", "Earlier", start - half, end - half);
	put_move(page, "−", "Zoom out", start - half, end + half);
	put_move(page, "+", "Zoom in", start + span / 4, end - span / 4);
	put_move(page, "→", "Later", start + half, end + half);
}

static void
format_time(char *buf, size_t size, int64_t when)
{
	time_t at = (time_t)when;
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
}

/* "now-108000s", as links have it, as "now-30h" to BUF. Is it one of those? */
static bool
from_now(char *buf, size_t size, const char *written)
{
	long seconds;
	int len = 0;

	if (sscanf(written, "now-%9lds%n", &seconds, &len) != 1 || len == 0 ||
	    written[len] != '\0' || seconds <= 0)
		return false;
	if (seconds % 86400 == 0 && seconds > 86400)
		snprintf(buf, size, "now-%ldd", seconds / 86400);
	else if (seconds % 3600 == 0)
		snprintf(buf, size, "now-%ldh", seconds / 3600);
	else
		snprintf(buf, size, "%s", written);
	return true;
}

/* What stands in a field of the form: what the reader wrote, but nobody reads seconds
 * since 1970, nor many of them; BUF (40 bytes) is for what is said instead. */
static const char *
field_text(char buf[40], const char *written, const char *meant, const char *fallback)
{
	if (written == NULL || *written == '\0')
		return fallback;
	if (from_now(buf, 40, written))
		return buf;
	return written[strspn(written, "0123456789")] == '\0' ? meant : written;
}

static void
put_form(struct html *page, const struct request *r, int64_t start, int64_t end)
{
	char from[40], to[40], text[40];

	format_time(from, sizeof from, start);
	format_time(to, sizeof to, end);
	html_text(page, "from_text", from);
	html_text(page, "to_text", to);
	html_text(
	    page, "from", field_text(text, request_arg(r, "start"), from, "now-3h"));
	html_text(page, "to", field_text(text, request_arg(r, "end"), to, "now"));
}

void
navigator_put(struct html *page, const struct request *r, int64_t start, int64_t end)
{
	int64_t now = clock_wall_s();
	size_t count;
	const struct conf_period *period = target_periods(&count);

	for (size_t i = 0; i < count; i++) {
		struct html *item = html_item(page, "preset");
		target_short_span(item, "short", period[i].seconds);
		html_printf(item, "p_start", "now-%us", period[i].seconds);
		html_flag(item, "chosen",
		    end >= now - 60 && end - start == period[i].seconds);
	}
	put_form(page, r, start, end);
	put_moves(page, start, end);
	html_flag(page, "live", end >= now - 60);
	/* What is over does not change, and a zoom is not to be thrown away. */
	if (end < now - 60)
		html_text(page, "refresh", "");
}

/* The same range as the others see it. */
static void
put_others(struct html *page, const struct seen *s)
{
	struct vantage list[VANTAGES];
	size_t count = vantage_list(state_conf(), s->target, list, VANTAGES);

	html_flag(page, "other", count > 1);
	for (size_t i = 0; i < count; i++) {
		struct html *item = html_item(page, "vantage");

		row_links(item, s->target, list[i].slave);
		html_text(item, "v_name", list[i].display);
		html_flag(item, "v_here",
		    s->count > 0 && strcmp(list[i].slave, s->by[0].slave) == 0);
	}
}

void
page_navigator(struct request *r, struct seen *s)
{
	const struct conf_target *t = s->target;
	int64_t now = clock_wall_s(), start, end;
	char span[32];

	if (request_range(r, now, &start, &end) != 0)
		return;
	/* One graph: of the others, the page of all has links. */
	if (s->count > 1)
		s->count = 1;
	s->chosen = s->count > 0 && s->by[0].slave[0] != '\0';
	struct html *page = target_page(r, s);
	navigator_put(page, r, start, end);
	put_others(page, s);
	figure_span(span, sizeof span, end - start);
	const char *title = request_arg(r, "title");
	html_text(page, "label", title != NULL && *title != '\0' ? title : span);
	html_printf(page, "start", "%" PRId64, start);
	html_printf(page, "end", "%" PRId64, end);
	char share_from[24], share_to[24];
	snprintf(share_from, sizeof share_from, "%" PRId64, start);
	snprintf(share_to, sizeof share_to, "%" PRId64, end);
	share_put(page, r, t, s->count > 0 ? s->by[0].slave : "", share_from, share_to);
	html_flag(page, "talked", talkers_known());
	if (t->kind != CONF_MULTIHOST) {
		const char *slave = s->count > 0 ? s->by[0].slave : "";
		window_put(page, window_kept(t, slave, start, end), end >= now - 60);
		if (*slave != '\0')
			html_printf(page, "row", "%" PRId64,
			    history_from(t, slave, start, end, HISTORY_PAGE)->last);
	}
	plot_put(
	    page, t, s->count > 0 ? s->by[0].slave : "", start, end, end >= now - 60);
	incidents_of(page, t, start, end);
	page_send(r, page, 200, "navigator.html");
}
