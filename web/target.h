/* The pages of one target: what that of all its ranges and that of one of the reader's
 * choice have in common. For them only. */
#ifndef WEB_TARGET_H
#define WEB_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"
#include "web/history.h"
#include "web/html.h"
#include "web/vantage.h"

struct request;

/* T as some see it: those whose graphs a page shows. A multihost has none of its own.
 */
struct seen {
	const struct conf_target *target;
	struct vantage by[VANTAGES];
	size_t count;
	bool chosen; /* one slave, of the reader's choice */
};

/* The page of S without its ranges. */
struct html *target_page(struct request *r, const struct seen *s);
/* The ranges of the configuration, or the usual ones. */
const struct conf_period *target_periods(size_t *count);
/* "3h", "30h", "10d": a range in one word, as value NAME. */
void target_short_span(struct html *h, const char *name, int64_t seconds);

/* navigator.c: a range of the reader's choice, of the first that sees it. */
void page_navigator(struct request *r, struct seen *s);
/* What leads from START..END to other ranges: presets, moves, a form; and whether it
 * goes up to now. */
void navigator_put(
    struct html *page, const struct request *r, int64_t start, int64_t end);

/* compare.c: the address of a comparison with T as SLAVE sees it, or with all of a
 * group, as value "compare". */
void compare_link(struct html *h, const struct conf_target *t, const char *slave);

#endif
