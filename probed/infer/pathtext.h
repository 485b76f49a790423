/* What people read of ladders and ways: all of it stands here. */
#ifndef INFER_PATHTEXT_H
#define INFER_PATHTEXT_H

#include <stddef.h>

#include "infer/ladder.h"

/* "home gateway" */
const char *rung_label(enum rung rung);
/* What is between it and the rung before: "home network", "access line". */
const char *rung_segment(enum rung rung);
/* Why an anchor shows no address, a sentence; "" when it does. */
const char *anchor_why(enum rung rung, const struct ladder_anchor *a);
/* "changed at hop 4, from 203.0.113.5 to 203.0.113.6" into BUF. */
#define PATHTEXT_CHANGE 256
const char *change_text(
    unsigned ttl, const struct addr *from, const struct addr *to, char *buf);
/* Where a walk ended, or led elsewhere, into BUF: "ends behind hop 3, 203.0.113.5". */
const char *break_text(bool elsewhere, unsigned ttl, const struct addr *from,
    const struct addr *to, char *buf);
/* Why a walk was made, for people: "a round was bad". */
const char *reason_label(enum hops_reason reason);

#endif
