/* Slaves in the JSON interface. */
#ifndef WEB_SLAVESHOW_H
#define WEB_SLAVESHOW_H

#include "base/json.h"
#include "config/conf.h"

/* The member "slaves" of the status: who there is, when it called, what was wrong. */
void slaveshow_status(struct json *j);
/* The member "slaves" of target T: the last round of each. */
void slaveshow_target(struct json *j, const struct conf_target *t);

#endif
