/* What one target's program wrote, for other targets that read it in another way:
 * writeto and readfrom of IRTT. Kept in memory, under the name that both give. */
#ifndef RUNNER_SHARE_H
#define RUNNER_SHARE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct share;

/* Somebody who waits for the next result. */
struct share_reader {
	void (*tell)(void *ctx, const char *text, size_t len);
	void *ctx;
	struct share *of; /* NULL: it does not wait */
	LIST_ENTRY(share_reader) link;
};

/* The share called NAME, which all who take it by that name have; until each of them
 * drops it. */
struct share *share_take(const char *name);
void share_drop(struct share *s); /* NULL allowed */

/* There is a new result: TEXT of LEN bytes is kept, and readers hear of it. */
void share_put(struct share *s, const char *text, size_t len);
/* The result that is kept, if it is not number *LAST and no older than AGE_NS; *LAST
 * becomes its number. NULL: there is none. */
const char *share_get(
    const struct share *s, int64_t age_ns, uint64_t *last, size_t *len);
/* Number of the last result. */
uint64_t share_number(const struct share *s);
void share_wait(struct share *s, struct share_reader *r);
void share_leave(struct share_reader *r);
/* A hash of the name: targets of one name are measured at the same time. */
uint64_t share_hash(const struct share *s);

#endif
