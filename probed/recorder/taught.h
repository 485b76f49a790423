/* What exporters have taught the collector, in a file: so that their data make sense at
 * once after a restart. The bytes are the collector's; here they are only kept whole.
 */
#ifndef RECORDER_TAUGHT_H
#define RECORDER_TAUGHT_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct link;
struct msg_in;
struct taught;

struct taught *taught_new(void);
/* A new line to the collector: it is told what stands in the file, be it nothing. NULL:
 * it went down. */
void taught_collector(struct taught *t, struct link *collector);
/* MSG_TAUGHT of the collector's. 0, or -1 when it is not to be believed. */
int taught_message(struct taught *t, struct msg_in *in);
/* Write what came, at most once a minute. NOW_S: of a clock that only goes on. */
void taught_work(struct taught *t, int64_t now_s);
/* Write what was not written yet, end. */
void taught_free(struct taught *t);

/* What is in LEN bytes of such a file, into *INSIDE (borrowed) and *INSIDE_LEN. 0, or
 * -1 with ERR when they are not what was written. */
int taught_open(const uint8_t *file, size_t len, const uint8_t **inside,
    size_t *inside_len, struct err *err);

#endif
