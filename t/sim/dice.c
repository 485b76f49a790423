/* Random numbers that are the same in every run: splitmix64 (Steele, Lea and Flood,
 * OOPSLA 2014), seeded for each packet. */
#include "t/sim/sim.h"

#include <math.h>

uint64_t
dice_bits(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void
dice_throw(struct dice *d, uint64_t seed, uint32_t host, uint64_t number)
{
	d->state = seed;
	d->state = dice_bits(d) ^ host;
	d->state = dice_bits(d) ^ number;
	dice_bits(d);
}

double
dice_unit(struct dice *d)
{
	return (double)(dice_bits(d) >> 11) * 0x1p-53;
}

double
dice_normal(struct dice *d)
{
	double u = 1 - dice_unit(d);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * dice_unit(d));
}

bool
dice_chance(struct dice *d, double p)
{
	return p > 0 && dice_unit(d) < p;
}
