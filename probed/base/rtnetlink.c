#include "base/rtnetlink.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct addr
rtnetlink_address(int family, const void *bytes, size_t len)
{
	struct addr a = { .sa.sa_family = AF_UNSPEC };

	if (family == AF_INET && len == 4) {
		a.v4.sin_family = AF_INET;
		memcpy(&a.v4.sin_addr, bytes, 4);
	} else if (family == AF_INET6 && len == 16) {
		a.v6.sin6_family = AF_INET6;
		memcpy(&a.v6.sin6_addr, bytes, 16);
	}
	return a;
}

void
rtnetlink_add(
    struct rtnetlink_question *q, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a = (void *)((uint8_t *)q + NLMSG_ALIGN(q->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	q->head.nlmsg_len =
	    (unsigned)(NLMSG_ALIGN(q->head.nlmsg_len) + RTA_ALIGN(a->rta_len));
}

int
rtnetlink_ask(const struct rtnetlink_question *q,
    void (*each)(const struct nlmsghdr *m, void *arg), void *arg)
{
	static const struct timeval patience = { 1, 0 };
	/* As large as the kernel makes a piece of a dump. */
	static union {
		uint8_t bytes[32768];
		struct nlmsghdr head;
	} in;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool dump = (q->head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	bool more = dump, whole = false, changed = false;
	ssize_t n;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (send(fd, q, q->head.nlmsg_len, 0) < 0)
		more = false;
	do {
		struct nlmsghdr *m = &in.head;
		unsigned left;

		n = recv(fd, in.bytes, sizeof in.bytes, 0);
		left = n > 0 ? (unsigned)n : 0;
		for (; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
			changed |= (m->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (m->nlmsg_type == NLMSG_ERROR)
				more = false;
			else if (m->nlmsg_type == NLMSG_DONE) {
				more = false;
				whole = true;
			} else {
				each(m, arg);
				whole |= !dump;
			}
		}
	} while (more && n > 0);
	close(fd);
	return !whole ? -1 : changed ? 1 : 0;
}
