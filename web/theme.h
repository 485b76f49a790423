/* The colours of a graph. */
#ifndef WEB_THEME_H
#define WEB_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "link/msg.h"
#include "web/args.h"
#include "web/loss.h"

/* SmokePing's own colours of the data, on paper or on a dark card. */
struct theme {
	bool dark;
	bool safe;	     /* loss in colours that everybody tells apart */
	bool borders;	     /* the raised frame of old */
	uint32_t background; /* behind everything */
	uint32_t text;
	uint32_t median;    /* the thin line below the coloured one */
	uint32_t zero;	    /* the rule at the bottom */
	uint32_t hatch;	    /* over times without data */
	uint32_t nodata;    /* tint of them */
	uint32_t mark[TONES]; /* of what happened, with opacity: rrggbbaa */
	uint32_t total;	      /* the column of a total loss, */
	unsigned total_pct;   /* and its opacity */
};

/* The loss scale for PINGS pings a round, of CONF, in the colours of T on paper. */
void theme_scale(const struct theme *t, struct loss_scale *scale, unsigned pings,
    const struct conf *conf);
/* Theme WHICH, as in struct msg_draw, under the Presentation section of CONF. */
void theme_choose(struct theme *t, uint8_t which, const struct conf *conf);
/* Its frame, grid and background as options for librrd. */
void theme_args(const struct theme *t, const struct conf *conf, struct args *a);
/* Smoke band PAIR (1 is the outermost) of PINGS pings: a grey, all channels alike on
 * paper. */
uint32_t theme_smoke(const struct theme *t, unsigned pair, unsigned pings);
/* A colour of the loss scale, and its pastel background form, in this theme. */
uint32_t theme_loss(const struct theme *t, uint32_t color);
uint32_t theme_pastel(const struct theme *t, uint32_t color);

#endif
