/* The LDAP probes against a directory of the test's own that is good or hostile, and
 * against Debian's slapd where there is one. */
#include "t/tap.h"
#include "t/testcert.h"
#include "t/testhost.h"
#include "t/testldap.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static char detail[sizeof(struct err)];
static char dir[] = "/tmp/smokebox-directory.XXXXXX";

/* One ping of MODULE at PORT with VARS (8 at most, NULL behind them); KEPT, if not
 * NULL, gets what is left of its run. */
static struct test_ping
ask(const char *module, const char *host, unsigned port, const char *const *vars,
    struct test_run *kept)
{
	char number[8];
	const char *all[32] = { "port", number, "filter", "(objectClass=*)" };
	size_t n = 4;

	snprintf(number, sizeof number, "%u", port);
	for (; vars != NULL && *vars != NULL; vars++)
		all[n++] = *vars;
	/* the first counts */
	for (size_t i = 4; i < n; i += 2)
		if (strcmp(all[i], "filter") == 0)
			all[3] = all[i + 1];
	return testhost_once(module, host, all, detail, sizeof detail, kept);
}

static void
test_good(void)
{
	struct testldap *t = testldap_new(testhost_base, TESTLDAP_GOOD);
	const char *login[] = { "binddn", "cn=me", "password", "open", NULL };
	struct test_run r;
	struct test_ping p = ask("LDAP", "ldap.test", t->port, NULL, &r);

	ok(p.outcome == PING_ANSWERED && p.rtt_ns > 0 && p.replies == 1 &&
		t->binds == 1 && t->searches == 1,
	    "bind and search (%s)", detail);
	ok(r.extra[EXTRA_CONNECT] > 0 && r.extra[EXTRA_QUERY] > 0 &&
		r.extra[EXTRA_CONNECT] + r.extra[EXTRA_QUERY] <
		    (double)p.rtt_ns / 1e9 &&
		r.extras[EXTRA_TLS] == 0,
	    "its parts");
	t->kind = TESTLDAP_REFUSE;
	ok(ask("LDAP", "ldap.test", t->port, login, NULL).outcome == PING_BAD_ANSWER,
	    "a refused bind");
	is_str(detail, "bind: Invalid credentials", "is named");
	ok(memmem(t->bind, t->bind_len, "cn=me", 5) != NULL &&
		memmem(t->bind, t->bind_len, "open", 4) != NULL,
	    "it had name and password");
	t->kind = TESTLDAP_GOOD;
	p = ask("EchoPingLDAP", "ldap.test", t->port, NULL, NULL);
	ok(p.outcome == PING_ANSWERED, "EchoPingLDAP (%s)", detail);
	testldap_free(t);
	ok(ask("LDAP", "ldap.test", 1, NULL, NULL).outcome == PING_REFUSED,
	    "a closed port");
}

static void
test_hostile(void)
{
	static const struct {
		enum testldap_kind kind;
		enum ping_outcome outcome;
		const char *why;
	} cases[] = {
		{ TESTLDAP_SILENT, PING_TIMEOUT, "no answer to the bind in time" },
		{ TESTLDAP_NO_SEARCH, PING_TIMEOUT, "the search was not over in time" },
		{ TESTLDAP_CLOSE, PING_CUT_OFF,
		    "the server closes the connection before its answer is over" },
		{ TESTLDAP_CUT, PING_CUT_OFF,
		    "the server closes the connection before its answer is over" },
		{ TESTLDAP_GARBAGE, PING_BAD_ANSWER,
		    "what the server answers is no LDAP" },
		{ TESTLDAP_HUGE, PING_BAD_ANSWER,
		    "what the server answers is no LDAP, or too long" },
		{ TESTLDAP_ENDLESS, PING_BAD_ANSWER,
		    "the answer has more than 10000 entries" },
		{ TESTLDAP_DRIP, PING_TIMEOUT, "the search was not over in time" },
		{ TESTLDAP_STRANGER, PING_TIMEOUT, "the search was not over in time" },
		{ TESTLDAP_REFERRAL, PING_BAD_ANSWER, "search: Referral" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testldap *t = testldap_new(testhost_base, cases[i].kind);
		struct testldap *good = testldap_new(testhost_base, TESTLDAP_GOOD);
		int64_t begun = clock_mono_ns();
		struct test_ping p = ask("LDAP", "ldap.test", t->port, NULL, NULL);
		ok(p.outcome == cases[i].outcome, "hostile server %zu: %s", i,
		    ping_outcome_word(p.outcome));
		is_str(detail, cases[i].why, "and says so");
		ok(clock_mono_ns() - begun < 2500 * CLOCK_NS_PER_MS,
		    "in a bounded time");
		ok(ask("LDAP", "ldap.test", good->port, NULL, NULL).outcome ==
			PING_ANSWERED,
		    "others are measured as before");
		testldap_free(good);
		testldap_free(t);
	}
}

/* Many that get no answer hold nobody up, and end with their rounds. */
static void
test_many(void)
{
	struct testldap *mute = testldap_new(testhost_base, TESTLDAP_SILENT);
	struct testldap *t = testldap_new(testhost_base, TESTLDAP_GOOD);
	char number[8];
	const char *vars[] = { "port", number, "filter", "(a=b)", NULL };
	struct test_run *r[4];
	struct err err;
	unsigned unsent = 0;

	snprintf(number, sizeof number, "%u", mute->port);
	for (int i = 0; i < 4; i++) {
		r[i] = testhost_run("LDAP", "ldap.test", "127.0.0.1", vars, &err);
		for (unsigned k = 0; k < 60; k++)
			probe_directory.ping(&r[i]->run, k);
	}
	for (int i = 0; i < 4; i++)
		for (unsigned k = 0; k < 60; k++)
			unsent += r[i]->ping[k].outcome == PING_NOT_SENT;
	is_int(unsent, 40, "more than 200 at once are not sent");
	for (int i = 0; i < 4; i++)
		testhost_end(r[i]);
	ok(ask("LDAP", "ldap.test", t->port, NULL, NULL).outcome == PING_ANSWERED,
	    "ended rounds leave their places");
	testldap_free(t);
	testldap_free(mute);
}

static void
test_tls(void)
{
	static const struct {
		enum testcert_kind kind;
		const char *verify;
		enum ping_outcome outcome;
		const char *why; /* part of it */
	} cases[] = {
		{ TESTCERT_GOOD, "none", PING_ANSWERED, "" },
		{ TESTCERT_GOOD, "require", PING_BAD_ANSWER, "issuer is unknown" },
		{ TESTCERT_EXPIRED, "optional", PING_BAD_ANSWER, "NOT trusted" },
		{ TESTCERT_GARBAGE, "none", PING_BAD_ANSWER, "TLS: " },
		{ TESTCERT_SILENT, "none", PING_TIMEOUT,
		    "the TLS handshake was not over in time" },
	};
	struct testldap *t = testldap_new(testhost_base, TESTLDAP_GOOD);
	struct test_run r;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testcert *front =
		    testcert_new(testhost_base, cases[i].kind, t->port);
		const char *vars[] = { "scheme", "ldaps", "verify", cases[i].verify,
			NULL };
		struct test_ping p =
		    ask("LDAP", "web.test", testcert_port(front), vars, &r);
		ok(p.outcome == cases[i].outcome &&
			strstr(detail, cases[i].why) != NULL,
		    "ldaps %zu: %s (%s)", i, ping_outcome_word(p.outcome), detail);
		if (p.outcome == PING_ANSWERED)
			ok(r.extra[EXTRA_TLS] > 0 &&
				fabs(r.extra[EXTRA_CERT_DAYS] - 30) < 0.1,
			    "handshake and certificate are told");
		testcert_free(front);
	}
	testldap_free(t);
}

static void
test_options(void)
{
	static const struct {
		const char *key, *value, *why;
	} cases[] = {
		{ "scheme", "ldapi",
		    "scheme = ldapi: a socket of this machine is not measured, expected "
		    "ldap or ldaps" },
		{ "scope", "all", "scope = all: expected base, one or sub" },
		{ "version", "4", "version = 4: expected a number from 2 to 3" },
		{ "passwordfile", "/nowhere", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *vars[] = { cases[i].key, cases[i].value, "binddn", "cn=x",
			NULL };
		ask("LDAP", "ldap.test", 389, vars, NULL);
		if (cases[i].why != NULL)
			is_str(detail, cases[i].why, cases[i].key);
		else
			ok(strstr(detail, "passwordfile /nowhere: No such file") !=
				NULL,
			    "%s", detail);
	}
	struct testldap *t = testldap_new(testhost_base, TESTLDAP_REFUSE);
	char *path = mem_printf("%s/passwords", dir);
	const char *file[] = { "passwordfile", path, "binddn", "cn=me", NULL };
	const char *bad[] = { "filter", "(a=b", NULL };
	FILE *f = fopen(path, "w");
	fputs(
	    "# host:user:password\nldap.test:cn=you:wrong\n\nldap.test:cn=me:s3cret\n",
	    f);
	fclose(f);
	ask("LDAP", "ldap.test", t->port, file, NULL);
	ok(memmem(t->bind, t->bind_len, "s3cret", 6) != NULL, "passwordfile");
	unlink(path);
	free(path);
	t->kind = TESTLDAP_GOOD;
	ok(ask("LDAP", "ldap.test", t->port, bad, NULL).outcome == PING_CANNOT,
	    "a bad filter");
	is_str(detail,
	    "filter = (a=b: Bad search filter, expected e.g. (objectClass=*)",
	    "is named");
	testldap_free(t);
}

/* --- slapd ------------------------------------------------------------------------ */

static void
put(const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
		fatal("%s", path);
	free(path);
}

static int
command(const char *format)
{
	char *text = mem_printf(format, dir, dir, dir, dir);
	int status = system(text);

	free(text);
	return status;
}

static pid_t
slapd(unsigned port)
{
	char *conf =
	    mem_printf("include /etc/ldap/schema/core.schema\npidfile %s/pid\n"
		       "TLSCertificateFile %s/cert\nTLSCertificateKeyFile %s/key\n"
		       "database ldif\ndirectory %s/data\nsuffix dc=test\n"
		       "rootdn cn=root,dc=test\nrootpw s3cret\n",
		dir, dir, dir, dir);
	char *data = mem_printf("%s/data", dir);
	char *url = mem_printf("ldap://127.0.0.1:%u/", port);

	mkdir(data, 0700);
	put("slapd.conf", conf);
	put("ldif", "dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\n"
		    "dc: test\no: Test\n\ndn: cn=one,dc=test\nobjectClass: person\n"
		    "cn: one\nsn: One\n");
	free(conf);
	free(data);
	if (command(
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
		"-nodes -days 2 -subj /CN=ldap.test -keyout %s/key -out %s/cert "
		">%s/out 2>&1") != 0 ||
	    command("/usr/sbin/slapadd -f %s/slapd.conf -l %s/ldif >%s/out 2>&1") !=
		0) {
		free(url);
		return 0;
	}
	char *file = mem_printf("%s/slapd.conf", dir);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		for (int fd = 0; fd < 3; fd++)
			dup2(null, fd);
		execl("/usr/sbin/slapd", "slapd", "-d", "0", "-f", file, "-h", url,
		    (char *)NULL);
		_exit(1);
	}
	free(file);
	free(url);
	return pid;
}

static void
test_slapd(void)
{
	unsigned port = 10389 + (unsigned)getpid() % 20000;
	const char *all[] = { "base", "dc=test", NULL };
	const char *none[] = { "base", "dc=nowhere", NULL };
	const char *tls[] = { "base", "dc=test", "start_tls", "1", "verify", "none",
		NULL };
	const char *strict[] = { "base", "dc=test", "start_tls", "1", NULL };
	const char *login[] = { "base", "dc=test", "binddn", "cn=root,dc=test",
		"password", "s3cret", "attrs", "cn,sn", NULL };
	const char *wrong[] = { "base", "dc=test", "binddn", "cn=root,dc=test",
		"password", "other", NULL };
	struct test_run r;
	struct test_ping p = { .outcome = PING_REFUSED };

	if (access("/usr/sbin/slapd", X_OK) != 0) {
		ok(true, "# SKIP no slapd (package slapd)");
		return;
	}
	pid_t pid = slapd(port);
	if (pid == 0) {
		ok(false, "slapd gets no data");
		return;
	}
	for (int i = 0; i < 300 && p.outcome == PING_REFUSED; i++) {
		testhost_loop(20, NULL);
		p = ask("LDAP", "ldap.test", port, all, &r);
	}
	ok(p.outcome == PING_ANSWERED, "slapd: a search (%s, %lld us)", detail,
	    (long long)p.rtt_ns / 1000);
	p = ask("LDAP", "ldap.test", port, none, NULL);
	ok(p.outcome == PING_BAD_ANSWER, "slapd: of nothing");
	is_str(detail, "search: No such object", "is named");
	p = ask("LDAP", "ldap.test", port, tls, &r);
	ok(p.outcome == PING_ANSWERED && r.extra[EXTRA_TLS] > 0 &&
		r.extra[EXTRA_CERT_DAYS] > 1.9,
	    "slapd: start_tls (%s)", detail);
	p = ask("LDAP", "ldap.test", port, strict, NULL);
	ok(p.outcome == PING_BAD_ANSWER && strstr(detail, "certificate of") != NULL,
	    "slapd: start_tls, not believed (%s)", detail);
	p = ask("LDAP", "ldap.test", port, login, NULL);
	ok(p.outcome == PING_ANSWERED, "slapd: with a password (%s)", detail);
	p = ask("LDAP", "ldap.test", port, wrong, NULL);
	ok(p.outcome == PING_BAD_ANSWER, "slapd: with a wrong one");
	is_str(detail, "bind: Invalid credentials", "is named");
	p = ask("EchoPingLDAP", "ldap.test", port, NULL, NULL);
	ok(p.outcome == PING_ANSWERED, "slapd: EchoPingLDAP (%s)", detail);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		fatal("%s", dir);
	testhost_netns();
	testhost_open(&probe_directory);
	test_good();
	test_hostile();
	test_many();
	test_tls();
	test_options();
	test_slapd();
	testcert_close();
	testhost_close();
	command("rm -rf %s");
	return tap_done();
}
