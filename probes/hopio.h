/* What a walk (prober/walk.h) is made of: probes of one flow that live for some hops,
 * and who answered them. Whoever walks polls; the times are by the kernel's stamps
 * where there are any. */
#ifndef PROBES_HOPIO_H
#define PROBES_HOPIO_H

#include "prober/walk.h"
#include "probes/icmp_io.h"

struct hopio;

/* A came for probe SERIAL. */
typedef void (*hopio_fn)(void *ctx, unsigned serial, const struct walk_answer *a);

struct hopio_plan {
	struct addr to; /* port 0: the method's usual one */
	enum hops_method method;
	unsigned serials;	    /* probes have numbers below */
	uint64_t seed;		    /* ICMP: the flow of a target with this id */
	const struct icmp_way *way; /* ICMP: as its pings leave; NULL: by default */
};

/* Make PLAN's flow; COME is called by hopio_receive() only. NULL with ERR: there is no
 * socket for it. ICMP leaves by the sockets of probes/icmp.h, which has to be open. */
struct hopio *hopio_open(
    const struct hopio_plan *plan, hopio_fn come, void *ctx, struct err *err);
void hopio_close(struct hopio *io);
/* 0, or -1 with errno: it cannot be sent. */
int hopio_send(struct hopio *io, unsigned ttl, unsigned serial);
void hopio_receive(struct hopio *io);
/* From which of our addresses what is sent to TO leaves; AF_UNSPEC: from none. */
struct addr hopio_source(const struct addr *to);
/* How often to receive while answers are awaited, ns. */
int64_t hopio_grain(const struct hopio *io);

/* --- inside: one kind of it each
 * ------------------------------------------------------
 */

struct hopio_type {
	int64_t grain;
	/* All of HOPIO's own is set. 0, or -1 with ERR. */
	int (*open)(struct hopio *io, struct err *err);
	void (*close)(struct hopio *io);
	int (*send)(struct hopio *io, unsigned ttl, unsigned serial);
	void (*receive)(struct hopio *io);
};
extern const struct hopio_type hopio_icmp, hopio_udp, hopio_tcp;

struct hopio {
	const struct hopio_type *type;
	struct hopio_plan plan;
	hopio_fn come;
	void *ctx, *own; /* OWN: the type's */
};

/* Tell that FROM said TYPE and CODE (ICMP), RTT after SERIAL was sent. */
void hopio_error(struct hopio *io, unsigned serial, const struct addr *from,
    unsigned type, unsigned code, int64_t rtt);

#endif
