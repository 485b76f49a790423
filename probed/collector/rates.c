#include "collector/rates.h"

#include <stdlib.h>
#include <string.h>

static void
forget(struct rates *r)
{
	for (size_t i = 0; i < r->count; i++)
		prefixes_free(&r->rule[i].address);
	free(r->rule);
}

void
rates_set(struct rates *r, struct rates_rule *rules, size_t count, uint32_t fallback)
{
	forget(r);
	r->rule = rules;
	r->count = count;
	r->fallback = fallback;
	r->version++;
}

static struct addr
addr_of(const struct flow_ip *ip)
{
	struct addr a = { .sa = { .sa_family = AF_UNSPEC } };

	if (ip->len == 4) {
		a.v4.sin_family = AF_INET;
		memcpy(&a.v4.sin_addr, ip->bytes, 4);
	} else if (ip->len == 16) {
		a.v6.sin6_family = AF_INET6;
		memcpy(&a.v6.sin6_addr, ip->bytes, 16);
	}
	return a;
}

struct rates_rule
rates_of(const struct rates *r, const struct addr *from, const struct flow_ip *agent)
{
	struct addr a = addr_of(agent);

	for (size_t i = 0; i < r->count; i++) {
		const struct rates_rule *rule = &r->rule[i];

		if (!prefixes_hold(&rule->address, from) &&
		    (agent->len == 0 || !prefixes_hold(&rule->address, &a)))
			continue;
		return (struct rates_rule){ .rate = rule->rate,
			.fallback =
			    rule->fallback != 0 ? rule->fallback : r->fallback };
	}
	return (struct rates_rule){ .fallback = r->fallback };
}

void
rates_free(struct rates *r)
{
	forget(r);
	*r = (struct rates){ 0 };
}
