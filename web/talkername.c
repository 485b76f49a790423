#include "web/talkername.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/prefix.h"
#include "web/state.h"

/* What is one's own where nobody says. */
#define OWN "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7"
#define TCP 6
#define UDP 17

/* Ports whose use is well known (IANA's registry, and what everybody runs there). A list
 * of our own: containers have no /etc/services. */
static const struct {
	uint16_t port;
	uint8_t proto; /* 0: both */
	const char *name;
} services[] = {
	/* clang-format off */
	{ 20, TCP, "FTP data" }, { 21, TCP, "FTP" }, { 22, TCP, "SSH" },
	{ 23, TCP, "Telnet" }, { 25, TCP, "SMTP" }, { 43, TCP, "whois" },
	{ 49, TCP, "TACACS+" }, { 53, 0, "DNS" }, { 67, UDP, "DHCP" },
	{ 68, UDP, "DHCP client" }, { 69, UDP, "TFTP" }, { 80, TCP, "HTTP" },
	{ 80, UDP, "HTTP/3" }, { 88, 0, "Kerberos" }, { 110, TCP, "POP3" },
	{ 111, 0, "RPC" }, { 119, TCP, "NNTP" }, { 123, UDP, "NTP" },
	{ 137, UDP, "NetBIOS names" }, { 138, UDP, "NetBIOS" }, { 139, TCP, "NetBIOS" },
	{ 143, TCP, "IMAP" }, { 161, UDP, "SNMP" }, { 162, UDP, "SNMP traps" },
	{ 179, TCP, "BGP" }, { 389, 0, "LDAP" }, { 443, TCP, "HTTPS" },
	{ 443, UDP, "QUIC" }, { 445, TCP, "SMB" }, { 465, TCP, "SMTP submission" },
	{ 500, UDP, "IKE" }, { 514, UDP, "syslog" }, { 515, TCP, "printer" },
	{ 546, UDP, "DHCPv6 client" }, { 547, UDP, "DHCPv6" }, { 548, TCP, "AFP" },
	{ 554, 0, "RTSP" }, { 563, TCP, "NNTPS" }, { 587, TCP, "SMTP submission" },
	{ 631, 0, "IPP" }, { 636, TCP, "LDAPS" }, { 853, 0, "DNS over TLS" },
	{ 862, UDP, "STAMP" }, { 873, TCP, "rsync" }, { 993, TCP, "IMAPS" },
	{ 995, TCP, "POP3S" }, { 1194, 0, "OpenVPN" }, { 1433, TCP, "SQL Server" },
	{ 1701, UDP, "L2TP" }, { 1723, TCP, "PPTP" }, { 1812, UDP, "RADIUS" },
	{ 1813, UDP, "RADIUS accounting" }, { 1883, TCP, "MQTT" }, { 1900, UDP, "SSDP" },
	{ 1935, TCP, "RTMP" }, { 2049, 0, "NFS" }, { 2055, UDP, "NetFlow" },
	{ 3074, 0, "Xbox" }, { 3128, TCP, "proxy" }, { 3260, TCP, "iSCSI" },
	{ 3306, TCP, "MySQL" }, { 3389, 0, "remote desktop" }, { 3478, 0, "STUN" },
	{ 3479, UDP, "STUN" }, { 3480, UDP, "STUN" }, { 4500, UDP, "IPsec NAT" },
	{ 4739, 0, "IPFIX" }, { 5000, TCP, "NAS" }, { 5060, 0, "SIP" },
	{ 5061, TCP, "SIP over TLS" }, { 5201, 0, "iperf3" }, { 5222, TCP, "XMPP" },
	{ 5223, TCP, "Apple push" }, { 5228, TCP, "Google push" }, { 5353, UDP, "mDNS" },
	{ 5355, UDP, "LLMNR" }, { 5432, TCP, "PostgreSQL" }, { 5900, TCP, "VNC" },
	{ 6343, UDP, "sFlow" }, { 6379, TCP, "Redis" }, { 6667, TCP, "IRC" },
	{ 6881, 0, "BitTorrent" }, { 8080, TCP, "HTTP" }, { 8086, TCP, "InfluxDB" },
	{ 8443, TCP, "HTTPS" }, { 8801, UDP, "Zoom" }, { 8883, TCP, "MQTTS" },
	{ 9090, TCP, "Prometheus" }, { 9100, TCP, "printer" }, { 9993, UDP, "ZeroTier" },
	{ 11211, 0, "memcached" }, { 19302, UDP, "STUN" }, { 25565, TCP, "Minecraft" },
	{ 27015, UDP, "Steam" }, { 27036, 0, "Steam" }, { 32400, TCP, "Plex" },
	{ 41641, UDP, "Tailscale" }, { 51413, 0, "BitTorrent" }, { 51820, UDP, "WireGuard" },
	/* clang-format on */
};

/* "HTTPS" of TCP port 443; NULL when it has no name here. */
static const char *
service_name(uint8_t proto, uint16_t port)
{
	if (proto != TCP && proto != UDP)
		return NULL;
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		if (services[i].port == port &&
		    (services[i].proto == 0 || services[i].proto == proto))
			return services[i].name;
	return NULL;
}

/* "TCP"; NULL when it has no name here. */
static const char *
protocol_name(uint8_t proto)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
		{ 1, "ICMP" }, { 2, "IGMP" }, { 4, "IPv4 in IP" }, { 6, "TCP" },
		{ 17, "UDP" }, { 33, "DCCP" }, { 41, "IPv6 in IP" }, { 46, "RSVP" },
		{ 47, "GRE" }, { 50, "ESP" }, { 51, "AH" }, { 58, "ICMPv6" },
		{ 88, "EIGRP" }, { 89, "OSPF" }, { 103, "PIM" }, { 112, "VRRP" },
		{ 115, "L2TP" }, { 132, "SCTP" }, { 136, "UDP-Lite" },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].proto == proto)
			return names[i].name;
	return NULL;
}

const char *
dscp_name(uint8_t point)
{
	static const struct {
		uint8_t point;
		const char *name;
	} names[] = {
		{ 0, "best effort" }, { 1, "LE" }, { 8, "CS1" }, { 10, "AF11" },
		{ 12, "AF12" }, { 14, "AF13" }, { 16, "CS2" }, { 18, "AF21" },
		{ 20, "AF22" }, { 22, "AF23" }, { 24, "CS3" }, { 26, "AF31" },
		{ 28, "AF32" }, { 30, "AF33" }, { 32, "CS4" }, { 34, "AF41" },
		{ 36, "AF42" }, { 38, "AF43" }, { 40, "CS5" }, { 44, "VA" },
		{ 46, "EF" }, { 48, "CS6" }, { 56, "CS7" },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].point == point)
			return names[i].name;
	return NULL;
}

/* "TCP 443", "GRE", "protocol 200". */
static void
transport(uint8_t proto, unsigned port, char *buf, size_t size)
{
	const char *name = protocol_name(proto);
	char number[24];

	snprintf(number, sizeof number, "protocol %u", proto);
	if (port != 0)
		snprintf(buf, size, "%s %u", name != NULL ? name : number, port);
	else
		snprintf(buf, size, "%s", name != NULL ? name : number);
}

static void
named(const char *name, const char *plain, char *buf, char *more)
{
	snprintf(buf, TALKERNAME, "%s", name != NULL ? name : plain);
	snprintf(more, TALKERNAME, "%s", name != NULL ? plain : "");
}

static bool
is_own(const struct flow_ip *ip, const char *list)
{
	struct prefixes own = { 0 };
	char text[ADDR_TEXT];
	struct addr a;
	struct err err;
	bool held = prefixes_parse(&own, list, &err) == 0 &&
		    addr_parse(&a, flow_ip_text(ip, text)) == 0 &&
		    prefixes_hold(&own, &a);

	prefixes_free(&own);
	return held;
}

/* The address IP, with the length of its network where no more of it is kept. OUTSIDE:
 * of the own network it is not. */
static const char *
end_text(const struct flow_ip *ip, bool outside, char buf[ADDR_TEXT + 4])
{
	static const uint8_t zero[16];
	const struct conf_section *s = conf_top(state_conf(), "Collector");
	unsigned kept = ip->len == 4 ? 3 : 6;

	flow_ip_text(ip, buf);
	if (ip->len != 0 && strcmp(conf_value(s, "cut_remote", "no"), "yes") == 0 &&
	    memcmp(ip->bytes + kept, zero, ip->len - kept) == 0 &&
	    (outside || !is_own(ip, conf_value(s, "local", OWN))))
		sprintf(buf + strlen(buf), "/%u", kept * 8);
	return buf;
}

/* "10.0.0.9:50000", "[2001:db8::1]:443"; PORT < 0: the address alone. */
static void
put_end(FILE *out, const struct flow_ip *ip, int port)
{
	char text[ADDR_TEXT + 4];
	bool brackets = port >= 0 && ip->len == 16;

	fprintf(out, brackets ? "[%s]" : "%s", end_text(ip, false, text));
	if (port >= 0)
		fprintf(out, ":%d", port);
}

/* Between which ends, and of what service. */
static void
flow(const struct minute_key *key, char *buf, char *more)
{
	bool ports = key->sport != 0 || key->dport != 0;
	/* The service is the end whose port has a name, the destination first. */
	const char *name = service_name(key->proto, key->dport);
	char plain[64];
	FILE *out = fmemopen(buf, TALKERNAME, "w");

	if (out == NULL)
		fatal("fmemopen");
	if (name == NULL)
		name = service_name(key->proto, key->sport);
	put_end(out, &key->a, ports ? key->sport : -1);
	fputs(" \xe2\x86\x92 ", out);
	put_end(out, &key->b, ports ? key->dport : -1);
	fclose(out);
	transport(key->proto, 0, plain, sizeof plain);
	if (name != NULL)
		snprintf(more, TALKERNAME, "%s, %s", name, plain);
	else
		snprintf(more, TALKERNAME, "%s", plain);
}

void
talker_name(enum minute_by by, const struct minute_key *key, char *buf, char *more)
{
	char text[ADDR_TEXT + 4];

	buf[0] = more[0] = '\0';
	switch (by) {
	case MINUTE_TOTAL:
	case MINUTE_BYS:
		snprintf(buf, TALKERNAME, "all");
		break;
	case MINUTE_INTERFACE:
		snprintf(buf, TALKERNAME, "%s interface %u", flow_ip_text(&key->a, text),
		    key->number);
		break;
	case MINUTE_HOST:
	case MINUTE_PEER:
		end_text(&key->a, by == MINUTE_PEER, text);
		snprintf(buf, TALKERNAME, "%s", text);
		break;
	case MINUTE_PORT:
		transport(key->proto, key->dport, text, sizeof text);
		named(service_name(key->proto, key->dport), text, buf, more);
		break;
	case MINUTE_PROTOCOL:
		snprintf(text, sizeof text, "protocol %u", key->proto);
		named(protocol_name(key->proto), text, buf, more);
		break;
	case MINUTE_AS:
		snprintf(buf, TALKERNAME, "AS %u", key->number);
		break;
	case MINUTE_DSCP:
		snprintf(text, sizeof text, "DSCP %u", key->tos);
		named(dscp_name(key->tos), text, buf, more);
		break;
	case MINUTE_FLOW:
		flow(key, buf, more);
		break;
	}
}
