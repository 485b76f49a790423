#include "slave/sign.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>

void
sign_text(enum sign_kind kind, const char *key, const void *data, size_t len,
    char text[SIGN_TEXT])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	size_t size = kind == SIGN_MD5 ? MD5_DIGEST_SIZE : SHA256_DIGEST_SIZE;

	if (kind == SIGN_MD5) {
		struct hmac_md5_ctx md5;
		hmac_md5_set_key(&md5, strlen(key), (const uint8_t *)key);
		hmac_md5_update(&md5, len, data);
		hmac_md5_digest(&md5, size, digest);
	} else {
		struct hmac_sha256_ctx sha;
		hmac_sha256_set_key(&sha, strlen(key), (const uint8_t *)key);
		hmac_sha256_update(&sha, len, data);
		hmac_sha256_digest(&sha, size, digest);
	}
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

void
sign_dynamic(const char *secret, char text[SIGN_DYNAMIC])
{
	uint8_t digest[MD5_DIGEST_SIZE];
	char all[BASE64_ENCODE_RAW_LENGTH(MD5_DIGEST_SIZE)];
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, strlen(secret), (const uint8_t *)secret);
	md5_digest(&md5, sizeof digest, digest);
	base64_encode_raw(all, sizeof digest, digest);
	memcpy(text, all, SIGN_DYNAMIC - 1); /* two = follow */
	text[SIGN_DYNAMIC - 1] = '\0';
}

bool
sign_same(const char *wanted, const char *given)
{
	size_t len = strlen(wanted);

	return given != NULL && strlen(given) == len && memeql_sec(wanted, given, len);
}
