/* TACACS+ on the wire: authentication (RFC 8907 sections 4 and 5). */
#ifndef PROBES_TACACSWIRE_H
#define PROBES_TACACSWIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define TACACS_HEAD 12
#define TACACS_TEXT 253 /* octets of user, password */

enum tacacs_type {
	TACACS_ASCII = 1,
	TACACS_PAP = 2,
	TACACS_CHAP = 3,
};

enum tacacs_status {
	TACACS_PASS = 1,
	TACACS_FAIL = 2,
	TACACS_GETDATA = 3,
	TACACS_GETUSER = 4,
	TACACS_GETPASS = 5,
	TACACS_RESTART = 6,
	TACACS_ERROR = 7,
	TACACS_FOLLOW = 0x21,
};

/* One connection's exchange. */
struct tacacs_session {
	const char *secret;
	uint32_t id;
	uint8_t type; /* enum tacacs_type */
	uint8_t seq;  /* of the packet that was sent last; 0: none */
};

/* Write the packet that begins a login. RANDOM has 17 bytes for CHAP. */
void tacacs_start(struct pack *out, struct tacacs_session *s, const char *user,
    const char *password, const uint8_t *random);
/* Write the packet that answers a question with TEXT. */
void tacacs_continue(struct pack *out, struct tacacs_session *s, const char *text);

/* Hide, or reveal, the body of the whole PACKET of LEN bytes with SECRET (section 4.5).
 */
void tacacs_veil(uint8_t *packet, size_t len, const char *secret);

struct tacacs_reply {
	uint8_t status;	   /* enum tacacs_status */
	char message[128]; /* the server's, cut; "" when none */
};
/* How long the packet that begins in the LEN bytes of DATA is as a whole: 0 when its
 * head is not complete, -1 when that is none that answers S. */
int tacacs_length(const uint8_t *data, size_t len, const struct tacacs_session *s);
/* Read the whole packet DATA. 0, or -1 when it makes no sense: another secret does
 * that. */
int tacacs_read(struct tacacs_reply *r, const uint8_t *data, size_t len,
    const struct tacacs_session *s);

#endif
