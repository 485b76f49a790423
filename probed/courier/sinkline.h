/* A round as a line of InfluxDB's protocol, with SmokePing's names. */
#ifndef COURIER_SINKLINE_H
#define COURIER_SINKLINE_H

#include <stdbool.h>
#include <stdio.h>

#include "config/conf.h"
#include "round.h"

/* Write the line of R, a round of T as SLAVE (NULL: this box) sees it, with its newline:
 * measurement = name of the probe; tags host, path ("/A/B"), title, slave and tag_X of
 * each influx_X; fields loss, loss_percent (whole numbers), median, ping1..., min, max
 * (seconds); time in ms. LOSS_TAGS: loss and loss_percent are tags, too. False, and
 * nothing written, for an unknown round, of which there is nothing to say. */
bool sinkline(FILE *out, const struct conf_target *t, const char *slave,
    const struct round *r, bool loss_tags);

#endif
