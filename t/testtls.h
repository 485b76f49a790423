/* TLS in front of a TCP server of this host, on the test's loop, with a certificate of
 * its own making for one name. */
#ifndef TESTTLS_H
#define TESTTLS_H

#include <event2/event.h>

enum testtls_manner {
	TESTTLS_GOOD,
	TESTTLS_GARBAGE, /* answers a ClientHello with something else */
	TESTTLS_SILENT,	 /* or with nothing */
	TESTTLS_CLOSED,	 /* or closes */
	TESTTLS_ENDLESS, /* or with garbage without end */
};

struct testtls {
	struct event_base *base;
	struct event *dialled;
	int fd;
	unsigned port, to_port, accepted, shaken;
	enum testtls_manner manner;
	char ca[64]; /* the certificate as a PEM file */
	struct testtls_pair *pairs;
	struct testtls_secret *secret;
};

/* Listen on 127.0.0.1, as NAME for DAYS from now (less than 0: it ended), and lead to
 * TO_PORT. */
struct testtls *testtls_new(
    struct event_base *base, const char *name, int days, unsigned to_port);
void testtls_free(struct testtls *t);

#endif
