/* What this box shows at brokers of MQTT, remembered beyond the configuration and this
 * process, since a broker keeps it for ever: what goes by a section that was taken out,
 * even while nobody of us was here, is known by this. In the same file is the name by
 * which this box differs from others at one broker. */
#ifndef COURIER_ANNOUNCED_H
#define COURIER_ANNOUNCED_H

#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

struct announced {
	/* Of it name, url, user, password, ca, topic and discovery. */
	struct conf_sink sink;
	int64_t gone; /* epoch seconds when its section was missed first; 0: never */
};

/* Remember in FD, which is taken over, and begin with what is in it. Before, and where
 * it cannot be written, this process's memory is all there is. */
void announced_open(int fd);
void announced_close(void);

/* "smokebox-1a2b3c4d": where this box speaks, unless its section says. */
const char *announced_topic(void);

/* Would what A shows be what B shows? */
bool announced_same(const struct conf_sink *a, const struct conf_sink *b);

/* How many there are, and the I-th of them (from 0), borrowed until one is added or
 * taken away. */
size_t announced_count(void);
const struct announced *announced_at(size_t i);
/* C, copied, is about to show something. */
void announced_add(const struct conf_sink *c);
/* Number I is in no section at NOW (epoch seconds). Since when that is so. */
int64_t announced_miss(size_t i, int64_t now);
/* Nothing is shown by number I any more. */
void announced_remove(size_t i);

#endif
