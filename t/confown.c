/* Settings that SmokePing does not know: who is told and by what, what is measured by
 * counters, where else it goes, keys; what can hardly be meant. */
#include "t/tap.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/conf.h"
#include "config/schema.h"
#include "config/tree.h"
#include "t/conffiles.h"

/* --- keys and sinks --------------------------------------------------------------- */

static const char reflector[] = "*** Reflector ***\nlisten = :8620\n"
				"allow = 192.0.2.0/24\nkeyfile = the.key\n";

/* What warnings the keyfile with this TEXT (NULL: none) gives, and its key as a worker
 * with PARTS reads it. */
static char *
key_of(const char *text, unsigned parts, char **warnings)
{
	struct conf_report report = { 0 };
	char *checked = NULL, *key = NULL;
	size_t len = 0;

	put("smokebox", reflector);
	if (text != NULL)
		put("the.key", text);
	struct conf *conf = load(warnings);
	if (conf == NULL)
		return NULL;
	FILE *out = open_memstream(&checked, &len);
	conf_write_checked(conf, parts, out);
	fclose(out);
	ok(!conf_changed(conf), "nothing changed since");
	put("the.key", "another one\n");
	ok(conf_changed(conf), "a key that changes is a change");
	conf_free(conf);
	conf = conf_parse_checked(checked, len, &report);
	if (conf != NULL)
		key = mem_str(conf_value(conf_top(conf, "Reflector"), "key", "none"));
	conf_free(conf);
	conf_report_free(&report);
	free(checked);
	drop("the.key");
	return key;
}

static void
test_sinks(void)
{
	char *warnings, *checked = NULL;
	struct conf_report report = { 0 };
	size_t len = 0;

	put("the.token", "abc-123==\n");
	put("smokebox",
	    "*** InfluxDB ***\nhost = ::1\ndatabase = d\nusername = u\n"
	    "*** Sinks ***\nrrdcached = /run/r.sock\n+ two\nurl = https://vm/x\n"
	    "bucket = b\norg = o\ntoken_file = the.token\ntimeout = 7\n"
	    "+ ha\nurl = mqtts://broker:8884\nusername = u\npassword_file = the.token\n"
	    "discovery = home/assistant\n");
	struct conf *conf = load(&warnings);
	FILE *out = open_memstream(&checked, &len);
	conf_write_checked(conf, CONF_SINKS, out);
	fclose(out);
	is_int((long long)conf->sinks, 3, "three sinks");
	is_str(conf->sink[0].url, "http://[::1]:8086", "SmokePing's by host and port");
	is_str(conf->sink[0].user, NULL, "a name without a password is none");
	ok(conf->sink[0].loss_tags && !conf->sink[1].loss_tags,
	    "loss tags are SmokePing's");
	is_str(conf->sink[1].token, "abc-123==", "a token is read from its file");
	is_int(conf->sink[1].timeout, 7, "a timeout");
	is_str(conf->rrdcached, "/run/r.sock", "rrdcached's socket");
	ok(!conf->sink[1].mqtt && conf->sink[2].mqtt, "a broker by its URL");
	ok(conf->sink[2].topic == NULL, "its topic is the box's own name");
	is_str(conf->sink[2].discovery, "home/assistant", "and one that is set");
	is_str(conf->sink[2].password, "abc-123==", "its password");
	ok(!conf->sink[2].hosts, "hosts are not named");
	ok(strstr(checked, "abc-123") == NULL, "who needs no secrets does not see it");
	conf_free(conf);
	conf = conf_parse_checked(checked, len, &report);
	ok(conf != NULL && conf->sinks == 3, "but how many there are");
	conf_free(conf);
	conf_report_free(&report);
	free(checked);
	free(warnings);
	drop("the.token");
	drop("smokebox");
}

static void
test_talkers(void)
{
	char *warnings;

	put("smokebox", "*** Web ***\ntitle = x\n");
	struct conf *conf = load(&warnings);
	ok(conf->keep_talkers == 7 * 86400 && conf->talkers_size == 256 << 20,
	    "who filled the line is kept for a week, in 256 MiB");
	conf_free(conf);
	free(warnings);
	put("smokebox", "*** Collector ***\nkeep_talkers = 36h\ntalkers_size = 3G\n");
	conf = load(&warnings);
	ok(conf->keep_talkers == 36 * 3600 && conf->talkers_size == 3ULL << 30,
	    "or as it says");
	conf_free(conf);
	free(warnings);

	/* So many prefixes as are looked at, and one more. */
	char text[8192] = "*** Collector ***\nlocal =";
	for (unsigned i = 0; i < 256; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " 10.%u.0.0/16", i);
	put("smokebox", text);
	conf = load(&warnings);
	ok(conf != NULL, "256 local prefixes");
	conf_free(conf);
	free(warnings);
	strcat(text, " 192.0.2.0/24");
	put("smokebox", text);
	conf = load(&warnings);
	is_str(warnings,
	    "smokebox:2: syntax error in value of 'local', expected up to 256 prefixes "
	    "such as 192.0.2.0/24 2001:db8::/32\n",
	    "and one more is an error at its line");
	conf_free(conf);
	free(warnings);

	put("smokebox", "*** Collector ***\ntelescope = 192.0.2.0/33\n");
	conf = load(&warnings);
	is_str(warnings,
	    "smokebox:2: syntax error in value of 'telescope', expected prefixes such as "
	    "192.0.2.0/24 2001:db8::/32, or nothing\n",
	    "so is a telescope of no prefix");
	conf_free(conf);
	free(warnings);
	drop("smokebox");
}

static void
test_keyfiles(void)
{
	static const char *const bad[] = { "two words\n", "# comment\n", "", "a\nb\n",
		"back\\slash", NULL };
	char *warnings, *key;

	key = key_of("correct-horse\r\n", CONF_REFLECTOR | CONF_SECRETS, &warnings);
	is_str(key, "correct-horse", "a key is read from its file");
	is_str(warnings, "", "without a word");
	free(key);
	free(warnings);
	key = key_of("correct-horse", CONF_REFLECTOR, &warnings);
	is_str(key, "•••", "who needs no secrets does not see it");
	free(key);
	free(warnings);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		key = key_of(bad[i], CONF_REFLECTOR | CONF_SECRETS, &warnings);
		is_str(key, "", "what is no key is none");
		ok(strstr(warnings, "smokebox:4: warning: no key can be read from ") !=
			NULL,
		    "with a warning at its line");
		free(key);
		free(warnings);
	}
	drop("smokebox");
}

/* --- receivers -------------------------------------------------------------------- */

static const struct {
	const char *text, *complaint;
} receivers[] = {
	{ "type = mail", "smokebox:2: a: a receiver of type mail needs 'to'" },
	{ "type = ntfy\nurl = https://n/",
	    "smokebox:4: url of a: expected a topic, such as https://ntfy.sh/TOPIC" },
	{ "type = webhook\nurl = ftp://h/",
	    "smokebox:4: url of a: expected https://HOST/..." },
	{ "type = mail\nto = a@b\nurl = http://h/",
	    "smokebox:5: url of a: expected smtp://HOST:PORT or smtps://HOST" },
	{ "type = gotify\nurl = http://gotify.example/\ntoken = t",
	    "smokebox:4: warning: a: the token goes over the network unencrypted, expected "
	    "https://" },
	{ "type = slack\nurl = https://h/\nurl_env = X",
	    "smokebox:5: more than one of url, url_file and url_env is set, expected one" },
	{ "type = slack\nurl_env = SMOKEBOX_NO_SUCH",
	    "smokebox:4: warning: url_env: the environment of probed has no variable "
	    "SMOKEBOX_NO_SUCH" },
	{ "type = slack\nurl_file = none.such",
	    "none.such: No such file or directory" },
	{ "type = command\nprogram = /no/such",
	    "smokebox:4: warning: a: /no/such cannot be executed, so nobody is told" },
	{ "type = pager", "expected one of mail, webhook" },
	{ "type = slack\nurl = https://h/\nkinds = alerts",
	    "expected kinds of incidents" },
	{ "type = slack\nurl = https://h/\nkinds = loss, latency",
	    "smokebox:5: warning: a: nothing is of the kind latency" },
	{ "type = slack\nurl = https://h/\nrate = 5/s", "expected letters a minute" },
};

/* What can hardly be meant is said, with its line; what looks like it is not. */
static const struct {
	const char *text, *complaint; /* none: NULL */
} hardly_meant[] = {
	{ "listen = 127.0.0.1:2055, [::1]:2055 127.0.0.1:2055",
	    "smokebox:2: warning: 127.0.0.1:2055 stands there twice" },
	{ "listen = 127.0.0.1:2055 127.0.0.1:2056 [::1]:2055", NULL },
	{ "local = 192.0.2.0/24 0.0.0.0/0",
	    "smokebox:2: warning: every address is of the own" },
	{ "local = ::/0", "smokebox:2: warning: every address is of the own" },
	{ "local = 0.0.0.0/1 2000::/3", NULL },
	{ "telescope = 10.0.0.0/8", "smokebox:2: warning: all of 10.0.0.0/8 is in it" },
	{ "telescope = 192.0.0.0/8",
	    "smokebox:2: warning: all of 192.168.0.0/16 is in it" },
	{ "telescope = 10.5.0.0/16 192.0.2.0/24", NULL },
	{ "talkers_size = 900000G", "smokebox:2: warning: more than a terabyte" },
	{ "talkers_size = 1024G", NULL },
	{ "+ interfaces\n++ w\ndevice = 192.0.2.1",
	    "smokebox:3: warning: w: it is no interface, expected an 'index' or a 'name'" },
	{ "+ interfaces\n++ w\ndevice = 2001:db8::1\nindex = 1\n"
	  "++ v\ndevice = 2001:db8:0::1\nindex = 1",
	    "smokebox:6: warning: v: 'w' is the same interface" },
	{ "+ interfaces\n++ w\ndevice = 192.0.2.1\nname = lan\n"
	  "++ v\ndevice = 192.0.2.1\nname = lan",
	    "smokebox:6: warning: v: 'w' is the same interface" },
	{ "+ interfaces\n++ w\ndevice = 192.0.2.1\nname = lan\n"
	  "++ v\ndevice = 192.0.2.1\nname = wan\n"
	  "++ u\ndevice = 192.0.2.2\nname = wan",
	    NULL },
	{ "+ snmp\ncommunity = c\n++ a\nhost = 192.0.2.1\n++ b\nhost = 192.0.2.1",
	    "smokebox:6: warning: b: 'a' is the same device, so that it is asked twice" },
	{ "+ snmp\ncommunity = c\n++ a\nhost = 192.0.2.1\n"
	  "++ b\nhost = 192.0.2.1\nport = 1161\n"
	  "++ c\nhost = 192.0.2.1\ncontext = x",
	    NULL },
	{ "+ snmp\ncommunity = c\n++ a\nhost = 192.0.2.1\ninterfaces = 1\n"
	  "++ b\nhost = 192.0.2.1\ninterfaces = 2",
	    NULL },
};

static void
test_hardly_meant(void)
{
	char *text;

	for (size_t i = 0; i < sizeof hardly_meant / sizeof *hardly_meant; i++) {
		const char *complaint = hardly_meant[i].complaint;

		text = mem_printf("*** Collector ***\n%s\n", hardly_meant[i].text);
		put("smokebox", text);
		free(text);
		struct conf *conf = load(&text);
		bool good =
		    conf != NULL &&
		    (complaint == NULL
			    ? *text == '\0'
			    : strncmp(text, complaint, strlen(complaint)) == 0 &&
				  strchr(text, '\n') == strrchr(text, '\n'));
		if (!ok(good, "%s",
			complaint != NULL ? complaint : hardly_meant[i].text))
			printf("# %s\n", text);
		conf_free(conf);
		free(text);
	}
	drop("smokebox");
}

/* A secret that others might read is not used, until they may not. */
static void
test_mode(void)
{
	char *text, *file = mem_printf("%s/the.secret", conf_dir);
	struct stat before, after;

	put("the.secret", "wonderful\n");
	chmod(file, 0644);
	put("smokebox", "*** Collector ***\n+ snmp\n++ one\nhost = 192.0.2.1\n"
			"community_file = the.secret\n");
	struct conf *conf = load(&text);
	ok(strstr(text, "it is not used") != NULL, "a secret that others may read");
	free(text);
	ok(!conf_changed(conf), "nothing changed since");
	/* The kernel's clock for files goes by ticks. */
	bool there = stat(file, &before) == 0;
	do {
		chmod(file, 0600);
		there &= stat(file, &after) == 0;
	} while (there && after.st_ctim.tv_sec == before.st_ctim.tv_sec &&
		 after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
	ok(there && conf_changed(conf), "who may read it is a change");
	conf_free(conf);
	conf = load(&text);
	is_str(text, "", "then it is used");
	free(text);
	conf_free(conf);
	free(file);
	drop("the.secret");
	drop("smokebox");
}

static void
test_receivers(void)
{
	char *text, *file = mem_printf("%s/the.secret", conf_dir);

	for (size_t i = 0; i < sizeof(receivers) / sizeof(*receivers); i++) {
		text = mem_printf("*** Actions ***\n+ a\n%s\n", receivers[i].text);
		put("smokebox", text);
		free(text);
		struct conf *conf = load(&text);
		if (!ok(strstr(text, receivers[i].complaint) != NULL, "%s",
			receivers[i].complaint))
			printf("# %s\n", text);
		conf_free(conf);
		free(text);
	}
	put("the.secret", "Wo # rd\n");
	chmod(file, 0600);
	put("smokebox", "*** Actions ***\n+ a\ntype = telegram\nchat = 1\n"
			"token_file = the.secret\nurl = https://t/secret\n");
	struct conf *conf = load(&text);
	is_str(text, "", "a secret is read from its file without a word");
	free(text);
	text = checked_text(conf, CONF_ACTIONS | CONF_SECRETS);
	ok(strstr(text, "token = Wo # rd\n") != NULL, "who needs it sees it");
	free(text);
	text = checked_text(conf, CONF_ACTIONS);
	ok(strstr(text, "Wo") == NULL && strstr(text, "https") == NULL &&
		strstr(text, "token = •••\n") != NULL,
	    "nobody else sees it, nor the address");
	free(text);
	ok(!conf_changed(conf), "nothing changed since");
	put("the.secret", "another\n");
	ok(conf_changed(conf), "a secret that changes is a change");
	conf_free(conf);
	free(file);
	drop("the.secret");
	drop("smokebox");
}

#define V2C "host = 192.0.2.1\ncommunity = c\n"
#define V3 "host = 192.0.2.1\nversion = 3\nuser = u\n"

static const struct {
	const char *text, *complaint;
} devices[] = {
	{ "host = router.example", "expected an IP address" },
	{ "host = 192.0.2.1", "smokebox:3: a: SNMP version 2c needs 'community'" },
	{ V2C "every = 3", "expected seconds, 5 to 300" },
	{ V2C "version = 1", "expected 2c or 3" },
	{ V2C "port = 70000", "expected a port, 1 to 65535" },
	{ "host = 192.0.2.1\nversion = 3", "smokebox:3: a: SNMP version 3 needs 'user'" },
	{ V3 "auth = sha", "smokebox:3: a: with 'auth' there must be a 'auth_password'" },
	{ V3 "auth = sha\nauth_password = short",
	    "smokebox:8: a: 'auth_password' is too short, expected 8 letters or more" },
	{ V3 "privacy = aes\nprivacy_password = longenough",
	    "smokebox:3: a: with 'privacy' there must be an 'auth'" },
	{ V3 "privacy = des", "expected aes, aes192 or aes256" },
	{ V2C "community_file = open.file", "more than one of community" },
	{ "host = 192.0.2.1\ncommunity_file = open.file",
	    "others than its owner may read or change it, expected chmod 600" },
};

static void
test_devices(void)
{
	char *text, *open_file = mem_printf("%s/open.file", conf_dir),
		    *own_file = mem_printf("%s/own.file", conf_dir);

	put("open.file", "secret\n");
	chmod(open_file, 0640);
	put("own.file", "secret\n");
	chmod(own_file, 0600);
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		text = mem_printf(
		    "*** Collector ***\n+ snmp\n++ a\n%s\n", devices[i].text);
		put("smokebox", text);
		free(text);
		struct conf *conf = load(&text);
		if (!ok(strstr(text, devices[i].complaint) != NULL, "%s",
			devices[i].complaint))
			printf("# %s\n", text);
		conf_free(conf);
		free(text);
	}
	put("smokebox", "*** Collector ***\nupnp = 192.168.1.1\n");
	conf_free(load(&text));
	ok(strstr(text, "expected yes, no, or the address of the router's description") !=
		NULL,
	    "upnp takes yes, no or a URL");
	free(text);
	put("config", GENERAL "mailpass = p\n" DATABASE PRESENTATION PROBES TARGETS);
	put("smokebox", "*** Collector ***\n+ snmp\nevery = 10\n"
			"community_file = own.file\n++ a\nhost = 192.0.2.1\n"
			"++ b\nhost = 2001:db8::1\ncommunity = another\n");
	struct conf *conf = load(&text);
	ok(conf != NULL && strstr(text, "secret") == NULL, "devices with a secret in common");
	free(text);
	const struct conf_section *group = conf_child(conf_top(conf, "Collector"), "snmp");
	const struct conf_section *a = conf_child(group, "a"), *b = conf_child(group, "b");
	is_str(conf_value(a, "community", NULL), "secret", "from the file of the group");
	is_str(conf_value(b, "community", NULL), "another", "but for who has its own");
	is_str(conf_value(b, "every", NULL), "10", "what the group says holds");
	text = checked_text(conf, CONF_COLLECTOR);
	ok(strstr(text, "secret") == NULL && strstr(text, "another") == NULL,
	    "nobody but the collector sees them");
	free(text);
	text = checked_text(conf, CONF_GENERAL | CONF_COLLECTOR | CONF_SECRETS);
	ok(strstr(text, "mailpass = •••\n") != NULL,
	    "which does not see the mail server's password");
	struct conf_report report = { 0 };
	struct conf *there = conf_parse_checked(text, strlen(text), &report);
	group = conf_child(conf_top(there, "Collector"), "snmp");
	is_str(conf_value(conf_child(group, "a"), "community", NULL), "secret",
	    "which has it");
	is_str(conf_value(conf_child(group, "b"), "community", NULL), "another",
	    "each its own");
	conf_report_free(&report);
	conf_free(there);
	conf_free(conf);
	free(text);
	free(open_file);
	free(own_file);
	drop("open.file");
	put("config", HEAD);
	drop("own.file");
	drop("smokebox");
}

static void
test_recipients(void)
{
	char *text;

	put("config", GENERAL DATABASE PRESENTATION PROBES
	    "*** Alerts ***\nto = snpp:\nfrom = a@b\n+ one\ntype = loss\npattern = >0%\n"
	    "comment = c\nto = |/no/such -x\n" TARGETS);
	struct conf *conf = load(&text);
	ok(strstr(text, "snpp: is not told: there is no snpphost") != NULL,
	    "a pager is not reached without its server");
	ok(strstr(text, "/no/such -x cannot be executed") != NULL,
	    "what follows the pipe sign is a path");
	conf_free(conf);
	free(text);
	drop("config");
}

int
main(void)
{
	log_init("confown.t", LOG_LEVEL_WARN);
	conf_begin();
	test_keyfiles();
	test_hardly_meant();
	test_mode();
	test_receivers();
	test_devices();
	test_recipients();
	test_sinks();
	test_talkers();
	conf_end();
	return tap_done();
}
