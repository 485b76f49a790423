/* Whether addresses that were hit lie evenly in those that could have been. */
#ifndef INFER_UNIFORM_H
#define INFER_UNIFORM_H

#include <stddef.h>
#include <stdint.h>

enum uniform_verdict {
	UNIFORM_UNTESTED, /* too few addresses for the test to mean anything */
	UNIFORM_KEPT,	  /* nothing speaks against it */
	UNIFORM_REJECTED, /* at the level of 5 % */
};
const char *uniform_word(enum uniform_verdict verdict); /* "not testable" */

/* Anderson and Darling's A^2 of K values of (0, 1) against the uniform distribution,
 * all parameters known (Anderson and Darling 1954). Sorts U. */
double uniform_a2(double *u, size_t k);

#define UNIFORM_A2_5 2.492 /* rejects at 5 %: Stephens 1974 */
#define UNIFORM_MIN_SPACE 64
#define UNIFORM_MIN_COUNT 8

/* The verdict on K distinct offsets of [0, N); SEED spreads each of them over its cell,
 * so that whole numbers do not look like ties. A2, when not NULL, is NAN when untested.
 */
enum uniform_verdict uniform_test(
    const uint32_t *offset, size_t k, uint64_t n, uint64_t seed, double *a2);

#endif
