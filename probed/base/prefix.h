/* Lists of address prefixes: who may send, what is one's own. */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include <stddef.h>

#include "base/addr.h"

/* IPv4 stands as IPv4-mapped IPv6, so that both are alike. */
struct prefix {
	uint8_t bytes[16];
	uint8_t bits; /* 0..128 */
};

struct prefixes {
	struct prefix *prefix;
	size_t count;
};

/* "192.0.2.0/24", "2001:db8::/32", or an address alone. 0, or -1 with ERR (bits behind
 * the length must be 0, since they are mostly a slip). */
int prefix_parse(struct prefix *p, const char *text, struct err *err);
/* Is A in P? An IPv4-mapped address is an IPv4 one. */
bool prefix_holds(const struct prefix *p, const struct addr *a);
/* Is there an address that both hold? */
bool prefix_meets(const struct prefix *a, const struct prefix *b);

/* So many are of the own network at most: they are looked at for each flow. */
#define PREFIXES_OWN 256

/* Prefixes with blanks or commas between them, in place of those in LIST (zero it
 * first). TEXT NULL: none. 0, or -1 with ERR; then LIST is as before. */
int prefixes_parse(struct prefixes *list, const char *text, struct err *err);
bool prefixes_hold(const struct prefixes *list, const struct addr *a);
/* TEXT, a list of prefixes, without the word WORD; *FOUND says whether it was there.
 * The caller frees it. */
char *prefixes_without(const char *text, const char *word, bool *found);
void prefixes_free(struct prefixes *list);

#endif
