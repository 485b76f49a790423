/* Modules that measure by a program: what is called, exactly as SmokePing calls it, and
 * what is read from real outputs. */
#include "runner/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/tools.h"
#include "runner/walk.h"
#include "t/tap.h"

static struct err why;
static char ssh[TOOLS_PATH]; /* where it is; "": nowhere */

/* Is MODULE left out, since it calls a program that is not installed? */
static bool
left_out(const char *module)
{
	if (ssh[0] != '\0' || strncmp(module, "OpenSSH", 7) != 0)
		return false;
	tap_skip("%s: no ssh here", module);
	return true;
}

/* The words of A with a bar between them; SSH's options that are always there are left
 * out, and where it is. Static. */
static const char *
words(const struct argv *a)
{
	static char text[2000];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < a->count; i++)
		if (strncmp(a->word[i], "-o", 2) != 0 || a->word[i][2] == '\0')
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
			    len == 0 ? "" : "|",
			    i == 0 && strcmp(a->word[0], ssh) == 0 ? "ssh"
								   : a->word[i]);
	return text;
}

static struct conf *conf;

static struct probe_opts *last;

static void
forget(void)
{
	if (last != NULL)
		command_free(last);
	last = NULL;
	conf_free(conf);
	conf = NULL;
}

/* The options of a target whose probe is MODULE with VARS ("a = b\n...") at the probe
 * and TARGET at the target, until the next call; NULL with WHY set. */
static struct probe_opts *
options(const char *module, const char *vars, const char *target)
{
	struct conf_report report = { 0 };
	char *text = mem_printf("#@ checked 1\n"
				"*** Database ***\nstep = 60\npings = 5\n"
				"*** Probes ***\n+ %s\n%s"
				"*** Targets ***\nprobe = %s\nmenu = m\ntitle = t\n"
				"+ A\n%shost = h.example\n",
	    module, vars, module, target);

	forget();
	why.text[0] = '\0';
	conf = conf_parse_checked(text, strlen(text), &report);
	if (conf == NULL)
		conf_report_print(&report, stdout);
	else
		last = command_options(conf, conf->target[0], &why);
	conf_report_free(&report);
	free(text);
	return last;
}

static void
test_arguments(void)
{
	static const struct {
		const char *module, *vars, *target, *words;
	} table[] = {
		{ "RemoteFPing",
		    "binary = /bin/true\nrhost = r\nrbinary = /usr/sbin/fping\n", "",
		    "/bin/true|r|/usr/sbin/fping|-C|5|-q|-B1|-r1|-i10|h.example" },
		{ "RemoteFPing",
		    "binary = /bin/true\nrhost = r\nrbinary = fping\nruser = u\n"
		    "rport = 2222\nprotocol = 4\npacketsize = 1000\ntimeout = 1.5\n"
		    "mininterval = 0.001\nhostinterval = 2\ninterface = eth0\n"
		    "sourceaddress = 192.0.2.9\ntos = 0x20\nfwmark = 7\n"
		    "blazemode = true\n",
		    "",
		    "/bin/true|-lu|-p2222|r|fping|-C|6|-q|-B1|-r1|-4|-b1000|-t1500|-i1|"
		    "-p2000|--iface=eth0|-S192.0.2.9|-O0x20|-k7|h.example" },
		{ "NFSping", "binary = /bin/true\n", "",
		    "/bin/true|-C|5|-q|-i10|h.example" },
		{ "NFSping",
		    "binary = /bin/true\ntcp = true\ntimeout = 2.5\nhostinterval = .5\n"
		    "blazemode = true\n",
		    "", "/bin/true|-C|6|-q|-t2500|-i10|-p500|-T|h.example" },
		{ "IRTT", "binary = /bin/true\n", "",
		    "/bin/true|client|-i|1s|-d|5s|-Q|--clock=monotonic|"
		    "--tstamp=midpoint|--stats=none|-o|-|h.example" },
		{ "IRTT", "binary = /bin/true\n",
		    "dscp = 0x2e\nextraargs = --ttl=3\nfill = rand\nhmac = key\n"
		    "interval = 0.25\nipversion = 6\nlength = 172\n"
		    "localaddr = 192.0.2.1:7\nmetric = send_ipdv\nserverfill = none\n"
		    "pings = 10\n",
		    "/bin/true|client|-i|0.25s|-d|2.5s|-Q|--clock=wall|"
		    "--tstamp=midpoint|--stats=none|-o|-|-l|172|--hmac=key|"
		    "--dscp=0x2e|--fill=rand|--sfill=none|--local=192.0.2.1:7|-6|"
		    "h.example" },
		{ "IRTT",
		    "binary = /bin/true\n*** Overrides ***\n+ probe:IRTT\ndscp = ef\n",
		    "",
		    "/bin/true|client|-i|1s|-d|5s|-Q|--clock=monotonic|"
		    "--tstamp=midpoint|--stats=none|-o|-|--dscp=184|h.example" },
		{ "IRTT", "binary = /bin/true\n", "metric = receive\nwriteto = f\n",
		    "/bin/true|client|-i|1s|-d|5s|-Q|--clock=both|--tstamp=midpoint|"
		    "--stats=none|-o|-|h.example" },
		{ "SipSak", "binary = /bin/true\n", "",
		    "/bin/true|-vv|-A|5|-s|sip:h.example" },
		{ "SipSak", "binary = /bin/true\n",
		    "user = me\nport = 5061\npings = 3\n"
		    "params = --numeric  --password=x\nkeep_second = yes\n"
		    "sipsak_timeout = 1.5\n",
		    "/bin/true|-vv|-A|3|-s|sip:me@h.example:5061|--numeric||"
		    "--password=x" },
		{ "Qstat", "binary = /bin/true\n", "",
		    "/bin/true|-nocfg|-xml|-timeout|5|-q3s|h.example" },
		{ "Qstat",
		    "binary = /bin/true\ngame = nexuizs\nport = 27970\ntimeout = 1\n"
		    "sourceaddress = 192.0.2.1\nsourceport = 9923-9943\n",
		    "",
		    "/bin/true|-nocfg|-xml|-timeout|1|-srcip|192.0.2.1|-srcport|"
		    "9923-9943|-nexuizs|h.example:27970" },
		{ "IOSPing", "binary = /bin/true\n", "ioshost = r\n",
		    "/bin/true|r|ping" },
		{ "IOSPing", "binary = /bin/true\n", "ioshost = r\niosuser = u\n",
		    "/bin/true|-l|u|r|ping" },
		{ "OpenSSHJunOSPing", "", "source = r\njunosuser = u\njunospass = p\n",
		    "ssh|-x|-l|u|r|ping h.example count 5 size 100" },
		{ "OpenSSHJunOSPing", "packetsize = 56\ntos = 96\n",
		    "source = r\njunosuser = u\njunospass = p\npsource = 192.0.2.7\n",
		    "ssh|-x|-l|u|r|ping h.example count 5 size 56 source "
		    "192.0.2.7 tos 96" },
		{ "OpenSSHEOSPing", "",
		    "source = r\neosuser = u\neospass = p\npsource = Loopback0\n",
		    "ssh|-x|-l|u|r|ping h.example repeat 5 size 100 source "
		    "Loopback0" },
		{ "OpenSSHEOSPing", "",
		    "source = r\neosuser = u\neospass = p\nunpriv = 1\n",
		    "ssh|-x|-l|u|r|ping h.example" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (left_out(table[i].module))
			continue;
		struct probe_opts *o =
		    options(table[i].module, table[i].vars, table[i].target);

		is_str(o == NULL ? why.text : words(&o->argv), table[i].words,
		    table[i].module);
	}
}

static void
test_refused(void)
{
	static const struct {
		const char *module, *vars, *target, *why;
	} table[] = {
		{ "IRTT", "binary = /nonexistent/irtt\n", "",
		    "/nonexistent/irtt: there is no such program (Debian has it in "
		    "package irtt)" },
		{ "NFSping", "binary = /nonexistent/nfsping\n", "",
		    "/nonexistent/nfsping: there is no such program (it comes from "
		    "https://github.com/mprovost/NFSping)" },
		{ "SipSak", "binary = /etc/passwd\n", "",
		    "/etc/passwd: it cannot be executed" },
		{ "SipSak", "binary = bin/sipsak\n", "",
		    "bin/sipsak: expected a path from the root" },
		{ "IRTT", "binary = /bin/true\n", "writeto = a\nreadfrom = a\n",
		    "writeto and readfrom are both set, expected one" },
		{ "IRTT", "binary = /bin/true\n", "interval = 12\n",
		    "5 pings with an interval of 12 s take 60 s, expected less than "
		    "the step of 60 s" },
		{ "IOSPing", "binary = /bin/true\n", "ioshost = -oProxyCommand=id\n",
		    "ioshost = -oProxyCommand=id: expected a name, not an option" },
		{ "OpenSSHEOSPing", "", "source = r\neosuser = u\n",
		    "eospass is not set" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (left_out(table[i].module))
			continue;
		struct probe_opts *o =
		    options(table[i].module, table[i].vars, table[i].target);

		is_str(o == NULL ? why.text : "options", table[i].why, table[i].why);
	}
}

static void
test_limits(void)
{
	struct probe_opts *o = options("SipSak", "binary = /bin/true\ntimeout = 3\n",
	    "sipsak_timeout = 1.5\npings = 4\n");

	is_int(o->limit, 13 * CLOCK_NS_PER_S, "basefork's limit: pings * timeout + 1");
	is_int(o->first, 3 * CLOCK_NS_PER_S / 2, "sipsak_timeout");
	o = options("Qstat", "binary = /bin/true\n", "");
	is_int(o->limit, 6 * CLOCK_NS_PER_S, "where each ping is a run: one timeout");
	o = options("NFSping", "binary = /bin/true\n", "");
	is_int(o->limit, 0, "none but the round's for what SmokePing does not limit");
	o = options("IRTT", "binary = /bin/true\n", "sleep = 0.5\n");
	is_int(o->sleep, CLOCK_NS_PER_S / 2, "sleep");
	o = options("IOSPing", "binary = /bin/true\npacketsize = 99\n",
	    "ioshost = r\niosint = Loopback0\n");
	is_str(o->input, "\nh.example\n5\n99\n\ny\nLoopback0\n\n\n\n\nV\n\n\n",
	    "the answers to IOS' questions");
	if (left_out("OpenSSHJunOSPing"))
		return;
	o = options("OpenSSHJunOSPing", "",
	    "source = r\njunosuser = u\njunospass = top secret\n");
	bool seen = false, env = false;
	for (size_t i = 0; i < o->argv.count; i++)
		seen |= strstr(o->argv.word[i], "secret") != NULL;
	for (size_t i = 0; i < o->env.count; i++)
		env |= strcmp(o->env.word[i], "SMOKEBOX_ASKPASS=top secret") == 0;
	ok(env && !seen, "a password is in the environment, not among the arguments");
}

/* --- outputs ---------------------------------------------------------------------- */

static struct times times;

/* "1.5 - 2" in ms. Static. */
static const char *
shown(void)
{
	static char text[500];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < times.count && len < 400; i++)
		len +=
		    (size_t)(times.ns[i] < 0
				 ? snprintf(text + len, sizeof text - len, "%s-",
				       i == 0 ? "" : " ")
				 : snprintf(text + len, sizeof text - len, "%s%.10g",
				       i == 0 ? "" : " ", (double)times.ns[i] / 1e6));
	return text;
}

static void
test_fping(void)
{
	static const struct {
		const char *text, *times;
	} table[] = {
		{ "h : 1.23 - 4.56 0.5\n", "1.23 - 4.56 0.5" },
		{ "h   : 1.23 2\n", "1.23 2" },
		{ "ICMP Host Unreachable from 10.0.0.1 for ICMP Echo sent to h\n"
		  "h : - - -\n",
		    "- - -" },
		{ "h: Name or service not known\n", "" },
		{ "other : 1 2 3\n", "" },
		{ "hh : 1 2 3\nh : 7", "7" },
		{ "h : 1 1e9 99999999999999 0x10 nan -\n", "1 1 - 0 -" },
		{ "h : ", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		times_clear(&times);
		times_fping(&times, table[i].text, "h");
		is_str(shown(), table[i].times, "fping");
	}
}

static const char sipsak[] =
    "\nmessage received:\nSIP/2.0 200 OK\r\n\r\n\n\n"
    "** reply received after 1.501 ms **\n   SIP/2.0 200 OK\n   final received\n"
    "'CSeq' not found in reply\n\nmessage received:\nSIP/2.0 200 OK\r\n\r\n\n\n"
    "** reply received 26.089 ms after first send\n   and 14.249 ms after last send **\n"
    "   SIP/2.0 200 OK\n   final received\n\n"
    "** reply received 47.947 ms after first send\n   and 6.231 ms after last send **\n"
    "   SIP/2.0 200 OK\n   final received\n1.501/10.991/14.249 ms\n";

static const char sipsak_two[] =
    "** reply received after 0.005 ms **\n   SIP/2.0 100 Trying\n"
    "   provisional received; still waiting for a final response\n\n"
    "** reply received after 20.155 ms **\n   SIP/2.0 200 OK\n   final received\n\n"
    "** reply received 40.387 ms after first send\n   and 10.053 ms after last send **\n"
    "   SIP/2.0 100 Trying\n"
    "   provisional received; still waiting for a final response\n\n"
    "** reply received 61.242 ms after first send\n   and 30.908 ms after last send **\n"
    "   SIP/2.0 200 OK\n   final received\n\n";

static void
test_sipsak(void)
{
	times_clear(&times);
	times_sipsak(&times, sipsak, 3, false);
	is_str(shown(), "1.501 14.249 6.231", "sipsak: one reply each");
	times_clear(&times);
	times_sipsak(&times, sipsak_two, 2, true);
	is_str(shown(), "20.155 30.908", "two each: the final ones");
	times_clear(&times);
	times_sipsak(&times, sipsak_two, 2, false);
	is_str(shown(), "0.005 10.053", "or the provisional ones");
	times_clear(&times);
	times_sipsak(&times, "send failure: Connection refused\n", 2, false);
	is_str(shown(), "", "none");
	ok(!times.tried, "nothing was tried");
	times_clear(&times);
	times_sipsak(
	    &times, "** reply received after  ms ** and x ms ** reply", 9, false);
	is_str(shown(), "", "no number");
}

static void
test_routers(void)
{
	times_clear(&times);
	times_ios(&times,
	    "Type escape sequence to abort.\n"
	    "Sending 5, 56-byte ICMP Echos to 10.0.0.2, timeout is 2 seconds:\r\n"
	    "Reply to request 0 (4 ms)\r\nReply to request 1 (8 ms)\r\n"
	    "Request 2 timed out\r\nReply to request 3 (1 ms)\r\n"
	    "Success rate is 75 percent (3/4), round-trip min/avg/max = 1/4/8 ms\r\n");
	is_str(shown(), "4 8 - 1", "a Cisco's replies");
	times_clear(&times);
	times_ios(&times, "% Unrecognized host or address, or protocol not running.\n");
	ok(!times.tried && times.count == 0, "a Cisco's refusal");
	times_clear(&times);
	times_ios(&times, "Reply to request 99999999999999999999 (4 ms)\n"
			  "Reply to request (4 ms)\nReply to request 1 (-4 ms)\n");
	is_str(shown(), "", "a Cisco's nonsense");

	times_clear(&times);
	times_ping(&times,
	    "PING 10.0.0.2 (10.0.0.2): 100 data bytes\n"
	    "108 bytes from 10.0.0.2: icmp_seq=0 ttl=64 time=0.432 ms\n"
	    "108 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=1.5 ms\n\n"
	    "--- 10.0.0.2 ping statistics ---\n"
	    "3 packets transmitted, 2 packets received, 33% packet loss\n"
	    "round-trip min/avg/max/stddev = 0.4/0.9/1.5/0.1 ms\n",
	    0);
	is_str(shown(), "0.432 - 1.5", "a Juniper's");
	times_clear(&times);
	times_ping(&times,
	    "PING 10.0.0.2 (10.0.0.2) 72(100) bytes of data.\n"
	    "80 bytes from 10.0.0.2: icmp_req=1 ttl=64 time=0.043 ms\n"
	    "80 bytes from host (10.0.0.2): icmp_seq=2 ttl=64 time=12 ms\n"
	    "80 bytes from 10.0.0.2: icmp_seq=2 ttl=64 time=13 ms (DUP!)\n",
	    1);
	is_str(shown(), "0.043 12", "an Arista's");
	times_clear(&times);
	times_ping(&times, "% Incomplete command\n", 1);
	ok(!times.tried, "an Arista's refusal");
}

static void
test_qstat(void)
{
	static const struct {
		const char *text, *times;
		bool tried;
		enum ping_outcome why;
	} table[] = {
		{ "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<qstat>\n"
		  "<server type=\"Q3S\" address=\"a\" status=\"UP\">\n"
		  "<hostname>a</hostname><name>x&lt;y&gt;\xe4</name>\n"
		  "\t\t<ping>42</ping>\n<retries>0</retries></server>\n</qstat>\n",
		    "42", true, PING_TIMEOUT },
		{ "<qstat><server status=\"UP\"><ping>0</ping></server></qstat>", "0",
		    true, PING_TIMEOUT },
		{ "<qstat><server status=\"DOWN\"><hostname>a</hostname></server>"
		  "</qstat>",
		    "", true, PING_TIMEOUT },
		{ "<qstat><server status=\"ERROR\"><error>try again</error></server>"
		  "</qstat>",
		    "", true, PING_NOT_SENT },
		{ "<qstat><server status=\"UP\"><players><player><ping>9</ping>"
		  "</player></players></server></qstat>",
		    "", true, PING_TIMEOUT },
		{ "<qstat><server status=\"UP\"><ping>12x</ping></server></qstat>", "",
		    true, PING_TIMEOUT },
		{ "<qstat><server status=\"UP\"><ping>12</ping>", "", true,
		    PING_TIMEOUT },
		{ "unknown option \"-nosuchgame\"\n", "", false, PING_TIMEOUT },
		{ "", "", false, PING_TIMEOUT },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		times_clear(&times);
		times_qstat(&times, table[i].text, strlen(table[i].text));
		is_str(shown(), table[i].times, "quakestat");
		ok(times.tried == table[i].tried && times.why == table[i].why,
		    "and what it means");
	}
}

static void
irtt(enum irtt_metric metric, const char *want)
{
	static const char json[] =
	    "{\"version\": {\"irtt\": \"0.9.0\"}, \"round_trips\": ["
	    "{\"seqno\": 0, \"lost\": \"false\", \"timestamps\": {},"
	    " \"delay\": {\"receive\": 120254, \"rtt\": 239857, \"send\": 119603},"
	    " \"ipdv\": {}},"
	    "{\"seqno\": 1, \"lost\": \"false\","
	    " \"delay\": {\"receive\": -106394, \"rtt\": 307373, \"send\": 200979},"
	    " \"ipdv\": {\"receive\": -13860, \"rtt\": 67516, \"send\": 81376}},"
	    "{\"seqno\": 2, \"lost\": \"true_down\", \"delay\": {\"send\": 5},"
	    " \"ipdv\": {\"send\": 7}},"
	    "{\"seqno\": 3, \"lost\": \"false\","
	    " \"delay\": {\"receive\": 70767, \"rtt\": 187139, \"send\": 116382},"
	    " \"ipdv\": {}},"
	    "{\"seqno\": 4, \"lost\": \"false\","
	    " \"delay\": {\"receive\": 70767, \"rtt\": 187140, \"send\": 116382},"
	    " \"ipdv\": {\"receive\": -35637, \"rtt\": -120234, \"send\": -84597}}"
	    "]}";

	times_clear(&times);
	times_irtt(&times, json, sizeof json - 1, metric);
	is_str(shown(), want, irtt_metrics[metric]);
}

static void
test_irtt(void)
{
	static const char *const nonsense[] = { "", "{", "[]", "{\"round_trips\": 1}",
		"{\"round_trips\": [1, null, {\"lost\": \"false\", \"delay\": [3]}, "
		"{\"lost\": 0, \"delay\": {\"rtt\": 1}}, "
		"{\"lost\": \"false\", \"delay\": {\"rtt\": 1.5}}]}" };

	irtt(IRTT_RTT, "0.239857 0.307373 - 0.187139 0.18714");
	irtt(IRTT_SEND, "0.119603 0.200979 - 0.116382 0.116382");
	irtt(IRTT_RECEIVE, "0.120254 0 - 0.070767 0.070767");
	irtt(IRTT_IPDV, "0.093875 0.067516 - - 0.120234");
	irtt(IRTT_SEND_IPDV, "0.082986 0.081376 - - 0.084597");
	irtt(IRTT_RECEIVE_IPDV, "0.024748 0.01386 - - 0.035637");
	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
		times_clear(&times);
		times_irtt(&times, nonsense[i], strlen(nonsense[i]), IRTT_RTT);
		ok(times.answered == 0, "nonsense gives nothing");
	}
}

static void
test_walk(void)
{
	static struct walk ms, sense;

	walk_read(&ms, ".1.3.6",
	    ".1.3.6.1.1 12\n.1.3.6.1.2 3\n.1.3.6.1.3 150\n.1.3.61.4 1\n.1.3.6 1\n"
	    ".1.3.6.1.4 No Such Instance currently exists at this OID\n"
	    ".1.3.6.1.5 12x\n.1.3.6.1.6 99999999999999999999\n.1.3.6.x 1\n"
	    ".1.3.6.1.7\n.1.3.6. 1\n.1.3.6.1.8 7");
	is_int(ms.rows, 4, "rows of a column, and only they");
	is_int(walk_value(&ms, "1.8", -1), 7, "the last line needs no end");
	walk_read(&sense, ".1.3.7", ".1.3.7.1.3 1\n.1.3.7.1.1 1\n.1.3.7.1.2 4\n");
	times_clear(&times);
	walk_times(&times, &ms, &sense, 1, 3);
	is_str(shown(), "- 150 -", "the last times, of those that were answered");
	times_clear(&times);
	walk_read(&ms, ".1.3.6", "");
	walk_times(&times, &ms, &sense, 1, 3);
	ok(!times.tried && times.count == 0, "an empty column");
}

int
main(void)
{
	if (tools_find("ssh", ssh, &why) != 0)
		ssh[0] = '\0';
	test_walk();
	test_arguments();
	test_refused();
	test_limits();
	test_fping();
	test_sipsak();
	test_routers();
	test_qstat();
	test_irtt();
	forget();
	return tap_done();
}
