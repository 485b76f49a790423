/* A TLS server of the test's own on the test's loop, in front of a plain one: with a
 * certificate that is right, or wrong in one way.
 *
 * The authority's certificate (to be believed) is written to a file. All certificates
 * are for web.test, end in 90 days, and come through an intermediate authority that
 * ends in 30, unless their kind says otherwise.
 */
#ifndef TESTCERT_H
#define TESTCERT_H

#include <event2/event.h>

enum testcert_kind {
	TESTCERT_GOOD,
	TESTCERT_SOON,	     /* ends in 3 days */
	TESTCERT_EXPIRED,     /* ended 3 days ago */
	TESTCERT_WRONG_NAME,  /* for other.test */
	TESTCERT_SELF_SIGNED, /* by nobody but itself */
	TESTCERT_BROKEN,	     /* without the intermediate one */
	TESTCERT_GARBAGE,     /* no TLS: bytes without a meaning */
	TESTCERT_SILENT,	     /* takes connections and says nothing */
	TESTCERT_KINDS
};

struct testcert;

/* In front of PORT at 127.0.0.1. NULL when there is no port or no certificate. */
struct testcert *testcert_new(
    struct event_base *base, enum testcert_kind kind, unsigned port);
unsigned testcert_port(const struct testcert *t);
/* Handshakes under way, at most. */
unsigned testcert_shaking_most(const struct testcert *t);
void testcert_free(struct testcert *t);

/* Write the authority's certificate to PATH as PEM. 0 or -1. */
int testcert_authority(const char *path);
void testcert_close(void);

#endif
