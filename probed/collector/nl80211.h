/* What the kernel's nl80211 says, out of the bytes of its messages (linux/nl80211.h).
 * Pure: nothing is sent or received here. */
#ifndef COLLECTOR_NL80211_H
#define COLLECTOR_NL80211_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wifi.h"

/* An interface, of an answer to NL80211_CMD_GET_INTERFACE. */
struct nl80211_interface {
	uint32_t index; /* ifIndex */
	char name[WIFI_NAME];
	bool station;	    /* it is one, or tries to be; not an access point's own */
	uint32_t frequency; /* MHz; 0: not known */
	uint32_t width;	    /* MHz; 0: not known */
};

/* Counters since the station's entry was made, each of 32 bits. */
enum nl80211_counter {
	NL80211_FRAMES,
	NL80211_RETRIES,
	NL80211_FAILED,
	NL80211_COUNTERS
};

/* The access point that an interface is linked with, of an answer to
 * NL80211_CMD_GET_STATION. */
struct nl80211_station {
	uint32_t index;		   /* of the interface */
	uint8_t bssid[6];	   /* the access point's */
	bool other;		   /* it is no access point, but a neighbour (TDLS) */
	double level[WIFI_LEVELS]; /* NAN: not known; the frequency never is */
	int64_t count[NL80211_COUNTERS]; /* -1: this driver does not count that */
	int64_t connected_s;		 /* since then; -1: not known */
};

/* Read one message of LEN bytes at DATA, aligned as a struct nlmsghdr. 0, or -1 when it
 * is none of that kind, or broken. */
int nl80211_read_interface(const void *data, size_t len, struct nl80211_interface *to);
int nl80211_read_station(const void *data, size_t len, struct nl80211_station *to);

#endif
