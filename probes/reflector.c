#include "probes/reflector.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <sodium.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/prefix.h"
#include "probes/stampwire.h"

#define BURST_NS CLOCK_NS_PER_S		   /* of one session */
#define BURST_ALL_NS (CLOCK_NS_PER_S / 10) /* of all */
/* An answer of somebody's tells a time of ours within this. */
#define ANSWER_NS (3600 * CLOCK_NS_PER_S)

/* Who asks. No holes: it is hashed as it is. */
struct session_name {
	uint8_t bytes[16];
	uint16_t port, ssid;
};

struct session {
	struct session_name name;
	uint32_t count;
	int64_t seen; /* monotonic */
	int64_t due;  /* when its next answer would be, at its rate */
	TAILQ_ENTRY(session) by_age;
	UT_hash_handle hh;
};

static struct {
	struct msg_counters *counters;
	struct prefixes allow;
	struct stamp_key key;
	bool on, stateful, synced;
	int64_t due; /* of all */
	struct session *sessions;
	TAILQ_HEAD(, session) ages; /* the most silent one first */
} reflector = { .ages = TAILQ_HEAD_INITIALIZER(reflector.ages) };

/* --- sessions --------------------------------------------------------------------- */

static void
session_forget(struct session *s)
{
	HASH_DEL(reflector.sessions, s);
	TAILQ_REMOVE(&reflector.ages, s, by_age);
	free(s);
}

/* Make room for one more; false when all were heard of lately. */
static bool
session_room(int64_t now)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&reflector.ages)) != NULL &&
	       now - s->seen > REFLECTOR_FORGET_S * CLOCK_NS_PER_S)
		session_forget(s);
	if (HASH_COUNT(reflector.sessions) < REFLECTOR_SESSIONS)
		return true;
	if (now - s->seen < REFLECTOR_SILENT_S * CLOCK_NS_PER_S)
		return false;
	session_forget(s);
	return true;
}

/* The session of the sender of CAME with SSID; NULL when there is no room for it. */
static struct session *
session_of(const struct reflector_came *came, uint16_t ssid, int64_t now)
{
	struct session_name name = { .port = (uint16_t)addr_port(&came->from),
		.ssid = ssid };
	unsigned len;
	const uint8_t *bytes = addr_bytes(&came->from, &len);
	struct session *s;

	memcpy(name.bytes, bytes, len);
	HASH_FIND(hh, reflector.sessions, &name, sizeof name, s);
	if (s == NULL) {
		if (!session_room(now))
			return NULL;
		s = mem_zero(1, sizeof *s);
		s->name = name;
		HASH_ADD(hh, reflector.sessions, name, sizeof s->name, s);
	} else
		TAILQ_REMOVE(&reflector.ages, s, by_age);
	s->seen = now;
	TAILQ_INSERT_TAIL(&reflector.ages, s, by_age);
	return s;
}

/* May one more be answered NOW, at RATE a second and with BURST ns of them at once? */
static bool
rate_allows(int64_t *due, int64_t now, int64_t rate, int64_t burst)
{
	if (*due < now)
		*due = now;
	if (*due - now > burst)
		return false;
	*due += CLOCK_NS_PER_S / rate;
	return true;
}

/* --- answers ---------------------------------------------------------------------- */

static bool
refuse(enum msg_refused why)
{
	reflector.counters->refused[why]++;
	return false;
}

/* Is what came itself an answer? To answer that would go to and fro without end, which
 * a forged sender could begin between two reflectors. Where an answer has its time of
 * receipt a question is empty, or filled at random. */
static bool
looks_answered(const uint8_t *buf, size_t len, int64_t now)
{
	struct stamp_answer a;

	if (stamp_read_answer(&a, buf, len, &reflector.key) != STAMP_GOOD ||
	    a.received == 0)
		return false;
	return llabs(stamp_to_ns(a.received, a.error, now) - now) < ANSWER_NS;
}

bool
reflector_answer(uint8_t *buf, size_t len, const struct reflector_came *came)
{
	int64_t now = clock_mono_ns();
	unsigned port = addr_port(&came->from);
	struct stamp_question q;

	if (!reflector.on || !prefixes_hold(&reflector.allow, &came->from))
		return refuse(REFUSED_PREFIX);
	switch (stamp_read_question(&q, buf, len, &reflector.key)) {
	case STAMP_GOOD:
		break;
	case STAMP_FORGED:
		return refuse(REFUSED_KEY);
	default:
		return refuse(REFUSED_PACKET);
	}
	if (port == 0 || port == STAMP_PORT || port == came->port ||
	    looks_answered(buf, len, came->wall_ns))
		return refuse(REFUSED_PACKET);
	if (!rate_allows(&reflector.due, now, REFLECTOR_RATE_ALL, BURST_ALL_NS))
		return refuse(REFUSED_RATE);
	struct session *s = session_of(came, q.ssid, now);
	if (s == NULL)
		return refuse(REFUSED_SESSIONS);
	if (!rate_allows(&s->due, now, REFLECTOR_RATE, BURST_NS))
		return refuse(REFUSED_RATE);
	struct stamp_answer a = {
		.seq = reflector.stateful ? s->count++ : q.seq,
		.received = stamp_from_ns(came->wall_ns),
		.error = STAMP_ERROR_1MS | (reflector.synced ? STAMP_SYNCED : 0),
		.ssid = q.ssid,
		.asked = q,
		.ttl = came->ttl,
	};
	a.sent = stamp_from_ns(clock_wall_ns());
	stamp_write_answer(buf, len, &a, &reflector.key);
	reflector.counters->reflected++;
	return true;
}

/* --- settings --------------------------------------------------------------------- */

static void
reflector_key(const struct conf_section *s)
{
	const char *key = conf_value(s, "key", "");

	sodium_memzero(&reflector.key, sizeof reflector.key);
	reflector.key.len = (uint16_t)strnlen(key, sizeof reflector.key.octets);
	memcpy(reflector.key.octets, key, reflector.key.len);
	/* A key that could not be read must not open the door. */
	if (reflector.key.len == 0 && conf_value(s, "keyfile", "")[0] != '\0') {
		log_warnx("the reflector answers nobody: no key could be read");
		reflector.on = false;
	}
}

void
reflector_configure(const struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Reflector");
	struct err err;

	reflector.on = conf_value(s, "listen", "")[0] != '\0';
	reflector.stateful = strcmp(conf_value(s, "mode", ""), "stateless") != 0;
	reflector.synced = strcmp(conf_value(s, "synchronised", ""), "yes") == 0;
	if (prefixes_parse(&reflector.allow, conf_value(s, "allow", NULL), &err) != 0) {
		log_warnx("the reflector answers nobody: allow = %s", err.text);
		reflector.on = false;
	}
	reflector_key(s);
}

void
reflector_open(struct msg_counters *counters)
{
	reflector.counters = counters;
}

void
reflector_forget(void)
{
	struct session *s, *next;

	HASH_ITER(hh, reflector.sessions, s, next) {
		session_forget(s);
	}
	prefixes_free(&reflector.allow);
	sodium_memzero(&reflector.key, sizeof reflector.key);
	reflector.on = false;
	reflector.due = 0;
}
