/* What *** Collector *** says of how exporters sample. */
#ifndef COLLECTOR_SAMPLING_H
#define COLLECTOR_SAMPLING_H

#include "collector/rates.h"
#include "config/conf.h"

/* Into R, in place of what it has. */
void sampling_configure(struct rates *r, const struct conf *conf);

#endif
