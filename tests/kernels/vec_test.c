/* SPDX-License-Identifier: MIT */
/* Vector mathematics compared with the C library in a wider type: for numbers of every size,
 * numbers around special points, and any count and alignment. tests/bench/bench_ulp.c tries all
 * 2^32 floats. */
#include "tests/kernels/ulp.h"

#include "tests/kernels/arrays.h"

/* Every STEP-th bit pattern is tried, so every exponent, both signs, subnormals, NaN and
 * infinities. STEP is a prime, so that the low bits vary. Double has as many patterns as float. */
#ifdef LAM_DOUBLE
#define STEP (UINT64_C(8191) << 32 | 12345)
#define SMALLEST 0x1p-1074
#else
#define STEP UINT32_C(4099)
#define SMALLEST 0x1p-149
#endif

enum { COUNT = 1 << 12 };

/* Whether no wider type is available: in valgrind long double has no more digits than double. */
static bool nothing_wider(void)
{
	const volatile long double one = 1, little = 0x1p-60L;
	const bool wider = sizeof(lam_real) < sizeof(double) || (one + little) - one == little;
	if (!wider)
		test_skip("long double has no more digits than double here");
	return !wider;
}

static void check_all(const struct vector_function *f, const lam_real *x, size_t count)
{
	static lam_real y[COUNT];
	f->function(y, x, count);
	for (size_t i = 0; i < count; i++) {
		const double error = ulp_error(y[i], f->exact(x[i]));
		if (!(error <= ulp_bound(f)))
			check(false, "%s(%.17g) is %.17g, not %.17g: %g units in the last place",
				f->name, (double)x[i], (double)y[i], (double)f->exact(x[i]), error);
	}
	check(true);
}

static void stays_within_its_bound_everywhere(void)
{
	if (nothing_wider())
		return;
	static lam_real x[COUNT];
	for (int f = 0; f < VECTOR_FUNCTIONS; f++) {
		test_begin("%s", vector_functions[f].name);
		bit_pattern bits = 0, before;
		do {
			size_t used = 0;
			do {
				x[used++] = from_bits(bits);
				before = bits;
				bits += STEP;
			} while (used < COUNT && bits > before);
			check_all(&vector_functions[f], x, used);
		} while (bits > before);
		test_end();
	}
}

/* Tries the range where the functions are curved, more densely than by bit patterns. */
static void stays_within_its_bound_in_the_middle(void)
{
	if (nothing_wider())
		return;
	static lam_real x[COUNT];
	for (int f = 0; f < VECTOR_FUNCTIONS; f++) {
		test_begin("%s", vector_functions[f].name);
		for (uint64_t round = 0; round < 32; round++) {
			for (uint64_t i = 0; i < COUNT; i++) {
				const lam_random_words words = lam_random(round, 0, i);
				x[i] = (lam_real)(-105 + 210 * lam_random_uniform(words.word[0]))
					/ (lam_real)(1 << words.word[1] % 12);
			}
			check_all(&vector_functions[f], x, COUNT);
		}
		test_end();
	}
}

/* Points where a formula, the kind of the result or its exponent changes. */
static const double edges[] = {0, -0.0, 1, -1, 2, 0.5, INFINITY, -INFINITY, NAN, SMALLEST,
	-SMALLEST, REAL_MIN, -REAL_MIN, REAL_MAX, -REAL_MAX, 88.72283, -87.33655, -103.27893,
	-103.97208, 90, -105, 709.78271289338, -708.39641853226, -745.13321910194, 711, -747, 0.625,
	-0.625, 0.921875, -0.921875, 4, -4, 6, -6, 10, 20, -20, 0.70710678118654752,
	1.4142135623730951, 0.34657359027997264, -0.34657359027997264, 9.01, 19.06, 16.6355, -88.0,
	37.0};

/* Tries the numbers around these points. */
static void stays_within_its_bound_around_the_edges(void)
{
	if (nothing_wider())
		return;
	enum { AROUND = 256, PLACES = 2 * AROUND + 1 };
	lam_real x[PLACES];
	for (int f = 0; f < VECTOR_FUNCTIONS; f++) {
		test_begin("%s", vector_functions[f].name);
		for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
			const lam_real edge = (lam_real)edges[e];
			bit_pattern bits;
			memcpy(&bits, &edge, sizeof bits);
			for (int i = 0; i < PLACES; i++)
				x[i] = from_bits(bits + (bit_pattern)i - AROUND);
			check_all(&vector_functions[f], x, PLACES);
		}
		test_end();
	}
}

/* Limits are exact, not only within the bound. */
static void has_its_limits(void)
{
	static const struct {
		void (*function)(lam_real *y, const lam_real *x, size_t count);
		double x, y;
	} limits[] = {
		{lam_vec_exp, -INFINITY, 0},
		{lam_vec_exp, INFINITY, INFINITY},
		{lam_vec_exp, 0, 1},
		{lam_vec_exp, -0.0, 1},
		{lam_vec_exp, REAL_MAX, INFINITY},
		{lam_vec_exp, -REAL_MAX, 0},
		{lam_vec_exp, NAN, NAN},
		{lam_vec_log, 0, -INFINITY},
		{lam_vec_log, -0.0, -INFINITY},
		{lam_vec_log, INFINITY, INFINITY},
		{lam_vec_log, 1, 0},
		{lam_vec_log, -SMALLEST, NAN},
		{lam_vec_log, -1, NAN},
		{lam_vec_log, -INFINITY, NAN},
		{lam_vec_log, NAN, NAN},
		{lam_vec_tanh, -INFINITY, -1},
		{lam_vec_tanh, INFINITY, 1},
		{lam_vec_tanh, REAL_MAX, 1},
		{lam_vec_tanh, -0.0, -0.0},
		{lam_vec_tanh, SMALLEST, SMALLEST},
		{lam_vec_tanh, NAN, NAN},
		{lam_vec_sigmoid, -INFINITY, 0},
		{lam_vec_sigmoid, INFINITY, 1},
		{lam_vec_sigmoid, 0, 0.5},
		{lam_vec_sigmoid, -REAL_MAX, 0},
		{lam_vec_sigmoid, REAL_MAX, 1},
		{lam_vec_sigmoid, NAN, NAN},
		{lam_vec_erf, -INFINITY, -1},
		{lam_vec_erf, INFINITY, 1},
		{lam_vec_erf, -REAL_MAX, -1},
		{lam_vec_erf, -0.0, -0.0},
		{lam_vec_erf, NAN, NAN},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		const lam_real x = (lam_real)limits[i].x, expected = (lam_real)limits[i].y;
		lam_real y;
		limits[i].function(&y, &x, 1);
		check(isnan(expected) ? isnan(y)
				      : y == expected && !signbit(y) == !signbit(expected),
			"row %zu, at %g: %.17g, not %.17g", i, (double)x, (double)y,
			(double)expected);
	}
}

/* An element's result does not depend on its position; values beyond the count are unchanged. */
static void takes_any_count_and_alignment(void)
{
	enum { LONGEST = 50 };
	lam_real *x = array_of(LONGEST + 2, 1, 0.01, 3), one[1], y[LONGEST + 4];
	for (int f = 0; f < VECTOR_FUNCTIONS; f++)
		for (size_t count = 0; count <= LONGEST; count++)
			for (size_t offset = 0; offset < 2; offset++) {
				for (size_t i = 0; i < LONGEST + 4; i++)
					y[i] = -77;
				vector_functions[f].function(y + 1 + offset, x + offset, count);
				for (size_t i = 0; i < count; i++) {
					vector_functions[f].function(one, x + offset + i, 1);
					check(memcmp(&y[1 + offset + i], one, sizeof *one) == 0);
				}
				check(y[offset] == -77 && y[1 + offset + count] == -77,
					"%s writes outside", vector_functions[f].name);
			}
	lam_free(x);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(stays_within_its_bound_everywhere),
		TEST(stays_within_its_bound_in_the_middle),
		TEST(stays_within_its_bound_around_the_edges),
		TEST(has_its_limits),
		TEST(takes_any_count_and_alignment),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
