/* How an exporter samples, as the operator writes it: one packet in 1000, but one in
 * 100 at interface 3, is "1000, 3:100". */
#ifndef RATELIST_H
#define RATELIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define RATELIST_RATE_MAX (1u << 24)   /* as many bits as sFlow has for it */
#define RATELIST_INTERFACES_MAX 256    /* one is looked for with each flow */
#define RATELIST_INDEX_MAX 0x7fffffffu /* ifIndex, RFC 2863 */

struct ratelist_interface {
	uint32_t index, rate;
};

struct ratelist {
	uint32_t rate; /* of what is not listed; 0: nothing is said of it */
	struct ratelist_interface *interface; /* by index */
	size_t count;
};

/* TEXT, with blanks or commas between its parts, in place of what is in LIST (zero it
 * first). NULL: nothing is said. 0, or -1 with ERR; then LIST is as before. */
int ratelist_parse(struct ratelist *list, const char *text, struct err *err);
/* What is said of INDEX by itself; 0: nothing. */
uint32_t ratelist_of(const struct ratelist *list, uint32_t index);
void ratelist_free(struct ratelist *list);

#endif
