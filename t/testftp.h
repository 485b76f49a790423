/* An FTP server of the test's own on the test's loop, for one user ("me", "s3cret") and
 * one file, good or wrong in one way. */
#ifndef TESTFTP_H
#define TESTFTP_H

#include <event2/event.h>
#include <stdbool.h>

#define TESTFTP_SIZE 300000 /* bytes of the file */
#define TESTFTP_MUCH (200UL << 20)

enum testftp_kind {
	TESTFTP_GOOD,
	TESTFTP_SILENT,
	TESTFTP_LINES,	   /* a greeting of many lines, and a login of several */
	TESTFTP_NO_FILE,   /* 550 */
	TESTFTP_NO_PASV,   /* 502; but EPSV */
	TESTFTP_NO_PORT,   /* 227 without a number */
	TESTFTP_ELSEWHERE, /* PASV names another host's address */
	TESTFTP_REFUSED,   /* data: a closed port */
	TESTFTP_NO_DATA,   /* 150, and nothing comes */
	TESTFTP_NO_END,	   /* all data, and no word about it */
	TESTFTP_FAILS,	   /* a part of the data, then 426 */
	TESTFTP_ENDLESS,   /* data as long as it is read, up to TESTFTP_MUCH, and no end
			    */
	TESTFTP_CHATTER,   /* lines without end */
	TESTFTP_GARBAGE,
	TESTFTP_CLOSES, /* after the password */
	TESTFTP_KINDS
};

struct testftp {
	struct event_base *base;
	struct event *ev, *data_ev;
	enum testftp_kind kind;
	int fd, data_fd;
	unsigned port, data_port, open, quits;
	unsigned long long got, sent; /* bytes of data */
	char last[300];		      /* the last command */
};

struct testftp *testftp_new(struct event_base *base, enum testftp_kind kind);
void testftp_free(struct testftp *t);

#endif
