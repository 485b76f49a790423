/* One HTTP request to a router in the event loop, bounded in time and size. */
#ifndef COLLECTOR_SOAP_H
#define COLLECTOR_SOAP_H

#include <stddef.h>

#include "collector/igd.h"

struct event_base;
struct soap;

/* The answer: DATA of LEN bytes, or WHY there is none. Called once for each request,
 * from the loop; a new one may be begun from here. */
typedef void (*soap_answer_fn)(
    void *ctx, const void *data, size_t len, const char *why);

struct soap *soap_new(struct event_base *base, soap_answer_fn answer, void *ctx);
/* GET URL. What was asked before is given up. */
void soap_get(struct soap *s, const struct igd_url *url);
/* Call ACTION, which has no arguments, of SERVICE. */
void soap_call(struct soap *s, const struct igd_service *service, const char *action);
void soap_stop(struct soap *s);

#endif
