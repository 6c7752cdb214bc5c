/* SPDX-License-Identifier: MIT */
/* Arrays for the kernels' tests: aligned, filled with reproducible numbers, and compared with
 * results computed in double. */
#ifndef LAM_KERNEL_ARRAYS_H
#define LAM_KERNEL_ARRAYS_H

#include "framework/base/float_mode.h"
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "framework/random.h"
#include "tests/kit.h"

#ifdef LAM_DOUBLE
#define TOLERANCE 1e-13
#else
#define TOLERANCE 2e-6
#endif

/* Prints the float mode. These tests call kernels in the mode with which the process started, not
 * in a step's. */
__attribute__((constructor)) static void say_mode(void)
{
	const bool flush = lam_float_now().control == LAM_FLOAT_FLUSH.control;
	printf("kernels of %s; subnormals %s\n", lam_kernel()->isa,
		flush ? "are flushed" : "count (a step flushes them)");
}

/* Makes `count` numbers in [low, high), the same for the same seed. The caller frees them. */
KIT_UNUSED static lam_real *array_of(size_t count, uint64_t seed, double low, double high)
{
	lam_real *x = lam_alloc(count ? count : 1, sizeof *x);
	for (size_t i = 0; x && i < count; i++)
		x[i] = (lam_real)(low
			+ (high - low) * lam_random_uniform(lam_random(seed, 0, i).word[0]));
	return x;
}

KIT_UNUSED static lam_real *copy_of(const lam_real *x, size_t count)
{
	lam_real *copy = lam_alloc(count ? count : 1, sizeof *copy);
	if (copy && count)
		memcpy(copy, x, count * sizeof *copy);
	return copy;
}

/* Checks each value within `tolerance` times the largest expected one (or 1, if larger). NaN and
 * infinities must agree exactly. */
KIT_UNUSED static void check_array(const char *what, const lam_real *actual, const double *expected,
	size_t count, double tolerance)
{
	double largest = 1;
	for (size_t i = 0; i < count; i++)
		if (isfinite(expected[i]) && fabs(expected[i]) > largest)
			largest = fabs(expected[i]);
	for (size_t i = 0; i < count; i++) {
		const double a = actual[i], e = expected[i];
		const bool same = a == e || (isnan(a) && isnan(e))
			|| (isfinite(e) && fabs(a - e) <= tolerance * largest);
		check(same, "%s[%zu] is %.17g, not %.17g", what, i, a, e);
	}
}

KIT_UNUSED static void check_same_bits(
	const char *what, const lam_real *actual, const lam_real *expected, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(memcmp(&actual[i], &expected[i], sizeof *actual) == 0,
			"%s[%zu] is %.17g, not %.17g", what, i, (double)actual[i],
			(double)expected[i]);
}

#endif
