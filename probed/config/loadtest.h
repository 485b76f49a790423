/* *** Loadtest ***, whoever needs it. */
#ifndef CONFIG_LOADTEST_H
#define CONFIG_LOADTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"

struct loadtest_settings {
	const char *url[2];   /* download, upload; NULL: none. CONF's */
	unsigned seconds;     /* of each way, at most: 1..20 */
	unsigned connections; /* 1..16 */
	uint64_t bytes;	      /* of each way, at most */
	double busy_bps;      /* the line is busy from there on */
	const char *interface; /* name or title of the line; NULL: what UPnP tells of */
	int at;		      /* minute of the day, local time; -1: only when asked */
};

/* Without the section, and without a URL in it, both are NULL: no test is ever made. */
void loadtest_settings(struct loadtest_settings *s, const struct conf *conf);
bool loadtest_wanted(const struct conf *conf);

#endif
