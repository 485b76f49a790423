/* Loss buckets: which colour a round's median has, by how many of its pings were lost.
 * SmokePing's scale since 2.8, for any number of pings, or a configuration's own
 * loss_colors. */
#ifndef WEB_LOSS_H
#define WEB_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

#define LOSS_BUCKETS 64 /* of a configured table more are left out, the last first */
#define LOSS_TOTAL 0xa00000 /* every ping lost */

/* Applies when the bound of the bucket before < lost <= UPTO. */
struct loss_bucket {
	double upto;	 /* lost pings, inclusive */
	uint32_t color;	 /* 0xrrggbb */
	char legend[48]; /* "4-5", "20/20" or as configured */
};

/* Ascending by upto, no bound twice, none above PINGS. */
struct loss_scale {
	unsigned pings;
	size_t count;
	struct loss_bucket bucket[LOSS_BUCKETS];
};

/* The scale for PINGS pings a round: ROWS rows of TABLE, or the default for 0 rows. As
 * in SmokePing a row above PINGS is left out, and of equal bounds the later one wins.
 */
void loss_scale(struct loss_scale *scale, unsigned pings,
    const struct conf_loss_color *table, size_t rows);

/* The same buckets in colours that people tell apart whatever their colour vision: from
 * light to dark blue, then from amber to brown (t/loss.c looks at them as those do who
 * lack one kind of cones). Those of a configured table go by their place in it. */
void loss_safe(struct loss_scale *scale);
#define LOSS_SAFE_TOTAL 0x3a0d00 /* its LOSS_TOTAL */

/* The bucket of LOST pings (fractional in consolidated data); NULL when LOST is NAN or
 * above every bound. */
const struct loss_bucket *loss_bucket(const struct loss_scale *scale, double lost);

/* The pastel form of COLOR that loss_background draws: HSL lightness L becomes
 * L + (1 - L) * 2/3. */
uint32_t loss_pastel(uint32_t color);

/* COLOR as it is drawn on a dark canvas: same hue, light enough to be read. */
uint32_t loss_on_dark(uint32_t color);

#endif
