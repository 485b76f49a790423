#include "probes/radiuswire.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <string.h>

#define RADIUS_HEAD 20
#define RADIUS_CHUNK 16 /* of MD5 */

enum {
	ATTR_USER_NAME = 1,
	ATTR_USER_PASSWORD = 2,
	ATTR_NAS_IP_ADDRESS = 4,
	ATTR_NAS_IDENTIFIER = 32,
	ATTR_MESSAGE_AUTHENTICATOR = 80,
};

/* --- asking ---------------------------------------------------------------------- */

size_t
radius_hide(uint8_t *out, const char *password, const char *secret,
    const uint8_t authenticator[RADIUS_AUTHENTICATOR])
{
	size_t len = strlen(password);
	size_t padded = len == 0 ? RADIUS_CHUNK : (len + 15) / 16 * 16;
	const uint8_t *before = authenticator;

	memset(out, 0, padded);
	memcpy(out, password, len);
	for (size_t at = 0; at < padded; at += RADIUS_CHUNK) {
		uint8_t pad[MD5_DIGEST_SIZE];
		struct md5_ctx md5;
		md5_init(&md5);
		md5_update(&md5, strlen(secret), (const uint8_t *)secret);
		md5_update(&md5, RADIUS_CHUNK, before);
		md5_digest(&md5, sizeof pad, pad);
		for (size_t i = 0; i < RADIUS_CHUNK; i++)
			out[at + i] ^= pad[i];
		before = out + at;
	}
	return padded;
}

static void
radius_attribute(struct pack *out, uint8_t type, const void *value, size_t len)
{
	pack_u8(out, type);
	pack_u8(out, (uint8_t)(len + 2));
	pack_bytes(out, value, len);
}

void
radius_request(struct pack *out, const struct radius_login *login, uint8_t id,
    const uint8_t authenticator[RADIUS_AUTHENTICATOR])
{
	static const uint8_t zero[MD5_DIGEST_SIZE];
	uint8_t hidden[RADIUS_PASSWORD];
	uint8_t *start = out->at;

	pack_u8(out, RADIUS_REQUEST);
	pack_u8(out, id);
	pack_u16(out, 0);
	pack_bytes(out, authenticator, RADIUS_AUTHENTICATOR);
	/* In front, so that no prefix of what follows can be chosen against MD5. */
	radius_attribute(out, ATTR_MESSAGE_AUTHENTICATOR, zero, sizeof zero);
	radius_attribute(out, ATTR_USER_NAME, login->user, strlen(login->user));
	radius_attribute(out, ATTR_USER_PASSWORD, hidden,
	    radius_hide(hidden, login->password, login->secret, authenticator));
	if (login->nas != 0) {
		pack_u8(out, ATTR_NAS_IP_ADDRESS);
		pack_u8(out, 6);
		pack_u32(out, login->nas);
	} else
		radius_attribute(out, ATTR_NAS_IDENTIFIER, "smokebox", 8);
	if (!pack_ok(out))
		return;
	size_t len = (size_t)(out->at - start);
	start[2] = (uint8_t)(len >> 8);
	start[3] = (uint8_t)len;
	struct hmac_md5_ctx hmac;
	hmac_md5_set_key(&hmac, strlen(login->secret), (const uint8_t *)login->secret);
	hmac_md5_update(&hmac, len, start);
	hmac_md5_digest(&hmac, MD5_DIGEST_SIZE, start + RADIUS_HEAD + 2);
}

/* --- listening ------------------------------------------------------------------- */

/* Where the Message-Authenticator's value is in the packet of LEN bytes: 0: nowhere,
 * -1: attributes do not add up. */
static int
radius_find(const uint8_t *data, size_t len)
{
	struct wire w;
	int found = 0;

	wire_init(&w, data, len);
	wire_skip(&w, RADIUS_HEAD);
	while (wire_ok(&w) && wire_left(&w) > 0) {
		uint8_t type = wire_u8(&w), size = wire_u8(&w);
		if (size < 2)
			return -1;
		if (type == ATTR_MESSAGE_AUTHENTICATOR) {
			if (size != MD5_DIGEST_SIZE + 2)
				return -1;
			found = (int)wire_offset(&w);
		}
		wire_skip(&w, size - 2U);
	}
	return wire_ok(&w) ? found : -1;
}

/* Response Authenticator, RFC 2865 section 3. */
static bool
radius_signed(
    const uint8_t *data, size_t len, const uint8_t *request, const char *secret)
{
	uint8_t digest[MD5_DIGEST_SIZE];
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, 4, data);
	md5_update(&md5, RADIUS_AUTHENTICATOR, request);
	md5_update(&md5, len - RADIUS_HEAD, data + RADIUS_HEAD);
	md5_update(&md5, strlen(secret), (const uint8_t *)secret);
	md5_digest(&md5, sizeof digest, digest);
	return memeql_sec(digest, data + 4, sizeof digest);
}

static bool
radius_proven(const uint8_t *data, size_t len, size_t at, const uint8_t *request,
    const char *secret)
{
	static const uint8_t zero[MD5_DIGEST_SIZE];
	uint8_t digest[MD5_DIGEST_SIZE];
	struct hmac_md5_ctx hmac;

	hmac_md5_set_key(&hmac, strlen(secret), (const uint8_t *)secret);
	hmac_md5_update(&hmac, 4, data);
	hmac_md5_update(&hmac, RADIUS_AUTHENTICATOR, request);
	hmac_md5_update(&hmac, at - RADIUS_HEAD, data + RADIUS_HEAD);
	hmac_md5_update(&hmac, sizeof zero, zero);
	hmac_md5_update(&hmac, len - at - sizeof zero, data + at + sizeof zero);
	hmac_md5_digest(&hmac, sizeof digest, digest);
	return memeql_sec(digest, data + at, sizeof digest);
}

enum radius_verdict
radius_answer(const uint8_t *data, size_t len, uint8_t id,
    const uint8_t authenticator[RADIUS_AUTHENTICATOR], const char *secret,
    uint8_t *code)
{
	struct wire w;

	wire_init(&w, data, len);
	*code = wire_u8(&w);
	uint8_t for_id = wire_u8(&w);
	size_t length = wire_u16(&w);
	/* What lies behind the length is padding (section 3). */
	if (!wire_ok(&w) || for_id != id || length < RADIUS_HEAD || length > len ||
	    length > RADIUS_MAX ||
	    (*code != RADIUS_ACCEPT && *code != RADIUS_REJECT &&
		*code != RADIUS_CHALLENGE))
		return RADIUS_STRANGE;
	int at = radius_find(data, length);
	if (at < 0)
		return RADIUS_STRANGE;
	if (!radius_signed(data, length, authenticator, secret) ||
	    (at > 0 && !radius_proven(data, length, (size_t)at, authenticator, secret)))
		return RADIUS_UNSIGNED;
	return RADIUS_ANSWER;
}
