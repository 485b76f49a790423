#include "recorder/wifis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/radio.h"
#include "recorder/trafficfile.h"

/* The collector tells every WIFI_POLL_S. */
#define SILENT_S (4 * WIFI_POLL_S)
#define MINUTE_S 60
#define TROUBLE_S 3600

struct one {
	bool used;
	struct msg_wifi last; /* what was seen last */
	int64_t told;	      /* epoch seconds */
	struct radio radio;
	struct trafficfile file;
	bool judged; /* who judges knows of it */
};

struct wifis {
	const struct wifis_ops *ops;
	void *ctx;
	struct one one[WIFI_MAX];
	struct msg_wifi none; /* why there is none */
	bool is_none;
	uint32_t way[2]; /* the ways out, by ifIndex; 0: none ever */
	uint8_t link[2]; /* what they lead into */
	enum verdict_medium medium;
	struct log_limit trouble;
};

/* --- who judges ------------------------------------------------------------------- */

static bool
leads(const struct wifis *w, const struct one *o)
{
	return o->last.wifi.index != 0 &&
	       (o->last.wifi.index == w->way[0] || o->last.wifi.index == w->way[1]);
}

static void
judge(struct wifis *w, struct one *o, bool over)
{
	struct infer_finding f;

	if (over && !o->judged)
		return;
	radio_tell(&o->radio, &f);
	o->judged = !over;
	w->ops->judge(w->ctx, &f, over);
}

/* A way that is another network's, of an engine's or a tunnel's making, does not show
 * what it goes through. */
static bool
is_plain(uint8_t link)
{
	return link == HERE_PLAIN || link == HERE_POINT;
}

static void
look_medium(struct wifis *w)
{
	enum verdict_medium medium = VERDICT_MEDIUM_UNKNOWN;

	if ((w->way[0] != 0 && is_plain(w->link[0])) ||
	    (w->way[1] != 0 && is_plain(w->link[1])))
		medium = VERDICT_WIRED;
	for (unsigned i = 0; i < WIFI_MAX; i++) {
		struct one *o = &w->one[i];

		if (!o->used)
			continue;
		o->last.leads = leads(w, o);
		if (o->last.leads)
			medium = VERDICT_WIRELESS;
		else
			judge(w, o, true);
	}
	if (medium != w->medium)
		w->ops->medium(w->ctx, medium);
	w->medium = medium;
}

/* --- what is seen ----------------------------------------------------------------- */

static struct one *
one_of(struct wifis *w, const char *name)
{
	struct one *room = NULL;

	for (unsigned i = 0; i < WIFI_MAX; i++) {
		struct one *o = &w->one[i];

		if (o->used && strcmp(o->last.wifi.name, name) == 0)
			return o;
		if (!o->used && room == NULL)
			room = o;
	}
	if (room != NULL)
		*room = (struct one){ .used = true, .file.kind = TRAFFIC_WIFI };
	return room;
}

static void
write_minute(struct wifis *w, struct one *o, const struct wifi *m)
{
	const struct wifi_span *s = &m->span;
	char path[WIFI_PATH];
	double value[WIFI_DS];
	struct err err;

	memcpy(value, s->level, sizeof s->level);
	for (unsigned i = 0; i < WIFI_COUNTS; i++)
		value[WIFI_LEVELS + i] = i == WIFI_JOINS ? s->count[i]
					 : s->known_ms == 0
					     ? NAN
					     : s->count[i] * 60000 / s->known_ms;
	if (trafficfile_write(&o->file, wifi_path(m->name, path),
		s->begin_ms / 1000 + MINUTE_S, value, &err) != 0 &&
	    log_allowed(&w->trouble, TROUBLE_S, NULL))
		w->ops->trouble(w->ctx, err.text);
}

/* There is no radio to be seen. One that led out has gone from under us. */
static void
take_none(struct wifis *w, const struct msg_wifi *m)
{
	w->none = *m;
	w->is_none = true;
	for (unsigned i = 0; i < WIFI_MAX; i++) {
		struct one *o = &w->one[i];

		if (!o->used)
			continue;
		if (leads(w, o)) {
			radio_gone(&o->radio);
			judge(w, o, false);
		} else {
			o->used = false;
		}
	}
	w->ops->tell(w->ctx, m);
}

int
wifis_message(struct wifis *w, struct msg_in *in, int64_t now)
{
	struct msg_wifi m;

	if (msg_get_wifi(in, &m) != 0)
		return -1;
	if (m.sight != WIFI_SEEN) {
		take_none(w, &m);
		return 0;
	}
	w->is_none = false;
	struct one *o = one_of(w, m.wifi.name);
	if (o == NULL)
		return 0;
	if (m.wifi.span.minute) {
		/* Nothing but a row: it may be told late. */
		if (o->told == 0)
			o->last = m;
		write_minute(w, o, &m.wifi);
		return 0;
	}
	o->last = m;
	o->told = now;
	radio_take(&o->radio, &m.wifi);
	look_medium(w);
	if (o->last.leads)
		judge(w, o, false);
	w->ops->tell(w->ctx, &o->last);
	return 0;
}

void
wifis_here(struct wifis *w, const struct here *h)
{
	if (h->interface[0] == 0 && h->interface[1] == 0)
		return;
	memcpy(w->way, h->interface, sizeof w->way);
	memcpy(w->link, h->link, sizeof w->link);
	look_medium(w);
}

void
wifis_tick(struct wifis *w, int64_t now)
{
	bool gone = false;

	for (unsigned i = 0; i < WIFI_MAX; i++) {
		struct one *o = &w->one[i];

		if (!o->used || o->radio.gone ||
		    (now >= o->told && now - o->told <= SILENT_S))
			continue;
		judge(w, o, true);
		o->used = false;
		gone = true;
	}
	if (gone)
		look_medium(w);
}

void
wifis_tell(struct wifis *w)
{
	if (w->is_none)
		w->ops->tell(w->ctx, &w->none);
	for (unsigned i = 0; i < WIFI_MAX; i++)
		if (w->one[i].used && w->one[i].told != 0 && !w->is_none)
			w->ops->tell(w->ctx, &w->one[i].last);
}

struct wifis *
wifis_new(const struct wifis_ops *ops, void *ctx)
{
	struct wifis *w = mem_zero(1, sizeof *w);

	w->ops = ops;
	w->ctx = ctx;
	return w;
}

void
wifis_free(struct wifis *w)
{
	free(w);
}
