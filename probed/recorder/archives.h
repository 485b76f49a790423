/* The *** Database *** table: what a new RRD is made with. */
#ifndef RECORDER_ARCHIVES_H
#define RECORDER_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

struct archives {
	struct conf_rra *rra; /* in the order of the table */
	size_t count;
};

/* Replace A (zeroed at first) by a copy of the COUNT archives at RRA. */
void archives_copy(struct archives *a, const struct conf_rra *rra, size_t count);
bool archives_equal(const struct archives *a, const struct archives *b);
/* The same with CONF's. */
void archives_take(struct archives *a, const struct conf *conf);
bool archives_same(const struct archives *a, const struct conf *conf);
void archives_free(struct archives *a);
/* A number that stands for these archives in later runs too; never 0. */
uint64_t archives_hash(const struct archives *a);

#endif
