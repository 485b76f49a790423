/* What comes over a telnet connection (RFC 854), and what in it is waited for. */
#ifndef PROBES_TELNET_H
#define PROBES_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a command of the protocol the bytes are. Zero it first. */
struct telnet {
	uint8_t state, verb;
};

/* Take the text out of the LEN bytes IN: into OUT, which has room for as many, without
 * NULs and carriage returns. Returns how many there are. Every option that the other
 * end offers or asks for is refused: the refusals, REPLY_LEN bytes, go into REPLY,
 * which has room for REPLY_MAX; what finds none is left out. */
size_t telnet_text(struct telnet *t, const uint8_t *in, size_t len, char *out,
    uint8_t *reply, size_t reply_max, size_t *reply_len);

enum telnet_wait {
	TELNET_HAS,    /* the last line has TEXT in it */
	TELNET_ENDS,   /* it ends in TEXT */
	TELNET_PROMPT, /* it ends in a name and > or # */
	TELNET_LOGIN,  /* somebody asks who we are */
};

/* Is what is waited for there: is it in LINE, the last one, which has no end yet? */
bool telnet_came(enum telnet_wait wait, const char *text, const char *line);

#endif
