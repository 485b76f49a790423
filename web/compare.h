/* What the page that compares and its files share. */
#ifndef WEB_COMPARE_H
#define WEB_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"
#include "web/vantage.h"

struct html;
struct request;

#define COMPARE_SIDES 8	 /* that can still be told apart */
#define COMPARE_COLORS 5 /* of lines, in the style sheet */

struct compare_before;

/* One of what is compared. */
struct side {
	const struct conf_target *target;
	char slave[VANTAGE_NAME]; /* "": this box */
	int64_t shift;		  /* seconds that it is shown later than it was */
	unsigned color;		  /* 1 to COMPARE_COLORS */
	bool dashed;
	bool known;
	double top; /* of its picture, seconds; 0: there was no answer */
};

struct comparison {
	struct side side[COMPARE_SIDES];
	size_t count, targets;
	bool more; /* than there is room for */
	const struct compare_before *before;
	bool own_scale;
	int64_t start, end;
	bool live; /* the end is now */
};

/* C of the arguments t (several), start, end, with and scale. 0, or -1 after having
 * answered. */
int compare_parse(struct request *r, struct comparison *c);
/* "Gateway", "Gateway from Far", "Gateway, the day before". To be freed. */
char *compare_name(const struct comparison *c, const struct side *s);

/* comparefile.c: /compare.csv and the like, and the ways there. */
void comparefile_handle(struct request *r);
void comparefile_links(struct html *page, const struct request *r);

#endif
