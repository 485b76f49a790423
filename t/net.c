/* What the socket probes make of stamps, with clocks that are turned by hand. */
#include "probes/net.h"

#include "base/clock.h"
#include "t/tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS
#define WALL (1700000000 * S)

/* A ping sent at the clocks' begin and answered after 600 ms, while the wall clock was
 * set by STEP; stamped by the kernel at TX and RX after the sending (0: it was not). */
static int64_t
measure(int64_t step, int64_t tx, int64_t rx, enum ping_stamp *stamp)
{
	clock_fake(100 * S + 600 * MS, WALL + 600 * MS + step, 100 * S + 600 * MS);
	return net_rtt(
	    tx == 0 ? 0 : WALL + tx, rx == 0 ? 0 : WALL + rx, WALL, 100 * S, stamp);
}

int
main(void)
{
	enum ping_stamp stamp;

	is_int(measure(0, 1 * MS, 591 * MS, &stamp), 590 * MS, "both stamps");
	is_int(stamp, STAMP_KERNEL, "are the kernel's");
	is_int(measure(0, 0, 595 * MS, &stamp), 595 * MS, "one stamp");
	is_int(stamp, STAMP_KERNEL_RX, "is half as good");
	is_int(measure(0, 1 * MS, 0, &stamp), 600 * MS, "no stamp");
	is_int(stamp, STAMP_USER, "leaves our own clock");
	is_int(measure(0, 700 * MS, 591 * MS, &stamp), 600 * MS, "a stamp too late");
	is_int(stamp, STAMP_USER, "is not believed");
	is_int(measure(3600 * S, 1 * MS, 3600 * S + 591 * MS, &stamp), 600 * MS,
	    "the clock set forward an hour");
	is_int(measure(-3600 * S, 1 * MS, -3600 * S + 591 * MS, &stamp), 600 * MS,
	    "or back");
	is_int(measure(-500 * MS, 1 * MS, 91 * MS, &stamp), 600 * MS,
	    "set back by less than the time that is measured");
	is_int(stamp, STAMP_USER, "stamps from both sides of it make no time");
	return tap_done();
}
