/* What exporters have taught (templates, samplers, when their clocks began) as bytes,
 * to be kept while the collector is away: an exporter repeats its templates only now
 * and then, and until then its data would make no sense. */
#ifndef COLLECTOR_LESSONS_H
#define COLLECTOR_LESSONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct addr;
struct exporters;

#define LESSONS_MAX (512u << 10)

/* What E has learned into BUF, SIZE bytes of room; of templates those used last, as
 * many as fit; those of guests only where all others have room. Returns how many
 * bytes it takes; *LEFT: so many exporters and templates found no room. */
size_t lessons_write(
    const struct exporters *e, uint8_t *buf, size_t size, uint32_t *left);

/* Learn what stands in LEN bytes at DATA, but nothing that E knows better by now, and
 * no template that nobody has used for so long that it would have aged away. MAY says
 * whether that sender is listened to, and whether it is a guest. 0, or -1 with ERR:
 * what stood before the fault is learned. */
int lessons_read(struct exporters *e, const uint8_t *data, size_t len, int64_t now_ms,
    bool (*may)(void *ctx, const struct addr *from, bool *guest), void *ctx,
    struct err *err);

#endif
