/* What is asked of routers, in which order: CISCO-RTTMON-MIB and DISMAN-PING-MIB
 * (RFC 4560). */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/net.h"
#include "runner/snmp.h"

#define RTT ".1.3.6.1.4.1.9.9.42.1."
#define RTT_VERSION RTT "1.1.0"	    /* rttMonApplVersion */
#define RTT_TYPES RTT "1.7.1.2"	    /* rttMonApplSupportedRttTypesValid */
#define RTT_CONTROL RTT "2.1.1."    /* rttMonCtrlAdminEntry */
#define RTT_ECHO RTT "2.2.1."	    /* rttMonEchoAdminEntry */
#define RTT_SCHEDULE RTT "2.5.1."   /* rttMonScheduleAdminEntry */
#define RTT_HISTORY RTT "2.8.1."    /* rttMonHistoryAdminEntry */
#define RTT_STATE RTT "2.9.1.10"    /* rttMonCtrlOperState */
#define RTT_COLLECTION RTT "4.1.1." /* rttMonHistoryCollectionEntry */
#define RTT_PING_S 5		    /* a ping's timeout, and from one to the next */

/* RttMonRttType */
enum rtt_type {
	RTT_TYPE_ECHO = 1,
	RTT_TYPE_UDP = 5,
	RTT_TYPE_TCP = 6,
	RTT_TYPE_DNS = 8
};

/* --- Cisco ------------------------------------------------------------------------ */

static void
put_number(struct argv *a, const char *name, uint32_t row, char type, unsigned value)
{
	argv_add(a, "%s.%u", name, row);
	argv_add(a, "%c", type);
	argv_add(a, "%u", value);
}

static void
put_text(struct argv *a, const char *name, uint32_t row, char type, const char *value)
{
	argv_add(a, "%s.%u", name, row);
	argv_add(a, "%c", type);
	argv_add(a, "%s", value);
}

static void
rtt_version(const struct snmp_round *r, struct argv *a)
{
	(void)r;
	argv_add(a, RTT_VERSION);
}

static void
rtt_types(const struct snmp_round *r, struct argv *a)
{
	(void)r;
	argv_add(a, RTT_TYPES);
}

static enum snmp_next
rtt_then_version(struct snmp_round *r, const char *out, struct times *t)
{
	(void)r;
	if (strstr(out, "No Such") == NULL)
		return SNMP_ON;
	times_say(t, "the router does not support or allow RTTMON");
	return SNMP_NO;
}

static enum snmp_next
rtt_then_supports(const char *out, unsigned type, bool *supports)
{
	static struct walk types;
	char index[12];

	snprintf(index, sizeof index, "%u", type);
	walk_read(&types, RTT_TYPES, out);
	*supports = walk_value(&types, index, 0) == 1;
	return SNMP_ON;
}

static enum snmp_next
rtt_then_echo(struct snmp_round *r, const char *out, struct times *t)
{
	(void)t;
	return rtt_then_supports(out, RTT_TYPE_UDP, &r->modern);
}

static enum snmp_next
rtt_needs(unsigned type, struct snmp_round *r, const char *out, struct times *t,
    const char *what)
{
	rtt_then_supports(out, type, &r->modern);
	if (r->modern)
		return SNMP_ON;
	times_say(t, what);
	return SNMP_NO;
}

static enum snmp_next
rtt_then_tcp(struct snmp_round *r, const char *out, struct times *t)
{
	return rtt_needs(
	    RTT_TYPE_TCP, r, out, t, "the router does not measure TCP connections");
}

static enum snmp_next
rtt_then_dns(struct snmp_round *r, const char *out, struct times *t)
{
	return rtt_needs(
	    RTT_TYPE_DNS, r, out, t, "the router does not measure DNS lookups");
}

/* What rows of all types have: first the row itself, createAndWait(5). */
static void
rtt_begin(const struct snmp_round *r, struct argv *a, unsigned type, unsigned protocol)
{
	put_number(a, RTT_CONTROL "9", r->number, 'i', 5);
	put_number(a, RTT_CONTROL "4", r->number, 'i', type);
	put_number(a, RTT_ECHO "1", r->number, 'i', protocol);
}

static void
rtt_finish(const struct snmp_round *r, struct argv *a)
{
	const struct probe_opts *o = r->o;

	put_number(a, RTT_CONTROL "7", r->number, 'i', RTT_PING_S * 1000);
	put_number(a, RTT_CONTROL "6", r->number, 'i', RTT_PING_S);
	put_number(a, RTT_HISTORY "2", r->number, 'i', o->pings);
	put_number(a, RTT_HISTORY "1", r->number, 'i', 1);
	put_number(a, RTT_HISTORY "4", r->number, 'i', 2);
	put_number(a, RTT_SCHEDULE "2", r->number, 't', 1);
	put_number(a, RTT_SCHEDULE "1", r->number, 'i', o->pings * RTT_PING_S + 3);
	put_number(a, RTT_SCHEDULE "3", r->number, 'i', 60);
	if (r->modern) {
		put_number(a, RTT_CONTROL "10", r->number, 'i', 2);
		if (o->source[0] != '\0')
			put_text(a, RTT_ECHO "6", r->number, 'x', o->source);
	}
}

static void
rtt_create_echo(const struct snmp_round *r, struct argv *a)
{
	rtt_begin(r, a, RTT_TYPE_ECHO, 2);
	put_text(a, RTT_ECHO "2", r->number, 'x', r->target);
	put_number(a, RTT_ECHO "3", r->number, 'i', r->o->packetsize - 8);
	if (r->o->vrf != NULL)
		put_text(a, RTT_ECHO "26", r->number, 's', r->o->vrf);
	if (r->modern)
		put_number(a, RTT_ECHO "9", r->number, 'i', r->o->tos);
	rtt_finish(r, a);
}

static void
rtt_create_tcp(const struct snmp_round *r, struct argv *a)
{
	rtt_begin(r, a, RTT_TYPE_TCP, 24);
	put_text(a, RTT_ECHO "2", r->number, 'x', r->target);
	put_number(a, RTT_ECHO "5", r->number, 'i', r->o->port);
	put_number(a, RTT_ECHO "8", r->number, 'i', 2);
	put_number(a, RTT_ECHO "9", r->number, 'i', r->o->tos);
	rtt_finish(r, a);
}

static void
rtt_create_dns(const struct snmp_round *r, struct argv *a)
{
	rtt_begin(r, a, RTT_TYPE_DNS, 26);
	put_text(a, RTT_ECHO "12", r->number, 'x', r->target);
	put_text(a, RTT_ECHO "11", r->number, 's', r->o->name);
	rtt_finish(r, a);
}

static void
rtt_start(const struct snmp_round *r, struct argv *a)
{
	put_number(a, RTT_CONTROL "9", r->number, 'i', 1); /* active */
}

static void
rtt_times(const struct snmp_round *r, struct argv *a)
{
	argv_add(a, RTT_COLLECTION "6.%u", r->number);
}

static enum snmp_next
rtt_then_times(struct snmp_round *r, const char *out, struct times *t)
{
	char name[64];

	(void)t;
	snprintf(name, sizeof name, RTT_COLLECTION "6.%u", r->number);
	walk_read(&r->ms, name, out);
	return SNMP_ON;
}

static void
rtt_senses(const struct snmp_round *r, struct argv *a)
{
	argv_add(a, RTT_COLLECTION "7.%u", r->number);
}

static enum snmp_next
rtt_then_senses(struct snmp_round *r, const char *out, struct times *t)
{
	static struct walk sense;
	char name[64];

	snprintf(name, sizeof name, RTT_COLLECTION "7.%u", r->number);
	walk_read(&sense, name, out);
	walk_times(t, &r->ms, &sense, 1, r->o->pings);
	return SNMP_ON;
}

static void
rtt_stop(const struct snmp_round *r, struct argv *a)
{
	put_number(a, RTT_STATE, r->number, 'i', 3);
}

static void
rtt_rest(const struct snmp_round *r, struct argv *a)
{
	put_number(a, RTT_CONTROL "9", r->number, 'i', 2); /* notInService */
}

static void
rtt_destroy(const struct snmp_round *r, struct argv *a)
{
	put_number(a, RTT_CONTROL "9", r->number, 'i', 6);
}

/* clang-format off */
#define RTT_STEPS(supports, create) {						\
	{ SNMP_GET,  rtt_version, rtt_then_version, false },			\
	{ SNMP_WALK, rtt_types,   supports,         false },			\
	{ SNMP_SET,  create,      NULL,             false },			\
	{ SNMP_SET,  rtt_start,   NULL,             false },			\
	{ SNMP_GET,  NULL,        NULL,             false },			\
	{ SNMP_WALK, rtt_times,   rtt_then_times,   false },			\
	{ SNMP_WALK, rtt_senses,  rtt_then_senses,  false },			\
	{ SNMP_SET,  rtt_stop,    NULL,             true },			\
	{ SNMP_SET,  rtt_rest,    NULL,             true },			\
	{ SNMP_SET,  rtt_destroy, NULL,             true },			\
}
static const struct snmp_step rtt_echo[] = RTT_STEPS(rtt_then_echo, rtt_create_echo);
static const struct snmp_step rtt_tcp[] = RTT_STEPS(rtt_then_tcp, rtt_create_tcp);
static const struct snmp_step rtt_dns[] = RTT_STEPS(rtt_then_dns, rtt_create_dns);
/* clang-format on */

static int
number_of(const struct conf *conf, const struct conf_target *t, const char *key,
    long low, long high, long fallback, unsigned *out, struct err *err)
{
	long n;

	if (net_var_number(conf, t, key, low, high, fallback, &n, err) != 0)
		return -1;
	*out = (unsigned)n;
	return 0;
}

/* The address that KEY says, as hexadecimal digits; empty where it is not set. */
static int
source_of(const struct conf *conf, const struct conf_target *t, const char *key,
    char hex[9], struct err *err)
{
	const char *v = net_var(conf, t, key);
	struct addr addr;

	hex[0] = '\0';
	if (v == NULL)
		return 0;
	if (addr_parse(&addr, v) != 0 || addr.sa.sa_family != AF_INET)
		return err_set(err, "%s = %s: expected an IPv4 address", key, v);
	snprintf(hex, 9, "%08x", ntohl(addr.v4.sin_addr.s_addr));
	return 0;
}

static int
build_rtt(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *vrf = net_var(conf, t, "vrf"), *name = net_var(conf, t, "name");

	o->vrf = mem_str(vrf);
	o->name = mem_str(name);
	if (number_of(conf, t, "packetsize", 8, 16392, 56, &o->packetsize, err) != 0 ||
	    number_of(conf, t, "tos", 0, 255, 0, &o->tos, err) != 0 ||
	    number_of(conf, t, "port", 0, 65535, 80, &o->port, err) != 0)
		return -1;
	return source_of(conf, t, "iosint", o->source, err);
}

static int
build_rtt_dns(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	if (build_rtt(o, conf, t, err) != 0)
		return -1;
	return o->name == NULL ? err_set(err, "name is not set") : 0;
}

/* --- DISMAN ----------------------------------------------------------------------- */

#define PING ".1.3.6.1.2.1.80.1."
#define PING_CONTROL PING "2.1." /* pingCtlEntry */
#define PING_STATUS PING "3.1.1" /* pingResultsOperStatus */
#define PING_TIMES PING "4.1.2"	 /* pingProbeHistoryResponse */
#define PING_ENDS PING "4.1.3"	 /* pingProbeHistoryStatus */
#define PING_S 3		 /* a ping's timeout, and from one to the next */

static void
ping_put(const struct snmp_round *r, struct argv *a, const char *column, char type,
    unsigned value)
{
	argv_add(a, PING_CONTROL "%s.%s", column, r->o->name);
	argv_add(a, "%c", type);
	argv_add(a, "%u", value);
}

static void
ping_put_address(
    const struct snmp_round *r, struct argv *a, const char *column, const char *address)
{
	argv_add(a, PING_CONTROL "%s.%s", column, r->o->name);
	argv_add(a, "x");
	argv_add(a, "%s", address);
}

static void
ping_destroy(const struct snmp_round *r, struct argv *a)
{
	ping_put(r, a, "23", 'i', 6);
}

static void
ping_create(const struct snmp_round *r, struct argv *a)
{
	if (r->o->source[0] != '\0') {
		ping_put(r, a, "18", 'i', 1);
		ping_put_address(r, a, "19", r->o->source);
	}
	ping_put(r, a, "5", 'u', r->o->packetsize);
	ping_put(r, a, "3", 'i', 1); /* ipv4 */
	ping_put_address(r, a, "4", r->target);
	ping_put(r, a, "10", 'u', 0); /* once */
	ping_put(r, a, "6", 'u', PING_S);
	ping_put(r, a, "7", 'u', r->o->pings);
	ping_put(r, a, "11", 'u', r->o->pings);
	ping_put(r, a, "8", 'i', 1);  /* enabled */
	ping_put(r, a, "23", 'i', 4); /* createAndGo */
}

static void
ping_status(const struct snmp_round *r, struct argv *a)
{
	argv_add(a, PING_STATUS ".%s", r->o->name);
}

static enum snmp_next
ping_then_status(struct snmp_round *r, const char *out, struct times *t)
{
	static struct walk status;

	(void)t;
	walk_read(&status, PING_STATUS, out);
	return walk_value(&status, r->o->name, 1) == 1 ? SNMP_AGAIN : SNMP_ON;
}

static void
ping_times(const struct snmp_round *r, struct argv *a)
{
	argv_add(a, PING_TIMES ".%s", r->o->name);
}

/* Column NAME of the history of R's row. */
static void
ping_column(
    const struct snmp_round *r, const char *name, const char *out, struct walk *w)
{
	char *column = mem_printf("%s.%s", name, r->o->name);

	walk_read(w, column, out);
	free(column);
}

static enum snmp_next
ping_then_times(struct snmp_round *r, const char *out, struct times *t)
{
	(void)t;
	ping_column(r, PING_TIMES, out, &r->ms);
	return SNMP_ON;
}

static void
ping_ends(const struct snmp_round *r, struct argv *a)
{
	argv_add(a, PING_ENDS ".%s", r->o->name);
}

static enum snmp_next
ping_then_ends(struct snmp_round *r, const char *out, struct times *t)
{
	static struct walk ends;

	ping_column(r, PING_ENDS, out, &ends);
	if (r->ms.rows < r->o->pings) {
		times_say(t, "the router has fewer results than it was asked for");
		return SNMP_NO;
	}
	walk_times(t, &r->ms, &ends, 1, r->o->pings);
	return SNMP_ON;
}

static const struct snmp_step ping_steps[] = {
	/* clang-format off */
	{ SNMP_SET,  ping_destroy, NULL,             false },
	{ SNMP_SET,  ping_create,  NULL,             false },
	{ SNMP_GET,  NULL,         NULL,             false },
	{ SNMP_GET,  ping_status,  ping_then_status, false },
	{ SNMP_WALK, ping_times,   ping_then_times,  false },
	{ SNMP_WALK, ping_ends,    ping_then_ends,   false },
	/* clang-format on */
};

/* An octet string as an index: its length, then its bytes; of 32 at most. */
static void
ping_index(FILE *out, const char *text)
{
	size_t len = strnlen(text, 32);

	fprintf(out, "%zu", len);
	for (size_t i = 0; i < len; i++)
		fprintf(out, ".%u", (unsigned char)text[i]);
}

static int
build_ping(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *owner = net_var(conf, t, "ownerindex");
	char host[65] = "localhost", text[100];
	size_t len = 0;
	FILE *out = mem_stream(&o->name, &len);

	gethostname(host, sizeof host - 1);
	host[strcspn(host, ".")] = '\0';
	snprintf(text, sizeof text, "SP on %s", host);
	ping_index(out, owner != NULL ? owner : text);
	putc('.', out);
	snprintf(text, sizeof text, "%s ICMP ping", o->host);
	ping_index(out, text);
	mem_stream_end(out);
	if (number_of(conf, t, "packetsize", 8, 65507, 56, &o->packetsize, err) != 0)
		return -1;
	return source_of(conf, t, "pingsrc", o->source, err);
}

/* --- the table -------------------------------------------------------------------- */

#define STEPS(list) list, sizeof list / sizeof list[0]

static const struct snmp_row rows[] = {
	/* clang-format off */
	/* module                   router     retries, timeout  each  more */
	{ "CiscoRTTMonEchoICMP",   "ioshost",  4, 2, RTT_PING_S, 5, STEPS(rtt_echo), build_rtt },
	{ "CiscoRTTMonTcpConnect", "ioshost",  4, 2, RTT_PING_S, 5, STEPS(rtt_tcp), build_rtt },
	{ "CiscoRTTMonDNS",        "ioshost",  4, 2, RTT_PING_S, 5, STEPS(rtt_dns), build_rtt_dns },
	{ "DismanPing",            "pinghost", 1, 1, PING_S,     0, STEPS(ping_steps), build_ping },
	/* clang-format on */
};

const struct snmp_row *
snmp_row(const char *module)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].module, module) == 0)
			return &rows[i];
	return NULL;
}
