#include "icmpneed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

#define NEED_STALL_S 0.1

/* The families that T may turn out to be of: *V4, *V6. */
static void
need_families(const struct conf *conf, const struct conf_target *t, bool *v4, bool *v6)
{
	const char *protocol = conf_target_value(conf, t, "protocol", NULL);
	struct addr a;

	*v4 = *v6 = true;
	if (t->host != NULL && addr_parse(&a, t->host) == 0)
		*v6 = !(*v4 = a.sa.sa_family == AF_INET);
	else if (protocol != NULL && *protocol != '\0')
		*v6 = !(*v4 = strcmp(protocol, "4") == 0);
}

/* Add RATE to CLASS. False when there is no room for another one. */
static bool
need_add(struct icmpneed *need, size_t *count, const struct icmpsock_class *class,
    double rate)
{
	for (size_t i = 0; i < *count; i++)
		if (icmpsock_same(&need[i].class, class)) {
			need[i].rate += rate;
			return true;
		}
	if (*count == ICMPNEED_CLASSES)
		return false;
	need[(*count)++] = (struct icmpneed){ *class, rate };
	return true;
}

/* Is T pinged by ICMP echo? */
static bool
need_is_echo(const struct conf *conf, const struct conf_target *t)
{
	return conf_target_is_pinged(t) && t->probe != NULL &&
	       conf_target_home(conf, t) == MODULE_PROBER &&
	       strncmp(t->probe->module, "FPing", 5) == 0;
}

size_t
icmpneed_read(const struct conf *conf, struct icmpneed need[ICMPNEED_CLASSES],
    size_t *missed, size_t *echoes)
{
	size_t count = 2;

	*missed = *echoes = 0;
	need[0] = (struct icmpneed){ { .family = AF_INET }, 0 };
	need[1] = (struct icmpneed){ { .family = AF_INET6 }, 0 };
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		bool v4, v6, fits = true;

		if (!need_is_echo(conf, t))
			continue;
		++*echoes;
		const char *df = conf_target_value(conf, t, "df", NULL);
		const char *mark = conf_target_value(conf, t, "fwmark", NULL);
		double rate = (double)t->pings / (t->step == 0 ? 1 : t->step);
		struct icmpsock_class class = { .df = df != NULL &&
						      strcmp(df, "yes") == 0,
			.mark = mark == NULL ? 0 : (uint32_t)strtoul(mark, NULL, 0) };
		need_families(conf, t, &v4, &v6);
		class.family = AF_INET;
		if (v4)
			fits = need_add(need, &count, &class, rate);
		class.family = AF_INET6;
		if (v6)
			fits = need_add(need, &count, &class, rate) && fits;
		*missed += !fits;
	}
	return count;
}

unsigned
icmpneed_sockets(double rate, unsigned buffer, unsigned *rmem)
{
	double bytes = rate * NEED_STALL_S * ICMPSOCK_PING;
	double sockets = buffer == 0 ? 1 : fmax(1, ceil(bytes / buffer));

	*rmem = 0;
	if (sockets > ICMPNEED_SOCKETS - 1) {
		/* The kernel gives twice what is asked for. */
		*rmem = (unsigned)ceil(bytes / 2 / (ICMPNEED_SOCKETS - 1));
		sockets = ICMPNEED_SOCKETS - 1;
	}
	return (unsigned)sockets + 1;
}
