/* SPDX-License-Identifier: MIT */
/* What the tests of the convolution and affine kernels share: arrays with two copies, row-major for
 * the textbook and in lane blocks for the kernel, and their comparison. */
#ifndef LAM_TEST_LANE_ARRAYS_H
#define LAM_TEST_LANE_ARRAYS_H

#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "tests/kit.h"
#include "tests/reference/textbook.h"

#include <inttypes.h>

/* The largest allowed error, relative to the largest value. */
#ifdef LAM_DOUBLE
enum { DOUBLE_BUILD = 1 };
#else
enum { DOUBLE_BUILD = 0 };
#endif
static double tolerance = DOUBLE_BUILD ? 1e-13 : 1e-5;

static uint64_t state = 1;

KIT_UNUSED static int64_t pick(int64_t low, int64_t high)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return low + (int64_t)((state >> 33) % (uint64_t)(high - low + 1));
}

/* A random one of the arguments. */
#define PICK(...) \
	(((const int64_t[]){__VA_ARGS__})[pick( \
		0, (int64_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)) - 1)])

/* Goes through all slices of `count`, from the last to the first, in calls of random lengths. Begin
 * with slices_from(count), and go on with slices_before() while `end` is not 0. */
KIT_UNUSED static struct lam_slices slices_before(struct lam_slices after)
{
	int64_t end = after.first;

	return (struct lam_slices){end > 0 ? pick(0, end - 1) : 0, end, after.count};
}

KIT_UNUSED static struct lam_slices slices_from(int64_t count)
{
	return slices_before((struct lam_slices){count, count, count});
}

/* n samples of some features, in two forms: rows in double for the textbook, and lanes for a
 * kernel. */
struct array {
	int64_t n, features, blocks, block;
	double *rows;
	lam_real *lanes;
};

/* Makes an array. Its values are exact in float; idle lanes repeat the last sample, or are 0 for a
 * gradient. There is a gap between blocks. */
KIT_UNUSED static struct array new_array(int64_t n, int64_t features, bool random, bool gradient)
{
	struct array a = {.n = n, .features = features, .blocks = (n + LAM_LANES - 1) / LAM_LANES};

	a.block = (features + pick(0, 1)) * LAM_LANES;
	a.rows = lam_alloc((size_t)(n * features), sizeof(double));
	a.lanes = lam_alloc((size_t)(a.blocks * a.block), sizeof(lam_real));
	for (int64_t i = 0; i < n * features; i++)
		a.rows[i] = random ? (float)((double)pick(-1000, 1000) / 1000) : 0;
	for (int64_t s = 0; s < a.blocks * LAM_LANES; s++)
		for (int64_t f = 0; f < features; f++) {
			int64_t sample = s < n ? s : n - 1;

			a.lanes[s / LAM_LANES * a.block + f * LAM_LANES + s % LAM_LANES] = !random
				? (lam_real)NAN
				: s >= n && gradient ? 0
						     : (lam_real)a.rows[sample * features + f];
		}
	return a;
}

KIT_UNUSED static void free_array(struct array *a)
{
	lam_free(a->rows);
	lam_free(a->lanes);
}

/* Checks that the lanes agree with the rows, within the tolerance. */
KIT_UNUSED static void check_lanes(const struct array *a, const char *what)
{
	double largest = 1, worst = 0;

	for (int64_t i = 0; i < a->n * a->features; i++)
		largest = fmax(largest, fabs(a->rows[i]));
	for (int64_t s = 0; s < a->n; s++)
		for (int64_t f = 0; f < a->features; f++) {
			double value =
				a->lanes[s / LAM_LANES * a->block + f * LAM_LANES + s % LAM_LANES];
			double error = fabs(value - a->rows[s * a->features + f]);

			worst = !(error <= worst) ? error : worst;
		}
	check(worst <= tolerance * largest, "%s is off by %g of %g", what, worst, largest);
}

KIT_UNUSED static void check_values(
	const lam_real *values, const double *expected, int64_t count, const char *what)
{
	double largest = 1, worst = 0;

	for (int64_t i = 0; i < count; i++)
		largest = fmax(largest, fabs(expected[i]));
	for (int64_t i = 0; i < count; i++) {
		double error = fabs(values[i] - expected[i]);

		worst = !(error <= worst) ? error : worst;
	}
	check(worst <= tolerance * largest, "%s is off by %g of %g", what, worst, largest);
}

KIT_UNUSED static void rectify(struct array *a)
{
	for (int64_t i = 0; i < a->n * a->features; i++)
		a->rows[i] = fmax(a->rows[i], 0);
}

KIT_UNUSED static lam_real *to_real(const double *values, int64_t count)
{
	lam_real *copy = lam_alloc((size_t)count, sizeof(lam_real));

	for (int64_t i = 0; i < count; i++)
		copy[i] = (lam_real)values[i];
	return copy;
}

KIT_UNUSED static void random_values(double *values, int64_t count)
{
	for (int64_t i = 0; i < count; i++)
		values[i] = (float)((double)pick(-1000, 1000) / 1000);
}

#endif
