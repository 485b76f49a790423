/* A slave calls. */
#ifndef WEB_SLAVE_H
#define WEB_SLAVE_H

#include <stddef.h>

struct request;

/* POST to the address of SmokePing's CGI: a form of slave, key, protocol, data and
 * config_time. Takes the rounds, answers with OK, WARNING or a new configuration. */
void slave_call(struct request *r);
/* POST to REPORT_PATH: another smokebox (slave/report.h). */
void slave_report(struct request *r);
/* The most bytes of such a body: none where there are no slaves. */
size_t slave_body_max(void);
size_t slave_report_max(void); /* of the latter */

#endif
