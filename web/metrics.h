/* Numbers for Prometheus. */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

struct request;

/* GET /metrics: Prometheus text, or OpenMetrics when the Accept header asks for it. */
void metrics_handle(struct request *r);

#endif
