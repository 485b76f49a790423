/* Which picture a request wants, and the answer to it. */
#ifndef WEB_WANTED_H
#define WEB_WANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "web/vantage.h"

struct request;

struct wanted {
	const struct conf_target *target; /* not a group */
	char
	    slave[VANTAGE_NAME]; /* of the target; "": all on an overview, else first */
	uint8_t kind, format;	 /* enum draw_kind, draw_format */
	int64_t span; /* seconds up to now; 0: the arguments start and end say it */
	char label[128];
};

/* Answer R with W, in the size and theme of R's arguments, or of the configuration. */
void wanted_answer(struct request *r, struct wanted *w);
/* Is R's path SmokePing's name of a picture? Then it is answered, by drawing it. */
bool wanted_by_name(struct request *r);

#endif
