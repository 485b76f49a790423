/* Rounds of slaves on their way to the recorder. */
#ifndef WEB_SLAVETAKE_H
#define WEB_SLAVETAKE_H

#include "config/conf.h"
#include "round.h"
#include "web/slavebook.h"

enum slavetake {
	SLAVETAKE_PASSED,
	SLAVETAKE_REFUSED, /* it is wrong, and noted */
	SLAVETAKE_BUSY	   /* no room: noted as well */
};

/* Is there room for LEN more bytes of rounds (0: for one more, after waiting up to a
 * second for it)? False, noted as FAULT_BUSY, while the recorder is being started again
 * or has much to do: the slave is to keep them. */
bool slavetake_room(struct slavenote *note, size_t len);
/* Pass R, a round of T by SLAVE that ended at TIME (epoch seconds), on, or note why
 * not. R's target, row and step are filled in here, and its times where it has none or
 * such as are far from TIME. After SLAVETAKE_BUSY the slave is to send all of the call
 * again; the recorder knows which of it came before. */
enum slavetake slavetake_round(struct slavenote *note, const struct conf_slave *slave,
    const struct conf_target *t, int64_t time, struct round *r);
/* The target called PATH, if SLAVE measures it; NULL, noted. */
const struct conf_target *slavetake_target(
    struct slavenote *note, const struct conf_slave *slave, const char *path);

#endif
