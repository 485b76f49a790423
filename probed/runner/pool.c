#include "runner/pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "probes/net.h"
#include "runner/exec.h"

#define POOL_FORKS 5 /* basefork's default */
#define POOL_FORKS_MAX 1000

struct pool {
	char *probe;
	struct exec_pool *exec;
	unsigned users;
	LIST_ENTRY(pool) link;
};

/* One per probe that runs programs: few. */
static LIST_HEAD(, pool) pools = LIST_HEAD_INITIALIZER(pools);

static struct pool *
pool_new(const char *probe)
{
	struct pool *p = mem_zero(1, sizeof *p);

	p->probe = mem_str(probe);
	p->exec = exec_pool_new(1);
	LIST_INSERT_HEAD(&pools, p, link);
	return p;
}

struct exec_pool *
pool_take(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct pool *p;
	long forks;

	if (net_var_number(
		conf, t, "forks", 1, POOL_FORKS_MAX, POOL_FORKS, &forks, err) != 0)
		return NULL;
	LIST_FOREACH(p, &pools, link)
	if (strcmp(p->probe, t->probe->name) == 0)
		break;
	if (p == NULL)
		p = pool_new(t->probe->name);
	exec_pool_bound(p->exec, (unsigned)forks);
	p->users++;
	return p->exec;
}

void
pool_drop(struct exec_pool *exec)
{
	struct pool *p;

	LIST_FOREACH(p, &pools, link)
	if (p->exec == exec)
		break;
	if (p == NULL || --p->users > 0)
		return;
	LIST_REMOVE(p, link);
	exec_pool_free(p->exec);
	free(p->probe);
	free(p);
}
