/* What the runner measures, by SmokePing's names: what external programs do. */
#include "prober/probe.h"

const struct probe_row probe_rows[] = {
	{ "RemoteFPing", &probe_command },
	{ "NFSping", &probe_command },
	{ "IRTT", &probe_command },
	{ "SipSak", &probe_command },
	{ "Qstat", &probe_command },
	{ "IOSPing", &probe_command },
	{ "OpenSSHJunOSPing", &probe_command },
	{ "OpenSSHEOSPing", &probe_command },
	{ "CiscoRTTMonEchoICMP", &probe_snmp },
	{ "CiscoRTTMonTcpConnect", &probe_snmp },
	{ "CiscoRTTMonDNS", &probe_snmp },
	{ "DismanPing", &probe_snmp },
	{ NULL, NULL },
};
