/* The sections of a configuration and what may stand in them. */
#include "config/schema.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/fits.h"

/* Rows name what is not zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define WORD "[-_0-9a-zA-Z]+"
#define ACTION_TYPES                                                                   \
	"mail|webhook|ntfy|gotify|slack|discord|telegram|pushover|apprise|command|"     \
	"fastnetmon|exabgp|gobgp|bird|nftables"
#define YES_NO "yes|no"
#define YES_NO_TEXT "this must either be 'yes' or 'no'"
#define RECIPIENT "(\\|.+|.+@[^[:space:]]+|snpp:.+|xmpp:.+)"

/* --- General --------------------------------------------------------------------- */

#define NO_SYSLOG                                                                      \
	"messages go to standard error, where the journal takes them, or to --logfile"

static const struct schema_key general_key[] = {
	{ "owner", KEY_WANTED },
	{ "contact", KEY_WANTED, .re = "[^[:space:]]+@[^[:space:]]+",
	    .error = "use an email address of the form 'name@place.dom'" },
	{ "imgcache" },
	{ "imgurl" },
	{ "datadir", KEY_MANDATORY, .expected = "the directory of the RRD files" },
	{ "dyndir" },
	{ "pagedir" },
	{ "piddir" },
	{ "sendmail" },
	{ "offset", .re = "[0-9]+%|random",
	    .error = "Use offset either in % of operation interval or 'random'" },
	{ "smokemail" },
	{ "cgiurl", KEY_WANTED, .re = "https?://[^[:space:]]+",
	    .error = "cgiurl must be a http(s)://.... url" },
	{ "mailhost" },
	{ "mailuser" },
	{ "mailpass" },
	{ "snpphost" },
	{ "display_name" },
	{ "syslogfacility", .re = "[0-9A-Za-z_]+",
	    .error = "syslogfacility must be alphanumeric", .instead = NO_SYSLOG },
	{ "syslogpriority", .re = "[0-9A-Za-z_]+",
	    .error = "syslogpriority must be alphanumeric", .instead = NO_SYSLOG },
	{ "concurrentprobes", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes" },
	{ "changeprocessnames", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes",
	    .instead = "every process has the name of its work", .same = "yes" },
	{ "tmail" },
	{ "changecgiprogramname", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes",
	    .instead = "there is no CGI program", .same = "no" },
	{ "linkstyle", .re = "absolute|relative|original",
	    .error = "linkstyle must be one of \"absolute\", \"relative\" or "
		     "\"original\"",
	    .fallback = "relative", .instead = "links are relative",
	    .same = "relative" },
	{ "precreateperms", .re = "[0-7]+",
	    .error = "please specify the permissions in octal" },
	{ NULL },
};

/* --- Database -------------------------------------------------------------------- */

#define INTEGER_TEXT "must be an integer >= 1"

static const struct schema_key database_key[] = {
	{ "step", KEY_MANDATORY, .fits = fits_positive, .error = INTEGER_TEXT,
	    .expected = "seconds between rounds" },
	{ "pings", KEY_MANDATORY, .re = "[0-9]+", .fits = fits_three_pings,
	    .error = "The pings value must be at least 3",
	    .expected = "pings of a round" },
	{ NULL },
};

static const struct schema_table database_table = { 4,
	{
	    { .re = "AVERAGE|MIN|MAX",
		.error = "Choose a valid consolidation function",
		.expected = "AVERAGE, MIN or MAX" },
	    { .fits = fits_ratio, .error = "Xff must be between 0 and 1" },
	    { .fits = fits_positive, .error = INTEGER_TEXT },
	    { .fits = fits_positive, .error = INTEGER_TEXT },
	} };

/* --- Presentation ---------------------------------------------------------------- */

#define RANGE "[0-9]+[smhdwy]"
#define COLOR "[0-9a-f]{6}"

static const struct schema_key presentation_key[] = {
	{ "template" },
	{ "template_text", KEY_OURS },
	{ "charset", .fallback = "utf-8" },
	{ "htmltitle", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ "graphborders", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes" },
	{ "literalsearch", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ "colortext", .re = COLOR, .error = "use rrggbb for color" },
	{ "colorborder", .re = COLOR, .error = "use rrggbb for color" },
	{ "colorbackground", .re = COLOR, .error = "use rrggbb for color" },
	{ NULL },
};

static const struct schema_key overview_key[] = {
	{ "width", KEY_MANDATORY, .fits = fits_pixels,
	    .error = "width must be an integer >= 10" },
	{ "height", KEY_MANDATORY, .fits = fits_pixels,
	    .error = "height must be an integer >= 10" },
	{ "range", .re = RANGE,
	    .error = "graph range must be a number followed by [smhdwy]" },
	{ "max_rtt", .fallback = "100000" },
	{ "median_color", .re = COLOR, .error = "use rrggbb for color" },
	{ "strftime" },
	{ NULL },
};

static const struct schema_key detail_key[] = {
	{ "width", KEY_MANDATORY, .fits = fits_pixels,
	    .error = "width must be an integer >= 10" },
	{ "height", KEY_MANDATORY, .fits = fits_pixels,
	    .error = "height must be an integer >= 10" },
	{ "loss_background", .re = YES_NO, .error = YES_NO_TEXT },
	{ "logarithmic", .re = YES_NO, .error = YES_NO_TEXT },
	{ "unison_tolerance", .fits = fits_above_one,
	    .error = "tolerance must be larger than 1" },
	{ "max_rtt" },
	{ "strftime" },
	{ "nodata_color", .re = COLOR,
	    .error = "color must be defined with in rrggbb syntax" },
	{ NULL },
};

static const struct schema_table detail_table = { 2,
	{
	    { NULL },
	    { .re = RANGE, .error = "graph age must be a number followed by [smhdwy]" },
	} };

#define NUMBER "[0-9]+.?[0-9]*"

static const struct schema_table loss_table = { 3,
	{
	    { .re = NUMBER, .error = "I was expecting a number" },
	    { .re = "[0-9a-f]+",
		.error = "I was expecting a color of the form rrggbb" },
	} };

static const struct schema_table uptime_table = { 3,
	{
	    { .re = NUMBER, .error = "I was expecting a number" },
	    { .re = COLOR, .error = "I was expecting a color of the form rrggbb" },
	} };

static const struct schema detail_child[] = {
	{ "loss_colors", .table = &loss_table },
	{ "uptime_colors", .table = &uptime_table },
	{ NULL },
};

static const struct schema_key charts_key[] = {
	{ "menu", KEY_MANDATORY },
	{ "title", KEY_MANDATORY },
	{ NULL },
};

static const struct schema_key chart_key[] = {
	{ "menu", KEY_MANDATORY },
	{ "title", KEY_MANDATORY },
	{ "sorter", KEY_MANDATORY, .re = "[^[:space:]]+\\([^[:space:]]+\\)",
	    .error = "use a sorter call here: Sorter(arg1=>val1,arg2=>val2)" },
	{ "format" },
	{ NULL },
};

static const struct schema chart_child[] = {
	{ "/" WORD, .key = chart_key },
	{ NULL },
};

static const struct schema_key multihost_key[] = {
	{ "colors", .re = "[0-9a-z]{6}( [0-9a-z]{6})*",
	    .expected = "colors of the form rrggbb with one blank between them" },
	{ NULL },
};

static const struct schema_key hierarchy_key[] = {
	{ "title", KEY_MANDATORY },
	{ NULL },
};

static const struct schema hierarchy_child[] = {
	{ "/" WORD, .key = hierarchy_key },
	{ NULL },
};

static const struct schema presentation_child[] = {
	{ "overview", .mandatory = true, .key = overview_key },
	{ "detail", .mandatory = true, .key = detail_key, .child = detail_child,
	    .table = &detail_table },
	{ "charts", .key = charts_key, .child = chart_child },
	{ "multihost", .key = multihost_key },
	{ "hierarchies", .child = hierarchy_child },
	{ NULL },
};

/* --- Probes ---------------------------------------------------------------------- */

static const struct schema_key none[] = { { NULL } };

static const struct schema instance_child[] = {
	{ "/" WORD, SCHEMA_PROBE, .key = none },
	{ NULL },
};

static const struct schema module_child[] = {
	{ "/" WORD, SCHEMA_PROBE, .key = none, .child = instance_child },
	{ NULL },
};

/* --- Targets --------------------------------------------------------------------- */

#define ALERTS_TEXT "Comma separated list of alert names"
#define PARENT WORD ":/(" WORD "(/" WORD ")*)?"

static const struct schema_key targets_key[] = {
	{ "probe", KEY_MANDATORY | KEY_INHERITED },
	{ "menu", KEY_MANDATORY },
	{ "title", KEY_MANDATORY },
	{ "remark" },
	{ "alerts", KEY_INHERITED },
	{ "slaves", KEY_INHERITED },
	{ "menuextra", KEY_INHERITED },
	{ "parents" },
	{ NULL },
};

static const struct schema_key target_key[] = {
	{ "probe", KEY_INHERITED },
	{ "menu" },
	{ "title" },
	{ "alerts", KEY_INHERITED, .re = "([^[:space:],]+(,[^[:space:],]+)*)?",
	    .error = ALERTS_TEXT, .expected = "no blanks between them" },
	{ "note" },
	{ "email", .re = ".+[[:space:]]<[^[:space:]]+@[^[:space:]]+>",
	    .error = "use an email address of the form 'First Last <em@ail.kg>'" },
	{ "host" },
	{ "remark" },
	{ "rawlog" },
	{ "alertee", KEY_INHERITED,
	    .re = RECIPIENT "([[:space:]]*,[[:space:]]*" RECIPIENT ")*",
	    .error = "the alertee must be an email address here" },
	{ "slaves", KEY_INHERITED,
	    .re = "([-_0-9a-zA-Z.]+([[:space:]]+[-_0-9a-zA-Z.]+)*)?",
	    .error = "Use the format: slaves=slave1 [slave2]" },
	{ "menuextra", KEY_INHERITED },
	{ "parents", .re = PARENT "( " PARENT ")*",
	    .error = "Use hierarchy:/parent/path syntax" },
	{ "hide", .re = YES_NO, .expected = "yes or no", .fallback = "no" },
	{ "nomasterpoll", KEY_INHERITED, .re = YES_NO, .expected = "yes or no",
	    .fallback = "no" },
	{ "/influx_.+" },
	{ "filtered", KEY_INTERNAL, .re = YES_NO },
	{ NULL },
};

const struct schema schema_target[] = {
	{ "/" WORD, SCHEMA_TARGET, .key = target_key, .child = schema_target },
	{ NULL },
};

/* --- Alerts, Slaves, InfluxDB ---------------------------------------------------- */

#define TO "\\|.+|.+@[^[:space:]]+|snpp:|xmpp:"
#define TO_TEXT "put an email address or the name of a program here"

static const struct schema_key alerts_key[] = {
	{ "to", KEY_MANDATORY, .re = TO, .error = TO_TEXT },
	{ "from", KEY_MANDATORY, .re = ".+@[^[:space:]]+",
	    .error = "put an email address here" },
	{ "edgetrigger", KEY_INHERITED, .re = YES_NO, .error = YES_NO_TEXT,
	    .fallback = "no" },
	{ "mailtemplate", KEY_INHERITED },
	{ NULL },
};

static const struct schema_key alert_key[] = {
	{ "type", KEY_MANDATORY, .re = "rtt|loss|matcher",
	    .error = "Use loss, rtt or matcher" },
	{ "pattern", KEY_MANDATORY,
	    .re = "[^,]+(,[^,]+)*|[^[:space:]]+\\(.+[[:space:]]",
	    .error = "Could not parse pattern or matcher" },
	{ "comment", KEY_MANDATORY },
	{ "to", .re = TO, .error = TO_TEXT },
	{ "edgetrigger", KEY_INHERITED, .re = YES_NO, .error = YES_NO_TEXT,
	    .fallback = "no" },
	{ "mailtemplate", KEY_INHERITED },
	{ "priority", .re = "[1-9][0-9]*",
	    .error = "priority must be between 1 and oo" },
	{ NULL },
};

static const struct schema alert_child[] = {
	{ "/[^[:space:],]+", .key = alert_key },
	{ NULL },
};

static const struct schema_key slaves_key[] = {
	{ "secrets", KEY_MANDATORY },
	{ NULL },
};

static const struct schema_key slave_key[] = {
	{ "display_name", KEY_MANDATORY },
	{ "location" },
	{ "color", KEY_MANDATORY, .re = COLOR,
	    .error = "I was expecting a color of the form rrggbb" },
	{ "secret", KEY_OURS, .re = "[^[:space:]]+", .expected = "a word" },
	{ NULL },
};

static const struct schema_key slave_override_key[] = {
	{ "/[^[:space:]]+" },
	{ NULL },
};

static const struct schema override_child[] = {
	{ "override", .key = slave_override_key },
	{ NULL },
};

static const struct schema slave_child[] = {
	{ "/[-_0-9a-zA-Z.]+", .key = slave_key, .child = override_child },
	{ NULL },
};

static const struct schema_key influx_key[] = {
	{ "host", KEY_MANDATORY },
	{ "database", KEY_MANDATORY },
	{ "port", .fits = fits_positive, .error = INTEGER_TEXT, .fallback = "8086" },
	{ "timeout", .fits = fits_positive, .error = INTEGER_TEXT, .fallback = "15" },
	{ "username" },
	{ "password" },
	{ NULL },
};

/* --- ours ------------------------------------------------------------------------ */

#define LISTEN_TEXT "ADDRESS:PORT, such as [::]:8080 or 127.0.0.1:8080"

static const struct schema_key web_key[] = {
	{ "listen", .fits = fits_some_addresses, .expected = LISTEN_TEXT },
	{ "listen_tls", .fits = fits_some_addresses, .expected = LISTEN_TEXT },
	{ "certificate" },
	{ "certificate_key" },
	{ "certificate_pem", KEY_INTERNAL },
	{ "key_pem", KEY_INTERNAL },
	{ "base", .re = "/|(/[-._~0-9A-Za-z]{1,64}){1,3}/?",
	    .expected = "a path that starts with /, such as /smokebox" },
	{ "title" },
	{ "hosts" },
	{ "proxies", .fits = fits_prefixes,
	    .expected = "prefixes such as 192.0.2.0/24 2001:db8::/32" },
	{ "files", .re = "/.*", .expected = "a directory: a path that starts with /" },
	{ "edit", .re = "no|yes|all", .expected = "no, yes or all", .fallback = "yes" },
	{ "record_browsers", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ NULL },
};

#define INTERFACE "[^][:space:]/,]{1,15}"
/* A secret has two more names, for the file and for the environment's variable that
 * holds it. */
#define SECRET(name)                                                                   \
	{ name }, { name "_file" },                                                    \
	{                                                                              \
		name "_env", .re = "[A-Za-z_][A-Za-z0-9_]*",                           \
			     .expected = "the name of a variable of the environment"   \
	}

#define SAMPLING "[1-9][0-9]{0,7}"
#define SAMPLING_TEXT "of how many packets one is looked at, 1 to 16777216"

static const struct schema_key collector_key[] = {
	{ "listen", .fits = fits_addresses, .expected = LISTEN_TEXT },
	{ "allow", .fits = fits_senders,
	    .expected =
		"prefixes such as 192.0.2.0/24 2001:db8::/32, and the word private "
		"for those of neighbours" },
	{ "proxy", .fits = fits_prefixes_or_none,
	    .expected = "prefixes such as 172.17.0.1, or nothing" },
	{ "packets", .re = INTERFACE "([ ,]+" INTERFACE "){0,15}",
	    .expected = "names of up to 16 interfaces, such as eth1" },
	{ "packets_filter" },
	{ "packets_promiscuous", .re = YES_NO, .error = YES_NO_TEXT,
	    .fallback = "yes" },
	{ "local", .fits = fits_own_prefixes,
	    .expected = "up to 256 prefixes such as 192.0.2.0/24 2001:db8::/32" },
	{ "prefer", .fits = fits_exporters,
	    .expected = "up to 256 addresses of exporters such as 192.0.2.1 192.0.2.2, "
			"or all" },
	{ "sampling_default", .re = SAMPLING, .fits = fits_sampling_rate,
	    .expected = SAMPLING_TEXT },
	{ "talkers", .re = "off|totals|full", .expected = "off, totals or full",
	    .fallback = "full" },
	{ "cut_remote", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ "telescope", .fits = fits_prefixes_or_none,
	    .expected = "prefixes such as 192.0.2.0/24 2001:db8::/32, or nothing" },
	{ "keep_talkers", .re = "[1-9][0-9]{0,3}[hdw]",
	    .expected = "hours, days or weeks, such as 7d" },
	{ "talkers_size", .re = "[1-9][0-9]{0,5}[MG]",
	    .expected = "megabytes or gigabytes on disk, such as 256M" },
	{ "upnp", .re = "yes|no|http://[0-9.]{7,15}(:[0-9]{1,5})?/[^[:space:]]*",
	    .expected = "yes, no, or the address of the router's description, such as "
			"http://192.168.1.1:5000/rootDesc.xml",
	    .fallback = "no" },
	{ NULL },
};

#define PER_SECOND "[1-9][0-9]{0,8}[kMG]?"
#define PER_SECOND_TEXT "a number per second, such as 2000 or 20M"

#define LOAD_URL "https?://[^[:space:]]{1,1000}"
#define LOAD_URL_TEXT "an address such as https://example.net/100M.bin"

static const struct schema_key loadtest_key[] = {
	{ "download", .re = LOAD_URL, .expected = LOAD_URL_TEXT },
	{ "upload", .re = LOAD_URL, .expected = LOAD_URL_TEXT },
	{ "seconds", .re = "[1-9]|1[0-9]|20", .expected = "seconds, 1 to 20",
	    .fallback = "10" },
	{ "connections", .re = "[1-9]|1[0-6]", .expected = "1 to 16",
	    .fallback = "4" },
	{ "bytes", .re = "[1-9][0-9]{0,3}[MG]",
	    .expected = "megabytes or gigabytes, such as 200M", .fallback = "200M" },
	{ "busy", .re = PER_SECOND, .expected = PER_SECOND_TEXT, .fallback = "2M" },
	{ "interface", .re = "[^[:space:]].{0,62}",
	    .expected = "the name of an interface, or DEVICE/INDEX" },
	{ "at", .re = "([01][0-9]|2[0-3]):[0-5][0-9]",
	    .expected = "a time of the day such as 04:30" },
	{ NULL },
};

static const struct schema_key detection_key[] = {
	{ "host_packets", .re = PER_SECOND, .expected = PER_SECOND_TEXT,
	    .fallback = "2k" },
	{ "host_bits", .re = PER_SECOND, .expected = PER_SECOND_TEXT,
	    .fallback = "20M" },
	{ "host_flows", .re = PER_SECOND, .expected = PER_SECOND_TEXT,
	    .fallback = "1k" },
	{ "line", .fits = fits_line_speed,
	    .expected = "bit/s in and out, such as 100M or 100M/20M" },
	{ "attack_hold", .re = "[1-9][0-9]{1,4}", .expected = "seconds, 10 to 99999",
	    .fallback = "1900" },
	{ "attack_learn", .re = "[0-9]{1,3}", .expected = "hours, 0 to 999",
	    .fallback = "24" },
	{ NULL },
};

/* Of a group of devices, or of one. */
#define SNMP_SECRET(name)                                                              \
	{ name, KEY_INHERITED }, { name "_file", KEY_INHERITED },                      \
	{                                                                              \
		name "_env", KEY_INHERITED,                                            \
		    .re = "[A-Za-z_][A-Za-z0-9_]*",                                    \
		    .expected = "the name of a variable of the environment"            \
	}
#define SNMP_KEYS                                                                      \
	{ "version", KEY_INHERITED, .re = "2c|3", .expected = "2c or 3",               \
		.fallback = "2c" },                                                    \
	    { "port", KEY_INHERITED, .re = "[1-9][0-9]{0,4}", .fits = fits_port,       \
		    .expected = "a port, 1 to 65535", .fallback = "161" },             \
	    { "every", KEY_INHERITED, .re = "[1-9][0-9]{0,2}",                         \
		    .fits = fits_poll_pause, .expected = "seconds, 5 to 300",          \
		    .fallback = "30" },                                                \
	    { "user", KEY_INHERITED, .re = ".{1,32}",                                  \
		    .expected = "at most 32 letters" },                                \
	    { "context", KEY_INHERITED },                                              \
	    { "auth", KEY_INHERITED, .re = "md5|sha|sha224|sha256|sha384|sha512",      \
		    .expected = "md5, sha, sha224, sha256, sha384 or sha512" },        \
	    { "privacy", KEY_INHERITED, .re = "aes|aes192|aes256",                     \
		    .expected = "aes, aes192 or aes256" },                             \
	    SNMP_SECRET("community"), SNMP_SECRET("auth_password"),                    \
	    SNMP_SECRET("privacy_password")

static const struct schema_key snmp_key[] = {
	SNMP_KEYS,
	{ NULL },
};

static const struct schema_key snmp_device_key[] = {
	{ "host", KEY_MANDATORY, .fits = fits_address, .expected = "an IP address" },
	{ "interfaces" },
	SNMP_KEYS,
	{ NULL },
};

static const struct schema snmp_child[] = {
	{ "/[-_0-9a-zA-Z.]{1,60}", .key = snmp_device_key },
	{ NULL },
};

static const struct schema_key interface_key[] = {
	{ "beyond", .re = WORD "(\\." WORD ")*",
	    .expected = "the path of a target, such as Internet.Provider" },
	{ "device", KEY_MANDATORY, .fits = fits_address, .expected = "an IP address" },
	{ "index", .re = "[0-9]{1,10}", .expected = "a number" },
	{ "name" },
	{ "speed", .fits = fits_line_speed,
	    .expected = "bit/s in and out, such as 100M or 100M/20M" },
	{ "title" },
	{ NULL },
};

static const struct schema interfaces_child[] = {
	{ "/" WORD, .key = interface_key },
	{ NULL },
};

static const struct schema_key exporter_key[] = {
	{ "address", KEY_MANDATORY, .fits = fits_prefixes,
	    .expected = "addresses such as 192.0.2.1 2001:db8::/32" },
	{ "sampling" }, /* pollers.c says what is wrong with it */
	{ "sampling_default", .re = SAMPLING, .fits = fits_sampling_rate,
	    .expected = SAMPLING_TEXT },
	{ NULL },
};

static const struct schema exporters_child[] = {
	{ "/" WORD, .key = exporter_key },
	{ NULL },
};

static const struct schema collector_child[] = {
	{ "exporters", .child = exporters_child },
	{ "interfaces", .child = interfaces_child },
	{ "snmp", .key = snmp_key, .child = snmp_child },
	{ NULL },
};

#define PATHS WORD "(\\." WORD ")*([ ,]+" WORD "(\\." WORD ")*)*"
#define STATUS "[1-5][0-9][0-9](-[1-5][0-9][0-9])?"
#define OWN (KEY_INHERITED | KEY_TARGET | KEY_OURS)

/* Walks along the ways to targets. */
static const struct schema_key path_key[] = {
	{ "walk", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes" },
	{ "method", .re = "icmp|udp|tcp", .expected = "icmp, udp or tcp",
	    .fallback = "icmp" },
	{ "every", .re = "0|[1-9][0-9]|[1-9][0-9]{2,3}",
	    .expected = "seconds, 10 to 9999, or 0", .fallback = "10" },
	{ NULL },
};

static const struct schema_key reflector_key[] = {
	{ "listen", KEY_MANDATORY, .fits = fits_addresses,
	    .expected = "ADDRESS:PORT, such as [::]:862" },
	{ "allow", KEY_MANDATORY, .fits = fits_prefixes,
	    .expected = "prefixes such as 192.0.2.0/24 2001:db8::/32" },
	{ "key" },
	{ "keyfile" },
	{ "mode", .re = "stateful|stateless", .expected = "stateful or stateless",
	    .fallback = "stateful" },
	{ "synchronised", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ NULL },
};

#define SINK_URL                                                                       \
	"https?://[^[:space:]/?#@]+(/[^[:space:]?#]*)?|mqtts?://[^[:space:]/?#@]+/?"
#define TOPIC "[-_0-9a-zA-Z]+(/[-_0-9a-zA-Z]+){0,7}"

static const struct schema_key sink_key[] = {
	{ "url", KEY_MANDATORY, .re = SINK_URL,
	    .expected = "http://HOST:PORT or https://..., without /write, or "
			"mqtt://HOST or mqtts://HOST" },
	{ "database" },
	{ "username" },
	SECRET("password"),
	{ "bucket" },
	{ "org" },
	SECRET("token"),
	{ "timeout", .fits = fits_positive, .error = INTEGER_TEXT, .fallback = "15" },
	{ "loss_tags", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ "ca", .re = "/.+", .expected = "the path of a PEM file" },
	{ "topic", .re = TOPIC, .expected = "a topic such as home/smokebox" },
	{ "discovery", .re = TOPIC, .expected = "a topic such as homeassistant" },
	{ "device" },
	{ "targets", .re = PATHS, .expected = "paths of targets or groups" },
	{ "hosts", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "no" },
	{ NULL },
};

static const struct schema_key sinks_key[] = {
	{ "rrdcached", .re = "(unix:)?/[^[:space:]]{1,100}",
	    .expected = "the path of its socket on this host, such as "
			"unix:/run/rrdcached.sock" },
	{ NULL },
};

static const struct schema sinks_child[] = {
	{ "/[-_0-9a-zA-Z]{1,60}", .key = sink_key },
	{ NULL },
};

const struct schema_key schema_own[] = {
	{ "sampler", OWN, .re = "burst|spread|poisson|voice",
	    .expected = "burst, spread, poisson or voice" },
	{ "codec", OWN, .re = "g711|g711plc|g729",
	    .expected = "g711, g711plc or g729" },
	{ "gap", OWN, .re = "[0-9]{1,4} ?ms", .fits = fits_voice_gap,
	    .expected = "20ms to 50ms between the packets of a train" },
	{ "mos", OWN, .re = "emodel|simple", .expected = "emodel or simple" },
	{ "refused_is", OWN, .re = "reply|loss", .expected = "reply or loss",
	    .fallback = "reply" },
	{ "dns0x20", OWN, .re = YES_NO, .expected = "yes or no", .fallback = "no" },
	{ "dns_cookie", OWN, .re = YES_NO, .expected = "yes or no", .fallback = "no" },
	{ "dns_mode", OWN, .re = "cached|uncached|serverid",
	    .expected = "cached, uncached or serverid", .fallback = "cached" },
	{ "dns_over", OWN, .re = "udp|tcp|tls", .expected = "udp, tcp or tls" },
	{ "dns_rate", OWN, .re = "[0-9]{1,5}", .expected = "queries a second, 0: all" },
	{ "dns_reuse", OWN, .re = YES_NO, .expected = "yes or no" },
	{ "dns_success", OWN, .re = "any|valid", .expected = "any or valid" },
	{ "dns_tls_ca", OWN | KEY_FILE, .re = "/.+",
	    .expected = "the path of a PEM file" },
	{ "dns_tls_name", OWN, .re = "[^[:space:]]+", .expected = "a name" },
	{ "dns_tls_verify", OWN, .re = YES_NO, .expected = "yes or no",
	    .fallback = "yes" },
	{ "dns_zone", OWN, .re = "[^[:space:]]+", .expected = "the name of a zone" },
	{ "syn_retrans", OWN, .re = "loss|time", .expected = "loss or time",
	    .fallback = "loss" },
	{ "close", OWN, .re = "reset|fin", .expected = "reset or fin",
	    .fallback = "reset" },
	{ "expect", OWN },
	{ "ipversion", OWN, .re = "[46]", .expected = "4 or 6" },
	{ "sourceaddress", OWN, .fits = fits_address, .expected = "an IP address" },
	{ "interface", OWN, .re = "[^[:space:]/]{1,15}",
	    .expected = "the name of a network interface" },
	{ "tos", OWN, .fits = fits_service_byte,
	    .expected =
		"a number from 0 to 255, decimal or 0x..., or a name such as ef, "
		"af41 or cs5" },
	{ "dscp", OWN, .fits = fits_code_point,
	    .expected = "a number from 0 to 63, or a name such as ef, af41 or cs5" },
	{ "ttl", OWN, .re = "[0-9]+", .fits = fits_hops,
	    .expected = "a number from 1 to 255" },
	{ "packetsize", OWN, .fits = fits_echo_size, .expected = "12 to 64000 bytes" },
	{ "df", OWN, .re = YES_NO, .expected = "yes or no" },
	{ "fwmark", OWN, .fits = fits_firewall_mark,
	    .expected = "a number from 1 to 4294967295" },
	{ "flow", OWN, .re = "constant|varying", .expected = "constant or varying" },
	{ "stamp", OWN, .re = "kernel|fping", .expected = "kernel or fping" },
	{ "expect_status", OWN, .re = STATUS "([ ,]+" STATUS ")*",
	    .expected = "HTTP statuses and ranges of them, such as 200-299,301" },
	{ "expect_not", OWN },
	{ "max_body", OWN, .re = "[0-9]+", .fits = fits_body_size,
	    .expected = "bytes, 1 to 1073741824" },
	{ "behind", OWN, .re = PATHS,
	    .expected = "paths of targets such as Home.Gateway" },
	{ "http_version", OWN, .re = "1\\.0|1\\.1|2", .expected = "1.0, 1.1 or 2" },
	{ NULL },
};

#define DAY "(mon|tue|wed|thu|fri|sat|sun)"
#define DAYS DAY "(-" DAY ")?"

static const struct schema_key silence_key[] = {
	{ "targets", .re = PATHS, .expected = "paths of targets or groups" },
	{ "days", .re = DAYS "([ ,]+" DAYS ")*",
	    .expected = "days such as mon-fri sun" },
	{ "time", .re = "[0-9]{1,2}:[0-9]{2} *- *[0-9]{1,2}:[0-9]{2}",
	    .expected = "two times such as 22:00-02:30" },
	{ "from" },
	{ "until" },
	{ "reason" },
	{ NULL },
};

static const struct schema silences_child[] = {
	{ "/" WORD, .key = silence_key },
	{ NULL },
};

/* Where alerts go. What is needed besides the type depends on it: actions.c. (Nothing
 * is of the kind latency any more, and nobody's configuration is refused for it.) */
#define INCIDENT                                                                       \
	"(alert|loss|latency|backscatter|attack|congestion|gap|note|verdict|all)"

static const struct schema_key action_key[] = {
	{ "type", KEY_MANDATORY, .re = ACTION_TYPES,
	    .expected = "one of mail, webhook, ntfy, gotify, slack, discord, telegram, "
			"pushover, apprise, command, fastnetmon, exabgp, gobgp, "
			"bird, nftables" },
	SECRET("url"),
	SECRET("token"),
	SECRET("password"),
	SECRET("secret"),
	SECRET("user"),
	SECRET("urls"),
	{ "to", .re = ".+@[^[:space:]]+", .expected = "an email address" },
	{ "from", .re = ".+@[^[:space:]]+", .expected = "an email address" },
	{ "chat", .re = "-?[0-9]+|@[A-Za-z0-9_]+",
	    .expected = "a chat's number or @channel" },
	{ "tag", .re = "[^[:space:]]+", .expected = "a tag" },
	{ "program", .re = "/.+", .expected = "the path of a program" },
	{ "tls", .re = "try|required|none", .expected = "try, required or none" },
	{ "ca", .re = "/.+", .expected = "the path of a PEM file" },
	{ "kinds", .re = INCIDENT "([ ,]+" INCIDENT ")*",
	    .expected =
		"kinds of incidents, of alert, loss, verdict, attack, congestion, "
		"backscatter, gap, note, or all",
	    .fallback = "alert loss attack verdict" },
	{ "arguments" },
	{ "announce" },
	{ "withdraw" },
	{ "dry_run", .re = YES_NO, .error = YES_NO_TEXT, .fallback = "yes" },
	{ "direction", .re = "in|out|both", .expected = "in, out or both",
	    .fallback = "in" },
	{ "max", .re = "[1-9][0-9]{0,2}", .expected = "a number, 1 to 999",
	    .fallback = "16" },
	{ "limit", .re = "[1-9][0-9]{0,6}", .expected = "seconds, 1 to 9999999",
	    .fallback = "14400" },
	{ "protect", .fits = fits_prefixes,
	    .expected = "prefixes such as 192.0.2.0/24 2001:db8::/32" },
	{ "nexthop", .re = "[0-9a-fA-F.:]+([ ,]+[0-9a-fA-F.:]+)?",
	    .expected = "an address of IPv4, of IPv6, or one of each" },
	{ "community", .re = "[0-9]{1,5}:[0-9]{1,5}",
	    .expected = "a community such as 65535:666", .fallback = "65535:666" },
	{ "min_priority", .re = "[1-9][0-9]{0,8}", .expected = "a number from 1" },
	{ "rate", .re = "[1-9][0-9]{0,4}/[mhd]",
	    .expected = "letters a minute, hour or day, such as 10/h" },
	{ "retry", .re = "[1-9][0-9]{0,3}", .expected = "seconds, 1 to 9999",
	    .fallback = "300" },
	{ NULL },
};

static const struct schema actions_child[] = {
	{ "/" WORD, .key = action_key },
	{ NULL },
};

static const struct schema overrides_child[] = {
	{ "/[^[:space:]]+", .key = schema_own },
	{ NULL },
};

static const struct schema_key master_key[] = {
	{ "url" },
	{ "name" },
	{ "secret" },
	{ "proxy" },
	{ "noproxy" },
	{ "ca" },
	{ NULL },
};

static const struct schema_key pace_key[] = {
	{ "once", .re = YES_NO },
	{ "nosleep", .re = YES_NO },
	{ NULL },
};

/* --- the file -------------------------------------------------------------------- */

static const struct schema top[] = {
	{ "General", .mandatory = true, .key = general_key },
	{ "Database", .mandatory = true, .key = database_key,
	    .table = &database_table },
	{ "Presentation", .mandatory = true, .key = presentation_key,
	    .child = presentation_child },
	{ "Probes", .mandatory = true, .child = module_child },
	{ "Targets", SCHEMA_TARGET, .mandatory = true, .key = targets_key,
	    .child = schema_target },
	{ "Alerts", .key = alerts_key, .child = alert_child },
	{ "Slaves", .key = slaves_key, .child = slave_child },
	{ "InfluxDB", .key = influx_key },
	{ "Web", .ours = true, .key = web_key },
	{ "Collector", .ours = true, .key = collector_key, .child = collector_child },
	{ "Reflector", .ours = true, .key = reflector_key },
	{ "Path", .ours = true, .key = path_key },
	{ "Loadtest", .ours = true, .key = loadtest_key },
	{ "Detection", .ours = true, .key = detection_key },
	{ "Actions", .ours = true, .child = actions_child },
	{ "Sinks", .ours = true, .key = sinks_key, .child = sinks_child },
	{ "Silences", .ours = true, .child = silences_child },
	{ "Overrides", .ours = true, .child = overrides_child },
	{ "Master", .internal = true, .key = master_key },
	{ "Pace", .internal = true, .key = pace_key },
	{ NULL },
};

const struct schema schema_root = { "", .child = top };

/* --- reading the tables ---------------------------------------------------------- */

double
schema_number(const char *text)
{
	const char *p = text + strspn(text, " \t\n\v\f\r");
	const char *digits = p + strspn(p, "+-");

	/* strtod would also take hexadecimal, inf and nan; digits must follow. */
	if (strspn(digits, "0123456789.") == 0)
		return 0;
	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		return 0;
	return strtod(p, NULL);
}

/* Expressions are compiled once and kept: a load checks many values by few of them. */
static bool
matches(const char *re, const char *text)
{
	static struct {
		const char *re;
		regex_t regex;
	} cache[256];
	size_t i = 0;

	while (i < 256 && cache[i].re != NULL && cache[i].re != re)
		i++;
	if (i == 256)
		fatalx("schema: more expressions than places for them");
	if (cache[i].re == NULL) {
		char *whole_re = mem_printf("^(%s)$", re);

		if (regcomp(&cache[i].regex, whole_re, REG_EXTENDED | REG_NOSUB) != 0)
			fatalx("schema: %s does not compile", re);
		free(whole_re);
		cache[i].re = re;
	}
	return regexec(&cache[i].regex, text, 0, NULL, 0) == 0;
}

static bool
not_probe_conf(const char *value)
{
	return strcmp(value, "PROBE_CONF") != 0;
}

static bool
word(const char *name)
{
	return *name != '\0' &&
	       name[strspn(name,
		   "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] ==
		   '\0';
}

/* True when NAME is PATTERN, or matches it where it starts with a slash. */
static bool
schema_name(const char *pattern, const char *name)
{
	if (pattern[0] != '/')
		return strcmp(pattern, name) == 0;
	if (strcmp(pattern, "/" WORD) == 0)
		return word(name) && not_probe_conf(name);
	return matches(pattern + 1, name);
}

const struct schema_key *
schema_key_find(const struct schema_key *keys, const char *name)
{
	if (keys == NULL)
		return NULL;
	for (; keys->name != NULL; keys++)
		if (schema_name(keys->name, name))
			return keys;
	return NULL;
}

const struct schema *
schema_child(const struct schema *schema, const char *name)
{
	const struct schema *s = schema->child;

	if (s == NULL)
		return NULL;
	for (; s->name != NULL; s++)
		if (schema_name(s->name, name))
			return s;
	return NULL;
}

bool
schema_fits(const struct schema_key *key, const char *value)
{
	if (key->re != NULL && !matches(key->re, value))
		return false;
	return key->fits == NULL || key->fits(value);
}
