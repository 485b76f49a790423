/* Asking the kernel, by rtnetlink, what it knows of addresses, routes and interfaces.
 * No rights are needed, and no file need be in sight. */
#ifndef BASE_RTNETLINK_H
#define BASE_RTNETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct rtnetlink_question {
	struct nlmsghdr head;
	union {
		struct rtmsg route;
		struct ifinfomsg link;
		struct ifaddrmsg address;
	};
	uint8_t room[64];
};

void rtnetlink_add(
    struct rtnetlink_question *q, unsigned short type, const void *data, size_t len);
/* Call EACH with every message that answers Q. 0; 1 when what was asked for changed
 * meanwhile, so that some of it may be missing or there twice: ask again; or -1 when
 * the kernel did not answer, or not to the end. */
int rtnetlink_ask(const struct rtnetlink_question *q,
    void (*each)(const struct nlmsghdr *m, void *arg), void *arg);
/* LEN bytes of FAMILY as an address; AF_UNSPEC where they are none. */
struct addr rtnetlink_address(int family, const void *bytes, size_t len);

#endif
