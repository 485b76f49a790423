/* Figures and times as people read them. All write into HTML values: "NAME" the figure,
 * "NAME_unit" its unit, so that a template can make the unit smaller. */
#ifndef WEB_FIGURE_H
#define WEB_FIGURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "web/html.h"

/* SECONDS as milliseconds with about three digits ("0.43", "12.6", "148"); NAN makes
 * both values empty, so that no outer item shines through. NAME must be a literal, UNIT
 * another one for its unit. */
void figure_rtt(struct html *h, const char *name, const char *unit, double seconds);
/* RATIO (0..1) in percent: "0", "0.4", "20". */
void figure_percent(struct html *h, const char *name, double ratio);
#define FIGURE_TEXT 32 /* room for a figure with its unit */
/* The same in one, as plain text: "12.6 ms", "0.4 %", "–" for NAN. Return BUF. */
const char *figure_rtt_text(char buf[FIGURE_TEXT], double seconds);
const char *figure_percent_text(char buf[FIGURE_TEXT], double ratio);
/* "3 hours", "400 days", "90 seconds". */
void figure_span(char *buf, size_t size, int64_t seconds);
/* Likewise of what is over, in the largest unit of which it has two: "90 seconds",
 * "5 minutes". */
void figure_age(char *buf, size_t size, int64_t seconds);

/* Write VALUE as FORMAT has it: printf() with one number, as SmokePing calls it. What
 * is no conversion of a number stands as it is, so that no format can do harm; a second
 * one finds nothing. */
void figure_as(FILE *out, const char *format, double value);

#endif
