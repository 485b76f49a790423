/* What was there a short while ago: keys by their hash, each with its time, in a fixed
 * amount of memory. When a corner of it is full the oldest goes, and is counted: it may
 * be taken for new once more. */
#ifndef INFER_RECENT_H
#define INFER_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recent;

/* Room for at least CAPACITY keys, 12 bytes each. */
struct recent *recent_new(size_t capacity);
void recent_free(struct recent *r);

/* Note KEY (LEN bytes, at most RECENT_KEY_MAX) at NOW_S. True when it was noted within
 * the last TTL_S before. */
#define RECENT_KEY_MAX 64
bool recent_note(
    struct recent *r, const void *key, size_t len, uint32_t now_s, uint32_t ttl_s);
/* The same without noting it. */
bool recent_has(const struct recent *r, const void *key, size_t len, uint32_t now_s,
    uint32_t ttl_s);

#endif
