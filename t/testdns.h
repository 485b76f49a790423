/* A DNS server of the test's own on the test's loop. What it does with a query is told
 * by the first label of the name asked for:
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
 */
#ifndef TESTDNS_H
#define TESTDNS_H

#include <event2/event.h>
#include <stdbool.h>

struct testdns {
	struct event_base *base;
	struct event *ev;
	int fd, other_fd;
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
