/* What the fetcher measures, by SmokePing's names: what needs TLS or a large library. A
 * handshake takes milliseconds of work, for which no echo shall wait. */
#include "prober/probe.h"

// clang-format off
const struct probe_row probe_rows[] = {
	{ "Curl",             &probe_http },
	{ "AnotherCurl",      &probe_http },
	{ "EchoPingHttp",     &probe_http },
	{ "EchoPingHttps",    &probe_http },
	{ "DoT",              &probe_dot },
	{ "DoH",              &probe_doh },
	{ "DNS",              &probe_dot }, /* dns_over = tls */
	{ "AnotherDNS",       &probe_dot },
	{ "WebProxyFilter",   &probe_http },
	{ "LDAP",             &probe_directory },
	{ "EchoPingLDAP",     &probe_directory },
	{ "FTPtransfer",      &probe_ftp },
	{ NULL, NULL },
};
// clang-format on
