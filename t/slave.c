/* What a master and its slaves say to each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "recorder/rhythm.h"
#include "slave/data.h"
#include "slave/mastertree.h"
#include "slave/report.h"
#include "slave/rowtext.h"
#include "slave/sign.h"
#include "slave/slavetext.h"
#include "t/tap.h"

/* is_str() with a name that holds TEXT in one line. */
static void
same(const char *got, const char *want, const char *what, const char *text)
{
	char name[128];

	snprintf(name, sizeof name, "%s: %.100s", what, text);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	is_str(got, want, name);
}

/* --- Perl's notation ------------------------------------------------------------- */

/* What TEXT becomes when it is read and written again, or the complaint; to be freed. */
static char *
again(const char *text)
{
	struct err err;
	struct data *d = data_read_perl(text, strlen(text), &err);
	char *result = NULL;
	size_t len;

	if (d == NULL)
		return strdup(err.text);
	FILE *out = open_memstream(&result, &len);
	data_write_perl(d, out);
	fclose(out);
	data_free(d);
	return result;
}

static void
perl(void)
{
	static const struct {
		const char *text, *becomes;
	} cases[] = {
		{ "$VAR1 = {};", "$VAR1 = {\n};\n" },
		{ "$VAR1 = [ 1, -2, 'a', undef ];\n",
		    "$VAR1 = [\n  '1',\n  '-2',\n  'a',\n  undef\n];\n" },
		{ "$VAR1 = {\n 'a' => { 'b' => 'it\\'s \\\\ \\n' },\n 'c' => []\n};",
		    "$VAR1 = {\n  'a' => {\n    'b' => 'it\\'s \\\\ \\\\n'\n  },\n"
		    "  'c' => [\n  ]\n};\n" },
		{ "$VAR1 = \"z\\x{fc}rich \\$ \\@ \\\" \\n\";",
		    "$VAR1 = 'z\xc3\xbcrich $ @ \" \n';\n" },
		{ "$VAR1 = { 'a' => $VAR1->{'b'}{'c'}[0], };",
		    "$VAR1 = {\n  'a' => undef\n};\n" },
		{ "$VAR1 = `id`;",
		    "line 1: expected a string, an integer, undef, { or [" },
		{ "$VAR1 = system('id');",
		    "line 1: expected a string, an integer, undef, { or [" },
		{ "$VAR1 = {\n'a' => 'b'\n}; system('id');",
		    "line 3: expected ; and the end" },
		{ "$VAR1 = \"@{[ `id` ]}\";",
		    "line 1: expected a string as Data::Dumper writes it" },
		{ "$VAR1 = \"$ENV{PATH}\";",
		    "line 1: expected a string as Data::Dumper writes it" },
		{ "$VAR1 = { a => 1 };", "line 1: expected a quoted key" },
		{ "$VAR1 = { 'a', 1 };", "line 1: expected =>" },
		{ "$VAR1 = { 'a' => 1 'b' => 2 };", "line 1: expected , or }" },
		{ "$VAR1 = bless( {}, 'X' );",
		    "line 1: expected a string, an integer, undef, { or [" },
		{ "$VAR1 = 'open", "line 1: expected the closing quote of this string" },
		{ "$VAR1 = '1' . '2';", "line 1: expected ; and the end" },
		{ "$VAR1 = $VAR1->{`id`};", "line 1: expected an index" },
		{ "", "line 1: expected $VAR1 = ..." },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *got = again(cases[i].text);

		same(got, cases[i].becomes, "Perl", cases[i].text);
		free(got);
	}
	char deep[400] = "$VAR1 = ";
	memset(deep + strlen(deep), '[', 100);
	char *got = again(deep);
	is_str(got, "line 1: expected less nesting", "Perl: bounded depth");
	free(got);
}

/* --- rows ------------------------------------------------------------------------ */

/* TEXT, a row of PINGS pings, read and written again, or the complaint. */
static char *
row_again(const char *text, unsigned pings)
{
	static struct round r;
	struct err err;
	char *result = NULL;
	size_t len;

	if (rowtext_read(text, strlen(text), pings, &r, &err) < 0)
		return strdup(err.text);
	FILE *out = open_memstream(&result, &len);
	rowtext_write(out, &r);
	fclose(out);
	return result;
}

static void
rows(void)
{
#define E(v) v "000000000e-03"
	static const struct {
		unsigned pings;
		const char *text, *becomes;
	} cases[] = {
		{ 3, "U:0:2e-3:1e-3:2e-3:3e-3",
		    "U:0:" E("2.0") ":" E("1.0") ":" E("2.0") ":" E("3.0") },
		{ 4, "17:1:0.002:0.001:0.002:0.003:U",
		    "U:1:" E("2.0") ":" E("1.0") ":" E("2.0") ":" E("3.0") ":U" },
		{ 4, "U:3:0.002:U:0.002:U:U", "U:3:" E("2.0") ":U:" E("2.0") ":U:U" },
		{ 3, "U:3:U:U:U:U", "U:3:U:U:U:U" },
		{ 3, "U:U:U:U:U:U", "U:U:U:U:U:U" },
		{ 4, "U:0:0.002:0.001:0.002:0.003:U",
		    "U:0:" E("2.0") ":" E("1.0") ":" E("2.0") ":" E("3.0") ":U" },
		{ 4, "U:0:2e-3:1e-3:2e-3:3e-3", "ping4 is missing" },
		{ 3, "U:0:2e-3:1e-3:2e-3:3e-3:4e-3", "more than 3 pings" },
		{ 3, "U:1:2e-3:1e-3:2e-3:3e-3", "loss: 1 lost and 3 answered of 3 pings" },
		{ 3, "U:4:2e-3:1e-3:2e-3:3e-3",
		    "loss: expected U or a number from 0 to 3" },
		{ 3, "U:3:2e-3:1e-3:U:U", "loss: 3 lost and 1 answered of 3 pings" },
		{ 3, "U:0:U:U:U:U", "loss: 0 lost and 0 answered of 3 pings" },
		{ 3, "U:0:2e-3:1e-3:-2e-3:3e-3",
		    "ping2: expected U or a number from 0 to 1000000" },
		{ 3, "U:0:2e-3:1e-3:nan:3e-3",
		    "ping2: expected U or a number from 0 to 1000000" },
		{ 3, "U:0:2e-3:1e-3:0x1p3:3e-3",
		    "ping2: expected U or a number from 0 to 1000000" },
		{ 3, "", "uptime: expected U or a number from 0 to 1000000000000" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *got = row_again(cases[i].text, cases[i].pings);

		same(got, cases[i].becomes, "row", cases[i].text);
		free(got);
	}
}

static void
lines(void)
{
	static const char *const bad[] = { "", "/A", "/A\t1", "A\t1\tU:0",
		"/A/../B\t1\tU:0", "/A//B\t1\tU:0", "/A/\t1\tU:0", "/A~s\t1\tU:0",
		"/A\t-1\tU:0", "/A\t\tU:0", "/A\t123456789012\tU:0", "/A\t1.5\tU:0" };
	static const char good[] = "/A/B-1_c\t1764183600\tU:0:1";
	struct rowline line;
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(rowline_read(bad[i], strlen(bad[i]), &line, &err) < 0, "no line: %zu",
		    i);
	is_int(rowline_read(good, strlen(good), &line, &err), 0, "a line");
	is_str(line.path, "A.B-1_c", "its path");
	is_int(line.time, 1764183600, "its time");
	ok(line.row_len == 5 && memcmp(line.row, "U:0:1", 5) == 0, "its row");
}

static void
digests(void)
{
	char text[SIGN_TEXT];

	sign_text(SIGN_MD5, "topsecret", "", 0, text);
	is_str(text, "2ebb3f5011cdd8d255ab6cfdba7d9f69", "HMAC-MD5 as SmokePing has it");
	/* RFC 4231, test case 2 */
	sign_text(SIGN_SHA256, "Jefe", "what do ya want for nothing?", 28, text);
	is_str(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	    "HMAC-SHA256");
	ok(sign_same(text, text), "the same");
	ok(!sign_same(text, NULL) && !sign_same(text, "") && !sign_same("a", "b"),
	    "another one");
}

/* --- rows of the grid ------------------------------------------------------------ */

static void
rhythms(void)
{
	static const struct {
		int64_t time, row;
	} calls[] = {
		{ 600, 600 },	{ 899, 900 },	{ 1201, 1200 }, { 1499, 1500 },
		{ 2701, 2700 }, /* it was away */
		{ 2710, 2700 }, /* started again in the same step */
		{ 3010, 3000 }, { 3290, 3300 }, { 3290, 3300 }, /* the same again */
		{ 3589, 3600 }, { 3910, 3900 }, { 3589, 3300 }, /* older ones */
		{ 3290, 3000 }, { 3910, 3900 }, { 4199, 4200 },
		{ 1000, 900 },	{ 5100, 5100 }, /* another clock, for a while */
	};
	struct rhythm rhythm = { 0 };
	unsigned wrong = 0;

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		wrong += rhythm_row(&rhythm, calls[i].time, 300) != calls[i].row;
	is_int(wrong, 0, "each round has the row that it should have");
	/* A place in the step that wanders: every row once, for three days. */
	rhythm = (struct rhythm){ 0 };
	int64_t last = 0;
	for (int i = 0; i < 864; i++) {
		int64_t time = 1764183600 + i * 300 + (int64_t)(140 * sin(i / 40.0));
		int64_t row = rhythm_row(&rhythm, time, 300);
		wrong += row % 300 != 0 || (i > 0 && row != last + 300) ||
			 llabs(row - time) > 600;
		last = row;
	}
	is_int(wrong, 0, "a wandering slave fills each row once");
}

/* --- the configuration of a slave ------------------------------------------------ */

static const char master_text[] =
    "#@ checked 1\n"
    "*** General ***\n#@ 2 f\nowner = O\ncontact = c@d.e\ncgiurl = http://a/b\n"
    "datadir = /d\nmailpass = hidden\n"
    "*** Database ***\nstep = 60\npings = 10\n\"AVERAGE\" \"0.5\" \"1\" \"1000\"\n"
    "*** Probes ***\n+ FPing\nbinary = /usr/bin/fping\n+ DNS\nbinary = /usr/bin/dig\n"
    "lookup = x.example\n++ DnsA\nbinary = /usr/bin/dig\nlookup = y.example\n"
    "pings = 5\n++ DnsB\nbinary = /tmp/evil\n+ Curl\nurlformat = http://%host%/\n"
    "*** Slaves ***\nsecrets = x\n+ s1\ndisplay_name = S1\ncolor = 00ff00\n"
    "secret = one\n++ override\nDatabase.pings = 7\nProbes.FPing.binary = /usr/sbin/fping\n"
    "Probes.Curl.binary = /x\n+ s2\ndisplay_name = S2\ncolor = 00ff00\n"
    "+ s3\ndisplay_name = S3\ncolor = 00ff00\n"
    "*** Targets ***\nprobe = Curl\nmenu = Top\ntitle = Top's\n"
    "+ A\nprobe = FPing\nmenu = A\ntitle = A\nslaves = s1 s2\n"
    "++ one\nprobe = FPing\nhost = one.example\nslaves = s1 s2\nsampler = burst\n"
    "++ two\nprobe = DnsA\nhost = two.example\nslaves = s2\n"
    "++ three\nprobe = FPing\nhost = three.example\nslaves = \n"
    "+ B\nprobe = FPing\n++ four\nprobe = FPing\nhost = four.example\n";

static struct conf *
master(void)
{
	struct conf_report report = { 0 };
	struct conf *conf =
	    conf_parse_checked(master_text, strlen(master_text), &report);

	conf_report_print(&report, stderr);
	conf_report_free(&report);
	if (conf == NULL)
		exit(1);
	return conf;
}

static char *
tree_text(struct data *tree)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	data_write_perl(tree, out);
	fclose(out);
	return text;
}

/* The text of TREE's configuration as it is loaded; NULL with what is wrong told. */
static struct conf *
slave_conf(const struct data *tree, char **text)
{
	struct conf_report report = { 0 };
	struct err err;
	char path[] = "/tmp/smokebox-slave.XXXXXX";
	size_t len;
	struct conf *conf = NULL;
	FILE *out = open_memstream(text, &len);

	if (slavetext_write(tree, "/tmp", out, &err) < 0)
		printf("# %s\n", err.text);
	fclose(out);
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	fwrite(*text, len, 1, file);
	fclose(file);
	conf = conf_load(path, &report);
	remove(path);
	for (size_t i = 0; i < report.count; i++)
		printf("# %u: %s\n", report.problem[i].at.line, report.problem[i].text);
	conf_report_free(&report);
	return conf;
}

static void
told(void)
{
	struct conf *conf = master();
	const struct conf_slave *s1 = conf_slave_by_name(conf, "s1"), *who = NULL;
	const struct conf_target *one = conf_target_by_path(conf, "A.one");
	char path[64];

	is_int((long)conf->slave_count, 3, "three slaves");
	is_str(s1->secret, "one", "its secret");
	ok(conf_slave_by_name(conf, "s2")->secret == NULL, "another has none");
	is_int((long)one->slaves, 2, "two measure A.one");
	conf_series_path(one, s1, path, sizeof path);
	is_str(path, "A.one~s1", "what it sees of it");
	ok(conf_series_by_id(conf, conf_target_id("A.one~s1"), &who) == one && who == s1,
	    "found by its id");
	ok(conf_series_by_id(conf, conf_target_id("A.two~s1"), &who) == NULL,
	    "what it does not measure");
	ok(mastertree_make(conf, conf_slave_by_name(conf, "s3"), false) == NULL,
	    "a slave without targets is told nothing");

	struct data *tree = mastertree_make(conf, s1, false);
	uint32_t stamp = mastertree_stamp(tree);
	char *text = tree_text(tree);
	ok(stamp > 0 && stamp < 1000000000, "its stamp is older than any file");
	ok(strstr(text, "one.example") != NULL, "its target");
	ok(strstr(text, "two.example") == NULL && strstr(text, "three.example") == NULL &&
	       strstr(text, "four.example") == NULL,
	    "and none of the others");
	ok(strstr(text, "hidden") == NULL && strstr(text, "DnsA") == NULL,
	    "no password, no probe of others");
	ok(strstr(text, "sampler") == NULL, "nor our own variables");
	is_str(data_value(data_get(tree, "Database"), "pings", ""), "7", "an override");
	is_str(data_value(data_get(data_get(tree, "Probes"), "FPing"), "binary", ""),
	    "/usr/sbin/fping", "an override of a probe");
	ok(data_get(data_get(tree, "Probes"), "Curl") != NULL,
	    "the probe of the outer sections");
	free(text);

	struct data *other = mastertree_make(conf, s1, true);
	is_str(data_value(data_get(data_get(data_get(other, "Targets"), "A"), "one"),
		   "sampler", ""),
	    "burst", "another smokebox is told our own variables");
	ok(mastertree_stamp(other) != stamp, "and that is another configuration");
	struct conf *made = slave_conf(other, &text);
	ok(made != NULL, "it becomes a configuration");
	if (made != NULL) {
		one = conf_target_by_path(made, "A.one");
		ok(one != NULL && strcmp(one->host, "one.example") == 0, "with its host");
		is_int(one != NULL ? one->pings : 0, 7, "its pings");
		is_int(made->step, 60, "its step");
		is_str(one != NULL ? conf_target_value(made, one, "sampler", NULL) : "",
		    "burst", "its variable");
		is_int((long)made->rra_count, 1, "its archives");
	}
	conf_free(made);
	free(text);
	data_free(other);
	data_free(tree);

	tree = mastertree_make(conf, conf_slave_by_name(conf, "s2"), false);
	made = slave_conf(tree, &text);
	ok(made != NULL && conf_target_by_path(made, "A.two") != NULL,
	    "an instance of a probe");
	is_int(made != NULL ? conf_target_by_path(made, "A.two")->pings : 0, 5,
	    "and its pings");
	conf_free(made);
	free(text);
	data_free(tree);
	conf_free(conf);
}

/* What a master could try. */
static void
evil(void)
{
	static const char text[] =
	    "$VAR1 = { 'General' => { 'owner' => 'x\n@include /etc/passwd' },"
	    "'Database' => { 'step' => '10', 'pings' => '5', '_table' => "
	    "[ [ 'AVERAGE', '0.5', '1', '100' ], 'x', [ '1' ], "
	    "[ 'AVERAGE\" \"', '0.5', '1', '100' ] ] },"
	    "'Probes' => { 'FPing' => { 'binary' => '/tmp/x', 'a b' => 1 }, 'IRTT' => "
	    "{ 'binary' => '/usr/bin/../../tmp/irtt', 'extraargs' => '-q', "
	    "'writeto' => '/etc/cron.d/x' }, "
	    "'SipSak' => { 'binary' => '/usr/bin/sipsak' } },"
	    "'Targets' => { 'probe' => 'FPing', 'menu' => 'M', 'title' => 'T #x', "
	    "'_order' => 1, 'A' => { 'probe' => 'FPing', 'host' => 'a.example', "
	    "'alerts' => [ 'x' ], 'fetchlength' => 5, 'menu' => 'trailing\\\\' }, "
	    "'B\n*** General ***' => { 'host' => 'b' }, 'C' => undef, "
	    "'D' => { 'probe' => 'FPing', 'host' => '/A' }, "
	    "'E' => { 'probe' => 'IRTT', 'host' => 'e.example', 'readfrom' => '/x' } } };";
	struct err err;
	struct data *d = data_read_perl(text, strlen(text), &err);
	struct conf *conf;
	char *made = NULL;

	ok(d != NULL, "an evil master's text can be read");
	conf = slave_conf(d, &made);
	ok(conf != NULL, "and what is left is a configuration");
	ok(strstr(made, "\n@include") == NULL && strstr(made, "/tmp/x") == NULL &&
	       strstr(made, "irtt") == NULL && strstr(made, "cron") == NULL &&
	       strstr(made, "a b") == NULL && strstr(made, "readfrom = ") == NULL,
	    "without what is not its business");
	ok(strstr(made, "binary = /usr/bin/sipsak") != NULL, "with the system's programs");
	if (conf != NULL) {
		ok(conf_target_by_path(conf, "A") != NULL &&
		       conf_target_by_path(conf, "A")->kind == CONF_MEASURED,
		    "with a target");
		ok(conf_target_by_path(conf, "D") != NULL &&
		       conf_target_by_path(conf, "D")->kind == CONF_GROUP,
		    "what only draws others is no target here");
		is_int((long)conf->rra_count, 1, "a row of archives that is one");
	}
	conf_free(conf);
	free(made);
	data_free(d);
}

/* Each variable by which a master could have a file of this machine read or written. */
static void
files(void)
{
	static const struct {
		const char *module, *vars, *key;
		bool passes;
	} tries[] = {
		{ "FTPtransfer", "'mode' => 'put', 'srcfile' => '/etc/x'", "srcfile", false },
		{ "FTPtransfer",
		    "'mode' => 'get', 'srcfile' => '/etc/x', 'mode' => 'put'",
		    "srcfile", false },
		{ "FTPtransfer", "'srcfile' => '/etc/x'", "srcfile", false },
		{ "FTPtransfer", "'mode' => 'get', 'srcfile' => '/a/file'", "srcfile",
		    true },
		{ "FTPtransfer", "'passwordfile' => '/etc/x'", "passwordfile", false },
		{ "LDAP", "'passwordfile' => '/etc/x'", "passwordfile", false },
		{ "Radius", "'passwordfile' => '/etc/x'", "passwordfile", false },
		{ "Radius", "'secretfile' => '/etc/x'", "secretfile", false },
		{ "TacacsPlus", "'passwordfile' => '/etc/x'", "passwordfile", false },
		{ "TacacsPlus", "'secretfile' => '/etc/x'", "secretfile", false },
		{ "STAMP", "'keyfile' => '/etc/x'", "keyfile", false },
		{ "DoT", "'dns_tls_ca' => '/etc/x'", "dns_tls_ca", false },
		{ "DoH", "'dns_tls_ca' => '/etc/x'", "dns_tls_ca", false },
		{ "DNS", "'dns_tls_ca' => '/etc/x'", "dns_tls_ca", false },
		{ "Curl", "'extraargs' => '-s --cacert /etc/x'", "extraargs", false },
		{ "Curl", "'extraargs' => '-s;--cacert;/etc/x', 'extrare' => '/;/'",
		    "extraargs", false },
		{ "AnotherCurl", "'extraargs' => '-d @/etc/x'", "extraargs", false },
		{ "Curl", "'extraargs' => '--url file:///etc/x'", "extraargs", false },
		{ "Curl", "'extraargs' => '-u me@there:word --head'", "extraargs", true },
		{ "IRTT", "'readfrom' => '/etc/x'", "readfrom", false },
		{ "IRTT", "'readfrom' => '..'", "readfrom", false },
		{ "IRTT", "'writeto' => '/etc/x'", "writeto", false },
		{ "IRTT", "'readfrom' => 'run_1'", "readfrom", true },
		{ "IRTT", "'writeto' => 'run_1'", "writeto", true },
		{ "SipSak", "'params' => '-i -f /etc/x'", "params", false },
		{ "SipSak", "'params' => '-vf/etc/x'", "params", false },
		{ "SipSak", "'params' => '--file=/etc/x'", "params", false },
		{ "SipSak", "'params' => '-i --numeric'", "params", true },
		{ "Qstat", "'game' => 'of'", "game", false },
		{ "Qstat", "'game' => 'Ts'", "game", false },
		{ "Qstat", "'game' => 'q3s'", "game", true },
	};

	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		char text[512], line[64], what[160], *made = NULL;
		size_t len;
		struct err err;

		/* As variables of the probe, and of a target. */
		snprintf(text, sizeof text,
		    "$VAR1 = { 'Probes' => { '%s' => { %s } }, 'Targets' => { "
		    "'probe' => '%s', 'A' => { 'host' => 'a.example', %s } } };",
		    tries[i].module, tries[i].vars, tries[i].module, tries[i].vars);
		struct data *d = data_read_perl(text, strlen(text), &err);
		FILE *out = open_memstream(&made, &len);
		int r = d == NULL ? -1 : slavetext_write(d, "/tmp", out, &err);
		fclose(out);
		snprintf(line, sizeof line, "\n%s = ", tries[i].key);
		snprintf(what, sizeof what, "%s, %s: %s", tries[i].module, tries[i].vars,
		    tries[i].passes ? "passes" : "left out");
		ok(r == 0 && (strstr(made, line) != NULL) == tries[i].passes &&
			(strstr(made, "/etc/x") != NULL) == false,
		    "%s", what);
		snprintf(line, sizeof line, "\n# %s: left out, a master names no files\n",
		    tries[i].key);
		snprintf(what, sizeof what, "%s: and it is said", tries[i].key);
		if (!tries[i].passes)
			ok(strstr(made, line) != NULL, "%s", what);
		free(made);
		data_free(d);
	}
}

/* What is mandatory and left out must not end the measurement of the rest. */
static void
file_left_out(void)
{
	static const char text[] =
	    "$VAR1 = { 'Database' => { 'step' => '10', 'pings' => '5', '_table' => "
	    "[ [ 'AVERAGE', '0.5', '1', '100' ] ] }, 'Probes' => { 'FPing' => {}, "
	    "'FTPtransfer' => { 'mode' => 'put', 'srcfile' => '/etc/x' } }, "
	    "'Targets' => { 'probe' => 'FPing', 'A' => { 'host' => 'a.example' }, "
	    "'F' => { 'probe' => 'FTPtransfer', 'host' => 'f.example', "
	    "'username' => 'me', 'password' => 'x' } } };";
	struct err err;
	struct data *d = data_read_perl(text, strlen(text), &err);
	char *made = NULL;
	struct conf *conf = slave_conf(d, &made);

	ok(conf != NULL && conf_target_by_path(conf, "A") != NULL,
	    "without a mandatory file the others are measured");
	conf_free(conf);
	free(made);
	data_free(d);
}

/* --- reports --------------------------------------------------------------------- */

static struct round got;
static char got_path[64];
static unsigned got_rounds, got_wrong;

static void
got_round(void *ctx, const char *path, const struct round *r)
{
	(void)ctx;
	got = *r;
	snprintf(got_path, sizeof got_path, "%s", path);
	got_rounds++;
}

static bool
got_head(void *ctx, const struct report_head *head)
{
	(void)ctx;
	return head->time == 1764183600;
}

static void
got_nothing(void *ctx, const char *why)
{
	(void)ctx;
	printf("# %s\n", why);
	got_wrong++;
}

static void
reports(void)
{
	static struct round r;
	struct report_head head = { .slave = "attic",
		.nonce = "00112233445566778899aabbccddeeff",
		.config = "77",
		.time = 1764183600 };
	struct report_head back;
	struct report_answer a, b;
	struct err err;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	r.row = 1764183600;
	r.step = 60;
	r.count = 3;
	r.begin_ns = 1764183540123456000;
	r.end_ns = 1764183599123456000;
	r.late = 1;
	r.ttl = 64;
	r.extras = 1;
	r.extra[0] = (struct round_extra){ EXTRA_CONNECT, 0.0125 };
	addr_parse(&r.address, "192.0.2.7");
	r.ping[0] = (struct ping){ 1234567, PING_ANSWERED, STAMP_KERNEL };
	r.ping[1] = (struct ping){ -1, PING_TIMEOUT, STAMP_USER };
	r.ping[2] = (struct ping){ 9000000, PING_LATE, STAMP_KERNEL_RX };
	report_begin(out, &head);
	report_round(out, 0, "A.B", &r);
	report_round(out, 1, "A.B", &r);
	report_end(out);
	fclose(out);
	is_int(report_read(text, len, &back, got_head, got_round, got_nothing, NULL, &err), 0,
	    "a report is read");
	is_int(got_rounds, 2, "with its rounds");
	is_int(got_wrong, 0, "all of them");
	is_str(got_path, "A.B", "the target");
	is_str(back.slave, "attic", "the slave");
	is_str(back.nonce, head.nonce, "the nonce");
	ok(got.row == r.row && got.step == r.step && got.count == 3 &&
	       got.begin_ns == r.begin_ns && got.end_ns == r.end_ns && got.late == 1 &&
	       got.ttl == 64 && got.extras == 1 && got.extra[0].value == 0.0125 &&
	       addr_same_host(&got.address, &r.address),
	    "a round is what it was");
	ok(memcmp(got.ping, r.ping, 3 * sizeof r.ping[0]) == 0, "with its pings");
	text[len - 3] = ' ';
	ok(report_read(text, len, &back, got_head, got_round, got_nothing, NULL, &err) < 0,
	    "what is broken is none");
	free(text);

	text = NULL;
	out = open_memstream(&text, &len);
	a = (struct report_answer){ .nonce = "00112233445566778899aabbccddeeff",
		.time = 5,
		.taken = 2,
		.config = data_read_perl("$VAR1 = { 'a' => [ 'b', undef ] };", 34, &err) };
	report_answer_write(out, &a);
	fclose(out);
	is_int(report_answer_read(text, len, &b, &err), 0, "an answer is read");
	is_int((long long)b.taken, 2, "with what was taken");
	ok(data_get(b.config, "a") != NULL && data_get(b.config, "a")->kind == DATA_LIST,
	    "and a configuration");
	data_free(a.config);
	data_free(b.config);
	free(text);
}

/* Before the master has told anything. */
static void
nothing_told(void)
{
	struct conf_report report = { 0 };
	char path[] = "/tmp/smokebox-slave.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	slavetext_write_empty("/tmp", file);
	fclose(file);
	struct conf *conf = conf_load_alone(path, &report);
	remove(path);
	ok(conf != NULL && conf->target_count == 0, "a first configuration has no target");
	is_int((long long)report.count, 0, "and nothing to complain of");
	conf_report_free(&report);
	conf_free(conf);
}

int
main(void)
{
	perl();
	rows();
	lines();
	digests();
	rhythms();
	told();
	evil();
	files();
	file_left_out();
	reports();
	nothing_told();
	return tap_done();
}
