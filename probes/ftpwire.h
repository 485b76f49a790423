/* Replies of an FTP server (RFC 959 section 4.2, RFC 2428), by lines. */
#ifndef PROBES_FTPWIRE_H
#define PROBES_FTPWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTPWIRE_LINE 2048	 /* bytes of one */
#define FTPWIRE_MOST (64 * 1024) /* of all that a server says */

/* Zero it first. */
struct ftpwire {
	char line[FTPWIRE_LINE + 1]; /* the reply's last line, without its end */
	size_t len;
	size_t heard;
	int code; /* of a reply of several lines that has begun; 0: none has */
};

enum ftpwire_turn {
	FTPWIRE_MORE,  /* all was taken, and there is no reply yet */
	FTPWIRE_REPLY, /* w->line has it; CODE is set */
	FTPWIRE_BAD,   /* that is no FTP, or has no end */
};

/* Take of the LEN bytes at DATA what belongs to the next reply: both are moved on. CODE
 * is 100..599. */
enum ftpwire_turn ftpwire_take(
    struct ftpwire *w, const uint8_t **data, size_t *len, int *code);

/* The port in a reply to EPSV, "229 ... (|||6446|)", or PASV, "227 ...
 * (h1,h2,h3,h4,p1,p2)" (the address in it is of no interest: data comes from whom we
 * talk to, or not at all). 0 when there is none. */
unsigned ftpwire_epsv(const char *line);
unsigned ftpwire_pasv(const char *line);

#endif
