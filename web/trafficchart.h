/* The course of traffic as SVG, and as a drawing. */
#ifndef WEB_TRAFFICCHART_H
#define WEB_TRAFFICCHART_H

#include <stdio.h>

#include "web/talkers.h"

/* C with COUNT keys as an <svg> of WIDTH units for a page, malloced; its colours are
 * classes of the style sheet: g-k1, g-k2 ... for the keys, g-rest. LABEL, for who
 * cannot see it, is plain text without markup. */
char *traffic_chart(const struct talkers_course *c, unsigned count, int64_t now,
    int width, const char *label);

/* The same into document PAPER, with NAMES of the keys below it. */
void traffic_drawing(FILE *paper, const struct talkers_course *c, unsigned count,
    int64_t now, const char *const *names);

/* "9.6 Mbit/s" of bits a second to BUF, which is returned. */
const char *traffic_rate(char *buf, size_t size, double bits);

#endif
