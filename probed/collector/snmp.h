/* The devices of *** Collector *** that are asked by SNMP how much their interfaces
 * counted. */
#ifndef COLLECTOR_SNMP_H
#define COLLECTOR_SNMP_H

#include "collector/ifcount.h"
#include "config/conf.h"

struct event_base;
struct snmp;

/* Samples go to TABLE, which is borrowed. */
struct snmp *snmp_new(struct event_base *base, struct ifcount *table);
/* Go over to the devices of CONF: those that are asked as before go on. */
void snmp_configure(struct snmp *s, const struct conf *conf);
/* Tell of every device how it goes. */
void snmp_tell(const struct snmp *s,
    void (*each)(void *ctx, const struct msg_poller *m), void *ctx);

#endif
