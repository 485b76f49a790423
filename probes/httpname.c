#include "probes/httpname.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"

#define HTTPNAME_MAX 1000
#define HTTPNAME_LIFE_NS (7200 * CLOCK_NS_PER_S)

struct httpname {
	struct resolve_name *name;
	char *host;
	int family;
	int64_t used_ns;
	TAILQ_ENTRY(httpname) link;
};

static struct {
	struct event_base *base;
	void (*changed)(struct resolve_name *name);
	struct resolver *resolver;    /* made when first needed */
	TAILQ_HEAD(, httpname) names; /* least recently used first */
	unsigned count;
} httpname;

static void
httpname_drop(struct httpname *n)
{
	TAILQ_REMOVE(&httpname.names, n, link);
	httpname.count--;
	resolve_unwant(httpname.resolver, n->name);
	free(n->host);
	free(n);
}

static void
httpname_changed(void *ctx, struct resolve_name *name)
{
	struct addr ignored;

	(void)ctx;
	if (resolve_get(name, &ignored, NULL) != RESOLVE_PENDING)
		httpname.changed(name);
}

void
httpname_open(struct event_base *base, void (*changed)(struct resolve_name *name))
{
	httpname.base = base;
	httpname.changed = changed;
	TAILQ_INIT(&httpname.names);
}

void
httpname_close(void)
{
	while (!TAILQ_EMPTY(&httpname.names))
		httpname_drop(TAILQ_FIRST(&httpname.names));
	resolve_free(httpname.resolver);
	httpname.resolver = NULL;
}

/* Nobody waits for a name that was not used lately, or that has its answer. */
static void
httpname_tidy(int64_t now)
{
	struct httpname *old = TAILQ_FIRST(&httpname.names);
	struct addr ignored;

	if (old != NULL && resolve_get(old->name, &ignored, NULL) != RESOLVE_PENDING &&
	    (httpname.count >= HTTPNAME_MAX || now - old->used_ns > HTTPNAME_LIFE_NS))
		httpname_drop(old);
}

struct resolve_name *
httpname_want(const char *host, int family)
{
	struct httpname *n;
	int64_t now = clock_mono_ns();

	if (httpname.resolver == NULL)
		httpname.resolver = resolve_new(httpname.base, httpname_changed, NULL);
	TAILQ_FOREACH(n, &httpname.names, link) {
		if (n->family == family && strcasecmp(n->host, host) == 0)
			break;
	}
	if (n != NULL)
		TAILQ_REMOVE(&httpname.names, n, link);
	else {
		httpname_tidy(now);
		if (httpname.count >= HTTPNAME_MAX)
			return NULL;
		n = mem_zero(1, sizeof *n);
		n->host = mem_str(host);
		n->family = family;
		n->name = resolve_want(httpname.resolver, host, family);
		httpname.count++;
	}
	n->used_ns = now;
	TAILQ_INSERT_TAIL(&httpname.names, n, link);
	return n->name;
}
