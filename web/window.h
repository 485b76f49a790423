/* What a window of a target's time was like, in figures of its pings, as far as what is
 * kept tells: rounds themselves, or rows that are averages of many already. */
#ifndef WEB_WINDOW_H
#define WEB_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "config/conf.h"

#define WINDOW_ROWS 4000	 /* that are read for one, at most */
#define WINDOW_RING_S (3 * 3600) /* the longest for which single pings are looked up   \
				  */

/* Seconds, NAN where there is nothing to tell it by. */
struct window {
	size_t rows, known;   /* there could be, and of which something is known */
	unsigned step;	      /* seconds a row */
	bool rounds;	      /* each row is a round: what follows is no estimate */
	double median;	      /* of the rounds' medians */
	double p95, p99;      /* of all answers */
	double jitter;	      /* mean over rounds */
	bool jitter_measured; /* in the order of sending; else expected of the ranks */
	double loss_ratio;    /* mean over what is known */
};

/* Of T as SLAVE ("" is this box) sees it, over (START, END]. 0, also where there is no
 * history; or -1 with ERR. */
int window_read(struct window *w, const struct conf_target *t, const char *slave,
    int64_t start, int64_t end, struct err *err);
/* The same for a page, which may be a little older: kept for a step or half a minute,
 * whichever is longer; what cannot be read is logged, and not known. Valid until the
 * next call. */
const struct window *window_kept(
    const struct conf_target *t, const char *slave, int64_t start, int64_t end);
/* Forget what is kept. */
void window_forget(void);
/* W as values of H: h_median, h_p95, h_p99, h_jitter and their units, h_loss and
 * h_known in percent, and what stands before estimates. LIVE: it goes up to now. */
struct html;
void window_put(struct html *h, const struct window *w, bool live);

/* The mean difference between two of the N values that are known (Gini's): what the
 * jitter of pings would be whose order does not matter. NAN below two. V ascending but
 * for NANs. */
double window_spread(const double *v, size_t n);

/* GET /api/v1/figures?target= start= end= */
struct request;
void window_handle(struct request *r);

#endif
