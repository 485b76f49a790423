/* Addresses of this host by rtnetlink, from a kernel that is scripted: a list that
 * changed while it was read is read again, and half of one is none. */
#include "courier/own.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/rtnetlink.h"
#include "t/tap.h"

/* What the kernel says to one question: an address each, with the mark that the list
 * changed, and its end. */
struct says {
	const char *address; /* NULL: none */
	enum {
		WHOLE,
		CHANGED,
		CUT
	} how; /* CUT: it says no more, and no end */
};

static struct says script[16];
static unsigned next, length; /* in the script */
static unsigned left;	      /* messages of this answer */

static size_t
put(uint8_t *buf, const struct says *s, bool end)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg address;
		struct rtattr a;
		uint8_t bytes[4];
	} m = { .head = { .nlmsg_type = end ? NLMSG_DONE : RTM_NEWADDR,
		    .nlmsg_flags =
			(uint16_t)(NLM_F_MULTI |
				   (s->how == CHANGED ? NLM_F_DUMP_INTR : 0)) },
		.address = { .ifa_family = AF_INET },
		.a = { .rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL } };
	struct addr a;
	unsigned len = 0;

	if (end) {
		m.head.nlmsg_len = NLMSG_LENGTH(sizeof(int));
	} else {
		m.head.nlmsg_len = sizeof m;
		if (addr_parse(&a, s->address) == 0)
			memcpy(m.bytes, addr_bytes(&a, &len), 4);
	}
	memcpy(buf, &m, m.head.nlmsg_len);
	return m.head.nlmsg_len;
}

/* In place of the kernel's. */
ssize_t
recv(int fd, void *buf, size_t size, int flags)
{
	const struct says *s = &script[next];

	(void)fd, (void)size, (void)flags;
	if (next == length)
		return -1;
	if (left == 0)
		left = s->address != NULL ? 2 : 1;
	if (--left > 0)
		return (ssize_t)put(buf, s, false);
	next++;
	return s->how == CUT ? -1 : (ssize_t)put(buf, s, true);
}

static void
kernel(const struct says *s, unsigned n)
{
	memcpy(script, s, n * sizeof *s);
	next = left = 0;
	length = n;
}
#define KERNEL(...)                                                                    \
	kernel((const struct says[]){ __VA_ARGS__ },                                   \
	    sizeof(const struct says[]){ __VA_ARGS__ } / sizeof(struct says))

static void
count(const struct nlmsghdr *m, void *arg)
{
	unsigned *n = arg;

	*n += m->nlmsg_type == RTM_NEWADDR;
}

static int
ask(unsigned *n)
{
	struct rtnetlink_question q = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof q.address),
		    .nlmsg_type = RTM_GETADDR,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP }
	};

	*n = 0;
	return rtnetlink_ask(&q, count, n);
}

static bool
holds(const struct prefixes *list, const char *text)
{
	struct addr a;

	return list != NULL && addr_parse(&a, text) == 0 && prefixes_hold(list, &a);
}

int
main(void)
{
	struct event_base *base = event_base_new();
	const struct prefixes *list;
	unsigned n;

	log_init("own.t", LOG_LEVEL_WARN);
	KERNEL({ "192.0.2.1", WHOLE });
	is_int(ask(&n), 0, "a list is read");
	is_int(n, 1, "with what is in it");
	KERNEL({ "192.0.2.1", CHANGED });
	is_int(ask(&n), 1, "one that changed meanwhile is told to have");
	KERNEL({ "192.0.2.1", CUT });
	is_int(ask(&n), -1, "one without an end is none");

	/* Addresses, then routes. */
	KERNEL({ "192.0.2.1", CUT }, { NULL, WHOLE });
	own_open(base);
	ok(own_addresses() == NULL, "before all are read none are known");
	KERNEL(
	    { "192.0.2.1", CHANGED }, { "192.0.2.2", CHANGED }, { "192.0.2.3", WHOLE });
	list = own_addresses();
	is_int(next, 3, "what changes is read until it does not");
	ok(holds(list, "192.0.2.3") && holds(list, "192.0.2.1"),
	    "and nothing is left out that was heard of");
	ok(!holds(list, "192.0.2.4"), "nor anything else put in");
	own_close();
	event_base_free(base);
	return tap_done();
}
