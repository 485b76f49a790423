/* A DNS server of the test's own on the test's loop, over UDP, and over TCP at the same
 * port. What it does with a query is told by the first label of the name asked for:
 *
 *   ok        one answer (A 192.0.2.1 or AAAA 2001:db8::1), TTL 30
 *   v4 v6     the same, but only for that type; for others no record
 *   slow      the same after 100 ms
 *   twice     the same, two times
 *   never     nothing
 *   wrongid wrongname wrongtype query short garbage port
 *             something that is not the answer (port: the answer from another port),
 *             followed 50 ms later by the answer itself
 *   loop cut  an answer that breaks
 *   servfail refused nxdomain nodata
 *   aa        an authoritative answer
 *   change    the first answer is 192.0.2.1, then 192.0.2.2 from TESTDNS.moved on
 *   tc        an answer that says it is truncated, and is empty
 *   badcase   the answer, its question all in lower case
 *   id        a TXT record: TESTDNS.instance
 *
 * Only over TCP:
 *
 *   close reset half   nothing, or half the answer, and the connection is gone
 *   idle               the answer, and then the connection is gone
 *   once               the answer to the first query, and then the same
 *   pieces             the answer byte for byte
 *   long               the head of a message of 65535 bytes, and no more
 *   endless            messages that are no answer as long as they are read
 *   drip               a message of 65535 bytes, one byte every 10 ms
 *
 * Whatever is asked for: where TESTDNS.nsid is set a query's OPT is answered with it,
 * and where TESTDNS.cookie is set with a cookie: that of the client and 8 bytes more.
 */
#ifndef TESTDNS_H
#define TESTDNS_H

#include <event2/event.h>

#include "base/addr.h"
#include <stdbool.h>

struct testdns_conn;

enum testdns_cookie {
	TESTDNS_NO_COOKIE,
	TESTDNS_COOKIE,
	TESTDNS_FOREIGN_COOKIE, /* that of another client */
};

struct testdns {
	struct event_base *base;
	struct event *ev, *dialled;
	int fd, other_fd, tcp_fd;
	unsigned connections; /* accepted so far */
	struct testdns_conn *conns;
	struct addr from; /* who asked last */
	const char *instance, *nsid;
	enum testdns_cookie cookie;
	unsigned port, queries, in_flight_max, answered;
	unsigned late_ms; /* every answer comes so much later */
	bool moved, mute, fail;
	unsigned waiting;
	unsigned char last[512]; /* the query that came last */
	unsigned last_len;
};

/* Listen on ADDRESS:PORT (0: any). NULL when that is not possible. */
struct testdns *testdns_new(
    struct event_base *base, const char *address, unsigned port);
void testdns_free(struct testdns *d);

#endif
