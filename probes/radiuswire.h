/* RADIUS on the wire (RFC 2865), with Message-Authenticator (RFC 3579 section 3.2). */
#ifndef PROBES_RADIUSWIRE_H
#define PROBES_RADIUSWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wire.h"

#define RADIUS_AUTHENTICATOR 16
#define RADIUS_PASSWORD 128 /* octets at most */
#define RADIUS_MAX 4096	    /* of a packet */

enum radius_code {
	RADIUS_REQUEST = 1,
	RADIUS_ACCEPT = 2,
	RADIUS_REJECT = 3,
	RADIUS_CHALLENGE = 11,
};

/* A login to be tried. Strings are at most 253 octets long, the password
 * RADIUS_PASSWORD. */
struct radius_login {
	const char *user, *password, *secret;
	uint32_t nas; /* NAS-IP-Address in host order; 0: we have a name instead */
};

/* Write an Access-Request with ID and AUTHENTICATOR, which is random, into OUT. */
void radius_request(struct pack *out, const struct radius_login *login, uint8_t id,
    const uint8_t authenticator[RADIUS_AUTHENTICATOR]);

enum radius_verdict {
	RADIUS_STRANGE,	 /* no answer to this request */
	RADIUS_UNSIGNED, /* one that does not know SECRET */
	RADIUS_ANSWER,	 /* CODE is what the server says */
};
/* What DATA is to the request of ID and AUTHENTICATOR. */
enum radius_verdict radius_answer(const uint8_t *data, size_t len, uint8_t id,
    const uint8_t authenticator[RADIUS_AUTHENTICATOR], const char *secret,
    uint8_t *code);

/* Hide PASSWORD (RFC 2865 section 5.2) in OUT (RADIUS_PASSWORD bytes); returns how many
 * bytes that are. */
size_t radius_hide(uint8_t *out, const char *password, const char *secret,
    const uint8_t authenticator[RADIUS_AUTHENTICATOR]);

#endif
