/* What the courier does against attacks, as it said last. */
#ifndef WEB_BLOCKADES_H
#define WEB_BLOCKADES_H

#include "base/json.h"
#include "link/link.h"

/* MSG_BLOCKADE. 0, or -1 when it is not to be believed. */
int blockades_message(struct msg_in *in);
/* The courier is gone. */
void blockades_forget(void);
/* "blockades": [ ... ] into the object J; those of INCIDENT, or (0) all. HOSTS: the
 * reader may see which hosts there are. */
void blockades_put(struct json *j, int64_t incident, bool hosts);
/* Those of INCIDENT for people: the action's name, and what it does. */
void blockades_facts(int64_t incident,
    void (*fact)(void *ctx, const char *key, const char *value), void *ctx);
/* So many are, or may be, announced. */
unsigned blockades_announced(void);

#endif
