#include "web/radios.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "web/html.h"
#include "web/usage.h"
#include "web/viewfile.h"

/* The collector asks every few seconds, and more seldom where there is none. */
#define GONE_NS (4 * WIFI_POLL_S * CLOCK_NS_PER_S)

static struct {
	struct msg_wifi one[WIFI_MAX];
	int64_t told_ns[WIFI_MAX];
	size_t count;
	enum wifi_sight sight; /* WIFI_SEEN: nothing is told of none */
} radios;

static void
drop_gone(void)
{
	int64_t now = clock_mono_ns();
	size_t kept = 0;

	for (size_t i = 0; i < radios.count; i++) {
		if (now - radios.told_ns[i] > GONE_NS)
			continue;
		radios.one[kept] = radios.one[i];
		radios.told_ns[kept++] = radios.told_ns[i];
	}
	radios.count = kept;
}

int
radios_message(struct msg_in *in)
{
	struct msg_wifi m;
	size_t i = 0;

	if (msg_get_wifi(in, &m) != 0)
		return -1;
	radios.sight = (enum wifi_sight)m.sight;
	if (m.sight != WIFI_SEEN) {
		radios.count = 0;
		return 0;
	}
	drop_gone();
	while (i < radios.count && strcmp(radios.one[i].wifi.name, m.wifi.name) != 0)
		i++;
	if (i == WIFI_MAX)
		return 0;
	if (i == radios.count)
		radios.count++;
	radios.one[i] = m;
	radios.told_ns[i] = clock_mono_ns();
	return 0;
}

void
radios_forget(void)
{
	memset(&radios, 0, sizeof radios);
}

const struct msg_wifi *
radios_list(size_t *count)
{
	drop_gone();
	*count = radios.count;
	return radios.one;
}

/* --- JSON --------------------------------------------------------------------------
 */

static void
put_radio(struct json *j, const struct msg_wifi *m)
{
	const struct wifi_span *s = &m->wifi.span;
	double mhz = s->level[WIFI_FREQUENCY];
	char text[WIFI_TEXT];

	jw_object(j);
	jw_put_str(j, "name", m->wifi.name);
	jw_put_int(j, "index", m->wifi.index);
	jw_put_bool(j, "connected", m->wifi.linked);
	jw_put_bool(j, "leads_out", m->leads);
	jw_put_str(j, "band", wifi_band(mhz)[0] != '\0' ? wifi_band(mhz) : NULL);
	jw_put_some(j, "channel", wifi_channel(mhz));
	jw_put_some(j, "width", m->wifi.width);
	for (unsigned i = 0; i < WIFI_LEVELS; i++)
		jw_put_num(j, wifi_level_word((enum wifi_level)i), s->level[i]);
	jw_put_num(j, "retry_ratio", wifi_retry_share(s));
	jw_put_num(j, "failed_ratio", wifi_failed_share(s));
	jw_put_str(j, "text", wifi_text(&m->wifi, text));
	jw_object_end(j);
}

void
radios_put(struct json *j)
{
	size_t count;
	const struct msg_wifi *m = radios_list(&count);
	const char *text = wifi_sight_text(radios.sight);

	jw_key(j, "wifi");
	jw_object(j);
	jw_key(j, "radios");
	jw_array(j);
	for (size_t i = 0; i < count; i++)
		put_radio(j, &m[i]);
	jw_array_end(j);
	jw_put_str(j, "text", text[0] != '\0' ? text : NULL);
	jw_object_end(j);
}

const char *
radios_column(unsigned column, char buf[USAGE_NAME])
{
	(void)buf;
	return column < WIFI_LEVELS
		   ? wifi_level_word((enum wifi_level)column)
		   : wifi_count_word((enum wifi_count)(column - WIFI_LEVELS));
}

int
radios_history(struct usage *u, const char *name, int64_t start, int64_t end,
    int64_t now, unsigned points)
{
	char path[WIFI_PATH];
	struct err err;

	if (!wifi_name_fits(name))
		return -1;
	return usage_read_file(u, wifi_path(name, path), start, end, now, points, &err);
}

/* --- pages -------------------------------------------------------------------------
 */

void
radios_page(struct html *page)
{
	size_t count;
	const struct msg_wifi *m = radios_list(&count);
	char text[WIFI_TEXT];

	for (size_t i = 0; i < count; i++) {
		struct html *h = html_item(page, "radio");

		html_text(h, "r_name", m[i].wifi.name);
		html_text(h, "r_text", wifi_text(&m[i].wifi, text));
		html_flag(h, "r_leads", m[i].leads);
	}
}

/* --- as a file -------------------------------------------------------------------- */

void
radios_file(struct viewfile *f)
{
	struct viewfile_column column[WIFI_LEVELS + 6] = {
		{ "name", "radio", VIEWFILE_WORD }, { "text", "", VIEWFILE_TEXT },
		{ "band", NULL, VIEWFILE_TEXT }, { "channel", NULL, VIEWFILE_NUMBER }
	};
	const char *band;
	char text[WIFI_TEXT];
	size_t count, columns = 4;
	const struct msg_wifi *m = radios_list(&count);

	for (unsigned i = 0; i < WIFI_LEVELS; i++)
		column[columns++] =
		    (struct viewfile_column){ wifi_level_word((enum wifi_level)i), NULL,
			    VIEWFILE_NUMBER };
	column[columns++] =
	    (struct viewfile_column){ "retry_ratio", NULL, VIEWFILE_RATIO };
	column[columns++] =
	    (struct viewfile_column){ "failed_ratio", NULL, VIEWFILE_RATIO };
	viewfile_table(f, "radios", "Wifi", column, columns, true);
	for (size_t i = 0; i < count; i++) {
		const struct wifi_span *s = &m[i].wifi.span;
		band = wifi_band(s->level[WIFI_FREQUENCY]);
		unsigned channel = wifi_channel(s->level[WIFI_FREQUENCY]);
		viewfile_str(f, m[i].wifi.name);
		viewfile_str(f, wifi_text(&m[i].wifi, text));
		viewfile_str(f, *band != '\0' ? band : NULL);
		viewfile_num(f, channel != 0 ? channel : NAN);
		for (unsigned k = 0; k < WIFI_LEVELS; k++)
			viewfile_num(f, s->level[k]);
		viewfile_num(f, wifi_retry_share(s));
		viewfile_num(f, wifi_failed_share(s));
	}
}
