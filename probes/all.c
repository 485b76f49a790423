/* Every kind of measurement there is, by the module names of SmokePing. */
#include <string.h>

#include "prober/probe.h"

// clang-format off
static const struct {
	const char *module;
	const struct probe_type *type;
} all[] = {
	{ "FPing",            &probe_icmp },
	{ "FPing6",           &probe_icmp },
	{ "FPingContinuous",  &probe_icmp },
	{ "DNS",              &probe_dns },
	{ "AnotherDNS",       &probe_dns },
	{ "TCPPing",          &probe_tcp },
	{ "Curl",             &probe_http },
	{ "AnotherCurl",      &probe_http },
	{ "EchoPingHttp",     &probe_http },
	{ "EchoPingHttps",    &probe_http },
};
// clang-format on

const struct probe_type *
probe_type_for(const char *module)
{
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(all[i].module, module) == 0)
			return all[i].type;
	return NULL;
}
