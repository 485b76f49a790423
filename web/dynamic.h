/* Hosts that tell their own address: SmokePing's "?target=A.B&secret=...". */
#ifndef WEB_DYNAMIC_H
#define WEB_DYNAMIC_H

#include <stdbool.h>

struct request;

/* Is R such a call, by its arguments? Then it is answered, as SmokePing does: 200 and
 * nothing, or 404. The address goes to the recorder. */
bool dynamic_call(struct request *r);

#endif
