/* FTPtransfer against a server that is good, lies, is silent or never ends. */
#include "t/tap.h"
#include "t/testftp.h"
#include "t/testhost.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/ftpwire.h"

static char detail[sizeof(struct err)];
static char *file; /* that is sent */

/* One transfer by MODE at PORT, with KEY = VALUE; KEPT gets what is left of its run. */
static struct test_ping
transfer(unsigned port, const char *mode, const char *key, const char *value,
    struct test_run *kept)
{
	char number[8];
	const char *vars[] = { key != NULL ? key : "x", value, "port", number, "mode",
		mode, "srcfile", mode[0] == 'p' ? file : "a file", "username", "me",
		"password", "s3cret", "timeout", "1", NULL };

	snprintf(number, sizeof number, "%u", port);
	return testhost_once(
	    "FTPtransfer", "ftp.test", vars, detail, sizeof detail, kept);
}

static void
test_good(void)
{
	struct testftp *t = testftp_new(testhost_base, TESTFTP_GOOD);
	struct test_run r;
	struct test_ping p = transfer(t->port, "get", NULL, NULL, &r);

	ok(p.outcome == PING_ANSWERED && t->sent == TESTFTP_SIZE && p.rtt_ns > 0,
	    "get (%s, %lld us)", detail, (long long)p.rtt_ns / 1000);
	ok(r.extra[EXTRA_FIRST_BYTE] > 0 &&
		(r.extra[EXTRA_FIRST_BYTE] + r.extra[EXTRA_TRANSFER]) * 1e9 <
		    (double)p.rtt_ns + 1e5 &&
		r.extra[EXTRA_CONNECT] > 0,
	    "its parts");
	for (int i = 0; i < 100 && t->quits == 0; i++)
		testhost_loop(5, NULL);
	is_int(t->quits, 1, "it takes its leave");
	p = transfer(t->port, "put", "destfile", "there", NULL);
	ok(p.outcome == PING_ANSWERED && t->got == 200000, "put (%s, %llu bytes)",
	    detail, t->got);
	t->kind = TESTFTP_NO_FILE;
	transfer(t->port, "put", "destfile", "there", NULL);
	is_str(detail, "file: the server answers 550 No such file", "550");
	p = transfer(t->port, "get", "password", "wrong", NULL);
	ok(p.outcome == PING_BAD_ANSWER, "a wrong password");
	is_str(detail, "PASS: the server answers 530 Login incorrect.", "is named");
	testftp_free(t);
	ok(transfer(1, "get", NULL, NULL, NULL).outcome == PING_REFUSED,
	    "a closed port");
}

static void
test_kinds(void)
{
	static const struct {
		enum testftp_kind kind;
		enum ping_outcome outcome;
		const char *why; /* the beginning of it */
	} cases[] = {
		{ TESTFTP_SILENT, PING_TIMEOUT, "no greeting in time" },
		{ TESTFTP_LINES, PING_ANSWERED, "" },
		{ TESTFTP_NO_FILE, PING_BAD_ANSWER, "file: the server answers 550" },
		{ TESTFTP_NO_PASV, PING_ANSWERED, "" },
		{ TESTFTP_NO_PORT, PING_BAD_ANSWER, "the server names no port" },
		{ TESTFTP_ELSEWHERE, PING_ANSWERED, "" },
		{ TESTFTP_REFUSED, PING_REFUSED, "data: Connection refused" },
		{ TESTFTP_NO_DATA, PING_TIMEOUT, "the transfer was not over in time" },
		{ TESTFTP_NO_END, PING_TIMEOUT,
		    "no word that the transfer is over in time" },
		{ TESTFTP_FAILS, PING_BAD_ANSWER, "file: the server answers 426" },
		{ TESTFTP_ENDLESS, PING_TIMEOUT, "the transfer was not over in time" },
		{ TESTFTP_CHATTER, PING_BAD_ANSWER,
		    "what the server says is no FTP, or has no end" },
		{ TESTFTP_GARBAGE, PING_BAD_ANSWER,
		    "what the server says is no FTP, or has no end" },
		{ TESTFTP_CLOSES, PING_CUT_OFF,
		    "the server closes the connection before all is said" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testftp *t = testftp_new(testhost_base, cases[i].kind);
		int64_t begun = clock_mono_ns();
		struct test_ping p = transfer(t->port, "get", NULL, NULL, NULL);
		ok(p.outcome == cases[i].outcome &&
			strncmp(detail, cases[i].why, strlen(cases[i].why)) == 0,
		    "server %d: %s (%s)", cases[i].kind, ping_outcome_word(p.outcome),
		    detail);
		ok(clock_mono_ns() - begun < 2500 * CLOCK_NS_PER_MS,
		    "in a bounded time");
		testftp_free(t);
	}
	struct testftp *t = testftp_new(testhost_base, TESTFTP_ENDLESS);
	struct test_ping p = transfer(t->port, "get", "max_body", "1000000", NULL);
	ok(p.outcome == PING_BAD_ANSWER, "max_body ends what has no end");
	is_str(detail, "the file is larger than max_body", "and says so");
	testftp_free(t);
}

/* While one transfer moves, the next one would only take its bandwidth; while one
 * stands still, it is a ping as any. */
static void
test_overlap(void)
{
	struct testftp *t = testftp_new(testhost_base, TESTFTP_ENDLESS);
	char number[8];
	const char *vars[] = { "port", number, "mode", "get", "srcfile", "f",
		"username", "me", "password", "s3cret", NULL };
	struct err err;

	snprintf(number, sizeof number, "%u", t->port);
	struct test_run *r =
	    testhost_run("FTPtransfer", "ftp.test", "127.0.0.1", vars, &err);
	probe_ftp.ping(&r->run, 0);
	for (int i = 0; i < 400 && t->sent < 1000000; i++)
		testhost_loop(5, NULL);
	probe_ftp.ping(&r->run, 1);
	ok(r->ping[1].outcome == PING_NOT_SENT && r->run.detail != NULL &&
		strstr(r->run.detail, "the transfer before is not over") != NULL,
	    "one transfer at a time");
	testhost_end(r);
	t->kind = TESTFTP_NO_DATA;
	r = testhost_run("FTPtransfer", "ftp.test", "127.0.0.1", vars, &err);
	r->run.timeout_ns = CLOCK_NS_PER_S;
	probe_ftp.ping(&r->run, 0);
	testhost_loop(100, NULL);
	probe_ftp.ping(&r->run, 1);
	testhost_loop(1500, NULL);
	ok(r->ping[0].outcome == PING_TIMEOUT && r->ping[1].outcome == PING_TIMEOUT,
	    "silence is loss, for all of them");
	testhost_end(r);
	testftp_free(t);
}

static void
test_options(void)
{
	static const struct {
		const char *mode, *key, *value, *why;
	} cases[] = {
		{ "move", NULL, NULL, "mode = move: expected get or put" },
		{ "put", "srcfile", "/nowhere", "srcfile = /nowhere: No such file" },
		{ "put", "srcfile", "/dev/null",
		    "srcfile = /dev/null: expected a file of at most" },
		{ "get", "passive", "no",
		    "passive = no: connections from the server back to us are not" },
		{ "get", "localaddr", "here",
		    "localaddr = here: expected an address of this host" },
		{ "get", "username", " ", "username is missing" },
		{ "get", "username", "a\rDELE b", "a line break" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		transfer(21, cases[i].mode, cases[i].key, cases[i].value, NULL);
		ok(strncmp(detail, cases[i].why, strlen(cases[i].why)) == 0, "%s",
		    detail);
	}
}

static void
test_wire(void)
{
	static const struct {
		const char *line;
		unsigned pasv, epsv;
	} cases[] = {
		{ "227 Entering Passive Mode (192,0,2,1,4,1).", 1025, 0 },
		{ "227 =192,0,2,1,4,1", 1025, 0 },
		{ "227 (1,2,3,4,256,1)", 0, 0 },
		{ "227 (1,2,3,4,5)", 0, 0 },
		{ "227", 0, 0 },
		{ "229 Extended (|||6446|)", 0, 6446 },
		{ "229 (!!!99999!)", 0, 0 },
		{ "229 (|||6446", 0, 0 },
		{ "229 (|", 0, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ok(ftpwire_pasv(cases[i].line) == cases[i].pasv &&
			ftpwire_epsv(cases[i].line) == cases[i].epsv,
		    "%s", cases[i].line);
}

int
main(void)
{
	char dir[] = "/tmp/smokebox-ftp.XXXXXX";
	static char content[200000];

	if (mkdtemp(dir) == NULL)
		fatal("%s", dir);
	file = mem_printf("%s/file", dir);
	FILE *f = fopen(file, "w");
	if (f == NULL || fwrite(content, sizeof content, 1, f) != 1 || fclose(f) != 0)
		fatal("%s", file);
	testhost_netns();
	testhost_open(&probe_ftp);
	test_good();
	test_kinds();
	test_overlap();
	test_options();
	test_wire();
	testhost_close();
	unlink(file);
	rmdir(dir);
	free(file);
	return tap_done();
}
