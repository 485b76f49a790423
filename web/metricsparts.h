/* The parts of /metrics (web/metrics.c) that have a file of their own. */
#ifndef WEB_METRICSPARTS_H
#define WEB_METRICSPARTS_H

struct exposition;

/* What is measured of targets, by smokeping_prober's names where it has them. */
void metrics_targets(const struct exposition *p);
/* What the collector heard of exporters. */
void metrics_flows(const struct exposition *p);
/* Interfaces of devices, the lines behind them, and this host's radios. */
void metrics_interfaces(const struct exposition *p);

#endif
