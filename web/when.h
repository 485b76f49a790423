/* Times of day as people read them. */
#ifndef WEB_WHEN_H
#define WEB_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_TEXT 32 /* room for one */

/* WHEN (epoch seconds) as "12:03" in local time, with the date when that is not today,
 * with seconds when WITH_SECONDS. */
void when_text(char *buf, size_t size, int64_t when, bool with_seconds);
/* END as it stands behind BEGIN: "12:03" on the same day, else with its date, today
 * too.
 */
void when_until(char *buf, size_t size, int64_t begin, int64_t end);

#endif
