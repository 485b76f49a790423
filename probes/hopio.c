#include "probes/hopio.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "probes/icmp_reason.h"

struct hopio *
hopio_open(const struct hopio_plan *plan, hopio_fn come, void *ctx, struct err *err)
{
	static const struct hopio_type *const types[HOPS_METHODS] = {
		[HOPS_ICMP] = &hopio_icmp,
		[HOPS_UDP] = &hopio_udp,
		[HOPS_TCP] = &hopio_tcp,
	};
	struct hopio *io = mem_zero(1, sizeof *io);

	io->type = types[plan->method];
	io->plan = *plan;
	io->come = come;
	io->ctx = ctx;
	if (io->type->open(io, err) == 0)
		return io;
	free(io);
	return NULL;
}

void
hopio_close(struct hopio *io)
{
	if (io == NULL)
		return;
	io->type->close(io);
	free(io);
}

int
hopio_send(struct hopio *io, unsigned ttl, unsigned serial)
{
	return io->type->send(io, ttl, serial);
}

void
hopio_receive(struct hopio *io)
{
	io->type->receive(io);
}

int64_t
hopio_grain(const struct hopio *io)
{
	return io->type->grain;
}

void
hopio_error(struct hopio *io, unsigned serial, const struct addr *from, unsigned type,
    unsigned code, int64_t rtt)
{
	int family = io->plan.to.sa.sa_family;
	struct walk_answer a = { .from = *from, .rtt_ns = rtt };
	enum ping_outcome why = icmp_reason(family, type, code, false);

	if (why == PING_ANSWERED)
		return; /* a redirect: it goes on */
	a.why = (uint8_t)why;
	io->come(io->ctx, serial, &a);
}

struct addr
hopio_source(const struct addr *to)
{
	struct addr far = *to, a = { .sa.sa_family = AF_UNSPEC };
	socklen_t len = sizeof a;
	int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	addr_set_port(&far, 9);
	if (fd < 0 || connect(fd, &far.sa, addr_len(&far)) != 0 ||
	    getsockname(fd, &a.sa, &len) != 0)
		a.sa.sa_family = AF_UNSPEC;
	if (fd >= 0)
		close(fd);
	return a;
}
