/* What the operator says of how exporters sample, by their addresses. */
#ifndef COLLECTOR_RATES_H
#define COLLECTOR_RATES_H

#include "base/addr.h"
#include "base/prefix.h"
#include "flow.h"
#include "ratelist.h"

/* Of the exporters within ADDRESS. A rate is 1 in so many; 0: nothing is said. */
struct rates_rule {
	struct prefixes address;
	struct ratelist rate; /* whatever they tell */
	uint32_t fallback; /* where they tell none */
};

struct rates {
	struct rates_rule *rule; /* the first that holds counts */
	size_t count;
	uint32_t fallback; /* of all others that tell none */
	uint64_t version;  /* another one whenever something is said anew; 0: never */
};

/* In place of what was said before. RULES, COUNT of them, from mem_grow(), and their
 * prefixes are R's from then on. */
void rates_set(
    struct rates *r, struct rates_rule *rules, size_t count, uint32_t fallback);
/* What is said of who sends from FROM as AGENT (sFlow; LEN 0 for none): a rule of
 * either. Its list is R's: it is there while R's version is what it was. */
struct rates_rule rates_of(
    const struct rates *r, const struct addr *from, const struct flow_ip *agent);
void rates_free(struct rates *r);

#endif
