/* A web server of the test's own on the test's loop; the path says what it does:
 *
 *   /ok /slow        200 "hello world", /slow after 100 ms
 *   /never /nothing  reads the request, then nothing; or closes
 *   /rst /cut        promises 1000 bytes, sends 10, then resets or closes
 *   /big             promises 10 GB and sends as long as it is read
 *   /drip /headers   header lines without end, slowly or fast
 *   /garbage         no HTTP
 *   /404 /500        that status; /denied: 403 "Access Denied by policy"
 *   /split           "hello wo", then after 20 ms "rld"
 *   /far             64 times 8 kB, then "needle"
 *   /echo            the request itself as body
 *   /to?URL          302 to URL
 */
#ifndef TESTHTTP_H
#define TESTHTTP_H

#include <event2/event.h>

struct testhttp {
	struct event_base *base;
	struct event *ev;
	int fd;
	unsigned port, open, open_max, accepted;
	unsigned long long sent; /* by /big */
	char last[4096];	 /* the last request */
	const char *root;	 /* what is served for "/"; NULL: "/ok" */
};

struct testhttp *testhttp_new(struct event_base *base, const char *address);
void testhttp_free(struct testhttp *s);

#endif
