/* SPDX-License-Identifier: MIT */
/* The kernels that multiply, and that sum products, agree with their formulas in double; long sums
 * keep their digits. */
#include "tests/kernels/arrays.h"

enum { CHANNELS = 3, PLANE = 5, VALUES = CHANNELS * PLANE * LAM_LANES };

/* The index of the factor of value i: one per channel and lane, or lane 0 of one per place. */
static size_t factor_of(size_t i, bool places)
{
	return places ? i / LAM_LANES % PLANE * LAM_LANES
		      : i / (PLANE * LAM_LANES) * LAM_LANES + i % LAM_LANES;
}

static void products(void)
{
	const struct lam_map_kernels *map = &lam_kernel()->map;
	lam_real *a = array_of(VALUES, 1, -2, 2), *b = array_of(VALUES, 2, -2, 2),
		 *y = array_of(VALUES, 3, -2, 2);
	double expected[VALUES];
	a[3] = NAN;
	a[20] = INFINITY;
	for (int i = 0; i < VALUES; i++)
		expected[i] = (double)y[i] + (double)a[i] * (double)b[i];
	map->add_product(y, a, b, VALUES);
	check_array("add_product", y, expected, VALUES, TOLERANCE);
	for (int i = 0; i < VALUES; i++)
		expected[i] = (double)a[i] * (double)b[i];
	map->multiply(y, a, b, VALUES);
	check_array("multiply", y, expected, VALUES, TOLERANCE);
	for (int places = 0; places < 2; places++) {
		for (size_t i = 0; i < VALUES; i++)
			expected[i] = (double)a[i] * (double)b[factor_of(i, places)];
		(places ? map->multiply_places : map->multiply_channels)(y, a, b, CHANNELS, PLANE);
		check_array(places ? "multiply_places" : "multiply_channels", y, expected, VALUES,
			TOLERANCE);
	}
	map->multiply_channels(a, a, b, CHANNELS, PLANE);
	map->multiply_places(a, a, b, CHANNELS, PLANE);
	for (size_t i = 0; i < VALUES; i++)
		expected[i] *= (double)b[factor_of(i, false)];
	check_array("in place", a, expected, VALUES, TOLERANCE);
	lam_free(a), lam_free(b), lam_free(y);
}

static void sums_of_products(void)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	static const size_t planes[] = {1, 2, 7, 256, 257, 515};
	for (size_t i = 0; i < sizeof planes / sizeof *planes; i++) {
		const size_t plane = planes[i], values = 2 * plane * LAM_LANES;
		lam_real *a = array_of(values, 1, -1, 2), *b = array_of(values, 2, -1, 2);
		double total[2 * LAM_LANES], expected[2 * LAM_LANES];
		lam_real sum[2 * LAM_LANES];
		for (size_t k = 0; k < 2 * LAM_LANES; k++)
			total[k] = expected[k] = (double)k;
		for (size_t k = 0; k < values; k++)
			expected[k / (plane * LAM_LANES) * LAM_LANES + k % LAM_LANES] +=
				(double)a[k] * (double)b[k];
		reduce->sum_products(total, a, b, 2, plane);
		reduce->take_totals(sum, total, 2 * LAM_LANES);
		check_array("sum_products", sum, expected, 2 * LAM_LANES, TOLERANCE);
		reduce->add_totals(total, a, LAM_LANES);
		for (size_t k = 0; k < LAM_LANES; k++)
			expected[k] += (double)a[k];
		reduce->take_totals(sum, total, LAM_LANES);
		check_array("add_totals", sum, expected, LAM_LANES, TOLERANCE);
		lam_free(a), lam_free(b);
	}
}

/* 2^18 products of tenths: one accumulator of float would be off by several per cent. */
static void long_sums_keep_their_digits(void)
{
	enum { PLACES = 1 << 18 };
	lam_real *a = array_of(PLACES * LAM_LANES, 1, 0.1, 0.1);
	double total[LAM_LANES] = {0};
	require(a != NULL, "no memory");
	lam_kernel()->reduce.sum_products(total, a, a, 1, PLACES);
	const double expected = PLACES * (double)a[0] * (double)a[0];
	for (int l = 0; l < LAM_LANES; l++)
		check(fabs(total[l] - expected) <= 3e-6 * expected, "the sum is %.9g for %.9g",
			total[l], expected);
	lam_free(a);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(products), TEST(sums_of_products), TEST(long_sums_keep_their_digits)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
