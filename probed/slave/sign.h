/* Digests by which others are known: master and slave each other, a dynamic host. */
#ifndef SLAVE_SIGN_H
#define SLAVE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

enum sign_kind {
	SIGN_MD5,    /* of SmokePing's protocol 2 */
	SIGN_SHA256, /* between two smokeboxes */
};
#define SIGN_TEXT 65 /* the longest with its NUL */

/* The HMAC of LEN bytes at DATA by the secret KEY, in lower-case hex. */
void sign_text(enum sign_kind kind, const char *key, const void *data, size_t len,
    char text[SIGN_TEXT]);
/* What SmokePing keeps of the secret of a host that tells its own address, in the
 * configuration: its MD5 in base64, without padding. */
#define SIGN_DYNAMIC 23
void sign_dynamic(const char *secret, char text[SIGN_DYNAMIC]);
/* Are they the same? Takes no longer for one that begins well. GIVEN may be NULL. */
bool sign_same(const char *wanted, const char *given);

#endif
