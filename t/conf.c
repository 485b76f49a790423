/* The configuration by tables: what is complained of and in which words, what values
 * come out, and that checked text says the same as the files it was made from. */
#include "t/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/conf.h"
#include "config/schema.h"
#include "config/tree.h"
#include "t/conffiles.h"

/* --- messages -------------------------------------------------------------------- */

/* What follows HEAD, and what is said about it; line numbers count from its end. */
static const struct {
	const char *text, *want;
} after_head[] = {
	{ "+ A\nhost = 127.0.0.1\n", "" },
	{ "a=b=c\n",
	    "1: unknown variable 'a=b', expected one of probe, menu, title, remark, "
	    "alerts, slaves, menuextra, parents\n" },
	{ "+ A\nhots = x\n", "2: unknown variable 'hots', expected 'host'?\n" },
	{ "host = x\n",
	    "1: unknown variable 'host', expected one of probe, menu, title, "
	    "remark, alerts, slaves, menuextra, parents\n" },
	{ "+ A\n+++ B\n",
	    "2: section nesting error, expected at most 2 plus signs here\n" },
	{ "+ A\n+ A\n",
	    "2: section or variable already exists: 'A', expected each name "
	    "once in Targets\n" },
	{ "+ A\nmenu = 1\nmenu = 2\n",
	    "3: variable already defined: 'menu', expected it once in Targets/A\n" },
	{ "+ A.b\n", "1: unknown section 'A.b', expected letters, digits, - and _\n" },
	{ "+ PROBE_CONF\n",
	    "1: PROBE_CONF sections are neither needed nor supported any longer, "
	    "expected its variables in the section itself\n" },
	{ "*** Nonsense ***\nx = 1\n+ y\n",
	    "1: unknown section 'Nonsense', expected General, Database, Presentation, "
	    "Probes, Targets, Alerts, Slaves, InfluxDB, Web, Collector, "
	    "Reflector, Path, Loadtest, Detection, "
	    "Actions, Sinks, Silences, Overrides\n" },
	{ "hello world\n",
	    "1: table syntax error, expected KEY = VALUE or a section\n" },
	{ "+ A\nalerts = a, b\n",
	    "2: Comma separated list of alert names, expected no blanks between them\n" },
	{ "+ A\nhide = maybe\n",
	    "2: syntax error in value of 'hide', expected yes or no\n" },
	{ "+ A\nprobe = Curl\n",
	    "2: probe Curl missing from the Probes section, expected a probe that is "
	    "defined there before this line\n" },
	{ "+ A\nhost = x\nprobe = Web\n",
	    "3: probe must be defined before the host or any probe variables, expected "
	    "it in front of them\n" },
	{ "+ A\nprobe = Any\nhost = x\n",
	    "1: mandatory variable 'urlformat' not defined in Targets/A, expected "
	    "urlformat = a URL such as http://%host%/\n" },
	{ "+ A\nprobe = Web\npings = 2\n",
	    "3: The pings value must be at least 3, expected pings of a round\n" },
	{ "+ A\nprobe = Web\nagent = \"x\"\n",
	    "3: The Curl 'agent' string does not need any quotes around it anymore.\n" },
	{ "+ A\nparents = a/b\n", "2: Use hierarchy:/parent/path syntax\n" },
	{ "+ A\ntitle = x \\\n  y # z\nhots = \\\n1\n",
	    "5: unknown variable 'hots', expected 'host'?\n" },
	{ "@include gone\n",
	    "1: can't open DIR/gone: No such file or directory, expected a file\n" },
	{ "@include \"gone\"\n",
	    "1: can't open DIR/gone\": No such file or directory, expected a file (a "
	    "closing quote is taken as part of its name)\n" },
	{ "@define x xx\n+ A\nmenu = x\n@define xx xxxxxxxxxx\nmenu = x\n",
	    "5: variable already defined: 'menu', expected it once in Targets/A\n" },
	{ "*** Slaves ***\nsecrets = /nonexistent\ntimeout = 5\n",
	    "3: unknown variable 'timeout', expected one of secrets\n" },
	{ "alerts = gone\n+ A\nhost = h\nalerts = a,b,gone\n"
	  "*** Alerts ***\nto = a@b\nfrom = c@d\n"
	  "+ a\ntype = loss\npattern = >0%,>20\ncomment = c\n"
	  "+ b\ntype = matcher\npattern = Mine(x=>1)\ncomment = c\n",
	    "10: alert a: pattern entry '>20' is invalid, expected loss in %, such as "
	    ">20%\n"
	    "14: warning: alert b: matcher Mine is not one of SmokePing's and never "
	    "matches here, expected Avgratio, CheckLatency, CheckLoss, ConsecutiveLoss, "
	    "ExpLoss, Median or Medratio\n"
	    "1: warning: alert gone is not defined and never raised (SmokePing would not "
	    "start), expected + gone in *** Alerts ***\n"
	    "4: warning: alert gone is not defined and never raised (SmokePing would not "
	    "start), expected + gone in *** Alerts ***\n" },
	{ "*** Alerts ***\nto = nobody\n",
	    "2: put an email address or the name of a program here\n"
	    "1: mandatory variable 'from' not defined in Alerts, expected from = ...\n" },
	/* warnings only */
	{ "+ A\nhost = www.sbb.ch/en\n",
	    "2: warning: 'www.sbb.ch/en' is not the name of a host, expected it without "
	    "/ and what follows (SmokePing never probes it)\n" },
	{ "+ A\nprobe = Web\nssl2 = 1\n+ B\nprobe = Web\nssl2 = 1\n",
	    "3: warning: 'ssl2' has no effect: SSL 2 is too broken for anybody to offer it "
	    "(here and in 1 other places)\n" },
	{ "+ A\nsampler = burst\n",
	    "2: warning: SmokePing would refuse 'sampler': better put it into "
	    "*** Overrides *** of the file smokebox\n" },
	{ "*** Overrides ***\n+ A\ndns_mode = fast\n",
	    "1: warning: SmokePing would refuse the section Overrides: better put it into "
	    "the file smokebox beside the main file\n"
	    "3: syntax error in value of 'dns_mode', expected cached, uncached or "
	    "serverid\n" },
	{ "*** Overrides ***\n+ A\nclose = slam\nsyn_retrans = no\nsourceaddress = me\n"
	  "interface = a/b\nttl = 0\nipversion = 5\n",
	    "1: warning: SmokePing would refuse the section Overrides: better put it into "
	    "the file smokebox beside the main file\n"
	    "3: syntax error in value of 'close', expected reset or fin\n"
	    "4: syntax error in value of 'syn_retrans', expected loss or time\n"
	    "5: syntax error in value of 'sourceaddress', expected an IP address\n"
	    "6: syntax error in value of 'interface', expected the name of a network "
	    "interface\n"
	    "7: syntax error in value of 'ttl', expected a number from 1 to 255\n"
	    "8: syntax error in value of 'ipversion', expected 4 or 6\n" },
	{ "*** Reflector ***\nlisten = :862\n",
	    "1: warning: SmokePing would refuse the section Reflector: better put it into "
	    "the file smokebox beside the main file\n"
	    "1: mandatory variable 'allow' not defined in Reflector, expected allow = "
	    "prefixes such as 192.0.2.0/24 2001:db8::/32\n" },
	{ "*** Reflector ***\nlisten = 862\nallow = 10.0.0.1/8\nmode = full\n",
	    "1: warning: SmokePing would refuse the section Reflector: better put it into "
	    "the file smokebox beside the main file\n"
	    "2: syntax error in value of 'listen', expected ADDRESS:PORT, such as "
	    "[::]:862\n"
	    "3: syntax error in value of 'allow', expected prefixes such as 192.0.2.0/24 "
	    "2001:db8::/32\n"
	    "4: syntax error in value of 'mode', expected stateful or stateless\n" },
	{ "*** Sinks ***\nrrdcached = 127.0.0.1:42217\n+ a\nurl = vm:8428\n+ b\n"
	  "url = http://vm:8428\nbucket = x\n+ c\n+ d\nurl = http://u:p@vm\n",
	    "1: warning: SmokePing would refuse the section Sinks: better put it into "
	    "the file smokebox beside the main file\n"
	    "2: syntax error in value of 'rrdcached', expected the path of its socket on "
	    "this host, such as unix:/run/rrdcached.sock\n"
	    "4: syntax error in value of 'url', expected http://HOST:PORT or https://..., "
	    "without /write, or mqtt://HOST or mqtts://HOST\n"
	    "8: mandatory variable 'url' not defined in Sinks/c, expected url = http://HOST:PORT or "
	    "https://..., without /write, or mqtt://HOST or mqtts://HOST\n"
	    "10: syntax error in value of 'url', expected http://HOST:PORT or https://..., "
	    "without /write, or mqtt://HOST or mqtts://HOST\n" },
	{ "*** Sinks ***\n+ b\nurl = http://vm:8428\nbucket = x\n+ c\n"
	  "url = http://vm:8428\nbucket = x\ndatabase = y\n",
	    "1: warning: SmokePing would refuse the section Sinks: better put it into "
	    "the file smokebox beside the main file\n"
	    "2: mandatory variable 'org' not defined in Sinks/b, expected org = the "
	    "organisation that the bucket belongs to\n"
	    "5: both bucket and database are set in Sinks/c, expected a bucket (write API "
	    "2) or a database (write API 1)\n" },
	{ "*** Sinks ***\n+ a\nurl = mqtt://b/x\n+ b\nurl = mqtt://b\npassword = p\n"
	  "topic = a/+/b\nbucket = x\ntargets = Gone\n+ c\nurl = http://b\ntopic = t\n",
	    "1: warning: SmokePing would refuse the section Sinks: better put it into "
	    "the file smokebox beside the main file\n"
	    "3: syntax error in value of 'url', expected http://HOST:PORT or https://..., "
	    "without /write, or mqtt://HOST or mqtts://HOST\n"
	    "7: syntax error in value of 'topic', expected a topic such as home/smokebox\n" },
	{ "*** Sinks ***\n+ b\nurl = mqtt://b\npassword = p\nbucket = x\n"
	  "targets = Gone\n+ c\nurl = http://b\ntopic = t\n",
	    "1: warning: SmokePing would refuse the section Sinks: better put it into "
	    "the file smokebox beside the main file\n"
	    "5: warning: bucket is not used in Sinks/b, expected it only with url = "
	    "http://...\n"
	    "6: warning: there is no target or group Gone for Sinks/b, expected a path such "
	    "as Group.Host\n"
	    "2: mandatory variable 'username' not defined in Sinks/b, expected username = "
	    "whose password it is\n"
	    "9: warning: topic is not used in Sinks/c, expected it only with url = "
	    "mqtt://...\n" },
	{ "*** Overrides ***\n+ A\ngap = 10ms\ncodec = opus\nmos = good\n",
	    "1: warning: SmokePing would refuse the section Overrides: better put it into "
	    "the file smokebox beside the main file\n"
	    "3: syntax error in value of 'gap', expected 20ms to 50ms between the packets "
	    "of a train\n"
	    "4: syntax error in value of 'codec', expected g711, g711plc or g729\n"
	    "5: syntax error in value of 'mos', expected emodel or simple\n" },
	{ "+ A\nhost = a.example\nsampler = voice\ngap = 50ms\n",
	    "3: warning: SmokePing would refuse 'sampler': better put it into "
	    "*** Overrides *** of the file smokebox\n"
	    "4: warning: SmokePing would refuse 'gap': better put it into "
	    "*** Overrides *** of the file smokebox\n"
	    "3: warning: the train of A, 20 pings 50 ms apart, lasts 1.0 s: voice is not "
	    "graded by it, expected 200 pings or more\n" },
	{ "*** Overrides ***\n+ No.Where\nsampler = burst\n",
	    "1: warning: SmokePing would refuse the section Overrides: better put it into "
	    "the file smokebox beside the main file\n"
	    "2: warning: there is no No.Where for this override, expected the path of a "
	    "target (Group.Host) or probe:NAME\n" },
	{ "*** Web ***\nlisten = [::]:80, 8080\n",
	    "1: warning: SmokePing would refuse the section Web: better put it into "
	    "the file smokebox beside the main file\n"
	    "2: syntax error in value of 'listen', expected ADDRESS:PORT, such as "
	    "[::]:8080 or 127.0.0.1:8080\n" },
	{ "*** Collector ***\nlisten =\n",
	    "1: warning: SmokePing would refuse the section Collector: better put it "
	    "into the file smokebox beside the main file\n" },
	{ "+ A\nhost = /A /B/C x\n",
	    "2: warning: there is no target /A with a host: left out of this graph\n"
	    "2: warning: there is no target /B/C with a host: left out of this graph\n"
	    "2: warning: 'x' is left out of this graph, expected the path of a target "
	    "such as /Group/Host\n" },
	{ "+ A\nhost = 127.0.0.1\n+ B\nhost = /A /A~far\n",
	    "4: warning: there is no slave far in *** Slaves ***: not drawn in this "
	    "graph\n" },
	{ "+ A\nhost = 127.0.0.1\nsyslogfacility = local0\n",
	    "3: warning: 'syslogfacility' belongs into *** General ***: left out\n" },
};

/* WANT with "N:" of its lines counted from BASE and named FILE, DIR filled in. */
static char *
wanted(const char *want, const char *file, unsigned base)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	while (*want != '\0') {
		char *rest;
		unsigned line = (unsigned)strtoul(want, &rest, 10);
		size_t n = strcspn(rest, "\n") + 1;
		const char *d = strstr(rest, "DIR/");

		fprintf(out, "%s:%u", file, base + line);
		if (d != NULL && d < rest + n)
			fprintf(out, "%.*s%s%.*s", (int)(d - rest), rest, conf_dir,
			    (int)(n - (size_t)(d - rest) - 3), d + 3);
		else
			fprintf(out, "%.*s", (int)n, rest);
		want = rest + n;
	}
	fclose(out);
	return text;
}

static void
test_messages(void)
{
	for (size_t i = 0; i < sizeof(after_head) / sizeof(*after_head); i++) {
		char *text = mem_printf("%s%s", HEAD, after_head[i].text);
		char *want = wanted(after_head[i].want, "config", HEAD_LINES);
		char *what =
		    mem_strn(after_head[i].text, strcspn(after_head[i].text, "\n"));

		complains(text, want, what);
		free(text);
		free(want);
		free(what);
	}
}

/* Remarks on a large file must not hide what is wrong with it. */
static void
test_many_notes(void)
{
	struct conf_report report = { 0 };
	struct place at = { .file = "f", .line = 1 };

	for (unsigned i = 0; i < 5000; i++)
		report_note(&report, at, "remark %u", i);
	report_error(&report, at, "the error");
	char *text = report_text(&report);
	is_str(text, "f:1: the error\n", "an error behind many notes is told");
	ok(report.count > 400 && report.count < 600 &&
		strstr(report.problem[report.count - 2].text, "too many notes") != NULL,
	    "%zu lines, one of them says that notes are left out", report.count);
	free(text);
	conf_report_free(&report);
}

/* Variables of SmokePing's that nothing here heeds. */
static void
test_idle(void)
{
	char *want = wanted("6: warning: 'syslogfacility' has no effect: messages go to "
			    "standard error, where the journal takes them, or to "
			    "--logfile\n",
	    "config", 0);

	complains(GENERAL
	    "syslogfacility = local0\nsnpphost = pager.example\n" DATABASE PRESENTATION
		PROBES TARGETS "+ A\nhost = 127.0.0.1\n",
	    want, "variables without effect");
	free(want);
}

static void
test_sections(void)
{
	complains(DATABASE PRESENTATION PROBES TARGETS,
	    "config: mandatory variable 'General' not defined, expected a section "
	    "*** General ***\n",
	    "a section is missing");
	complains("",
	    "config: mandatory variable 'General' not defined, expected a "
	    "section *** General ***\n"
	    "config: mandatory variable 'Database' not defined, expected a "
	    "section *** Database ***\n"
	    "config: mandatory variable 'Presentation' not defined, expected a "
	    "section *** Presentation ***\n"
	    "config: mandatory variable 'Probes' not defined, expected a "
	    "section *** Probes ***\n"
	    "config: mandatory variable 'Targets' not defined, expected a "
	    "section *** Targets ***\n",
	    "an empty file");
	complains(GENERAL
	    "*** Database ***\nstep = 0\npings = 2\nLAST 0.5 1 1\n"
	    "AVERAGE 2 1 1\nAVERAGE 0.5 x 1\nAVERAGE 0.5 1\n" PRESENTATION PROBES
		TARGETS,
	    "config:7: must be an integer >= 1, expected seconds between rounds\n"
	    "config:8: The pings value must be at least 3, expected pings of a "
	    "round\n"
	    "config:9: column 1: Choose a valid consolidation function, expected "
	    "AVERAGE, MIN or MAX\n"
	    "config:10: column 2: Xff must be between 0 and 1\n"
	    "config:11: column 3: must be an integer >= 1\n"
	    "config:12: row must have 4 columns (has 3), expected blanks between them "
	    "and quotes around text with blanks\n",
	    "six errors in one section");
	complains(
	    "*** General ***\ndatadir = /d\n" DATABASE PRESENTATION PROBES TARGETS,
	    "config:1: warning: 'owner' is not defined in General: SmokePing would "
	    "refuse that\n"
	    "config:1: warning: 'contact' is not defined in General: SmokePing would "
	    "refuse that\n"
	    "config:1: warning: 'cgiurl' is not defined in General: SmokePing would "
	    "refuse that\n",
	    "what only SmokePing needs");
	complains(GENERAL DATABASE PRESENTATION
	    "*** Probes ***\nx = 1\n+ FPing\n+ speedtest\nserver = x\n++ fast\ny = 1\n"
	    "+ SSH\nbinary = x\n+ Fping\n" TARGETS
	    "+ A\nprobe = fast\nwhatever = 1\nhost = x\n",
	    "config:18: no variables are allowed in Probes, expected none called 'x'\n"
	    "config:20: warning: probe module speedtest is not one of SmokePing's: its "
	    "targets cannot be measured\n"
	    "config:26: warning: probe module Fping is not one of SmokePing's: its "
	    "targets cannot be measured, expected 'FPing'?\n",
	    "modules that cannot be measured");
	complains(GENERAL DATABASE PRESENTATION
	    "*** Probes ***\n+ FPing\n+ DoT\n+ DoH\nurl = https://x/\nport = 1\n" TARGETS,
	    "config:19: warning: SmokePing would refuse the probe module DoT, which it "
	    "does not have\n"
	    "config:20: warning: SmokePing would refuse the probe module DoH, which it "
	    "does not have\n"
	    "config:22: unknown variable 'port', expected one of url, ipversion, lookup, "
	    "mininterval, authoritative, require_noerror, require_nxdomain, "
	    "require_answers, recordtype, timeout, expect_text, step, offset, pings, "
	    "forks\n",
	    "modules that only we have");
}

/* Files of a directory that lack their header, and other things about files. */
static void
test_files(void)
{
	char *text;
	struct conf *conf;

	put("Targets", "probe = FPing\nmenu = m\ntitle = t\n+ A\nhots = 1\n");
	conf = load(&text);
	is_str(text,
	    "Targets:1: text before any section, expected *** Targets ***\n"
	    "Targets:5: unknown variable 'hots', expected 'host'?\n",
	    "Targets without its header, read on");
	ok(conf == NULL, "and it is refused");
	free(text);

	put("Targets", "\n# comment\nprobe = FPing\n*** Targets ***\nprobe = FPing\n"
		       "menu = m\ntitle = t\n");
	conf = load(&text);
	is_str(text, "Targets:1: text before any section, expected *** Targets ***\n",
	    "text in front of a header");
	free(text);
	put("Targets", "probe = FPing\nmenu = m\ntitle = t\n+ A\nhots = 1\n");

	put("config", GENERAL DATABASE PRESENTATION PROBES "@include Targets\n");
	conf = load(&text);
	is_str(text,
	    "Targets:1: text before any section, expected *** Targets ***\n"
	    "Targets:5: unknown variable 'hots', expected 'host'?\n",
	    "the same when it is included");
	ok(conf == NULL, "and it is refused");
	free(text);
	drop("config");

	put("Targets", TARGETS "+ A\nhost = 127.0.0.1\n");
	conf = load(&text);
	is_str(text, "", "other files come from the defaults, without a word");
	ok(conf != NULL && conf->step == 10 && conf->rra_count == 8,
	    "with their step and archives");
	ok(conf != NULL && !conf_changed(conf), "not changed yet");
	put("smokebox", "*** Overrides ***\n+ A\nsampler = poisson\n");
	ok(conf != NULL && conf_changed(conf), "changed by a file that appears");
	free(text);
	conf_free(conf);

	conf = load(&text);
	is_str(text, "", "our own file is read without a word");
	is_str(conf != NULL ? conf_target_value(conf, conf->target[0], "sampler", NULL)
			    : NULL,
	    "poisson", "and it counts");
	free(text);
	conf_free(conf);
	drop("smokebox");

	{
		char path[512];

		snprintf(path, sizeof(path), "%s/smokebox", conf_dir);
		mkdir(path, 0755);
		conf = load(&text);
		is_str(text, "", "a directory of that name is something else");
		ok(conf != NULL && !conf_changed(conf), "and no change");
		rmdir(path);
		free(text);
		conf_free(conf);
	}

	put("config", GENERAL DATABASE PRESENTATION PROBES
	    "@include /nonexistent/here/Targets\n");
	conf = load(&text);
	is_str(text,
	    "config:26: warning: there is no /nonexistent/here/Targets: Targets is "
	    "read instead\n",
	    "an absolute include that moved");
	ok(conf != NULL && conf->target_count == 1, "is read");
	free(text);
	conf_free(conf);
	drop("Targets");

	put("config", "@include config\n");
	conf = load(&text);
	ok(conf == NULL && strstr(text, "too many includes inside each other") != NULL,
	    "a file that includes itself");
	free(text);
	drop("config");

	put("config", HEAD "+ A\n");
	{
		char path[512];
		int fd;

		snprintf(path, sizeof(path), "%s/config", conf_dir);
		fd = open(path, O_WRONLY | O_APPEND);
		ok(fd >= 0 && write(fd, "\0x = 1\n", 7) == 7, "a zero byte is written");
		close(fd);
	}
	conf = load(&text);
	is_str(text, "config:31: a zero byte, expected text\n", "and complained of");
	free(text);
	conf_free(conf);
	drop("config");
}

/* --- values ---------------------------------------------------------------------- */

static void
test_lines(void)
{
	struct conf *conf = good(HEAD "@define LOOP 127.0.0.1\n"
				      "\t+   A  # comment\r\n"
				      "title = a \\ # comment\n   b # kept\n"
				      "menu=  x=y  \n"
				      "  host = LOOP # comment\n"
				      "remark = == \n"
				      "+B\n"
				      "menu =\n"
				      "*** Alerts ***\nto=a@b\nfrom = a@b\n");
	const struct conf_target *a = conf_target_by_path(conf, "A");
	const struct conf_target *b = conf_target_by_path(conf, "B");

	is_str(a->title, "a  b # kept", "continuation: two blanks, # is kept");
	is_str(a->menu, "x=y", "the value of a pair without blanks");
	is_str(a->host, "127.0.0.1", "define and comment");
	is_str(a->remark, "==", "a value that is equals signs");
	is_str(b->menu, "", "an empty value");
	is_str(b->title, "unknown", "no title and no host");
	ok(conf_var(a->section, "title")->at.line == HEAD_LINES + 4,
	    "a continued line is placed where it ends");
	conf_free(conf);
}

static void
test_tables(void)
{
	struct conf *conf = good(
	    GENERAL DATABASE "*** Presentation ***\n+ overview\nwidth=60\n"
			     "height=50\n+ detail\nwidth=60\nheight=50\n"
			     "\"Last 3 \\\"H\\\"\" 3h\n'a b'10m\nc\\ d 2y\n\"\" 1w\n"
			     "\"open 1d\n"
			     "++ loss_colors\n1.5 00ff00 \"< 2\"\n" PROBES TARGETS);
	const struct {
		const char *label;
		unsigned seconds;
	} want[] = {
		{ "Last 3 \"H\"", 10800 },
		{ "a b", 600 },
		{ "c d", 2 * 365 * 86400 },
		{ "", 604800 },
		{ "\"open", 86400 },
	};

	is_int((long long)conf->periods, 5, "five periods");
	for (size_t i = 0; i < 5; i++) {
		is_str(conf->period[i].label, want[i].label, "label");
		is_int(conf->period[i].seconds, want[i].seconds, "seconds");
	}
	is_int((long long)conf->loss_colors, 1, "a loss colour");
	is_close(conf->loss_color[0].upto, 1.5, 0, "its bound");
	is_str(conf->loss_color[0].legend, "< 2", "its legend");
	is_str(conf->rra[0].cf, "AVERAGE", "an archive");
	is_int(conf->rra[0].rows, 100, "its rows");
	conf_free(conf);
}

static const char tree[] = GENERAL DATABASE PRESENTATION
    "*** Probes ***\n"
    "+ FPing\noffset = 30%\ntimeout = 2\n++ Slow\nstep = 600\npings = 10\n++ Fast\n"
    "+ DNS\npings = 5\nstep = 60\nlookup = example.com\n"
    "+ SSH\nbinary = x\n"
    "*** Targets ***\nprobe = Slow\nmenu = m\ntitle = t\nalerts = a\nnomasterpoll = no\n"
    "+ G\n"
    "++ One\nhost = 192.0.2.1\n"
    "++ Two\nprobe = Fast\nhost = 2001:db8::1\nalerts =\nhide = yes\n"
    "++ Name\nprobe = DNS\npings = 7\nserver = 192.0.2.53\nhost = ns.example\n"
    "+++ Inner\nhost = ns2.example\n"
    "++ Shell\nprobe = SSH\nhost = 192.0.2.2\n"
    "++ Path\nprobe = DNS\nhost = www.example/en\n"
    "++ Dyn\nhost = DYNAMIC/abc\n"
    "+ All\nhost = /G/One  /G/Two~s1 /G/Dyn\n";

static void
test_views(void)
{
	struct conf *conf;
	const struct conf_target *one, *two, *name, *inner, *shell, *path, *all;
	const char *text = tree;

	/* nomasterpoll is not allowed at the top: the tree is used without it */
	char *fixed = mem_str(text), *cut = strstr(fixed, "nomasterpoll = no\n");

	memmove(cut, cut + 18, strlen(cut + 18) + 1);
	conf = good(fixed);
	free(fixed);
	is_int((long long)conf->probe_count, 4, "four probes: a template is none");
	is_str(conf->probe[0].name, "Slow", "the first");
	is_str(conf->probe[0].module, "FPing", "its module");
	is_int(conf->probe[0].offset_pct, 30, "its offset, from the module");
	is_int(conf->probe[2].offset_pct, -1, "no offset");
	one = conf_target_by_path(conf, "G.One");
	two = conf_target_by_path(conf, "G.Two");
	name = conf_target_by_path(conf, "G.Name");
	inner = conf_target_by_path(conf, "G.Name.Inner");
	shell = conf_target_by_path(conf, "G.Shell");
	path = conf_target_by_path(conf, "G.Path");
	all = conf_target_by_path(conf, "All");
	is_int((long long)conf->target_count, 9, "nine nodes");
	ok(conf_target_by_path(conf, "") == conf->targets, "the root has no name");
	ok(conf_target_by_path(conf, "G.Three") == NULL, "an unknown path");
	ok(conf_target_by_id(conf, one->id) == one, "by id");
	ok(one->id == conf_target_id("G.One"), "the id is the path's");
	is_int(one->step, 600, "step of the instance");
	is_int(one->pings, 10, "pings of the instance");
	is_str(one->menu, "192.0.2.1", "menu is the host when not given");
	is_int(two->step, 300, "step of Database");
	is_int(two->pings, 20, "pings of Database");
	ok(two->hide && !one->hide, "hidden");
	is_str(conf_value(one->section, "alerts", NULL), "a", "alerts are inherited");
	is_str(conf_value(two->section, "alerts", NULL), "", "and taken away");
	is_int(name->pings, 7, "pings of the target");
	is_int(inner->pings, 7, "inherited");
	is_str(conf_target_value(conf, inner, "server", NULL), "192.0.2.53",
	    "probe variable inherited");
	is_str(conf_target_value(conf, inner, "lookup", NULL), "example.com",
	    "probe variable of the probe");
	is_str(conf_target_value(conf, inner, "timeout", NULL), "5",
	    "the manual's default");
	ok(conf_target_value(conf, inner, "binary", NULL) == NULL, "none at all");
	is_str(conf_target_value(conf, one, "timeout", NULL), "2",
	    "an instance inherits from its module");
	ok(shell->note == NULL, "SSH can be measured");
	is_str(path->note, "cannot measure: www.example/en is not the name of a host",
	    "a host with a path");
	ok(all->kind == CONF_MULTIHOST && all->members == 3, "multihost");
	is_str(all->member[1], "G.Two~s1", "a member of a slave");
	const struct conf_target *dyn = conf_target_by_path(conf, "G.Dyn");
	ok(dyn->kind == CONF_DYNAMIC, "dynamic");
	is_str(dyn->host, "DYNAMIC", "its host is shown without the hash");
	is_str(conf_dynamic_hash(dyn), "abc", "which is known");
	ok(conf_lacks_address(dyn), "it has no address");
	conf_set_address((struct conf *)conf, dyn, "192.0.2.7");
	is_str(dyn->host, "192.0.2.7", "until one is told");
	ok(!conf_lacks_address(dyn), "which it has then");
	conf_set_address((struct conf *)conf, dyn, NULL);
	is_str(dyn->host, "DYNAMIC", "and not any more");
	conf_free(conf);
}

static void
test_overrides(void)
{
	struct conf *conf = good(
	    HEAD "+ A\nhost = 1.2.3.4\n++ B\nhost = 1.2.3.5\n"
		 "+ C\nhost = 1.2.3.6\n+ D\nprobe = DNS\nhost = x\n"
		 "*** Overrides ***\n+ A.B\nsampler = burst\n+ A\nsampler = poisson\n"
		 "+ probe:FPing\nsampler = spread\n"
		 "+ D\ndns_over = tls\n");
	const char *want[] = { "poisson", "burst", "spread", NULL };
	struct place at;

	for (size_t i = 0; i < 4; i++)
		is_str(conf_target_value(conf, conf->target[i], "sampler", &at),
		    want[i], conf->target[i]->path);
	is_int(conf_target_home(conf, conf->target[3]), MODULE_FETCHER,
	    "DNS over TLS is the fetcher's");
	conf_free(conf);
}

/* Targets of CONF that are pinged, in order: "A.B C ". For the caller to free. */
static char *
pinged(const struct conf *conf)
{
	char *text = mem_str("");

	for (size_t i = 0; i < conf->target_count; i++)
		if (conf_target_is_pinged(conf->target[i])) {
			char *more = mem_printf("%s%s ", text, conf->target[i]->path);
			free(text);
			text = more;
		}
	return text;
}

static void
test_filter(void)
{
	static const struct {
		const char *filter[2];
		size_t count;
		const char *want;
	} cases[] = {
		{ { NULL }, 0, "A A.B AB C.D " }, { { "/A" }, 1, "A A.B AB " },
		{ { "/A/" }, 1, "A.B " },
		{ { "/A$" }, 1, "A " }, /* what is inside does not inherit it */
		{ { "B" }, 1, "" },	/* anchored */
		{ { "!/A" }, 1, "C.D " }, { { "!/(A$|C)" }, 1, "A.B AB " },
		{ { "/C", "/AB" }, 2, "AB C.D " }, { { "/C", "!/A" }, 2, "C.D " },
		{ { "/" }, 1, "A A.B AB C.D " }, /* never more than without */
	};
	struct err err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf_report report = { 0 };
		struct conf *conf = good(HEAD
		    "+ A\nhost = 1.2.3.4\n++ B\nhost = 1.2.3.5\n+ AB\nhost = 1.2.3.6\n"
		    "+ C\n++ D\nhost = 1.2.3.7\n++ E\nhost = 1.2.3.8\n"
		    "nomasterpoll = yes\n++ F\nhost = /A /C/D\n");
		struct conf *told;
		char *text, *here, *there;

		conf_filter(conf, cases[i].filter, cases[i].count);
		text = checked_text(conf, ~0U);
		told = conf_parse_checked(text, strlen(text), &report);
		here = pinged(conf);
		there = told == NULL ? mem_str("nothing") : pinged(told);
		is_str(here, cases[i].want, "--filter");
		is_str(there, cases[i].want, "and what workers are told of it");
		free(here);
		free(there);
		free(text);
		conf_free(conf);
		if (told != NULL)
			conf_free(told);
		conf_report_free(&report);
	}
	is_int(conf_filter_check("!/A", &err), 0, "a good filter");
	ok(conf_filter_check("/A(", &err) != 0 && strstr(err.text, "/A(") != NULL,
	    "no expression: refused by name");
	ok(conf_filter_check("", &err) != 0, "nothing: refused");
}

static void
test_concurrent(void)
{
	struct conf *conf =
	    good(GENERAL "concurrentprobes = no\noffset = 10%\n" DATABASE PRESENTATION
			 "*** Probes ***\n+ FPing\nstep = 60\noffset = 50%\n" TARGETS
			 "+ A\nhost = 1.2.3.4\n");

	is_int(conf->target[0]->step, 300,
	    "one process for all: a probe's step is ignored");
	is_int(conf->probe[0].offset_pct, 10, "and its offset");
	conf_free(conf);
}

/* --- checked text ---------------------------------------------------------------- */

static struct conf *
again(const char *text)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_parse_checked(text, strlen(text), &report);

	if (!ok(conf != NULL && report.count == 0, "checked text is read"))
		conf_report_print(&report, stdout);
	conf_report_free(&report);
	return conf;
}

static void
test_checked(void)
{
	struct conf *conf = good(
	    HEAD "@define Q \"\n+ A # x\ntitle = a \\\n   # b\nhost = 1.2.3.4\n"
		 "++ B\nprobe = Web\nhost = x\nmenu = \"q\" '\n"
		 "*** Slaves ***\nsecrets = /x\n+ s\ndisplay_name = S\ncolor = ffffff\n"
		 "++ override\na=b = c\n"
		 "*** InfluxDB ***\nhost = h\ndatabase = d\npassword = sesame\n");
	struct conf *second, *third;
	const struct conf_target *t;
	char *text, *text2;

	conf->generation = 7;
	text = checked_text(conf, ~0U);
	ok(strstr(text, "sesame") != NULL, "secrets go where they are asked for");
	second = again(text);
	text2 = checked_text(second, ~0U);
	is_str(text2, text, "and written again it is the same");
	is_int(second->generation, 7, "the generation travels along");
	t = conf_target_by_path(second, "A");
	is_str(t->title, "a  # b", "a # in a value survives");
	is_int(conf_var(t->section, "title")->at.line, HEAD_LINES + 4,
	    "so does its place");
	is_str(conf_var(t->section, "title")->at.file, "config", "and its file");
	free(text);
	free(text2);

	text = checked_text(conf, ~0U & ~CONF_SECRETS);
	ok(strstr(text, "sesame") == NULL && strstr(text, "password = •••") != NULL,
	    "else they are bullets");
	conf_free(again(text));
	free(text);

	struct conf *opening = good(GENERAL DATABASE PRESENTATION PROBES
	    "+ IOSPing\nbinary = /bin/true\n+ SipSak\nbinary = /bin/true\n"
	    "params = -a sesame\n" TARGETS
	    "+ A\nprobe = IOSPing\nhost = x\nioshost = sesame@router\n");
	text = checked_text(opening, ~0U & ~CONF_SECRETS);
	ok(strstr(text, "sesame") == NULL && strstr(text, "ioshost = •••") != NULL &&
		strstr(text, "params = •••") != NULL,
	    "so are communities and what programs are called with");
	free(text);
	conf_free(opening);

	text = checked_text(conf, CONF_TARGETS);
	third = again(text);
	is_int(
	    (long long)third->target_count, 2, "targets without their probes are read");
	conf_free(third);
	free(text);
	conf_free(second);
	conf_free(conf);
}

static void
test_bad_checked(void)
{
	static const char *const bad[] = { "", "x", "*** General ***\n",
		"#@ checked 1\n#@ x\n", "#@ checked 1\n*** General ***\nfoo = 1\n",
		"#@ checked 1\n#@ 1 f\n*** Targets ***\n++ a\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct conf_report report = { 0 };
		struct conf *conf = conf_parse_checked(bad[i], strlen(bad[i]), &report);

		ok(conf == NULL && report.errors > 0, "bad checked text %zu", i);
		conf_free(conf);
		conf_report_free(&report);
	}
}

/* --- the default, and many ------------------------------------------------------- */

static void
test_default(void)
{
	char path[512], *text;
	struct conf_report report = { 0 };
	struct conf *conf;
	struct err err;

	snprintf(path, sizeof(path), "%s/fresh", conf_dir);
	is_int(conf_write_default(path, "/data here", &err), 0, "defaults are written");
	is_int(conf_write_default(path, "/data", &err), -1, "but never over others");
	is_int(conf_write_default(path, "/da#ta", &err), -1, "nor what cannot be said");
	conf = conf_load(path, &report);
	text = report_text(&report);
	is_str(text, "", "they are read without a word");
	free(text);
	is_str(conf->datadir, "/data here", "with the data directory");
	is_int((long long)conf->rra_count, 8, "eight archives");
	ok(conf_target_by_path(conf, "Home.Self") != NULL, "this host is in them");
	ok(conf->periods == 4 && conf->period[3].seconds == 400 * 86400, "four ranges");
	text = checked_text(conf, ~0U);
	conf_free(again(text));
	free(text);
	conf_free(conf);
	conf_report_free(&report);
}

/* A directory beside the one that was meant. */
static void
test_elsewhere(void)
{
	char path[512], file[600], want[1024], *text;
	struct conf_report report = { 0 };
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/elsewhere", conf_dir);
	snprintf(file, sizeof(file), "%s/notes", path);
	mkdir(path, 0755);
	conf = conf_load(path, &report);
	ok(conf != NULL && report.errors + report.warnings == 0,
	    "an empty directory gives the defaults");
	conf_free(conf);
	fclose(fopen(file, "w"));
	conf = conf_load(path, &report);
	ok(conf == NULL, "one that holds other things is refused");
	text = report_text(&report);
	snprintf(want, sizeof(want),
	    "%s/: holds none of SmokePing's files, expected config, or some of "
	    "General Alerts Database Presentation Probes Slaves Targets, "
	    "or an empty directory\n",
	    path);
	is_str(text, want, "and the message says what it should hold");
	free(text);
	conf_report_free(&report);
	snprintf(file, sizeof(file), "%s/smokebox", path);
	fclose(fopen(file, "w"));
	conf = conf_load(path, &report);
	ok(conf != NULL, "our own file is reason enough");
	conf_free(conf);
	conf_report_free(&report);
}

static void
test_many(void)
{
	struct conf_report report = { 0 };
	struct conf *conf;
	char path[512];
	int64_t begin;
	FILE *f;

	snprintf(path, sizeof(path), "%s/Targets", conf_dir);
	f = fopen(path, "w");
	fputs(TARGETS, f);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(f, "+ T%u\nmenu = Target %u\ntitle = x\nhost = 10.0.%u.%u\n", i,
		    i, i >> 8, i & 255);
	fclose(f);
	begin = clock_mono_ns();
	conf = conf_load(conf_dir, &report);
	ok(conf != NULL && conf->target_count == 10000, "ten thousand targets");
	ok(clock_mono_ns() - begin < 5 * CLOCK_NS_PER_S, "in %.3f s",
	    (double)(clock_mono_ns() - begin) / 1e9);
	ok(conf_target_by_path(conf, "T9999") == conf->target[9999],
	    "the last one is there");
	conf_free(conf);
	conf_report_free(&report);
	drop("Targets");
}

/* --- the manual ------------------------------------------------------------------ */

/* True when WORD stands alone in TEXT. */
static bool
mentions(const char *text, const char *word)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		if ((p == text || strchr(letters, p[-1]) == NULL) &&
		    (p[len] == '\0' || strchr(letters, p[len]) == NULL))
			return true;
	return false;
}

/* Every section and key below SCHEMA is in the manual. */
static void
in_manual(const char *manual, const struct schema *schema, unsigned depth)
{
	for (const struct schema_key *k = schema->key; k != NULL && k->name != NULL;
	     k++)
		if (k->name[0] != '/' && !(k->flags & KEY_INTERNAL))
			ok(mentions(manual, k->name), "the manual has %s of %s",
			    k->name, schema->name);
	if (schema->child == NULL || depth > 4)
		return;
	for (const struct schema *s = schema->child; s->name != NULL; s++) {
		if (s->internal)
			continue;
		if (s->name[0] != '/')
			ok(mentions(manual, s->name), "the manual has %s", s->name);
		in_manual(manual, s, depth + 1);
	}
}

static void
test_manual(void)
{
	const char *source = getenv("SOURCE");
	static char manual[1 << 20];
	char *path;
	size_t len;
	FILE *f;

	if (source == NULL) {
		ok(true, "the manual # SKIP no SOURCE");
		return;
	}
	path = mem_printf("%s/etc/smokebox.5", source);
	f = fopen(path, "r");
	len = f != NULL ? fread(manual, 1, sizeof(manual) - 1, f) : 0;
	ok(len > 1000, "there is a manual");
	in_manual(manual, &schema_root, 0);
	if (f != NULL)
		fclose(f);
	free(path);
}

int
main(void)
{
	log_init("conf.t", LOG_LEVEL_WARN);
	conf_begin();
	test_messages();
	test_many_notes();
	test_idle();
	test_sections();
	test_files();
	test_lines();
	test_tables();
	test_views();
	test_overrides();
	test_filter();
	test_concurrent();
	test_checked();
	test_bad_checked();
	test_default();
	test_elsewhere();
	test_many();
	test_manual();
	conf_end();
	return tap_done();
}
