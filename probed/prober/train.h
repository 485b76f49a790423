/* Figures of a round that was sent as a train. */
#ifndef PROBER_TRAIN_H
#define PROBER_TRAIN_H

#include "config/train.h"
#include "prober/probe.h"

/* Add what the round R of RUN, decided but not reported yet, says about voice: its
 * variation and its runs of loss, and a grade where the train lasted long enough. */
void train_figures(
    struct probe_run *run, const struct conf_train *train, const struct round *r);

#endif
