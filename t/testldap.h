/* A directory of the test's own on the test's loop: it binds whoever comes and finds
 * three entries, or is wrong in one way. */
#ifndef TESTLDAP_H
#define TESTLDAP_H

#include <event2/event.h>

enum testldap_kind {
	TESTLDAP_GOOD,
	TESTLDAP_SILENT,    /* takes connections and says nothing */
	TESTLDAP_NO_SEARCH, /* binds, then says nothing */
	TESTLDAP_CLOSE,	    /* closes at the first word */
	TESTLDAP_CUT,	    /* binds, sends half an entry, then closes */
	TESTLDAP_GARBAGE,   /* bytes without a meaning */
	TESTLDAP_HUGE,	    /* the beginning of a message of 2 GB */
	TESTLDAP_REFUSE,    /* refuses the bind */
	TESTLDAP_ENDLESS,   /* entries as long as they are read */
	TESTLDAP_DRIP,	    /* one byte of its answer every 20 ms */
	TESTLDAP_STRANGER,  /* answers another request */
	TESTLDAP_REFERRAL,  /* sends on to another server */
	TESTLDAP_KINDS
};

struct testldap {
	struct event_base *base;
	struct event *ev;
	enum testldap_kind kind;
	int fd;
	unsigned port, binds, searches, open;
	unsigned char bind[512]; /* the last one */
	size_t bind_len;
};

struct testldap *testldap_new(struct event_base *base, enum testldap_kind kind);
void testldap_free(struct testldap *t);

#endif
