/* Who may send flow datagrams, and who tries though they may not. */
#ifndef COLLECTOR_SENDERS_H
#define COLLECTOR_SENDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "flow.h"

/* The word in *** Collector *** allow for addresses that only neighbours have. */
#define SENDERS_PRIVATE "private"
#define STRANGERS_MAX 32
#define SENDERS_LINE 256

enum sender {
	SENDER_NAMED,	 /* the operator lets it in by its address */
	SENDER_GUEST,	 /* let in as a neighbour: with small ceilings */
	SENDER_STRANGER, /* not let in */
	SENDER_PROXY, /* not let in: it passes on what others send, who may be anybody,
		       * until the operator names it */
};

/* One who tries. */
struct stranger {
	struct addr from; /* with its last port */
	bool proxy;
	/* Of most of its datagrams, by their first bytes; and of how many each. */
	enum flow_protocol protocol;
	uint64_t of[FLOW_PROTOCOLS];
	uint64_t datagrams;
	int64_t first_ms, last_ms;
};

struct senders {
	struct prefixes named, neighbours, proxies;
	bool private; /* neighbours are let in */
	char *allow;  /* as it is in force */
	struct stranger stranger[STRANGERS_MAX];
	unsigned strangers;
	uint64_t refused; /* datagrams, of all */
};

/* ALLOW and PROXY as configured; ALLOW NULL: not set. 0, or -1 with ERR and S as
 * before.
 */
int senders_configure(
    struct senders *s, const char *allow, const char *proxy, struct err *err);
void senders_free(struct senders *s);

/* What is FROM to the operator's lists? */
enum sender senders_judge(const struct senders *s, const struct addr *from);
/* Are senders behind FROM to be told apart by their port? */
bool senders_by_port(const struct senders *s, const struct addr *from);
/* One who may not sent LEN bytes at DATA. Of many the one heard least is forgotten. */
const struct stranger *senders_refuse(struct senders *s, const struct addr *from,
    const uint8_t *data, size_t len, int64_t now_ms);
/* Forget strangers that did not try for a day, and those who may now. */
void senders_sweep(struct senders *s, int64_t now_ms);
/* The line of *** Collector *** that would let STRANGER in, into BUF, which is
 * returned.
 */
const char *senders_line(
    const struct senders *s, const struct stranger *stranger, char buf[SENDERS_LINE]);

#endif
