/* The addresses at which nobody should be answered: telescope prefixes, and those of
 * the own prefixes that sent nothing for a day. IPv4 only: what an IPv6 telescope sees
 * says nothing of the whole. */
#ifndef INFER_SPACE_H
#define INFER_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "flow.h"

/* Own addresses that are watched for being quiet; those behind are taken for used. */
#define SPACE_OWN_MAX (1u << 20)
#define SPACE_QUIET_S 86400 /* who sent nothing for so long is quiet */

struct space;

/* An address in both lists is one of the telescope's. Own ones are called quiet only
 * once they were watched for WATCH_S seconds (SPACE_QUIET_S, or 0 for who knows already
 * who sends). The lists are not kept. */
struct space *space_new(const struct prefixes *own, const struct prefixes *telescope,
    uint32_t now_s, uint32_t watch_s);
void space_free(struct space *s);

enum space_part {
	SPACE_OUTSIDE,
	/* One's own, and it sent something within a day, or might have; or a private
	 * one, of which nobody outside knows. */
	SPACE_USED,
	SPACE_QUIET, /* one's own, and it did not */
	SPACE_TELESCOPE,
};
/* Where IP lies; OFFSET, when not NULL, is its place in [0, space_size()) of a quiet or
 * telescope address. */
enum space_part space_find(
    const struct space *s, const struct flow_ip *ip, uint32_t now_s, uint32_t *offset);
/* IP sent something. */
void space_sent(struct space *s, const struct flow_ip *ip, uint32_t now_s);

/* All addresses; and those that are quiet now, telescope included. */
uint64_t space_size(const struct space *s);
uint64_t space_quiet(struct space *s, uint32_t now_s);
/* Turn COUNT offsets into the ranks of those that are quiet, 0 to space_quiet() - 1,
 * and leave out the others. Returns how many are left. */
unsigned space_rank(struct space *s, uint32_t *offset, unsigned count, uint32_t now_s);

#endif
