/* Bounded execution: whatever a program does, its starter goes on and hears about it.
 */
#include "runner/exec.h"
#include "runner/stray.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tap.h"

#define SECOND CLOCK_NS_PER_S

static struct event_base *base;
static struct exec_pool *pool;

struct heard {
	unsigned times;
	enum exec_end end;
	int code;
	char *out, *err;
	size_t out_len;
	bool cut;
	double seconds;
};

static unsigned heard_all;

static void
on_done(void *ctx, const struct exec_result *r)
{
	struct heard *h = ctx;

	h->times++;
	h->end = r->end;
	h->code = r->code;
	free(h->out);
	free(h->err);
	h->out = mem_strn(r->out, r->out_len);
	h->err = mem_strn(r->err, r->err_len);
	h->out_len = r->out_len;
	h->cut = r->cut;
	h->seconds = (double)r->ran_ns / SECOND;
	heard_all++;
}

static void
forget(struct heard *h)
{
	free(h->out);
	free(h->err);
	*h = (struct heard){ 0 };
}

/* Run the loop until *N is WANTED, or MS have passed. */
static bool
until(const unsigned *n, unsigned wanted, unsigned ms)
{
	int64_t end = clock_mono_ns() + ms * CLOCK_NS_PER_MS;

	while (*n != wanted && clock_mono_ns() < end) {
		struct timeval tv = { 0, 5000 };
		event_base_loopexit(base, &tv);
		event_base_dispatch(base);
	}
	return *n == wanted;
}

static bool
idle(unsigned ms)
{
	int64_t end = clock_mono_ns() + ms * CLOCK_NS_PER_MS;
	unsigned never = 0;

	while (exec_running() + exec_waiting() > 0 && clock_mono_ns() < end)
		until(&never, 1, 5);
	return exec_running() + exec_waiting() == 0;
}

/* What "sh -c SCRIPT" comes to. */
static struct exec_spec
shell(const char *script)
{
	static const char *argv[4] = { "/bin/sh", "-c" };

	argv[2] = script;
	return (
	    struct exec_spec){ .argv = argv, .limit_ns = 5 * SECOND, .keep = 65536 };
}

static struct heard
run(struct exec_spec spec)
{
	struct heard h = { 0 };

	exec_start(pool, &spec, on_done, &h);
	until(&h.times, 1, 20000);
	return h;
}

static bool
alive(pid_t pid)
{
	char path[64], state = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *in = fopen(path, "r");
	if (in == NULL)
		return false;
	if (fscanf(in, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(in);
	return state != 'Z' && state != 0;
}

/* Gone within MS? */
static bool
dies(pid_t pid, unsigned ms)
{
	int64_t end = clock_mono_ns() + ms * CLOCK_NS_PER_MS;
	unsigned never = 0;

	while (alive(pid) && clock_mono_ns() < end)
		until(&never, 1, 5);
	return !alive(pid);
}

/* --- */

static void
test_plain(void)
{
	struct heard h = run(shell("echo out; echo err >&2; exit 3"));

	ok(h.end == EXEC_EXITED && h.code == 3, "a program ends with its status");
	is_str(h.out, "out\n", "what it wrote");
	is_str(h.err, "err\n", "what it complained of");
	ok(!h.cut, "all of it");
	forget(&h);

	h = run(shell("kill -SEGV $$"));
	ok(h.end == EXEC_SIGNALLED && h.code == SIGSEGV, "death by a signal is told");
	forget(&h);

	const char *argv[] = { "/nonexistent/tool", NULL };
	h = run((struct exec_spec){ .argv = argv, .limit_ns = SECOND });
	ok(h.end == EXEC_FAILED && h.code == ENOENT, "a program that is not there");
	forget(&h);
	argv[0] = "/etc/passwd";
	h = run((struct exec_spec){ .argv = argv, .limit_ns = SECOND });
	ok(h.end == EXEC_FAILED && h.code == EACCES, "a file that is no program");
	forget(&h);

	const char *literal[] = { "/bin/echo", "$HOME; `id` > /tmp/x", "*", NULL };
	h = run((struct exec_spec){ .argv = literal, .limit_ns = SECOND, .keep = 99 });
	is_str(h.out, "$HOME; `id` > /tmp/x *\n", "no shell looks at the arguments");
	forget(&h);
}

static void
test_surroundings(void)
{
	const char *more[] = { "TOKEN=secret", NULL };
	struct exec_spec spec = shell("env | sort | grep -v '^_=\\|^PWD=\\|^SHLVL='");
	struct heard h;

	setenv("LEAK", "yes", 1);
	setenv("TZ", "UTC", 1);
	spec.env = more;
	h = run(spec);
	char *home = h.out == NULL ? NULL : strstr(h.out, "HOME=");
	ok(home != NULL && home == h.out, "HOME is set");
	is_str(home == NULL ? NULL : strchr(home, '\n') + 1,
	    "LC_ALL=C\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin\nTOKEN=secret\nTZ=UTC\n",
	    "the environment is made from scratch");
	forget(&h);

	/* Descriptors without close-on-exec are not inherited either. */
	int opened = open("/etc/passwd", O_RDONLY);
	int fd = dup2(opened, 77);
	h = run(shell("for f in /proc/self/fd/*; do echo ${f##*/}; done | head -n 9"));
	const char *lines = h.out == NULL ? "" : h.out;
	ok(fd == 77 && strncmp(lines, "0\n1\n2\n", 6) == 0 &&
		strstr(lines, "77") == NULL,
	    "descriptors are closed");
	forget(&h);
	close(77);
	close(opened);

	h = run(shell("ulimit -c; ulimit -n; pwd; trap '' TERM; kill -TERM $$; "
		      "cut -d' ' -f5 /proc/$$/stat; echo $$"));
	int group = 0, pid = 0;
	ok(h.out != NULL && sscanf(h.out, "0 1024 / %d %d", &group, &pid) == 2,
	    "limits, and the root directory");
	ok(group == pid && pid > 0, "a process group of its own");
	forget(&h);

	signal(SIGPIPE, SIG_IGN);
	h = run(shell("exec grep '^Sig[BI]' /proc/self/status"));
	unsigned long long blocked = 1, ignored = 1;
	/* 32 and 33 are the C library's own: whoever started us may have them ignored,
	 * and nobody can change that. */
	const unsigned long long library = 3ULL << 31;
	ok(h.out != NULL &&
		sscanf(h.out, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored) == 2 &&
		blocked == 0 && (ignored & ~library) == 0,
	    "no signal is blocked or ignored");
	forget(&h);

	h = run(shell("cat | wc -c"));
	is_str(h.out, "0\n", "standard input is empty");
	forget(&h);
}

static void
test_input(void)
{
	static char large[300000];
	struct exec_spec spec = shell("wc -c");
	struct heard h;

	memset(large, 'x', sizeof large);
	spec.input = large;
	spec.input_len = sizeof large;
	h = run(spec);
	is_str(h.out, "300000\n", "given bytes are its standard input, to their end");
	forget(&h);

	spec = shell("read a; echo $a; read b; echo never");
	spec.input = "hello\n";
	spec.input_len = 6;
	spec.input_open = true;
	spec.limit_ns = SECOND / 2;
	h = run(spec);
	ok(h.end == EXEC_TIMEOUT, "standard input stays open where that is wanted");
	is_str(h.out, "hello\n", "and what came before is there");
	forget(&h);

	spec = shell("exec <&-; echo deaf");
	spec.input = large;
	spec.input_len = sizeof large;
	h = run(spec);
	is_str(h.out, "deaf\n", "one that does not listen does no harm");
	forget(&h);
	ok(idle(3000), "nothing is left");
}

static void
test_floods(void)
{
	struct exec_spec spec = shell("yes");
	struct heard h;

	spec.keep = 1000;
	h = run(spec);
	ok(h.end == EXEC_FLOODED, "a flood is ended");
	ok(h.out_len == 1000 && h.cut, "little of it is kept");
	forget(&h);
	spec = shell("exec yes >&2");
	spec.keep = 10;
	h = run(spec);
	ok(h.end == EXEC_FLOODED && strlen(h.err) == 10, "likewise on standard error");
	forget(&h);
	spec = shell("head -c 100000 /dev/zero | tr '\\0' x; exit 7");
	spec.keep = 100;
	h = run(spec);
	ok(h.end == EXEC_EXITED && h.code == 7 && h.cut && h.out_len == 100,
	    "one that writes too much, but not endlessly, may finish");
	forget(&h);
	ok(idle(3000), "no flood goes on");
}

static void
test_hangs(void)
{
	struct exec_spec spec = shell("exec sleep 1000");
	struct heard h;

	spec.limit_ns = SECOND / 4;
	h = run(spec);
	ok(h.end == EXEC_TIMEOUT && h.seconds > 0.2 && h.seconds < 2,
	    "one that hangs is ended at its deadline (%.2f s)", h.seconds);
	forget(&h);
	ok(idle(900), "by SIGTERM");

	spec = shell("trap '' TERM; echo $$; while :; do sleep 1000; done");
	spec.limit_ns = SECOND / 2;
	h = run(spec);
	pid_t pid = (pid_t)atoi(h.out);
	ok(h.end == EXEC_TIMEOUT && pid > 0,
	    "one that ignores SIGTERM is told of, too");
	ok(exec_running() == 1 && alive(pid), "and has its place as long as it lives");
	ok(idle(3000) && !alive(pid), "which is no longer than a second");
	forget(&h);

	spec = shell("(trap '' TERM; sleep 1000) & echo $!; kill -STOP $$");
	spec.limit_ns = SECOND / 2;
	h = run(spec);
	pid = (pid_t)atoi(h.out);
	ok(h.end == EXEC_TIMEOUT, "one that has stopped itself is ended");
	ok(idle(3000) && dies(pid, 2000), "with its children");
	forget(&h);

	spec = shell("sleep 1000 & echo $!");
	h = run(spec);
	pid = (pid_t)atoi(h.out);
	ok(h.end == EXEC_EXITED && h.seconds < 4,
	    "a child that holds the pipe open keeps nobody waiting (%.2f s)",
	    h.seconds);
	ok(dies(pid, 2000), "and does not outlive its parent");
	forget(&h);

	spec = shell("sleep 0.2; echo late");
	spec.first_ns = SECOND / 20;
	h = run(spec);
	ok(h.end == EXEC_TIMEOUT, "one that says nothing for too long is ended");
	forget(&h);
	spec = shell("echo soon; sleep 0.3; echo late");
	spec.first_ns = SECOND / 5;
	h = run(spec);
	is_str(h.out, "soon\nlate\n", "one that said something in time is not");
	forget(&h);

	spec = shell("while :; do :; done");
	spec.limit_ns = SECOND / 4;
	h = run(spec);
	ok(h.end == EXEC_TIMEOUT, "a busy loop is ended");
	forget(&h);
	ok(idle(3000), "nothing is left");
}

static void
test_queue(void)
{
	enum {
		MANY = 2000
	};
	static struct heard heard[MANY];
	struct exec_pool *narrow = exec_pool_new(3);
	struct exec_spec spec = shell("exit 0");
	unsigned most = 0, never = 0;

	heard_all = 0;
	for (unsigned i = 0; i < MANY; i++)
		exec_start(narrow, &spec, on_done, &heard[i]);
	ok(exec_waiting() == MANY && heard_all == 0, "thousands may wait");
	while (heard_all < MANY) {
		unsigned before = heard_all;
		until(&never, 1, 1);
		if (exec_running() > most)
			most = exec_running();
		if (before == heard_all && exec_waiting() + exec_running() == 0)
			break;
	}
	unsigned fine = 0;
	for (unsigned i = 0; i < MANY; i++) {
		fine += heard[i].times == 1 && heard[i].end == EXEC_EXITED;
		forget(&heard[i]);
	}
	is_int(fine, MANY, "each of them runs once");
	ok(most > 0 && most <= 3, "never more at once than its pool may (%u)", most);

	/* One pool full of sleepers does not hold up another one. */
	struct exec *sleeper[20];
	spec = shell("sleep 100");
	spec.limit_ns = 100 * SECOND;
	struct heard h = { 0 }, w[20] = { { 0 } };
	for (unsigned i = 0; i < 20; i++)
		sleeper[i] = exec_start(narrow, &spec, on_done, &w[i]);
	until(&never, 1, 100);
	h = run(shell("echo here"));
	is_str(h.out, "here\n", "a full pool does not hold up another");
	forget(&h);
	spec = shell("exit 0");
	spec.until_ns = clock_mono_ns() + SECOND / 5;
	exec_start(narrow, &spec, on_done, &h);
	until(&h.times, 1, 5000);
	ok(h.end == EXEC_WAITED && h.seconds == 0,
	    "what waits for too long is told so, and does not run");
	forget(&h);
	heard_all = 0;
	for (unsigned i = 0; i < 20; i++)
		exec_cancel(sleeper[i]);
	ok(idle(3000) && heard_all == 0, "what is cancelled ends, and says nothing");

	/* It had to wait, so it did not have its time: that is not its own fault. */
	struct heard first = { 0 };
	exec_pool_bound(narrow, 1);
	spec = shell("exec sleep 0.6");
	exec_start(narrow, &spec, on_done, &first);
	spec = shell("exec sleep 100");
	spec.limit_ns = SECOND;
	spec.until_ns = clock_mono_ns() + SECOND;
	exec_start(narrow, &spec, on_done, &h);
	until(&h.times, 1, 5000);
	ok(h.end == EXEC_WAITED && h.seconds > 0,
	    "one whose time was cut short by waiting is told apart");
	forget(&h);
	forget(&first);
	ok(idle(3000), "nothing is left");
	exec_pool_free(narrow);

	unsigned wide = 0;
	struct exec_pool *broad = exec_pool_new(1000);
	spec = shell("sleep 100");
	struct exec *all[EXEC_TOTAL * 2];
	for (unsigned i = 0; i < EXEC_TOTAL * 2; i++)
		all[i] = exec_start(broad, &spec, on_done, &h);
	until(&never, 1, 300);
	wide = exec_running();
	is_int(wide, EXEC_TOTAL, "all pools together have a bound");
	for (unsigned i = 0; i < EXEC_TOTAL * 2; i++)
		exec_cancel(all[i]);
	ok(idle(5000), "nothing is left");
	exec_pool_free(broad);

	struct exec_spec none = shell("exit 0");
	unsigned taken = 0;
	struct exec_pool *blocked = exec_pool_new(1);
	struct exec **queued = mem_zero(EXEC_QUEUE + 1, sizeof *queued);
	while (taken <= EXEC_QUEUE &&
	       (queued[taken] = exec_start(blocked, &none, on_done, &h)) != NULL)
		taken++;
	is_int(taken, EXEC_QUEUE, "the queue has an end");
	while (taken > 0)
		exec_cancel(queued[--taken]);
	free(queued);
	ok(idle(3000), "nothing is left");
	exec_pool_free(blocked);
}

/* Those that flee their process group are found when they are many. */
static void
test_strays(void)
{
	pid_t pid[STRAYS_MAX + 1];
	unsigned fled = 0, dead = 0;

	for (unsigned i = 0; i < STRAYS_MAX + 1; i++) {
		if (i == STRAYS_MAX)
			for (unsigned k = 0; k < i; k++)
				fled += alive(pid[k]);
		struct heard h =
		    run(shell("(setsid sh -c 'echo $$; exec sleep 1000 "
			      "</dev/null >/dev/null 2>&1' &) | head -n1"));
		pid[i] = h.out == NULL ? 0 : (pid_t)atoi(h.out);
		forget(&h);
	}
	for (unsigned i = 0; i < STRAYS_MAX + 1; i++)
		dead += pid[i] > 0 && dies(pid[i], 2000);
	is_int(fled, STRAYS_MAX, "a few that fled their group may live");
	is_int(dead, STRAYS_MAX + 1, "many are ended");
}

static unsigned
descriptors(void)
{
	unsigned n = 0;

	for (int i = 0; i < 1024; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

int
main(void)
{
	log_init("exec", LOG_LEVEL_WARN);
	base = event_base_new();
	exec_open(base);
	pool = exec_pool_new(5);
	struct heard h = run(shell("exit 0"));
	forget(&h);
	idle(1000);
	unsigned before = descriptors();
	test_plain();
	test_surroundings();
	test_input();
	test_floods();
	test_hangs();
	test_queue();
	test_strays();
	ok(idle(3000), "nothing runs or waits");
	is_int(descriptors(), before, "and no descriptor is left open");
	exec_pool_free(pool);
	exec_close();
	event_base_free(base);
	libevent_global_shutdown();
	return tap_done();
}
