#include "wifi.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store.h"

#define MINUTE_MS 60000
#define COUNT_MAX 1e12

const char *
wifi_count_word(enum wifi_count count)
{
	static const char *const words[WIFI_COUNTS] = {
		[WIFI_FRAMES] = "frames",
		[WIFI_RETRIES] = "retries",
		[WIFI_FAILED] = "failed",
		[WIFI_JOINS] = "joins",
	};

	return words[count];
}

const char *
wifi_level_word(enum wifi_level level)
{
	static const char *const words[WIFI_LEVELS] = {
		[WIFI_SIGNAL] = "signal",
		[WIFI_FREQUENCY] = "frequency",
		[WIFI_SEND_RATE] = "send_rate",
		[WIFI_RECEIVE_RATE] = "receive_rate",
	};

	return words[level];
}

const char *
wifi_sight_text(enum wifi_sight sight)
{
#define NONE "no wifi interface is visible from here: "
	static const char *const texts[WIFI_SIGHTS] = {
		[WIFI_SEEN] = "",
		[WIFI_NO_RADIO] = NONE "none is a station, or it is its host's alone "
				       "(of a container: network_mode: host shows it)",
		[WIFI_NO_KERNEL] = NONE "this kernel has no nl80211",
		[WIFI_BARRED] = NONE "the kernel does not answer",
	};
#undef NONE

	return texts[sight];
}

double
wifi_retry_share(const struct wifi_span *s)
{
	double all = s->count[WIFI_FRAMES] + s->count[WIFI_RETRIES];

	return s->known_ms > 0 && all > 0 ? s->count[WIFI_RETRIES] / all : NAN;
}

double
wifi_failed_share(const struct wifi_span *s)
{
	double frames = s->count[WIFI_FRAMES];

	return s->known_ms > 0 && frames > 0 ? fmin(1, s->count[WIFI_FAILED] / frames)
					     : NAN;
}

/* Bands by their edges, with the frequency of channel 0. */
static const struct band {
	const char *text;
	unsigned low, high, start, spacing; /* MHz */
} bands[] = {
	{ "2.4 GHz", 2400, 2483, 2407, 5 },
	{ "2.4 GHz", 2484, 2495, 2414, 5 }, /* channel 14 alone */
	{ "5 GHz", 5150, 5925, 5000, 5 },
	{ "6 GHz", 5926, 7125, 5950, 5 },
	{ "60 GHz", 57000, 71000, 56160, 2160 },
};

static const struct band *
band_of(double mhz)
{
	for (size_t i = 0; i < sizeof bands / sizeof *bands; i++)
		if (mhz >= bands[i].low && mhz <= bands[i].high)
			return &bands[i];
	return NULL;
}

unsigned
wifi_channel(double mhz)
{
	const struct band *b = band_of(mhz);

	/* The 6 GHz band has one channel below its own start. */
	if (mhz == 5935)
		return 2;
	return b != NULL && mhz > b->start
		   ? (unsigned)lround((mhz - b->start) / b->spacing)
		   : 0;
}

const char *
wifi_band(double mhz)
{
	const struct band *b = band_of(mhz);

	return b != NULL ? b->text : "";
}

bool
wifi_name_fits(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= WIFI_NAME || name[0] == '.')
		return false;
	for (const char *p = name; *p != '\0'; p++)
		if (*p == '/' || *p <= ' ' || *p > '~')
			return false;
	return true;
}

/* Another part, behind a comma. */
static void __attribute__((format(printf, 2, 3)))
add(char buf[WIFI_TEXT], const char *fmt, ...)
{
	size_t n = strlen(buf);
	va_list ap;

	if (n > 0)
		n += (size_t)snprintf(buf + n, WIFI_TEXT - n, ", ");
	if (n >= WIFI_TEXT)
		return;
	va_start(ap, fmt);
	vsnprintf(buf + n, WIFI_TEXT - n, fmt, ap);
	va_end(ap);
}

const char *
wifi_text(const struct wifi *w, char buf[WIFI_TEXT])
{
	const double *level = w->span.level;
	double retries = wifi_retry_share(&w->span),
	       failed = wifi_failed_share(&w->span);

	buf[0] = '\0';
	if (!w->linked) {
		add(buf, "not connected to any access point");
		return buf;
	}
	if (wifi_channel(level[WIFI_FREQUENCY]) > 0)
		add(buf, "%s channel %u", wifi_band(level[WIFI_FREQUENCY]),
		    wifi_channel(level[WIFI_FREQUENCY]));
	if (!isnan(level[WIFI_SIGNAL]))
		add(buf, "%.0f dBm", level[WIFI_SIGNAL]);
	if (!isnan(level[WIFI_SEND_RATE]))
		add(buf, "%.3g Mbit/s", level[WIFI_SEND_RATE] / 1e6);
	if (!isnan(retries))
		add(buf, "%.0f %% repeated", retries * 100);
	if (!isnan(failed))
		add(buf, "%.1f %% failed", failed * 100);
	if (buf[0] == '\0')
		add(buf, "connected");
	return buf;
}

void
wifi_put_span(struct pack *p, const struct wifi_span *s)
{
	pack_u8(p, s->minute);
	pack_i64(p, s->begin_ms);
	pack_u32(p, s->known_ms);
	for (unsigned i = 0; i < WIFI_COUNTS; i++)
		pack_f64(p, s->count[i]);
	for (unsigned i = 0; i < WIFI_LEVELS; i++)
		pack_f64(p, s->level[i]);
}

void
wifi_get_span(struct wire *w, struct wifi_span *s)
{
	uint8_t minute = wire_u8(w);

	s->minute = minute == 1;
	s->begin_ms = wire_i64(w);
	s->known_ms = wire_u32(w);
	for (unsigned i = 0; i < WIFI_COUNTS; i++) {
		s->count[i] = wire_f64(w);
		if (!isnan(s->count[i]) &&
		    !(s->count[i] >= 0 && s->count[i] < COUNT_MAX))
			w->bad = true;
	}
	for (unsigned i = 0; i < WIFI_LEVELS; i++) {
		s->level[i] = wire_f64(w);
		if (!isnan(s->level[i]) &&
		    !(s->level[i] >= (i == WIFI_SIGNAL ? -128 : 0) &&
			s->level[i] < COUNT_MAX))
			w->bad = true;
	}
	if (minute > 1 || s->begin_ms < 0 ||
	    (s->minute && (s->begin_ms % MINUTE_MS != 0 || s->known_ms > MINUTE_MS)))
		w->bad = true;
}

const char *
wifi_path(const char *name, char buf[WIFI_PATH])
{
	snprintf(buf, WIFI_PATH, STORE_TRAFFIC "/wifi/%s.rrd", name);
	return buf;
}
