/* The only source of time. Durations come from the monotonic clock, stamps from
 * the wall clock, both in nanoseconds. A test turns the clock by hand. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S 1000000000LL
#define CLOCK_NS_PER_MS 1000000LL
#define CLOCK_NS_PER_US 1000LL

int64_t clock_mono_ns(void); /* stands still while suspended */
int64_t clock_wall_ns(void); /* since the epoch; may step */
int64_t clock_wall_s(void);  /* the same in whole seconds */
int64_t clock_boot_ns(void); /* monotonic, goes on while suspended */

/* A time of the kernel's wall clock (a packet's stamp) in ns. */
int64_t clock_stamp_ns(const struct timespec *ts);

/* A length of S seconds for people, into BUF, which is returned: "80 s", "4 min",
 * "3 h 20 min", "2 d 5 h". */
#define CLOCK_SPAN_TEXT 48
const char *clock_span_text(int64_t s, char buf[CLOCK_SPAN_TEXT]);

/* For tests of the whole program: with SMOKEBOX_TEST=clock=PATH in the environment the
 * wall clock and the boot clock are ahead of the kernel's by the two int64 of
 * nanoseconds that PATH holds, and follow them as they are changed. Stamps of the
 * kernel are shifted when they are converted. Called once, before the lock. */
void clock_hook(void);

/* For tests: from now on the three clocks answer these values. */
void clock_fake(int64_t mono_ns, int64_t wall_ns, int64_t boot_ns);
/* For tests: turn all faked clocks forward together. */
void clock_fake_advance(int64_t ns);
/* For tests: back to the kernel's clocks. */
void clock_real(void);

#endif
