/* An alert's news as a finding: incidents of kind "alert", and letters as SmokePing
 * sends them. */
#ifndef RECORDER_ALERTLETTER_H
#define RECORDER_ALERTLETTER_H

#include "recorder/alerts.h"
#include "recorder/condition.h"

#define ALERTLETTER_KIND "alert"

/* Open, update or close the incident of N, and put a letter into the outbox where
 * SmokePing would send one: to whom CONF's *** Alerts ***, the target, the alert and
 * *** Actions *** name. OWN_LOAD: its round was measured while a load test of our own
 * filled the line, which is said in the incident. */
void alertletter_tell(struct conditions *conditions, const struct conf *conf,
    const struct alert_news *n, bool own_load);

#endif
