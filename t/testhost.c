#include "t/testhost.h"

#include <event2/event_struct.h>
#include <math.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/sandbox.h"

struct event_base *testhost_base;

static struct probe_host host;
static const struct probe_type *host_type;
static uint8_t host_key[16];

/* --- the gate --------------------------------------------------------------------- */

static struct test_ping *
ping_of(struct probe_run *run, unsigned seq)
{
	struct test_run *r = run->host_state;

	if (seq >= TESTHOST_PINGS)
		abort();
	return &r->ping[seq];
}

void
probe_reply(struct probe_run *run, unsigned seq, int64_t rtt_ns, enum ping_stamp stamp)
{
	struct test_ping *p = ping_of(run, seq);

	if (p->replies++ == 0 && p->outcome == PING_OPEN) {
		p->outcome = PING_ANSWERED;
		p->rtt_ns = rtt_ns;
		p->stamp = stamp;
	}
}

void
probe_lost(struct probe_run *run, unsigned seq, enum ping_outcome why, bool final)
{
	struct test_ping *p = ping_of(run, seq);

	p->losses++;
	if (!final)
		p->hint = why;
	else if (p->outcome == PING_OPEN)
		p->outcome = why;
}

void
probe_sent(struct probe_run *run, unsigned seq)
{
	ping_of(run, seq)->sent++;
}

void
probe_extra(struct probe_run *run, enum extra extra, double value)
{
	struct test_run *r = run->host_state;

	if (!isfinite(value))
		return;
	r->extras[extra]++;
	r->extra[extra] = value;
}

void
probe_truncated(struct probe_run *run)
{
	((struct test_run *)run->host_state)->truncated++;
}

void
probe_forged(struct probe_run *run)
{
	((struct test_run *)run->host_state)->forged++;
}

void
probe_wrong_source(struct probe_run *run)
{
	((struct test_run *)run->host_state)->wrong_source++;
}

uint32_t
probe_run_end(void)
{
	return 0;
}

struct probe_run *
probe_run_by_index(uint32_t index)
{
	(void)index;
	return NULL;
}

/* --- the configuration ------------------------------------------------------------ */

const char *
conf_target_value(const struct conf *conf, const struct conf_target *t, const char *key,
    struct place *at)
{
	const struct test_run *r =
	    (const void *)((const char *)t - offsetof(struct test_run, target));

	(void)conf, (void)at;
	for (size_t i = 0; r->vars != NULL && r->vars[i] != NULL; i += 2)
		if (strcmp(r->vars[i], key) == 0)
			return r->vars[i + 1];
	/* as if inherited */
	return conf_value(t->probe->section, key, NULL);
}

const char *
conf_value(const struct conf_section *section, const char *key, const char *fallback)
{
	const struct test_run *r =
	    (const void *)((const char *)section - offsetof(struct test_run, section));

	for (size_t i = 0; r->vars != NULL && r->vars[i] != NULL; i += 2)
		if (r->vars[i][0] == ':' && strcmp(r->vars[i] + 1, key) == 0)
			return r->vars[i + 1];
	return fallback;
}

void
sandbox_read(const char *path)
{
	(void)path;
}

/* --- the world -------------------------------------------------------------------- */

bool
testhost_netns(void)
{
	struct ifreq up = { .ifr_name = "lo" };

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	up.ifr_flags = IFF_UP | IFF_RUNNING;
	bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &up) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

void
testhost_open(const struct probe_type *type)
{
	struct event_config *config = event_config_new();
	struct err err;

	signal(SIGPIPE, SIG_IGN);
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	testhost_base = event_base_new_with_config(config);
	event_config_free(config);
	host.base = testhost_base;
	host.key = host_key;
	host_type = type;
	if (type != NULL && type->open != NULL && type->open(&host, &err) != 0)
		fatalx("%s", err.text);
}

void
testhost_close(void)
{
	if (host_type != NULL && host_type->close != NULL)
		host_type->close(&host);
	event_base_free(testhost_base);
	libevent_global_shutdown();
}

struct test_run *
testhost_run(const char *module, const char *name, const char *address,
    const char *const *vars, struct err *err)
{
	struct test_run *r = mem_zero(1, sizeof *r);
	const char *resolve = name;

	r->vars = vars;
	r->probe.name = r->probe.module = module;
	r->probe.home = MODULE_PROBER;
	r->probe.section = &r->section;
	r->target.path = "A.B";
	r->target.host = name;
	r->target.probe = &r->probe;
	r->target.kind = CONF_MEASURED;
	for (unsigned i = 0; i < TESTHOST_PINGS; i++)
		r->ping[i].outcome = PING_OPEN;
	r->run.type = host_type;
	r->run.host = &host;
	r->run.host_state = r;
	r->run.name = name;
	r->run.timeout_ns = 5 * CLOCK_NS_PER_S;
	r->run.opts = host_type->options(NULL, &r->target, err);
	if (r->run.opts == NULL) {
		free(r);
		return NULL;
	}
	if (host_type->wants != NULL)
		host_type->wants(r->run.opts, &resolve, &r->run.family);
	if (addr_parse(&r->run.address, address != NULL ? address : resolve) != 0)
		fatalx("%s is no address", address != NULL ? address : resolve);
	return r;
}

void
testhost_end(struct test_run *r)
{
	host_type->end(&r->run);
	host_type->free_opts(r->run.opts);
	free(r->run.detail);
	free(r);
}

void
testhost_loop(unsigned ms, const unsigned *flag)
{
	int64_t until = clock_mono_ns() + ms * CLOCK_NS_PER_MS, left;

	while ((flag == NULL || *flag == 0) && (left = until - clock_mono_ns()) > 0) {
		/* a slice at a time: what is waited for may be changed by a timer */
		struct timeval tv = { 0, left < 5000000 ? left / 1000 + 1 : 5000 };
		event_base_loopexit(testhost_base, &tv);
		event_base_loop(testhost_base, EVLOOP_ONCE);
	}
}

struct test_ping *
testhost_ping(struct test_run *r, unsigned seq, unsigned ms)
{
	struct test_ping *p = &r->ping[seq];
	int64_t until = clock_mono_ns() + ms * CLOCK_NS_PER_MS;

	host_type->ping(&r->run, seq);
	while (p->outcome == PING_OPEN && clock_mono_ns() < until)
		testhost_loop(5, NULL);
	return p;
}

struct test_ping
testhost_once(const char *module, const char *name, const char *const *vars,
    char *detail, size_t size, struct test_run *kept)
{
	struct err err;
	struct test_run *r = testhost_run(module, name, "127.0.0.1", vars, &err);

	if (r == NULL) {
		snprintf(detail, size, "%s", err.text);
		return (struct test_ping){ .outcome = PING_CANNOT };
	}
	r->run.timeout_ns = CLOCK_NS_PER_S;
	struct test_ping p = *testhost_ping(r, 0, 3000);
	snprintf(detail, size, "%s", r->run.detail != NULL ? r->run.detail : "");
	if (kept != NULL)
		*kept = *r;
	testhost_end(r);
	return p;
}
