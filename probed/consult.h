/* For --check and drafts: those that measure are asked what they think of their
 * targets. */
#ifndef CONSULT_H
#define CONSULT_H

#include <stdbool.h>

#include "config/conf.h"

/* Their programs, opened: -1 where one cannot be. */
struct consult {
	int program[3];
};
void consult_open(struct consult *c);

/* Let every worker that would measure a target of CONF say on the descriptor OUT what
 * it could not measure, a line each: "FILE:LINE: warning: TARGET: cannot measure: WHY"
 * (prober/checkup.h). False when one did, or could not be asked. */
bool consult_workers(const struct consult *c, const struct conf *conf, int out);

#endif
