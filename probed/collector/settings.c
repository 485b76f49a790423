#include "collector/settings.h"

#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The own network where nothing is said of it: private, shared and link-local addresses
 * (RFC 1918, 6598, 3927, 4193, 4291), and what follows. */
#define PRIVATE                                                                        \
	"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 "        \
	"127.0.0.0/8 fc00::/7 fe80::/10 ::1"
static char *local, *self;

static char *
with(char *list, const char *one)
{
	char *longer = mem_printf("%s %s", list, one);

	free(list);
	return longer;
}

void
settings_begin(void)
{
	struct ifaddrs *all = NULL;
	char text[ADDR_TEXT];

	self = mem_str("");
	local = mem_str(PRIVATE);
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		struct addr a = { .sa = { .sa_family = AF_UNSPEC } };

		if (i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			memcpy(&a.v4, i->ifa_addr, sizeof a.v4);
		else if (i->ifa_addr->sa_family == AF_INET6)
			memcpy(&a.v6, i->ifa_addr, sizeof a.v6);
		else
			continue;
		addr_text(&a, text);
		text[strcspn(text, "%")] = '\0';
		self = with(self, text);
	}
	freeifaddrs(all);
	local = with(local, self);
}

void
settings_tally(struct tally_settings *set, const struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Collector");
	const char *talkers = conf_value(s, "talkers", "full");
	struct err err;

	if (prefixes_parse(&set->local, conf_value(s, "local", local), &err) != 0)
		log_warnx("*** Collector ***: local: %s; as before", err.text);
	if (set->local.count > PREFIXES_OWN)
		log_warnx("this host has so many addresses that %zu of them are not of "
			  "the own network: say what is, *** Collector *** local",
		    set->local.count - PREFIXES_OWN);
	if (prefixes_parse(&set->self, self, &err) != 0)
		log_warnx("addresses of this host: %s", err.text);
	bool all;
	char *prefer = prefixes_without(conf_value(s, "prefer", ""), "all", &all);
	if (prefixes_parse(&set->prefer, prefer, &err) != 0)
		log_warnx("*** Collector ***: prefer: %s; as before", err.text);
	free(prefer);
	set->count_all = all;
	set->talkers = strcmp(talkers, "off") == 0	? TALLY_OFF
		       : strcmp(talkers, "totals") == 0 ? TALLY_TOTALS
							: TALLY_FULL;
	set->cut_remote = strcmp(conf_value(s, "cut_remote", "no"), "yes") == 0;
}

void
settings_thresholds(struct windows_thresholds *t, const struct conf *conf)
{
	struct conf_detection d;

	conf_detection(conf, &d);
	t->packets = d.packets;
	t->octets = d.bits / 8;
	t->flows = d.flows;
}

void
settings_watch(struct watch *watch, const struct conf *conf,
    const struct tally_settings *set, int64_t now_ms)
{
	static struct prefixes telescope;
	struct err err;

	if (prefixes_parse(&telescope,
		conf_value(conf_top(conf, "Collector"), "telescope", NULL), &err) != 0)
		log_warnx("*** Collector ***: telescope: %s; as before", err.text);
	watch_configure(watch, &set->local, &telescope, now_ms);
}
