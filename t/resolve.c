/* The resolver, in a network and a mount namespace of this test's own: its resolv.conf,
 * its hosts file, its DNS server on 127.0.0.1. */
#include "t/tap.h"
#include "t/testdns.h"
#include "t/testhost.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/clock.h"
#include "prober/resolve.h"

static struct testdns *server;
static struct resolver *resolver;
static unsigned changes;
static char conf[] = "/tmp/smokebox-resolv.XXXXXX",
	    hosts[] = "/tmp/smokebox-hosts.XXXXXX";

static const struct resolve_times quick = {
	.ttl_min_ms = 100,
	.ttl_max_ms = 300,
	.retry_min_ms = 50,
	.retry_max_ms = 200,
	.check_ms = 40,
	.timeout_ms = 250,
};
static const struct resolve_times patient = {
	.ttl_min_ms = 60000,
	.ttl_max_ms = 3600000,
	.retry_min_ms = 60000,
	.retry_max_ms = 60000,
	.check_ms = 40,
	.timeout_ms = 250,
};

static void
changed(void *ctx, struct resolve_name *name)
{
	(void)ctx, (void)name;
	changes++;
}

/* Write TEXT into the file at PATH, in place: it may be a mount. */
static void
put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0) {
		printf("Bail out! %s cannot be written\n", path);
		exit(1);
	}
}

static bool
world(void)
{
	int a = mkstemp(conf), b = mkstemp(hosts);

	close(a);
	close(b);
	put(conf, "nameserver 127.0.0.1\n");
	put(hosts, "192.0.2.10 byhand Alias.example # remark\n"
		   "2001:db8::10 byhand\n#192.0.2.99 out\nnonsense line\n192.0.2.11\n");
	return testhost_netns() && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(conf, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0 &&
	       mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) == 0;
}

/* Loop until NAME is in STATE, at most MS. */
static bool
reaches(struct resolve_name *name, enum resolve_state state, unsigned ms)
{
	int64_t until = clock_mono_ns() + ms * CLOCK_NS_PER_MS;
	struct addr addr;

	while (resolve_get(name, &addr, NULL) != state && clock_mono_ns() < until)
		testhost_loop(5, NULL);
	return resolve_get(name, &addr, NULL) == state;
}

/* Is NAME's address TEXT ("" for none) and its reason WHY? */
static void
is_name(struct resolve_name *name, const char *text, const char *why, const char *what)
{
	struct addr addr;
	const char *got;
	char buf[ADDR_TEXT];

	resolve_get(name, &addr, &got);
	is_str(addr_text(&addr, buf), text, what);
	if (why != NULL)
		is_str(got, why, what);
}

static void
begin(const struct resolve_times *times)
{
	resolver = resolve_new(testhost_base, changed, NULL);
	resolve_set_times(resolver, times);
	changes = 0;
}

static void
test_answers(void)
{
	static const struct {
		const char *host;
		int family;
		enum resolve_state state;
		const char *addr, *why;
	} names[] = {
		{ "192.0.2.3", AF_UNSPEC, RESOLVE_FRESH, "192.0.2.3", "" },
		{ "2001:db8::3", AF_INET6, RESOLVE_FRESH, "2001:db8::3", "" },
		{ "192.0.2.3", AF_INET6, RESOLVE_FAILED, "",
		    "192.0.2.3: not an IPv6 address" },
		{ "2001:db8::3", AF_INET, RESOLVE_FAILED, "",
		    "2001:db8::3: not an IPv4 address" },
		{ "fe80::1%nodev0", AF_UNSPEC, RESOLVE_FAILED, "",
		    "fe80::1%nodev0: its interface is not here" },
		{ "ok.example", AF_INET, RESOLVE_FRESH, "192.0.2.1", "" },
		{ "ok.example", AF_INET6, RESOLVE_FRESH, "2001:db8::1", "" },
		{ "ok.example", AF_UNSPEC, RESOLVE_FRESH, "192.0.2.1", "" },
		{ "v6.example", AF_UNSPEC, RESOLVE_FRESH, "2001:db8::1", "" },
		{ "v6.example", AF_INET, RESOLVE_FAILED, "",
		    "v6.example: the name has no IPv4 address" },
		{ "v4.example", AF_INET6, RESOLVE_FAILED, "",
		    "v4.example: the name has no IPv6 address" },
		{ "nodata.example", AF_UNSPEC, RESOLVE_FAILED, "",
		    "nodata.example: the name has no address" },
		{ "nxdomain.example", AF_UNSPEC, RESOLVE_FAILED, "",
		    "nxdomain.example: no such name" },
		{ "servfail.example", AF_INET, RESOLVE_FAILED, "",
		    "servfail.example: no resolver could be reached or could find out" },
		{ "refused.example", AF_INET, RESOLVE_FAILED, "",
		    "refused.example: no resolver could be reached or could find out" },
		{ "a..b", AF_UNSPEC, RESOLVE_FAILED, "", NULL },
		{ "localhost", AF_UNSPEC, RESOLVE_FRESH, "127.0.0.1", "" },
		{ "localhost", AF_INET6, RESOLVE_FRESH, "::1", "" },
		{ "here.localhost.", AF_INET, RESOLVE_FRESH, "127.0.0.1", "" },
		{ "byhand", AF_UNSPEC, RESOLVE_FRESH, "192.0.2.10", "" },
		{ "BYHAND", AF_INET6, RESOLVE_FRESH, "2001:db8::10", "" },
		{ "alias.example", AF_INET, RESOLVE_FRESH, "192.0.2.10", "" },
		{ "fe80::1%lo", AF_INET6, RESOLVE_FRESH, "fe80::1%lo", "" },
		{ "fe80::1%lo", AF_INET, RESOLVE_FAILED, "",
		    "fe80::1%lo: not an IPv4 address" },
		{ "fe80::x%lo", AF_UNSPEC, RESOLVE_FAILED, "",
		    "fe80::x%lo: no IPv6 address, or its interface is missing" },
	};
	struct resolve_name *n[sizeof names / sizeof *names];

	begin(&patient);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		n[i] = resolve_want(resolver, names[i].host, names[i].family);
	struct addr addr;
	ok(resolve_get(n[0], &addr, NULL) == RESOLVE_FRESH,
	    "a literal is fresh at once");
	ok(resolve_get(n[5], &addr, NULL) == RESOLVE_PENDING, "a name is pending");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ok(reaches(n[i], names[i].state, 5000), "%s: state", names[i].host);
		is_name(n[i], names[i].addr, names[i].why, names[i].host);
	}
	ok(resolve_want(resolver, "ok.example", AF_INET) == n[5],
	    "the same name is the same object");
	resolve_unwant(resolver, n[5]);
	resolve_unwant(resolver, n[5]);
	resolve_unwant(resolver, n[6]);
	resolve_free(resolver);
}

static void
test_life(void)
{
	begin(&quick);
	unsigned before = server->queries;
	struct resolve_name *n = resolve_want(resolver, "change.example", AF_INET);
	ok(reaches(n, RESOLVE_FRESH, 2000), "a name is found");
	is_name(n, "192.0.2.1", "", "its address");
	is_int(changes, 1, "the host was told once");
	testhost_loop(900, NULL);
	unsigned asked = server->queries - before;
	ok(asked >= 2 && asked <= 10,
	    "it is asked again by TTL, held within bounds (%u)", asked);
	is_int(changes, 1, "no news, nothing told");
	server->moved = true;
	changes = 0;
	testhost_loop(2000, &changes);
	is_name(n, "192.0.2.2", "", "a changed address is news");
	server->fail = true;
	ok(reaches(n, RESOLVE_STALE, 2000), "the resolver fails: stale");
	is_name(n, "192.0.2.2",
	    "change.example: no resolver could be reached or could find out",
	    "the address stays");
	server->fail = server->moved = false;
	ok(reaches(n, RESOLVE_FRESH, 2000), "it comes back: fresh");
	is_name(n, "192.0.2.1", "", "with the new address");
	resolve_free(resolver);
}

static void
test_dead(void)
{
	begin(&quick);
	server->mute = true;
	struct resolve_name *n = resolve_want(resolver, "ok.example", AF_INET);
	struct resolve_name *other = resolve_want(resolver, "192.0.2.7", AF_INET);
	struct addr addr;
	int64_t begun = clock_mono_ns(), turn, longest = 0;
	while (resolve_get(n, &addr, NULL) == RESOLVE_PENDING &&
	       clock_mono_ns() - begun < 8 * CLOCK_NS_PER_S) {
		turn = clock_mono_ns();
		testhost_loop(5, NULL);
		if (clock_mono_ns() - turn > longest)
			longest = clock_mono_ns() - turn;
	}
	is_name(n, "", "ok.example: the resolver does not answer", "a dead resolver");
	ok(resolve_get(other, &addr, NULL) == RESOLVE_FRESH, "others do not care");
	ok(longest < 500 * CLOCK_NS_PER_MS, "the loop goes on");
	server->mute = false;
	ok(reaches(n, RESOLVE_FRESH, 3000), "it is tried again");
	resolve_free(resolver);

	/* gone with a query in flight */
	begin(&quick);
	server->mute = true;
	n = resolve_want(resolver, "ok.example", AF_INET);
	other = resolve_want(resolver, "ok.example", AF_INET6);
	testhost_loop(50, NULL);
	resolve_unwant(resolver, n);
	testhost_loop(50, NULL);
	resolve_free(resolver);
	server->mute = false;
	ok(true, "a name and a resolver may go with queries in flight");
}

static void
test_files(void)
{
	put(conf, "nameserver 127.0.0.9\n");
	begin(&patient);
	struct resolve_name *n = resolve_want(resolver, "ok.example", AF_INET);
	struct resolve_name *h = resolve_want(resolver, "nxdomain", AF_INET);
	ok(reaches(n, RESOLVE_FAILED, 5000), "nobody is there to ask");
	ok(reaches(h, RESOLVE_FAILED, 5000), "for no name");
	put(conf, "# another network\nnameserver 127.0.0.1\n");
	ok(reaches(n, RESOLVE_FRESH, 3000), "a new resolv.conf is taken at once");
	put(hosts, "192.0.2.12 nxdomain\n");
	ok(reaches(h, RESOLVE_FRESH, 3000), "a new hosts file too");
	is_name(h, "192.0.2.12", "", "its address");
	server->mute = true;
	struct resolve_name *m = resolve_want(resolver, "v4.example", AF_INET);
	testhost_loop(50, NULL);
	put(conf, "nameserver 127.0.0.1\n# changed while a query is in flight\n");
	testhost_loop(100, NULL);
	server->mute = false;
	ok(reaches(m, RESOLVE_FRESH, 3000), "a query in flight is asked again");
	resolve_free(resolver);
}

static void
test_flood(void)
{
	enum {
		MANY = 2000
	};
	static struct resolve_name *n[MANY];
	char name[32];
	unsigned fresh = 0;
	struct addr addr;

	begin(&patient);
	server->late_ms = 5;
	server->in_flight_max = 0;
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "ok.n%d.example", i);
		n[i] = resolve_want(resolver, name, AF_INET);
	}
	reaches(n[MANY - 1], RESOLVE_FRESH, 20000);
	testhost_loop(100, NULL);
	for (int i = 0; i < MANY; i++)
		fresh += resolve_get(n[i], &addr, NULL) == RESOLVE_FRESH;
	is_int(fresh, MANY, "two thousand names");
	ok(server->in_flight_max <= 50, "at most fifty at a time (%u)",
	    server->in_flight_max);
	server->late_ms = 0;
	resolve_free(resolver);
}

int
main(void)
{
	if (!world()) {
		unlink(conf);
		unlink(hosts);
		tap_skip_all("needs its own network and mount namespaces");
	}
	testhost_open(NULL);
	server = testdns_new(testhost_base, "127.0.0.1", 53);
	if (server == NULL)
		tap_skip_all("port 53 of its own loopback is taken");
	test_answers();
	test_life();
	test_dead();
	test_files();
	test_flood();
	testdns_free(server);
	testhost_close();
	unlink(conf);
	unlink(hosts);
	return tap_done();
}
