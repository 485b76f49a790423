/* The only source of time. Durations come from the monotonic clock, stamps from
 * the wall clock, both in nanoseconds. A test turns the clock by hand. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NS_PER_S 1000000000LL
#define CLOCK_NS_PER_MS 1000000LL
#define CLOCK_NS_PER_US 1000LL

int64_t clock_mono_ns(void); /* stands still while suspended */
int64_t clock_wall_ns(void); /* since the epoch; may step */
int64_t clock_boot_ns(void); /* monotonic, goes on while suspended */

/* For tests: from now on the three clocks answer these values. */
void clock_fake(int64_t mono_ns, int64_t wall_ns, int64_t boot_ns);
/* For tests: turn all faked clocks forward together. */
void clock_fake_advance(int64_t ns);
/* For tests: back to the kernel's clocks. */
void clock_real(void);

#endif
