/* Programs for news, from the courier's wish over the line to the runner and back:
 * which are run, with what, and what is not even asked for. */
#include "courier/errand.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "courier/dispatch.h"
#include "runner/errands.h"
#include "runner/exec.h"
#include "t/tap.h"

static struct event_base *base;
static char dir[] = "/tmp/smokebox-errand.XXXXXX";
static char *mailer, *told;
static bool nonsense;

/* --- both ends -------------------------------------------------------------------- */

static int
at_courier(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	(void)link;
	return in->type == MSG_ERRAND_DONE ? errand_message(in) : -1;
}

static int
at_runner(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
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
	char *text =
	    mem_printf("#@ checked 1\n*** General ***\ndatadir = .\nsendmail = %s\n"
		       "*** Alerts ***\nto = |%s\n",
		mailer, told);
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
	errands.configure(conf);
	errands.listen(base);
	errands.peer(ROOM_COURIER, runner);
	errand_open(base);
	errand_runner(courier);
	test_mailer();
	test_long();
	test_no_memory();
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
	rmdir(dir);
	free(mailer);
	free(told);
	free(text);
	return tap_done();
}
