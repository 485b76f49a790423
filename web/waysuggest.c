/* What a user may add to Targets, so that each anchor of the ladder is measured.
 * Nothing is changed by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/pathtext.h"
#include "web/state.h"
#include "web/ways.h"

/* Far ends that everybody may ping, in networks of their own. */
static const struct {
	const char *name, *host, *what;
} far_ends[] = {
	{ "Quad9", "9.9.9.9", "Quad9's resolver" },
	{ "Cloudflare", "1.1.1.1", "Cloudflare's resolver" },
	{ "Google", "8.8.8.8", "Google's resolver" },
	{ "KRoot", "193.0.14.129", "a root name server" },
	{ "LRoot", "199.7.83.42", "a root name server" },
};

/* A group of this name is not there yet. */
static void
new_name(char *buf, size_t size)
{
	unsigned n = 1;

	snprintf(buf, size, "Anchors");
	while (conf_target_by_path(state_conf(), buf) != NULL && ++n < 1000)
		snprintf(buf, size, "Anchors%u", n);
}

/* The probe of this configuration that pings hosts of IPv4, or of IPv6; NULL: it has
 * none. */
static const struct conf_probe *
pinger(bool v6)
{
	const struct conf *conf = state_conf();
	const char *module = v6 ? "FPing6" : "FPing";
	const struct conf_probe *usual = conf->targets->probe;

	if (usual != NULL && strcmp(usual->module, module) == 0)
		return usual;
	for (size_t i = 0; i < conf->probe_count; i++)
		if (strcmp(conf->probe[i].module, module) == 0)
			return &conf->probe[i];
	return NULL;
}

/* How many were written: none where nothing could ping it. */
static unsigned
write_target(FILE *out, const char *name, const char *menu, const char *title,
    const struct addr *a)
{
	const struct conf_probe *p = pinger(a->sa.sa_family == AF_INET6);
	char text[ADDR_TEXT];

	if (p == NULL)
		return 0;
	addr_text(a, text);
	fprintf(out, "\n++ %s\nmenu  = %s\ntitle = %s (%s)\n", name, menu, title, text);
	if (p != state_conf()->targets->probe)
		fprintf(out, "probe = %s\n", p->name);
	fprintf(out, "host  = %s\n", text);
	return 1;
}

/* One with a scope is this host's alone: the interface's number of today would stand in
 * a configuration. */
static bool
is_scoped(const struct addr *a)
{
	char text[ADDR_TEXT];

	return strchr(addr_text(a, text), '%') != NULL;
}

static unsigned
suggest_anchor(FILE *out, const struct ladder *l, bool v6, enum rung rung)
{
	static const struct {
		const char *name, *menu;
	} word[RUNGS] = { [RUNG_GATEWAY] = { "Gateway", "Home gateway" },
		[RUNG_ACCESS] = { "Access", "Access hop" },
		[RUNG_PROVIDER] = { "Provider", "Provider core" } };
	const struct ladder_anchor *a = ladder_anchor(l, v6, rung);
	char name[32], menu[48], title[96];

	if (a->sight != LADDER_SEEN || a->addresses == 0 || ways_target_at(a) != NULL ||
	    is_scoped(&a->address[0]))
		return 0;
	snprintf(name, sizeof name, "%s%s", word[rung].name, v6 ? "6" : "");
	snprintf(menu, sizeof menu, "%s%s", word[rung].menu, v6 ? ", IPv6" : "");
	snprintf(
	    title, sizeof title, "The %s, found at hop %u", rung_label(rung), a->ttl);
	return write_target(out, name, menu, title, &a->address[0]);
}

static unsigned
suggest_resolvers(FILE *out)
{
	const struct here *here = ways_here();
	unsigned count = 0;

	for (unsigned i = 0; i < here->resolvers; i++) {
		struct ladder_anchor a = { .addresses = 1,
			.address[0] = here->resolver[i] };
		char name[32];

		if (addr_is_loopback(&here->resolver[i]) ||
		    is_scoped(&here->resolver[i]) || ways_target_at(&a) != NULL)
			continue;
		snprintf(name, sizeof name, "Resolver%u", i + 1);
		count += write_target(out, name, "Resolver",
		    "A name server that this host asks", &here->resolver[i]);
	}
	return count;
}

/* Far ends until there are some in three networks. */
static unsigned
suggest_far(FILE *out, const struct ladder *l)
{
	unsigned have = ladder_far_networks(l, false), count = 0;

	for (size_t i = 0;
	     i < sizeof far_ends / sizeof far_ends[0] && have + count < LADDER_CORE;
	     i++) {
		struct ladder_anchor a = { .addresses = 1 };

		if (addr_parse(&a.address[0], far_ends[i].host) != 0 ||
		    ways_target_at(&a) != NULL)
			continue;
		count += write_target(out, far_ends[i].name, far_ends[i].host,
		    far_ends[i].what, &a.address[0]);
	}
	return count;
}

char *
ways_suggest(void)
{
	static const enum rung rungs[] = { RUNG_GATEWAY, RUNG_ACCESS, RUNG_PROVIDER };
	const struct ladder *l = ways_ladder();
	unsigned count = 0;
	char *text, name[32];
	size_t size;
	FILE *out;

	if (l == NULL)
		return NULL;
	out = mem_stream(&text, &size);
	new_name(name, sizeof name);
	fprintf(out,
	    "# What lies between this host and the far ends, found by smokebox.\n"
	    "+ %s\nmenu  = The way out\ntitle = The way out, hop by hop\n",
	    name);
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (size_t i = 0; i < sizeof rungs / sizeof rungs[0]; i++)
			count += suggest_anchor(out, l, v6 == 1, rungs[i]);
	count += suggest_resolvers(out);
	count += suggest_far(out, l);
	mem_stream_end(out);
	if (count > 0)
		return text;
	free(text);
	return NULL;
}
