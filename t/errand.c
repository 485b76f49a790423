/* Programs for news, from the courier's wish over the line to the runner and back:
 * which are run, with what, and what is not even asked for. */
#include "courier/errand.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/statefile.h"
#include "courier/dispatch.h"
#include "link/msginforce.h"
#include "runner/errands.h"
#include "runner/exec.h"
#include "store.h"
#include "t/tap.h"

static struct event_base *base;
static char dir[] = "/tmp/smokebox-errand.XXXXXX";
static char *mailer, *told, *blocker;
static bool nonsense;

/* What the runner says is in force. */
static struct {
	unsigned lists, count;
	struct msg_in_force newest;
} listed;

/* --- both ends -------------------------------------------------------------------- */

static int
at_courier(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	(void)link;
	static struct msg_in_force m;

	if (in->type == MSG_ERRAND_DONE)
		return errand_message(in);
	if (in->type != MSG_IN_FORCE || msg_get_in_force(in, &m) != 0)
		return -1;
	if (m.last) {
		listed.lists++;
		return 0;
	}
	listed.count++;
	listed.newest = m;
	return 0;
}

/* Of the first program that was asked for. */
static uint64_t first_id;

static int
at_runner(void *ctx, struct link *link, struct msg_in *in)
{
	static struct msg_errand m;
	struct msg_in copy = *in;

	(void)ctx;
	if (first_id == 0 && in->type == MSG_ERRAND && msg_get_errand(&copy, &m) == 0)
		first_id = m.id;
	return errands.message(link, in);
}

static void
on_gone(void *ctx, struct link *link)
{
	(void)ctx;
	(void)link;
	nonsense = true;
	event_base_loopbreak(base);
}

/* --- asking ----------------------------------------------------------------------- */

static struct heard {
	unsigned times;
	struct outcome o;
} heard;

static void
on_outcome(void *ctx, const struct outcome *o)
{
	(void)ctx;
	heard.times++;
	heard.o = *o;
}

static void
hear(void)
{
	while (heard.times == 0 && !nonsense)
		event_base_loop(base, EVLOOP_ONCE);
}

static enum fate
run(const char *const *argv, const char *input)
{
	heard = (struct heard){ 0 };
	errand_start((char *const *)argv, "7.1", input,
	    input != NULL ? strlen(input) : 0, on_outcome, NULL);
	hear();
	return heard.o.fate;
}

#define RUN(input, ...) run((const char *const[]){ __VA_ARGS__, NULL }, input)

/* What a program has written down, which it then forgets. */
static const char *
written(const char *program)
{
	static char text[40000];
	char *path = mem_printf("%s.log", program);
	FILE *f = fopen(path, "r");
	size_t len = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;

	text[len] = '\0';
	if (f != NULL)
		fclose(f);
	unlink(path);
	free(path);
	return text;
}

static char *
program(const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (f == NULL)
		abort();
	fputs("#!/bin/sh\nfor a; do echo \"$a\"; done >\"$0.log\"\ncat >>\"$0.log\"\n",
	    f);
	fclose(f);
	if (chmod(path, 0755) != 0)
		abort();
	return path;
}

/* One that writes down what stands in the book when it is called. */
static char *
book_keeper(void)
{
	char *path = program("blocker");
	FILE *f = fopen(path, "w");

	if (f == NULL)
		abort();
	fprintf(f, "#!/bin/sh\ncat %s/" STORE_IN_FORCE " >\"$0.log\"\n", dir);
	fclose(f);
	return path;
}

/* --- tests ------------------------------------------------------------------------ */

static void
test_mailer(void)
{
	is_int(RUN("text\n", mailer, "-f", "a@b", "c@d"), FATE_DELIVERED,
	    "the mailer gets a letter");
	is_str(written(mailer), "-f\na@b\nc@d\ntext\n", "with its sender and receiver");
	const char *const bad[][6] = {
		{ mailer },
		{ mailer, "-be", "${run{/bin/true}}" },
		{ mailer, "-C", "/tmp/cf", "c@d" },
		{ mailer, "-f", "a@b" },
		{ mailer, "-f", "-C/tmp/cf", "c@d" },
		{ mailer, "-f", "a@b", "-C/tmp/cf" },
		{ mailer, "-f", "a@b", "c@d", "-C/tmp/cf" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		is_int(run(bad[i], "text\n"), FATE_LATER, "other arguments: not run");
		ok(strstr(heard.o.text, "does not name") != NULL, "%s", heard.o.text);
		is_str(written(mailer), "", "indeed");
	}
	is_int(RUN(NULL, "/bin/true"), FATE_LATER, "nor is what nothing names");
	is_int(RUN(NULL, told, "-be", "x"), FATE_DELIVERED,
	    "who is told gets whatever there is to tell");
	is_str(written(told), "-be\nx\n", "as it is");
}

/* An alert over as many rounds as are told, each VALUE. */
static void
tell(const char *value, const char *comment)
{
	struct address a = { .way = WAY_COMMAND, .type = "command", .program = told };
	struct parcel p = { .receiver = "who", .url_base = "" };
	struct letter *l = parcel_add(&p);
	struct err err;
	char *body;
	size_t len;
	FILE *out = open_memstream(&body, &len);

	if (out == NULL)
		abort();
	fprintf(out,
	    "{\"kind\":\"alert\",\"alert\":\"a\",\"target\":\"A\",\"host\":\"%s\",",
	    comment);
	for (int k = 0; k < 2; k++) {
		fprintf(out, "\"%s\":[", k == 0 ? "loss" : "rtt");
		for (int i = 0; i < 2000; i++)
			fprintf(out, "%s%s", i > 0 ? "," : "", value);
		fprintf(out, ",\"S\"]%s", k == 0 ? "," : "}");
	}
	fclose(out);
	l->id = 7;
	l->time = 1764000000;
	if (letter_read(l, "open", body, &err) != 0)
		ok(false, "%s", err.text);
	free(body);
	heard = (struct heard){ 0 };
	dispatch_start(&a, &p, on_outcome, NULL);
	hear();
	parcel_clear(&p);
}

static void
test_long(void)
{
	char *line[8], *rest;
	unsigned lines = 0;

	tell("100", "h");
	ok(!nonsense, "the runner believes a history of two thousand rounds");
	is_int(heard.o.fate, FATE_DELIVERED, "its program is told");
	rest = (char *)written(told);
	while (lines < 8 && (line[lines] = strsep(&rest, "\n")) != NULL)
		lines++;
	ok(lines == 6 && strncmp(line[2], "loss: 100%, 100%, ", 18) == 0 &&
		strncmp(line[3], "rtt: 100000ms, 100000ms, ", 25) == 0,
	    "of whole values");
	for (unsigned i = 2; i < 4 && lines == 6; i++) {
		size_t len = strlen(line[i]);
		ok(len > 8000 && len <= 8192, "not all of them (%zu bytes)", len);
		is_str(line[i] + len - 3, ", S", "but the newest");
	}
	char *host = mem_alloc(ERRAND_TEXT + 1);
	memset(host, 'x', ERRAND_TEXT);
	host[ERRAND_TEXT] = '\0';
	tell("1", host);
	ok(!nonsense, "what no message holds is not sent");
	is_int(heard.o.fate, FATE_REFUSED, "but given up");
	host[ERRAND_TEXT - strlen(told) - 2] = '\0';
	is_int(RUN(NULL, told, host), FATE_DELIVERED, "the longest that fits goes");
	host[strlen(host)] = 'x';
	is_int(RUN(NULL, told, host), FATE_REFUSED, "one byte more does not");
	free(host);
	written(told);
}

static void
test_no_memory(void)
{
	const char *const argv[] = { mailer, "-f", "a@b", "c@d", NULL };
	struct rlimit was, none;

	getrlimit(RLIMIT_NOFILE, &was);
	none = (struct rlimit){ 0, was.rlim_max };
	heard = (struct heard){ 0 };
	setrlimit(RLIMIT_NOFILE, &none);
	errand_start((char *const *)argv, "7.1", "text\n", 5, on_outcome, NULL);
	setrlimit(RLIMIT_NOFILE, &was);
	is_int(heard.times, 0, "nobody is called before the loop goes on");
	hear();
	is_int(heard.o.fate, FATE_LATER, "no descriptor: later");
	is_str(written(mailer), "", "no empty letter is mailed");
	heard = (struct heard){ 0 };
	setrlimit(RLIMIT_NOFILE, &none);
	errand_cancel(
	    errand_start((char *const *)argv, "7.1", "text\n", 5, on_outcome, NULL));
	setrlimit(RLIMIT_NOFILE, &was);
	event_base_loop(base, EVLOOP_NONBLOCK);
	is_int(heard.times, 0, "one that was given up is not heard of");
}

/* --- what is in force ------------------------------------------------------------- */

static struct msg_in_force
in_force(const char *action, const char *with)
{
	struct msg_in_force m = { .incident = 7, .begin = 1764000000, .pps = 1000 };

	snprintf(m.action, sizeof m.action, "%s", action);
	snprintf(m.type, sizeof m.type, "exabgp");
	snprintf(m.host, sizeof m.host, "192.0.2.7");
	snprintf(m.program, sizeof m.program, "%s", with);
	snprintf(m.arguments, sizeof m.arguments, "-p pipe");
	snprintf(m.announce, sizeof m.announce, "announce it");
	snprintf(m.withdraw, sizeof m.withdraw, "withdraw it");
	return m;
}

static enum fate
say(const struct msg_in_force *m, bool withdraw, const char *input,
    const char *const *argv)
{
	heard = (struct heard){ 0 };
	errand_in_force(m, withdraw, (char *const *)argv, "7", input,
	    input != NULL ? strlen(input) : 0, on_outcome, NULL);
	hear();
	return heard.o.fate;
}
#define SAY(m, withdraw, input, ...)                                                   \
	say(m, withdraw, input, (const char *const[]){ __VA_ARGS__, NULL })
#define IT "announce it\n"
#define NOT_IT "withdraw it\n"

static bool
has_book(void)
{
	return access(STORE_IN_FORCE, F_OK) == 0;
}

static void
list_again(struct link *runner)
{
	memset(&listed, 0, sizeof listed);
	errands.peer(ROOM_COURIER, runner);
	while (listed.lists == 0 && !nonsense)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
test_in_force(struct link *runner)
{
	struct msg_in_force m = in_force("real", blocker),
			    dry = in_force("dry", blocker),
			    other = in_force("real", told), more = m;

	is_int(RUN("x\n", blocker, "-p", "pipe"), FATE_LATER,
	    "a program that blocks is not called for news");
	is_int(SAY(&dry, false, IT, blocker, "-p", "pipe"), FATE_LATER,
	    "nor for what is a dry run");
	is_int(SAY(&other, false, IT, told, "-p", "pipe"), FATE_LATER,
	    "nor is another in its place");
	is_int(SAY(&m, false, IT, blocker, "-p", "elsewhere"), FATE_LATER,
	    "nor with other arguments");
	is_int(SAY(&m, false, "announce another\n", blocker, "-p", "pipe"), FATE_LATER,
	    "nor in other words than are written down");
	is_int(SAY(&m, false, IT IT, blocker, "-p", "pipe"), FATE_LATER, "nor in more");
	is_str(written(blocker), "", "indeed");
	ok(rename(STORE_STATE, STORE_DIR "/away") == 0, "no state, and");
	is_int(SAY(&m, false, IT, blocker, "-p", "pipe"), FATE_LATER,
	    "what cannot be written down is not announced");
	is_str(written(blocker), "", "indeed");
	ok(rename(STORE_DIR "/away", STORE_STATE) == 0, "the state is back");
	is_int(SAY(&m, false, IT, blocker, "-p", "pipe"), FATE_DELIVERED,
	    "it is announced");
	ok(strstr(written(blocker), "\"action\":\"real\"") != NULL,
	    "and was written down before");
	list_again(runner);
	is_int(listed.count, 1, "a courier that comes is told of it");
	ok(memcmp(listed.newest.host, m.host, strlen(m.host) + 1) == 0 &&
		listed.newest.arrived && listed.newest.incident == 7 &&
		strcmp(listed.newest.withdraw, m.withdraw) == 0,
	    "with all that is needed");

	/* The next start, with a configuration that knows nothing of it. */
	errands.close();
	ok(has_book(), "it outlives the runner");
	static const struct conf empty;
	errands.open(NULL);
	errands.configure(&empty);
	errands.listen(base);
	list_again(runner);
	is_int(listed.count, 1, "and is known by the next");
	is_int(SAY(&m, false, IT, blocker, "-p", "pipe"), FATE_LATER,
	    "which announces nothing that is not configured");
	is_int(SAY(&m, true, NOT_IT, blocker, "-p", "pipe", "rm"), FATE_LATER,
	    "and calls for nothing but to withdraw");
	is_int(SAY(&m, true, NOT_IT, blocker), FATE_LATER, "as it was");
	is_int(SAY(&m, true, NOT_IT "announce another\n", blocker, "-p", "pipe"),
	    FATE_LATER, "in the words of the book");
	is_int(SAY(&m, true, NULL, blocker, "-p", "pipe"), FATE_LATER, "all of them");
	is_int(SAY(&m, true, IT, blocker, "-p", "pipe"), FATE_LATER, "and no others");
	snprintf(more.withdraw, sizeof more.withdraw, "rm");
	is_int(SAY(&more, true, "rm\n", blocker, "-p", "pipe"), FATE_LATER,
	    "whatever is said of it later");
	is_int(SAY(&other, true, NOT_IT, told, "-p", "pipe"), FATE_LATER,
	    "by nobody else");
	is_str(written(blocker), "", "indeed");
	is_int(SAY(&m, true, NOT_IT, blocker, "-p", "pipe"), FATE_DELIVERED,
	    "it is withdrawn");
	ok(!has_book(), "and forgotten");
	is_int(SAY(&m, true, NOT_IT, blocker, "-p", "pipe"), FATE_LATER, "once");
	written(blocker);
}

/* In the words of the book, by type: as arguments, as JSON, as a whole file. */
static void
test_words(const struct conf *conf)
{
	struct msg_in_force words = in_force("words", told),
			    netmon = in_force("netmon", told),
			    one = in_force("file", told), two = one, both = one;

	errands.configure(conf);
	snprintf(words.type, sizeof words.type, "gobgp");
	is_int(SAY(&words, false, NULL, told, "-p", "pipe", "announce", "it", "all"),
	    FATE_LATER, "GoBGP is told nothing beside");
	is_int(SAY(&words, false, NULL, told, "-p", "pipe", "withdraw", "it"),
	    FATE_LATER, "nor the contrary");
	is_int(SAY(&words, false, IT, told, "-p", "pipe", "announce", "it"), FATE_LATER,
	    "nor anything to read");
	is_int(SAY(&words, false, NULL, told, "-p", "pipe", "announce", "it"),
	    FATE_DELIVERED, "but what is written down");
	is_int(
	    SAY(&words, true, NULL, told, "-p", "pipe"), FATE_LATER, "nor half of it");
	is_int(SAY(&words, true, NULL, told, "-p", "pipe", "withdraw", "it"),
	    FATE_DELIVERED, "and its end");

	snprintf(netmon.type, sizeof netmon.type, "fastnetmon");
#define JSON(action, ip, way)                                                          \
	"{\"action\":\"" action "\",\"ip\":\"" ip "\",\"direction\":\"" way "\"}"
	static const char *const lies[] = { JSON("unban", "192.0.2.7", "incoming"),
		JSON("ban", "192.0.2.8", "incoming"),
		JSON("ban", "192.0.2.7", "outgoing"), "{}", "[", NULL };
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
		ok(SAY(&netmon, false, lies[i], told, "-p", "pipe", "announce", "it") ==
			FATE_LATER,
		    "no JSON of anything else: %s", lies[i] != NULL ? lies[i] : "none");
	is_int(SAY(&netmon, false, JSON("ban", "192.0.2.7", "incoming"), told, "-p",
		   "pipe", "announce", "it"),
	    FATE_DELIVERED, "that of the same");
	is_int(SAY(&netmon, true, JSON("unban", "192.0.2.7", "incoming"), told, "-p",
		   "pipe", "withdraw", "it"),
	    FATE_DELIVERED, "and of its end");

	snprintf(one.type, sizeof one.type, "bird");
	snprintf(two.type, sizeof two.type, "bird");
	snprintf(both.type, sizeof both.type, "bird");
	snprintf(one.announce, sizeof one.announce, "route 7;");
	snprintf(two.announce, sizeof two.announce, "route 7;\nroute 8;");
	snprintf(both.announce, sizeof both.announce, "route 7;");
	snprintf(two.host, sizeof two.host, "192.0.2.8");
	both.out = true;
	is_int(SAY(&one, false, "route 7;\nroute 9;\n", told, "-p", "pipe"), FATE_LATER,
	    "no file has what is not written down");
	is_int(SAY(&one, false, "", told, "-p", "pipe"), FATE_LATER, "nor less");
	is_int(SAY(&one, false, "route 7;\n", told, "-p", "pipe"), FATE_DELIVERED,
	    "a file of one");
	is_int(SAY(&two, false, "route 7;\n", told, "-p", "pipe"), FATE_LATER,
	    "the former is not the other");
	is_int(SAY(&two, false, "route 7;\nroute 8;\nroute 7;\n", told, "-p", "pipe"),
	    FATE_DELIVERED, "both, in any order");
	is_int(SAY(&both, false, "route 7;\nroute 7;\nroute 7;\nroute 8;\n", told, "-p",
		   "pipe"),
	    FATE_DELIVERED, "and another that has the same words");
	is_int(SAY(&two, true, "route 7;\nroute 7;\nroute 7;\nroute 8;\n", told, "-p",
		   "pipe"),
	    FATE_LATER, "what is withdrawn is not in it");
	is_int(SAY(&two, true, "route 7;\nroute 7;\n", told, "-p", "pipe"),
	    FATE_DELIVERED, "without it");
	is_int(SAY(&both, true, "route 7;\n", told, "-p", "pipe"), FATE_DELIVERED,
	    "one of the same words");
	is_int(SAY(&one, true, NULL, told, "-p", "pipe"), FATE_DELIVERED, "and none");
	ok(!has_book(), "then the book is closed");
	written(told);
}

/* A courier is killed while a program of its announces, and the next one withdraws. */
static void
test_two_couriers(struct link *runner, const struct conf *conf)
{
	struct msg_in_force m = in_force("real", blocker);
	const char *const argv[] = { blocker, "-p", "pipe", NULL };
	char *slow = mem_printf("#!/bin/sh\nuntil test -e %s/go; do sleep 0.1; done\n"
				"echo x >>\"$0.log\"\n",
	    dir);
	FILE *f = fopen(blocker, "w");

	if (f == NULL)
		abort();
	fputs(slow, f);
	fclose(f);
	free(slow);
	errands.configure(conf);
	errand_cancel(errand_in_force(
	    &m, false, (char *const *)argv, "7", IT, strlen(IT), on_outcome, NULL));
	while (!has_book() && !nonsense)
		event_base_loop(base, EVLOOP_ONCE);
	list_again(runner);
	is_int(listed.count, 1, "what is being announced is in the book");
	is_int(SAY(&m, true, NOT_IT, blocker, "-p", "pipe"), FATE_LATER,
	    "while it is, it is not withdrawn");
	close(creat("go", 0600));
	for (unsigned tries = 0; tries < 200; tries++) {
		if (SAY(&m, true, NOT_IT, blocker, "-p", "pipe") == FATE_DELIVERED)
			break;
		usleep(50000);
	}
	is_int(heard.o.fate, FATE_DELIVERED, "but then");
	ok(!has_book(), "and nothing is in force");
	is_str(written(blocker), "x\nx\n", "one after the other");
	unlink("go");
}

static void
test_hostile_book(struct link *runner)
{
	static const struct {
		const char *text;
		unsigned believed;
		const char *what;
	} books[] = {
		{ "{}", 0, "no list" },
		{ "[", 0, "half of one" },
		{ "[1,null,[]]", 0, "no entries" },
		{ "[{\"action\":\"a\",\"action\":\"b\"}]", 0, "a name twice" },
		{ "[@,@]", 1, "one twice" },
		{ "[@,{\"program\":\"rm\"}]", 1, "another that is none" },
		{ "[%]", 0, "a program without a path" },
		{ "[&]", 0, "a host that is none" },
	};
	static const char entry[] =
	    "{\"action\":\"a\",\"type\":\"bird\",\"host\":\"%s\",\"out\":false,"
	    "\"arrived\":true,\"settings\":\"0\",\"incident\":1,\"begin\":1,\"pps\":1,"
	    "\"program\":\"%s\",\"arguments\":\"\",\"announce\":\"\",\"withdraw\":\"\"}";
	static char text[4096];
	struct err err;

	for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
		size_t at = 0;

		for (const char *c = books[i].text; *c != '\0'; c++)
			if (*c == '@' || *c == '%' || *c == '&')
				at += (size_t)snprintf(text + at, sizeof text - at,
				    entry, *c == '&' ? "10.0.0.1; rm" : "10.0.0.1",
				    *c == '%' ? "rm" : "/bin/true");
			else
				text[at++] = *c;
		if (statefile_write(STORE_IN_FORCE, text, at, &err) != 0)
			abort();
		errands.close();
		errands.open(NULL);
		errands.listen(base);
		list_again(runner);
		ok(listed.count == books[i].believed, "a book with %s", books[i].what);
		ok(access(STORE_IN_FORCE ".broken", F_OK) == 0 &&
			has_book() == (books[i].believed > 0),
		    "is set aside");
		unlink(STORE_IN_FORCE ".broken");
		unlink(STORE_IN_FORCE);
	}
}

int
main(void)
{
	struct conf_report report = { 0 };
	int fd[2];

	if (mkdtemp(dir) == NULL ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) !=
		0)
		tap_skip_all("no temporary directory or no sockets");
	log_init("errand.t", LOG_LEVEL_WARN);
	mailer = program("mailer");
	told = program("told");
	blocker = book_keeper();
	if (chdir(dir) != 0 || mkdir(STORE_DIR, 0700) != 0 ||
	    mkdir(STORE_STATE, 0700) != 0)
		abort();
	char *text = mem_printf(
	    "#@ checked 1\n*** General ***\ndatadir = .\nsendmail = %s\n"
	    "*** Alerts ***\nto = |%s\n"
	    "*** Actions ***\n"
	    "+ real\ntype = exabgp\nprogram = %s\narguments = -p pipe\n"
	    "dry_run = no\n"
	    "+ dry\ntype = exabgp\nprogram = %s\narguments = -p pipe\n"
	    "+ words\ntype = gobgp\nprogram = %s\narguments = -p pipe\n"
	    "dry_run = no\n"
	    "+ netmon\ntype = fastnetmon\nprogram = %s\narguments = -p pipe\n"
	    "dry_run = no\n"
	    "+ file\ntype = bird\nprogram = %s\narguments = -p pipe\n"
	    "dry_run = no\n",
	    mailer, told, blocker, blocker, told, told, told);
	struct conf *conf = conf_parse_checked(text, strlen(text), &report);
	if (conf == NULL) {
		conf_report_print(&report, stdout);
		return 1;
	}
	base = event_base_new();
	struct link *courier =
	    link_new(base, fd[0], ROOM_RUNNER, 1 << 20, at_courier, on_gone, NULL);
	struct link *runner =
	    link_new(base, fd[1], ROOM_COURIER, 1 << 20, at_runner, on_gone, NULL);
	errands.open(NULL);
	errands.configure(conf);
	errands.listen(base);
	errands.peer(ROOM_COURIER, runner);
	int64_t begun = clock_wall_ns();
	errand_open(base);
	errand_runner(courier);
	test_mailer();
	ok(first_id > (uint64_t)begun && first_id < (uint64_t)clock_wall_ns(),
	    "no courier before may have used its numbers");
	test_long();
	test_no_memory();
	test_in_force(runner);
	test_words(conf);
	test_two_couriers(runner, conf);
	test_hostile_book(runner);
	errands.close();
	exec_close();
	if (!nonsense) {
		link_free(courier);
		link_free(runner);
	}
	event_base_free(base);
	conf_free(conf);
	conf_report_free(&report);
	unlink(mailer);
	unlink(told);
	unlink(blocker);
	rmdir(STORE_STATE);
	rmdir(STORE_DIR);
	rmdir(dir);
	free(mailer);
	free(told);
	free(blocker);
	free(text);
	return tap_done();
}
