#include "probes/tacacswire.h"

#include <nettle/md5.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TACACS_MAJOR 0xc0
#define TACACS_AUTHENTICATION 1
#define TACACS_UNENCRYPTED 1
#define TACACS_BODY 4000 /* octets that are read at most */
#define TACACS_CHALLENGE 16

static const char port[] = "smokebox";

/* Minor version 1 is for what needs no further question (section 5.4.2). */
static uint8_t
tacacs_version(const struct tacacs_session *s)
{
	return TACACS_MAJOR | (s->type == TACACS_ASCII ? 0 : 1);
}

void
tacacs_veil(uint8_t *packet, size_t len, const char *secret)
{
	uint8_t pad[MD5_DIGEST_SIZE];

	for (size_t at = 0; at < len - TACACS_HEAD; at++) {
		if (at % sizeof pad == 0) {
			struct md5_ctx md5;
			md5_init(&md5);
			md5_update(&md5, 4, packet + 4); /* session */
			md5_update(&md5, strlen(secret), (const uint8_t *)secret);
			md5_update(&md5, 1, packet);	 /* version */
			md5_update(&md5, 1, packet + 2); /* sequence number */
			if (at > 0)
				md5_update(&md5, sizeof pad, pad);
			md5_digest(&md5, sizeof pad, pad);
		}
		packet[TACACS_HEAD + at] ^= pad[at % sizeof pad];
	}
}

/* --- asking ---------------------------------------------------------------------- */

/* Room for a head; the body follows. */
static uint8_t *
tacacs_begin(struct pack *out, struct tacacs_session *s)
{
	uint8_t *start = out->at;

	s->seq = (uint8_t)(s->seq == 0 ? 1 : s->seq + 2);
	pack_u8(out, tacacs_version(s));
	pack_u8(out, TACACS_AUTHENTICATION);
	pack_u8(out, s->seq);
	pack_u8(out, 0);
	pack_u32(out, s->id);
	pack_u32(out, 0);
	return start;
}

static void
tacacs_finish(struct pack *out, const struct tacacs_session *s, uint8_t *start)
{
	if (!pack_ok(out))
		return;
	size_t len = (size_t)(out->at - start), body = len - TACACS_HEAD;
	start[10] = (uint8_t)(body >> 8);
	start[11] = (uint8_t)body;
	tacacs_veil(start, len, s->secret);
}

/* Identifier, challenge and response (sections 5.4.2.3; RFC 1994 section 4.1). */
static void
tacacs_chap(uint8_t data[1 + TACACS_CHALLENGE + MD5_DIGEST_SIZE], const char *password)
{
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, 1, data);
	md5_update(&md5, strlen(password), (const uint8_t *)password);
	md5_update(&md5, TACACS_CHALLENGE, data + 1);
	md5_digest(&md5, MD5_DIGEST_SIZE, data + 1 + TACACS_CHALLENGE);
}

void
tacacs_start(struct pack *out, struct tacacs_session *s, const char *user,
    const char *password, const uint8_t *random)
{
	uint8_t chap[1 + TACACS_CHALLENGE + MD5_DIGEST_SIZE];
	const void *data = password;
	size_t len = s->type == TACACS_PAP ? strlen(password) : 0;

	if (s->type == TACACS_CHAP) {
		memcpy(chap, random, 1 + TACACS_CHALLENGE);
		tacacs_chap(chap, password);
		data = chap;
		len = sizeof chap;
	}
	uint8_t *start = tacacs_begin(out, s);
	pack_u8(out, 1); /* login */
	pack_u8(out, 0); /* with the least privileges */
	pack_u8(out, s->type);
	pack_u8(out, 1); /* service: login */
	pack_u8(out, (uint8_t)strlen(user));
	pack_u8(out, sizeof port - 1);
	pack_u8(out, 0); /* remote address: none */
	pack_u8(out, (uint8_t)len);
	pack_bytes(out, user, strlen(user));
	pack_bytes(out, port, sizeof port - 1);
	pack_bytes(out, data, len);
	tacacs_finish(out, s, start);
}

void
tacacs_continue(struct pack *out, struct tacacs_session *s, const char *text)
{
	uint8_t *start = tacacs_begin(out, s);

	pack_u16(out, (uint16_t)strlen(text));
	pack_u16(out, 0);
	pack_u8(out, 0);
	pack_bytes(out, text, strlen(text));
	tacacs_finish(out, s, start);
}

/* --- listening ------------------------------------------------------------------- */

int
tacacs_length(const uint8_t *data, size_t len, const struct tacacs_session *s)
{
	struct wire w;

	wire_init(&w, data, len);
	uint8_t version = wire_u8(&w), type = wire_u8(&w), seq = wire_u8(&w),
		flags = wire_u8(&w);
	uint32_t id = wire_u32(&w), body = wire_u32(&w);
	if (!wire_ok(&w))
		return 0;
	if ((version & 0xf0) != TACACS_MAJOR || type != TACACS_AUTHENTICATION ||
	    seq != s->seq + 1 || (flags & TACACS_UNENCRYPTED) != 0 || id != s->id ||
	    body > TACACS_BODY)
		return -1;
	return (int)(TACACS_HEAD + body);
}

int
tacacs_read(struct tacacs_reply *r, const uint8_t *data, size_t len,
    const struct tacacs_session *s)
{
	uint8_t *packet = mem_alloc(len);
	struct wire w;

	*r = (struct tacacs_reply){ 0 };
	memcpy(packet, data, len);
	tacacs_veil(packet, len, s->secret);
	wire_init(&w, packet, len);
	wire_skip(&w, TACACS_HEAD);
	r->status = wire_u8(&w);
	wire_u8(&w); /* whether what is typed may be shown */
	size_t message = wire_u16(&w), more = wire_u16(&w);
	const uint8_t *text = wire_bytes(&w, message);
	wire_skip(&w, more);
	bool sane = wire_ok(&w) && wire_left(&w) == 0 && r->status != 0 &&
		    (r->status <= TACACS_ERROR || r->status == TACACS_FOLLOW);
	if (sane && message >= sizeof r->message)
		message = sizeof r->message - 1;
	for (size_t i = 0; sane && i < message; i++)
		r->message[i] = text[i] == '\0' ? '?' : (char)text[i];
	free(packet);
	return sane ? 0 : -1;
}
