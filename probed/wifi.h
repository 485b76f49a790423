/* A radio by which this host is a station in a wifi: what the kernel says of it. The
 * collector makes spans of it, the recorder keeps whole minutes and judges, web shows.
 * The names of networks and access points stay in the kernel: they tell where a host
 * is. */
#ifndef WIFI_H
#define WIFI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wire.h"

#define WIFI_NAME 16 /* of an interface, with its end */
#define WIFI_MAX 8   /* radios of a host */
/* The kernel is asked so often. */
#define WIFI_POLL_S 10

enum wifi_count {
	WIFI_FRAMES,  /* sent, each once however often it was repeated */
	WIFI_RETRIES, /* times that one of them was repeated */
	WIFI_FAILED,  /* of them: never acknowledged */
	WIFI_JOINS,   /* times that it joined an access point, or another one */
	WIFI_COUNTS
};
const char *wifi_count_word(enum wifi_count count); /* "frames" */

/* What is measured from time to time; NAN where it is not known. */
enum wifi_level {
	WIFI_SIGNAL,	/* dBm */
	WIFI_FREQUENCY, /* MHz, of its primary channel */
	WIFI_SEND_RATE, /* bit/s, of the last frames */
	WIFI_RECEIVE_RATE,
	WIFI_LEVELS
};
const char *wifi_level_word(enum wifi_level level); /* "signal" */

/* What there is to be seen. */
enum wifi_sight {
	WIFI_SEEN,
	WIFI_NO_RADIO,	/* there is none in this network namespace */
	WIFI_NO_KERNEL, /* this kernel has no nl80211 just now */
	WIFI_BARRED,	/* it does not answer */
	WIFI_SIGHTS
};
/* "no wifi interface is visible from here: ..."; "" for WIFI_SEEN. */
const char *wifi_sight_text(enum wifi_sight sight);

/* What passed in some time. */
struct wifi_span {
	bool minute;	   /* a whole minute of the clock; else what was last seen */
	int64_t begin_ms;  /* epoch; of a minute a multiple of 60000 */
	uint32_t known_ms; /* so much of it is known by counters; else its length */
	double count[WIFI_COUNTS]; /* in what is known; NAN: not counted */
	double level[WIFI_LEVELS]; /* means */
};

/* One radio. */
struct wifi {
	char name[WIFI_NAME];
	uint32_t index; /* ifIndex */
	bool linked;	/* with an access point */
	uint32_t width; /* of its channel, MHz; 0: not known */
	struct wifi_span span;
};

/* A share of what is sent: of transmissions those that were repetitions, of frames
 * those that failed. NAN when it is not known or nothing was sent. */
double wifi_retry_share(const struct wifi_span *s);
double wifi_failed_share(const struct wifi_span *s);
/* The channel's number (IEEE 802.11-2020, 17.3.8.4.2 and annex E), 0 when it has none.
 */
unsigned wifi_channel(double mhz);
const char *wifi_band(double mhz); /* "5 GHz"; "" when it is none */
/* May an interface be called NAME? It becomes the name of a file. */
bool wifi_name_fits(const char *name);

/* "5 GHz channel 36, -52 dBm, 433 Mbit/s, 3 % repeated, 0.1 % failed": what is known of
 * W, or that it is not connected. */
#define WIFI_TEXT 160
const char *wifi_text(const struct wifi *w, char buf[WIFI_TEXT]);

void wifi_put_span(struct pack *p, const struct wifi_span *s);
/* Sets W bad when it is none. */
void wifi_get_span(struct wire *w, struct wifi_span *s);

/* Its file below DATADIR: a row a minute, with levels and then counts per minute. */
#define WIFI_PATH 64
#define WIFI_DS (WIFI_LEVELS + WIFI_COUNTS)
const char *wifi_path(const char *name, char buf[WIFI_PATH]);

#endif
