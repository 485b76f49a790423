/* What is usual at own hosts of traffic that looks like an attack: the 99th percentile of
 * each minute's greatest, over seven days. Hosts that never come near the thresholds are
 * not kept: of them nothing is usual. */
#ifndef INFER_BASELINE_H
#define INFER_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "flow.h"

#define BASELINES_MAX 1024 /* hosts and ways; the one seen longest ago goes */
#define BASELINES_TEXT (1024 * 1024) /* no file of them is longer */

enum baseline_figure {
	BASELINE_PACKETS,
	BASELINE_OCTETS,
	BASELINE_FLOWS,
	BASELINE_FIGURES
};

struct baselines;

/* UNIT: the least that counts of each figure, per second. */
struct baselines *baselines_new(const double unit[BASELINE_FIGURES]);
void baselines_free(struct baselines *b);
/* What was learned of a figure whose unit is another from now on is forgotten. */
void baselines_configure(struct baselines *b, const double unit[BASELINE_FIGURES]);
/* The greatest of HOST (len 0: the whole network) in a minute that began at MINUTE_S
 * (epoch). */
void baselines_learn(struct baselines *b, const struct flow_ip *host, bool out,
    const double figure[BASELINE_FIGURES], int64_t minute_s);
/* It was looked at NOW_S: that goes into the time learned, and hosts without traffic
 * have had none. To be called at least once a minute while there is data. */
void baselines_pass(struct baselines *b, int64_t now_s);
/* The percentile, rounded up to a step of a square root of two; 0: less than counts. */
double baselines_usual(const struct baselines *b, const struct flow_ip *host, bool out,
    enum baseline_figure figure);
/* Nothing is known any more of hosts of P; how many hosts and ways were. */
unsigned baselines_forget(struct baselines *b, const struct prefix *p);
/* Seconds with data since learning began, at most seven days. */
int64_t baselines_learned(const struct baselines *b);
unsigned baselines_count(const struct baselines *b);

/* All of it as text, malloced. */
char *baselines_write(const struct baselines *b, size_t *len);
/* 0, or -1 with ERR: then nothing is known. */
int baselines_read(struct baselines *b, const char *text, size_t len, struct err *err);

#endif
