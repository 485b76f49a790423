#include "web/replay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/mem.h"
#include "slave/report.h"

/* A hundred slaves that call each second. */
#define CALLS_MAX 65536

struct seen {
	UT_hash_handle hh;
	TAILQ_ENTRY(seen) age;
	int64_t until;
	char key[]; /* slave, a blank, nonce */
};

static struct seen *table;
static TAILQ_HEAD(, seen) by_age = TAILQ_HEAD_INITIALIZER(by_age);

static void
forget(struct seen *s)
{
	HASH_DEL(table, s);
	TAILQ_REMOVE(&by_age, s, age);
	free(s);
}

enum replay
replay_check(const char *slave, const char *nonce, int64_t time, int64_t now,
    int64_t since)
{
	size_t size = strlen(slave) + strlen(nonce) + 2;
	struct seen *s;

	if (time > now + REPORT_CLOCK_S || time < now - REPORT_CLOCK_S)
		return REPLAY_TIME;
	if (time < since)
		return REPLAY_EARLY;
	while ((s = TAILQ_FIRST(&by_age)) != NULL && s->until < now)
		forget(s);
	s = mem_zero(1, sizeof *s + size);
	snprintf(s->key, size, "%s %s", slave, nonce);
	struct seen *before;
	HASH_FIND_STR(table, s->key, before);
	if (before != NULL || HASH_COUNT(table) >= CALLS_MAX) {
		free(s);
		return before != NULL ? REPLAY_AGAIN : REPLAY_FULL;
	}
	/* As long as its time would be accepted, whichever way our clock is set. */
	s->until = now + 2 * REPORT_CLOCK_S;
	HASH_ADD_STR(table, key, s);
	TAILQ_INSERT_TAIL(&by_age, s, age);
	return REPLAY_FRESH;
}

void
replay_free(void)
{
	struct seen *s;

	while ((s = TAILQ_FIRST(&by_age)) != NULL)
		forget(s);
}
