/* What an exporter's datagrams say of what never came, where two processes or more send
 * behind one key (ports.h): each has numbers of its own, and a count of its own here,
 * or the numbers of one would be gaps in those of another. Until two ports are known to
 * be of two processes they share a count; what that said meanwhile is taken back then,
 * since it is not known what was lost.
 *
 * Of more than NUMBERING_LINES_MAX processes at once the last share one. */
#ifndef COLLECTOR_NUMBERING_H
#define COLLECTOR_NUMBERING_H

#include <stdint.h>

#include "collector/ports.h"
#include "collector/sequence.h"

#define NUMBERING_LINES_MAX 4

struct numbering {
	struct sequence first;
	struct numbering_more *more; /* NULL until a second port is heard */
	uint32_t clock;		     /* of the last datagram, whoever's */
};

/* Of an exporter of PROTOCOL; N is zero. */
void numbering_begin(struct numbering *n, enum flow_protocol protocol);
/* One that says and holds STEP came from the port that P heard last. */
void numbering_add(
    struct numbering *n, const struct ports *p, const struct sequence_step *step);
/* Of all processes, in numbering_unit(): "datagrams" where all of them number these,
 * else "records", as which a datagram of another counts for one, the least that was in
 * it. */
struct sequence_told numbering_told(const struct numbering *n);
const char *numbering_unit(const struct numbering *n);
void numbering_free(struct numbering *n);

#endif
