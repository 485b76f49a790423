/* What the prober measures, by SmokePing's names: all that is light enough for the
 * process that everyone's times depend on. */
#include "prober/probe.h"

// clang-format off
const struct probe_row probe_rows[] = {
	{ "FPing",            &probe_icmp },
	{ "FPing6",           &probe_icmp },
	{ "FPingContinuous",  &probe_icmp },
	{ "DNS",              &probe_dns },
	{ "AnotherDNS",       &probe_dns },
	{ "EchoPingDNS",      &probe_dns },
	{ "TCPPing",          &probe_tcp },
	{ "SSH",             &probe_dialog },
	{ "AnotherSSH",      &probe_dialog },
	{ "EchoPing",        &probe_dialog },
	{ "EchoPingChargen", &probe_dialog },
	{ "EchoPingDiscard", &probe_dialog },
	{ "EchoPingIcp",     &probe_dialog },
	{ "EchoPingPlugin",  &probe_dialog },
	{ "EchoPingSmtp",    &probe_dialog },
	{ "EchoPingWhois",   &probe_dialog },
	{ "Radius",          &probe_dialog },
	{ "SendEmail",       &probe_dialog },
	{ "TacacsPlus",      &probe_dialog },
	{ "STAMP",            &probe_stamp },
	{ "TelnetIOSPing",   &probe_telnet },
	{ "TelnetJunOSPing", &probe_telnet },
	{ "TraceroutePing",   &probe_trace },
	{ NULL, NULL },
};
// clang-format on
