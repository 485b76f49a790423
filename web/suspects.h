/* The last suspicions of the collector: too much traffic at one of the own hosts. */
#ifndef WEB_SUSPECTS_H
#define WEB_SUSPECTS_H

#include "base/json.h"
#include "base/prefix.h"
#include "link/msg.h"

/* A message of the collector's. 0, or -1 when it is not to be believed. */
int suspects_message(struct msg_in *in);
void suspects_forget(void);
void suspects_forget_hosts(const struct prefix *p); /* those of P */
/* "suspicions": [ ... ] into the object J, the newest first; hosts by their addresses
 * where the reader may see them (HOSTS), else none. */
void suspects_put(struct json *j, bool hosts);

#endif
