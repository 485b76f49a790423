/* The RRDs of interfaces, exporters, browsers and radios: a row a minute. Made by librrd,
 * sized for the bill (interface.h); rrdcached has no part in them. */
#ifndef RECORDER_TRAFFICFILE_H
#define RECORDER_TRAFFICFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "interface.h"
#include "wifi.h"

enum trafficfile_kind {
	TRAFFIC_COUNTERS, /* INTERFACE_DS values per second */
	TRAFFIC_FLOWS,	  /* INTERFACE_FLOW_DS values per second */
	TRAFFIC_EXPORTER, /* totals of datagrams, records and lost ones: librrd makes
			     rates */
	TRAFFIC_BROWSER,  /* median and 95th percentile in seconds, lost share */
	TRAFFIC_WIFI,	  /* WIFI_DS: levels, and counts per minute */
};
#define TRAFFICFILE_DS_MAX INTERFACE_DS

struct trafficfile {
	enum trafficfile_kind kind;
	bool judged;  /* it is there and sound; then: */
	int64_t last; /* its last update */
};

/* Write the row of the minute that ends at END_S to FILE at PATH, which is made where
 * it is not there, and moved away where it is none of ours. NAN is unknown; so is what
 * lies between the last row and this one. A row that is not younger than the last is
 * passed over. 0, or -1 with ERR. */
int trafficfile_write(struct trafficfile *file, const char *path, int64_t end_s,
    const double *value, struct err *err);
/* When the file at PATH was last written (epoch); 0: there is none. */
int64_t trafficfile_written_s(const char *path);

#endif
