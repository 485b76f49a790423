/* SmokePing's probe modules: their variables, as data. What a variable does is known to
 * the probes alone. */
#include <string.h>

#include "config/fits.h"
#include "config/schema.h"

/* Rows name what is not zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define T KEY_TARGET
#define M KEY_MANDATORY
#define F KEY_FILE
#define X KEY_TOOL

#define DIGITS "[0-9]+"
#define DECIMAL "([0-9]*\\.)?[0-9]+"
#define QUAD "[0-9]+(\\.[0-9]+){3}"
#define TOS "[0-9]+|0x[0-9a-zA-Z]+"
#define WHOLE .re = DIGITS, .expected = "a whole number"
#define SECONDS .re = DIGITS, .expected = "whole seconds"
#define FRACTION .re = DECIMAL, .expected = "seconds, a fraction is allowed"
#define YES_NO .re = "yes|no", .expected = "yes or no"
#define TRUE_FALSE .re = "true|false", .expected = "true or false"
#define IP_VERSION .re = "[46]", .expected = "4 or 6"
#define OFFSET                                                                         \
	.re = "[0-9]+%|random",                                                        \
	.error = "Use offset either in % of operation interval or 'random'"
#define PINGS                                                                          \
	.re = DIGITS, .fits = fits_three_pings,                                        \
	.error = "The pings value must be at least 3", .expected = "pings of a round"

static bool
between(const char *value, double low, double high)
{
	double n = schema_number(value);

	return n >= low && n <= high;
}

static bool
fping_size(const char *value)
{
	return between(value, 12, 64000);
}

static bool
rtt_size(const char *value)
{
	return between(value, 8, 16392);
}

static bool
disman_size(const char *value)
{
	return between(value, 8, 65507);
}

static bool
disman_pings(const char *value)
{
	return between(value, 1, 15);
}

static bool
firewall_mark(const char *value)
{
	return between(value, 1, 4294967295.0);
}

static bool
unquoted(const char *value)
{
	size_t len = strlen(value);

	return len == 0 || (strchr("\"'", value[0]) == NULL &&
			       strchr("\"'", value[len - 1]) == NULL);
}

static bool
slashed(const char *value)
{
	size_t len = strlen(value);

	return len >= 2 && value[0] == '/' && value[len - 1] == '/';
}

static bool
port_range(const char *value)
{
	const char *dash = strchr(value, '-');

	return dash == NULL || schema_number(value) <= schema_number(dash + 1);
}

static bool
ssh_interval(const char *value)
{
	return strcmp(value, "connect") == 0 || strcmp(value, "established") == 0 ||
	       strcmp(value, "complete") == 0;
}

/* 0 to 255, or anything that Perl calls false. */
static bool
tos_byte(const char *value)
{
	return *value == '\0' ||
	       (value[strspn(value, "0123456789")] == '\0' && between(value, 0, 255));
}

/* --- what all have --------------------------------------------------------------- */

static const struct schema_key base[] = {
	{ "step", WHOLE },
	{ "offset", OFFSET },
	{ "pings", PINGS },
	{ NULL },
};

static const struct schema_key basefork[] = {
	{ "step", WHOLE },
	{ "offset", OFFSET },
	{ "pings", T, PINGS },
	{ "forks", WHOLE, .fallback = "5" },
	{ "timeout", SECONDS, .fallback = "5" },
	{ NULL },
};

/* --- FPing ----------------------------------------------------------------------- */

#define SIZE_TEXT "ERROR: FPing packetsize must be between 12 and 64000"

static const struct schema_key fping[] = {
	{ "binary", X },
	{ "packetsize", .re = DIGITS, .fits = fping_size, .error = SIZE_TEXT },
	{ "timeout", FRACTION },
	{ "hostinterval", FRACTION },
	{ "mininterval", FRACTION, .fallback = "0.01" },
	{ "protocol", IP_VERSION },
	{ "interface" },
	{ "sourceaddress", .re = QUAD, .expected = "an IPv4 address" },
	{ "tos", .re = TOS, .expected = "a number, decimal or 0x..." },
	{ "fwmark", .re = TOS, .fits = firewall_mark,
	    .expected = "a number from 1 to 4294967295" },
	{ "blazemode", TRUE_FALSE, .fallback = "false" },
	{ "usestdout", X, TRUE_FALSE },
	{ NULL },
};

static const struct schema_key fping6[] = {
	{ "protocol", IP_VERSION, .fallback = "6" },
	{ "sourceaddress", .re = "[0-9A-Fa-f:.]+", .expected = "an IPv6 address" },
	{ NULL },
};

static const struct schema_key remote_fping[] = {
	{ "binary", M },
	{ "rhost", M },
	{ "rbinary", M },
	{ "ruser" },
	{ "rport" },
	{ NULL },
};

static const struct schema_key nfsping[] = {
	{ "binary", M },
	{ "blazemode", TRUE_FALSE },
	{ "tcp", TRUE_FALSE },
	{ "timeout", FRACTION },
	{ "hostinterval", FRACTION },
	{ "mininterval", FRACTION, .fallback = "0.01" },
	{ NULL },
};

/* --- DNS, TCP, SSH --------------------------------------------------------------- */

static const struct schema_key dns[] = {
	{ "binary", X },
	{ "lookup", T },
	{ "server", T },
	{ NULL },
};

static const struct schema_key another_dns[] = {
	{ "lookup", T },
	{ "mininterval", T, FRACTION, .fallback = "0.5" },
	{ "authoritative", T, .fallback = "0" },
	{ "require_noerror", T, .fallback = "0" },
	{ "require_nxdomain", T, .re = "[01]", .expected = "0 or 1", .fallback = "0" },
	{ "require_answers", T, .fallback = "0" },
	{ "recordtype", T, .fallback = "A" },
	{ "timeout", T, SECONDS, .fallback = "5" },
	{ "port", T, WHOLE, .fallback = "53" },
	{ "protocol", T, .re = "udp|UDP|tcp|TCP", .expected = "udp or tcp",
	    .fallback = "udp" },
	{ "ipversion", T, IP_VERSION, .fallback = "4" },
	{ "expect_text", T },
	{ NULL },
};

static const struct schema_key dot[] = {
	{ "server", T },
	{ "port", T, WHOLE, .fallback = "853" },
	{ "ipversion", T, IP_VERSION },
	{ NULL },
};

static const struct schema_key doh[] = {
	{ "url", T, .fallback = "https://%host%/dns-query" },
	{ "ipversion", T, IP_VERSION },
	{ NULL },
};

static const struct schema_key tcpping[] = {
	{ "binary", X },
	{ "port", T, .fits = fits_port,
	    .error = "TCPPing port must be between 0 and 65535", .fallback = "80" },
	{ NULL },
};

static const struct schema_key ssh[] = {
	{ "binary", M | X },
	{ "init_host", .fallback = "127.0.0.1",
	    .instead = "nothing is tried out at the start" },
	{ "keytype", T, .re = "[ecdr]sa*|ed25519", .expected = "rsa, ecdsa or ed25519",
	    .fallback = "rsa",
	    .instead = "the time is that of the greeting, no key is asked for" },
	{ "port", T, WHOLE, .fallback = "22" },
	{ "ssh_af", T, .re = "[046]", .expected = "0, 4 or 6" },
	{ NULL },
};

static const struct schema_key another_ssh[] = {
	{ "greeting", T,
	    .fallback = "SSH-Latency-Measurement-Sorry-for-this-logmessage" },
	{ "mininterval", T, FRACTION, .fallback = "0.5" },
	{ "interval", T, .fits = ssh_interval, .error = "Invalid interval parameter",
	    .expected = "connect, established or complete", .fallback = "established" },
	{ "timeout", T, SECONDS, .fallback = "5" },
	{ "port", T, WHOLE, .fallback = "22" },
	{ NULL },
};

static const struct schema_key irtt[] = {
	{ "binary", .fallback = "/usr/bin/irtt" },
	{ "tmpdir", .fallback = "/tmp/smokeping-irtt",
	    .instead = "results are not written to files" },
	{ "dscp", T, .re = "[0-9]+|0x[0-9a-fA-F]{1,2}", .expected = "a number" },
	{ "extraargs", T, .instead = "it is not handed over, nor by SmokePing" },
	{ "fill", T },
	{ "hmac", T },
	{ "interval", T, FRACTION, .fallback = "1" },
	{ "ipversion", T, IP_VERSION },
	{ "length", T, WHOLE },
	{ "localaddr", T },
	{ "metric", T, .re = "rtt|send|receive|ipdv|send_ipdv|receive_ipdv",
	    .expected = "rtt, send, receive, ipdv, send_ipdv or receive_ipdv",
	    .fallback = "rtt" },
	{ "readfrom", T },
	{ "readfrompollinterval", T, .re = "[1-9][0-9]*", .expected = "whole seconds",
	    .fallback = "5", .instead = "results are taken once they are there" },
	{ "serverfill", T },
	{ "sleep", T, FRACTION },
	{ "writeto", T },
	{ NULL },
};

static const struct schema_key traceroute[] = {
	{ "binary", X },
	{ "binaryv6", X },
	{ "desthost", T | M },
	{ "host", T | M },
	{ "minttl", T, .fallback = "1" },
	{ "maxttl", T, .fallback = "30" },
	{ "wait", T, .fallback = "1" },
	{ NULL },
};

static const struct schema_key stamp[] = {
	{ "port", T, WHOLE, .fallback = "862" },
	{ "size", T, WHOLE },
	{ "key", T },
	{ "keyfile", T | F },
	{ "mode", T, .re = "stateful|stateless", .expected = "stateful or stateless",
	    .fallback = "stateful" },
	{ "synchronised", T, YES_NO, .fallback = "no" },
	{ "protocol", T, IP_VERSION },
	{ "timeout", T, FRACTION, .fallback = "2" },
	{ NULL },
};

/* --- Curl ------------------------------------------------------------------------ */

static const struct schema_key curl[] = {
	{ "binary", X, .fallback = "/usr/bin/curl" },
	{ "urlformat", T | M, .expected = "a URL such as http://%host%/" },
	{ "agent", T, .fits = unquoted,
	    .error = "The Curl 'agent' string does not need any quotes around it "
		     "anymore." },
	{ "timeout", T, SECONDS, .fallback = "10" },
	{ "interface", T },
	{ "ssl2", T, .instead = "SSL 2 is too broken for anybody to offer it" },
	{ "insecure_ssl", T },
	{ "follow_redirects", T, YES_NO, .fallback = "no" },
	{ "include_redirects", T, YES_NO, .fallback = "no" },
	{ "extraargs", T },
	{ "extrare", T, .fits = slashed,
	    .error = "extrare should be specified in the /regexp/ notation",
	    .fallback = "/ /" },
	{ "expect", T, .fallback = "" },
	{ "require_zero_status", T, YES_NO, .fallback = "no" },
	{ NULL },
};

static const struct schema_key another_curl[] = {
	{ "write_out", T },
	{ NULL },
};

/* --- EchoPing -------------------------------------------------------------------- */

static const struct schema_key echoping[] = {
	{ "binary", X, .fallback = "/usr/bin/echoping" },
	{ "timeout", T, FRACTION, .fallback = "5" },
	{ "waittime", T, .re = "[0-9]+(\\.[0-9]+)?", .expected = "seconds",
	    .instead = "pings have their times in the round" },
	{ "size", T, WHOLE },
	{ "udp", T },
	{ "fill", T, .re = ".", .expected = "one character" },
	{ "priority", T, WHOLE },
	{ "tos", T },
	{ "ipversion", T, IP_VERSION },
	{ "extraopts", T },
	{ NULL },
};

static const struct schema_key echoping_http[] = {
	{ "url", T, .fallback = "/" },
	{ "port", T },
	{ "prot", T, .fallback = "443", .instead = "SmokePing does not use it either" },
	{ "ignore_cache", T },
	{ "revalidate_data", T },
	{ "accept_redirects", T },
	{ "timeout", T, FRACTION, .fallback = "10" },
	{ NULL },
};

static const struct schema_key echoping_icp[] = {
	{ "url", T | M },
	{ NULL },
};

static const struct schema_key echoping_plugin[] = {
	{ "plugin", T | M },
	{ "pluginargs", T },
	{ NULL },
};

static const struct schema_key echoping_dns[] = {
	{ "plugin", T, .fallback = "dns" },
	{ "pluginargs", T },
	{ "dns_request", T | M },
	{ "dns_type", T, .fallback = "A" },
	{ "dns_tcp", T },
	{ NULL },
};

static const struct schema_key echoping_ldap[] = {
	{ "plugin", T, .fallback = "ldap" },
	{ "pluginargs", T },
	{ "ldap_request", T },
	{ "ldap_base", T },
	{ "ldap_scope", T },
	{ NULL },
};

static const struct schema_key echoping_whois[] = {
	{ "plugin", T, .fallback = "whois" },
	{ "pluginargs", T },
	{ "whois_request", T | M },
	{ NULL },
};

/* --- logging in ------------------------------------------------------------------ */

static const struct schema_key ldap[] = {
	{ "passwordfile", F },
	{ "filter", T | M },
	{ "port", T, WHOLE },
	{ "scheme", T, .re = "ldap|ldaps|ldapi", .expected = "ldap, ldaps or ldapi",
	    .fallback = "ldap" },
	{ "version", T, WHOLE },
	{ "start_tls", T },
	{ "timeout", T, SECONDS, .fallback = "5" },
	{ "base", T },
	{ "attrs", T },
	{ "binddn", T },
	{ "password", T },
	{ "mininterval", T, FRACTION, .fallback = "1" },
	{ "scope", T, .re = "base|one|sub", .expected = "base, one or sub",
	    .fallback = "sub" },
	{ "verify", T, .re = "none|optional|require",
	    .expected = "none, optional or require", .fallback = "require" },
	{ NULL },
};

static const struct schema_key radius[] = {
	{ "passwordfile", F },
	{ "secretfile", F },
	{ "username", T | M },
	{ "password", T },
	{ "secret", T },
	{ "nas_ip_address", T },
	{ "mininterval", T, FRACTION, .fallback = "1" },
	{ "timeout", T, SECONDS, .fallback = "5" },
	{ "port", T, WHOLE },
	{ "allowreject", T, TRUE_FALSE },
	{ NULL },
};

static const struct schema_key tacacs[] = {
	{ "passwordfile", F },
	{ "secretfile", F },
	{ "username", T | M },
	{ "password", T },
	{ "secret", T },
	{ "mininterval", T, FRACTION, .fallback = "1" },
	{ "timeout", T, SECONDS, .fallback = "5" },
	{ "port", T, WHOLE, .fallback = "49" },
	{ "authtype", T, .re = "ASCII|CHAP|PAP", .expected = "ASCII, CHAP or PAP",
	    .fallback = "ASCII" },
	{ NULL },
};

static const struct schema_key ftp[] = {
	{ "srcfile", M | F }, /* mode = put; of the server otherwise */
	{ "mode", M, .re = "put|get", .expected = "put or get" },
	{ "destfile" },
	{ "min_interval", FRACTION, .fallback = "1",
	    .instead = "pings have their times in the round" },
	{ "passwordfile", F },
	{ "timeout", T, SECONDS },
	{ "username", T },
	{ "password", T },
	{ "port", T, WHOLE },
	{ "localaddr", T },
	{ "passive", T, YES_NO },
	{ NULL },
};

static const struct schema_key mail[] = {
	{ "from", M },
	{ "to", M },
	{ "subject", .fallback = "Test" },
	{ "bodysize", .fallback = "0" },
	{ "port", T, .fallback = "25" },
	{ NULL },
};

static const struct schema_key sipsak[] = {
	{ "binary", .fallback = "/usr/bin/sipsak" },
	{ "user", T },
	{ "port", T },
	{ "params", T },
	{ "keep_second", T, YES_NO },
	{ "sipsak_timeout", T, .fallback = "2" },
	{ NULL },
};

static const struct schema_key qstat[] = {
	{ "binary", M },
	{ "game", .fallback = "q3s" },
	{ "port", WHOLE },
	{ "mininterval", FRACTION, .fallback = "0.5" },
	{ "sourceaddress", .re = QUAD, .expected = "an IPv4 address" },
	{ "sourceport", .re = "[0-9]{1,5}(-[0-9]{1,5})?", .fits = port_range,
	    .error = "Qstat invalid source port range" },
	{ NULL },
};

static const struct schema_key proxy[] = {
	{ "min_interval", FRACTION, .fallback = "1",
	    .instead = "pings have their times in the round" },
	{ "useragent", .fallback = "SmokePing/2.x (WebProxyFilter Probe)" },
	{ "maxsize" }, /* 2000 by the manual; SmokePing never acts on it */
	{ "deny_re", T | M },
	{ "timeout", T, SECONDS, .fallback = "2" },
	{ "more_hosts", T,
	    .re = "[^[:space:].]+(\\.[^[:space:].]+)*([[:space:]]*,[^[:space:].]+"
		  "(\\.[^[:space:].]+)*)*",
	    .expected = "host names with commas between them" },
	{ NULL },
};

/* --- routers --------------------------------------------------------------------- */

#define ROUTER_SIZE                                                                    \
	.re = DIGITS, .fits = fping_size,                                              \
	.error = "packetsize must be between 12 and 64000"

static const struct schema_key ios[] = {
	{ "binary", M },
	{ "packetsize", ROUTER_SIZE, .fallback = "56" },
	{ "ioshost", T | M },
	{ "iosuser", T },
	{ "iosint", T },
	{ NULL },
};

static const struct schema_key telnet_ios[] = {
	{ "packetsize", ROUTER_SIZE, .fallback = "56" },
	{ "source", T | M },
	{ "iosuser", T | M },
	{ "iospass", T | M },
	{ "psource", T },
	{ "vrf", T },
	{ NULL },
};

static const struct schema_key junos[] = {
	{ "packetsize", ROUTER_SIZE, .fallback = "100" },
	{ "source", T | M },
	{ "junosuser", T | M },
	{ "junospass", T | M },
	{ "psource", T },
	{ NULL },
};

static const struct schema_key junos_ssh[] = {
	{ "tos", .fits = tos_byte, .error = "tos must be 0-255" },
	{ NULL },
};

static const struct schema_key eos[] = {
	{ "packetsize", ROUTER_SIZE, .fallback = "100" },
	{ "source", T | M },
	{ "eosuser", T | M },
	{ "eospass", T | M },
	{ "psource", T },
	{ "unpriv", T },
	{ NULL },
};

static const struct schema_key rttmon[] = {
	{ "ioshost", T | M },
	{ "iosint", T },
	{ "timeout", T, WHOLE, .fallback = "15" },
	{ NULL },
};

static const struct schema_key rttmon_icmp[] = {
	{ "packetsize", T, .re = DIGITS, .fits = rtt_size,
	    .error = "packetsize must be between 8 and 16392", .fallback = "56" },
	{ "tos", T, .fallback = "0" },
	{ "vrf", T },
	{ NULL },
};

static const struct schema_key rttmon_tcp[] = {
	{ "port", T, WHOLE, .fallback = "80" },
	{ "tos", T, WHOLE, .fallback = "0" },
	{ NULL },
};

static const struct schema_key rttmon_dns[] = {
	{ "name", T | M },
	{ NULL },
};

static const struct schema_key disman[] = {
	{ "pings", .re = DIGITS, .fits = disman_pings,
	    .error = "for DismanPing, pings must be between 1 and 15",
	    .fallback = "15" },
	{ "pinghost", T | M },
	{ "ownerindex", T },
	{ "pingsrc", T },
	{ "packetsize", T, .re = DIGITS, .fits = disman_size,
	    .error = "packetsize must be between 8 and 65507", .fallback = "56" },
	{ NULL },
};

/* --- the table ------------------------------------------------------------------- */

#define NO_SIZE " udp fill size prot "

static const struct module modules[] = {
	{ "FPing", MODULE_PROBER, true, { fping, base } },
	{ "FPing6", MODULE_PROBER, true, { fping6, fping, base } },
	{ "FPingContinuous", MODULE_PROBER, true, { fping, base } },
	{ "DNS", MODULE_PROBER, false, { dns, basefork }, .heavy = "dns_over tls " },
	{ "AnotherDNS", MODULE_PROBER, false, { another_dns, basefork },
	    .heavy = "dns_over tls " },
	{ "DoT", MODULE_FETCHER, false, { dot, another_dns, basefork }, " protocol ",
	    .ours = true },
	{ "DoH", MODULE_FETCHER, false, { doh, another_dns, basefork },
	    " protocol port ", .ours = true },
	{ "STAMP", MODULE_PROBER, false, { stamp, basefork }, .ours = true },
	{ "TCPPing", MODULE_PROBER, false, { tcpping, basefork } },
	{ "Curl", MODULE_FETCHER, false, { curl, basefork } },
	{ "AnotherCurl", MODULE_FETCHER, false, { another_curl, curl, basefork },
	    " expect require_zero_status " },
	{ "EchoPingHttp", MODULE_FETCHER, false, { echoping_http, echoping, basefork },
	    NO_SIZE },
	{ "EchoPingHttps", MODULE_FETCHER, false, { echoping_http, echoping, basefork },
	    " udp fill size " },
	{ "RemoteFPing", MODULE_RUNNER, true, { remote_fping, fping, base } },
	{ "NFSping", MODULE_RUNNER, true, { nfsping, base } },
	{ "SSH", MODULE_PROBER, false, { ssh, basefork } },
	{ "AnotherSSH", MODULE_PROBER, false, { another_ssh, basefork } },
	{ "IRTT", MODULE_RUNNER, false, { irtt, basefork } },
	{ "TraceroutePing", MODULE_PROBER, false, { traceroute, basefork } },
	{ "EchoPing", MODULE_PROBER, false, { echoping, basefork } },
	{ "EchoPingSmtp", MODULE_PROBER, false, { echoping, basefork }, NO_SIZE },
	{ "EchoPingChargen", MODULE_PROBER, false, { echoping, basefork }, " udp " },
	{ "EchoPingDiscard", MODULE_PROBER, false, { echoping, basefork } },
	{ "EchoPingIcp", MODULE_PROBER, false, { echoping_icp, echoping, basefork },
	    NO_SIZE },
	{ "EchoPingPlugin", MODULE_PROBER, false,
	    { echoping_plugin, echoping, basefork }, NO_SIZE },
	{ "EchoPingDNS", MODULE_PROBER, false, { echoping_dns, echoping, basefork },
	    NO_SIZE },
	{ "EchoPingLDAP", MODULE_FETCHER, false, { echoping_ldap, echoping, basefork },
	    NO_SIZE },
	{ "EchoPingWhois", MODULE_PROBER, false, { echoping_whois, echoping, basefork },
	    NO_SIZE },
	{ "LDAP", MODULE_FETCHER, false, { ldap, basefork } },
	{ "Radius", MODULE_PROBER, false, { radius, basefork } },
	{ "TacacsPlus", MODULE_PROBER, false, { tacacs, basefork } },
	{ "FTPtransfer", MODULE_FETCHER, false, { ftp, basefork } },
	{ "SendEmail", MODULE_PROBER, false, { mail, basefork } },
	{ "SipSak", MODULE_RUNNER, false, { sipsak, basefork } },
	{ "Qstat", MODULE_RUNNER, false, { qstat, basefork } },
	{ "WebProxyFilter", MODULE_FETCHER, false, { proxy, basefork } },
	{ "IOSPing", MODULE_RUNNER, false, { ios, basefork } },
	{ "TelnetIOSPing", MODULE_PROBER, false, { telnet_ios, basefork } },
	{ "TelnetJunOSPing", MODULE_PROBER, false, { junos, basefork } },
	{ "OpenSSHJunOSPing", MODULE_RUNNER, false, { junos_ssh, junos, basefork } },
	{ "OpenSSHEOSPing", MODULE_RUNNER, false, { eos, basefork } },
	{ "CiscoRTTMonEchoICMP", MODULE_RUNNER, false,
	    { rttmon_icmp, rttmon, basefork } },
	{ "CiscoRTTMonTcpConnect", MODULE_RUNNER, false,
	    { rttmon_tcp, rttmon, basefork } },
	{ "CiscoRTTMonDNS", MODULE_RUNNER, false, { rttmon_dns, rttmon, basefork } },
	{ "DismanPing", MODULE_RUNNER, true, { disman, base } },
};

bool
module_trains(const struct module *module)
{
	static const char *const names[] = { "FPing", "FPing6", "FPingContinuous",
		"STAMP" };

	for (size_t i = 0; module != NULL && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(module->name, names[i]) == 0)
			return true;
	return false;
}

const struct module *
module_find(const char *name)
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++)
		if (strcmp(modules[i].name, name) == 0)
			return &modules[i];
	return NULL;
}

const struct module *
module_at(size_t n)
{
	return n < sizeof(modules) / sizeof(*modules) ? &modules[n] : NULL;
}

static bool
hidden(const struct module *module, const char *name)
{
	const char *p = module->without;
	size_t len = strlen(name);

	if (p == NULL)
		return false;
	for (; (p = strstr(p, name)) != NULL; p++)
		if (p[-1] == ' ' && p[len] == ' ')
			return true;
	return false;
}

const struct schema_key *
module_key(const struct module *module, const char *name)
{
	const struct schema_key *key = NULL;

	if (module == NULL)
		return NULL;
	for (size_t i = 0; i < 4 && key == NULL; i++)
		key = schema_key_find(module->keys[i], name);
	return key != NULL && !hidden(module, name) ? key : NULL;
}

const struct schema_key *
module_key_at(const struct module *module, size_t n)
{
	for (size_t i = 0; module != NULL && i < 4 && module->keys[i] != NULL; i++) {
		for (const struct schema_key *k = module->keys[i]; k->name != NULL;
		     k++) {
			/* one that an earlier list has counts there */
			if (module_key(module, k->name) == k && n-- == 0)
				return k;
		}
	}
	return NULL;
}
