/* What it means for pings that their program did not end by itself. */
#ifndef RUNNER_TROUBLE_H
#define RUNNER_TROUBLE_H

#include "probes/times.h"
#include "runner/exec.h"

/* Put into T what it means that PROGRAM ended as R says. */
void trouble_of(struct times *t, const char *program, const struct exec_result *r);

#endif
