/* What the files of the JSON interface share. */
#ifndef WEB_API_H
#define WEB_API_H

#include "config/conf.h"

struct msg_in;
struct request;

/* The target named by the argument, with "~slave" allowed behind it, and the path of
 * its RRD in FILE (STORE_PATH bytes); NULL after having answered. */
const struct conf_target *api_wanted_target(struct request *r, char *file);
/* Send what was written, as JSON. */
void api_answer(struct request *r);
/* Answer R with the rounds of T from SLAVE ("" is this box) as GET /api/v1/rounds does,
 * in a file to be kept. */
void api_rounds(struct request *r, const struct conf_target *t, const char *slave);

/* GET /api/v1/pings: the single pings of a target. */
void pings_handle(struct request *r);

/* GET /api/v1/interfaces. */
void interfaces_handle(struct request *r);

/* GET /api/v1/flows/top: who filled the line. */
void talkers_handle(struct request *r);

/* POST /api/v1/forget: an address of the traffic; what the recorder says of it; that it went
 * down. */
void forget_handle(struct request *r);
int forget_message(struct msg_in *in);
void forget_recorder_gone(void);

/* GET /api/v1/charts: targets by loss, max, median or stddev. */
void charts_handle(struct request *r);

#endif
