/* Graphs by the file names that SmokePing gave them below imgurl: others have built
 * them into pages of their own. */
#ifndef WEB_IMGCACHE_H
#define WEB_IMGCACHE_H

#include <stdbool.h>

#include "config/conf.h"

struct wanted;

/* Does PATH, every byte of which may come from outside, name a picture:
 * "IMGURL/A/B_last_10800.png", "A/B~slave_last_10800.png", "A/B_mini.png" or
 * "__chartscache/A.B_last_3600.png" (.svg as well)? Then W is it. */
bool imgcache_parse(const struct conf *conf, const char *path, struct wanted *w);
/* The program whose logo SmokePing has at PATH, "IMGURL/smokeping.png"; NULL: none. */
const char *imgcache_logo(const struct conf *conf, const char *path);

#endif
