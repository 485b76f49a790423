/* The *** Database *** table: what a new RRD is made with. */
#ifndef RECORDER_ARCHIVES_H
#define RECORDER_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/conf.h"

struct archives {
	struct conf_rra *rra; /* in the order of the table */
	size_t count;
};

/* Replace A (zeroed at first) by a copy of CONF's. */
void archives_take(struct archives *a, const struct conf *conf);
bool archives_same(const struct archives *a, const struct conf *conf);
void archives_free(struct archives *a);

#endif
