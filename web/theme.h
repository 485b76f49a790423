/* The colours of a graph. */
#ifndef WEB_THEME_H
#define WEB_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "link/msg.h"
#include "web/args.h"

/* SmokePing's own colours of the data, on paper or on a dark card. */
struct theme {
	bool dark;
	bool borders;	     /* the raised frame of old */
	uint32_t background; /* behind everything */
	uint32_t text;
	uint32_t median;    /* the thin line below the coloured one */
	uint32_t zero;	    /* the rule at the bottom */
	uint32_t hatch;	    /* over times without data */
	uint32_t nodata;    /* tint of them */
	uint32_t mark[TONES]; /* of what happened, with opacity: rrggbbaa */
	unsigned total_pct; /* opacity of the column of a total loss */
};

/* Theme WHICH under the Presentation section of CONF. */
void theme_choose(struct theme *t, enum draw_theme which, const struct conf *conf);
/* Its frame, grid and background as options for librrd. */
void theme_args(const struct theme *t, const struct conf *conf, struct args *a);
/* Smoke band PAIR (1 is the outermost) of PINGS pings: a grey, all channels alike on
 * paper. */
uint32_t theme_smoke(const struct theme *t, unsigned pair, unsigned pings);
/* A colour of the loss scale, and its pastel background form, in this theme. */
uint32_t theme_loss(const struct theme *t, uint32_t color);
uint32_t theme_pastel(const struct theme *t, uint32_t color);

#endif
