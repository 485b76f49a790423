/* Times as people write them, before they are read as RRDtool's AT syntax. */
#ifndef BASE_ATTIME_H
#define BASE_ATTIME_H

/* TEXT with minutes for every "m" behind a number: "now-5m" is five minutes ago, where
 * RRDtool takes it for months. Of traffic, which is kept for days. Malloced. */
char *attime_minutes(const char *text);

#endif
