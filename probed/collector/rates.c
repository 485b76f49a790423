#include "collector/rates.h"

#include <stdlib.h>

static void
forget(struct rates *r)
{
	for (size_t i = 0; i < r->count; i++) {
		prefixes_free(&r->rule[i].address);
		ratelist_free(&r->rule[i].rate);
	}
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

static bool
holds(const struct prefixes *list, const struct flow_ip *ip)
{
	for (size_t i = 0; i < list->count; i++)
		if (flow_ip_in(ip, &list->prefix[i]))
			return true;
	return false;
}

struct rates_rule
rates_of(const struct rates *r, const struct addr *from, const struct flow_ip *agent)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct rates_rule *rule = &r->rule[i];

		if (!prefixes_hold(&rule->address, from) &&
		    !holds(&rule->address, agent))
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
