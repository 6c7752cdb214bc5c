/* Vector mathematics against the C library in double: over the whole range of numbers, at its edges, and for any count and
 * alignment. */
#include "framework/vec.h"

#include "tests/kernel_arrays.h"

#include <float.h>

/* Largest error in units in the last place that vec.h promises. */
#ifdef LAM_DOUBLE
#define REAL_MIN DBL_MIN
#define ULP_BOUND 4
#define LAST_PLACE 0x1p-53
#define SMALLEST 0x1p-1074
#else
#define REAL_MIN FLT_MIN
#define ULP_BOUND 2.4
#define LAST_PLACE 0x1p-24
#define SMALLEST 0x1p-149
#endif

typedef void vector_function(lam_real *y, const lam_real *x, size_t count);

static double sigmoid(double x)
{
	return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static const struct function {
	const char *name;
	vector_function *function;
	double (*formula)(double);
} functions[] = {
	{"exp", lam_vec_exp, exp},
	{"log", lam_vec_log, log},
	{"tanh", lam_vec_tanh, tanh},
	{"sigmoid", lam_vec_sigmoid, sigmoid},
	{"erf", lam_vec_erf, erf},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* Error of `actual` in units in the last place of `expected`; infinite where one is NaN or infinite and the other is not. */
static double error_of(lam_real actual, double expected)
{
	if (isnan(expected))
		return isnan(actual) ? 0 : INFINITY;
	if (actual == (lam_real)expected)
		return 0;
	if (!isfinite(actual) || !isfinite((lam_real)expected)) {
		/* At the very edge of overflow half a unit decides between the greatest number and infinity. */
		const double greatest = sizeof actual == 4 ? FLT_MAX : DBL_MAX;
		return fabs(expected) >= greatest * (1 - 4 * LAST_PLACE) && (double)actual * expected > 0 ? 1 : INFINITY;
	}
	int exponent;
	frexp(expected, &exponent);
	const double unit = fabs(expected) < REAL_MIN ? SMALLEST : ldexp(LAST_PLACE, exponent);
	return fabs(actual - expected) / unit;
}

/* Random bit patterns: every exponent, both signs, subnormals, NaN and infinities among them; and the interesting middle. */
static void follows_the_library(void)
{
	enum { COUNT = 1 << 14 };
	lam_real *x = lam_alloc(COUNT, sizeof *x), *y = lam_alloc(COUNT, sizeof *y);
	for (int f = 0; f < FUNCTIONS; f++) {
		test_begin("%s", functions[f].name);
		double worst = 0, where = 0;
		for (uint64_t round = 0; round < 24; round++) {
			for (uint64_t i = 0; i < COUNT; i++) {
				const lam_random_words words = lam_random(round, 0, i);
				if (round % 2)
					x[i] = (lam_real)(-105 + 210 * lam_random_uniform(words.word[0])) / (lam_real)(1 << words.word[1] % 12);
				else
					memcpy(&x[i], words.word, sizeof x[i]);
			}
			functions[f].function(y, x, COUNT);
			for (int i = 0; i < COUNT; i++) {
				const double error = error_of(y[i], functions[f].formula(x[i]));
				if (error > worst) {
					worst = error;
					where = x[i];
				}
			}
		}
		check(worst <= ULP_BOUND, "%s: %g units in the last place at %.17g", functions[f].name, worst, where);
		test_end();
	}
	lam_free(x), lam_free(y);
}

static void knows_the_edges(void)
{
	static const double edges[] = {
		0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, SMALLEST, -SMALLEST, REAL_MIN, REAL_MIN / 2, 88.72283, 88.72284, -87.33655,
		-103.27893, -103.97, -104.5, 709.78, -745.1, -750, 1e30, -1e30, 0.625, 0.921875, 4, 3.99, 10, -20,
	};
	enum { COUNT = sizeof edges / sizeof *edges };
	lam_real x[COUNT], y[COUNT];
	for (int i = 0; i < COUNT; i++)
		x[i] = (lam_real)edges[i];
	for (int f = 0; f < FUNCTIONS; f++) {
		functions[f].function(y, x, COUNT);
		for (int i = 0; i < COUNT; i++) {
			const double expected = functions[f].formula(x[i]);
			check(error_of(y[i], expected) <= ULP_BOUND, "%s(%.9g) is %.9g, not %.9g", functions[f].name, (double)x[i],
				(double)y[i], expected);
			check(expected != 0 || y[i] != 0 || !signbit(y[i]) == !signbit(expected), "%s(%g): sign of zero",
				functions[f].name, (double)x[i]);
		}
	}
}

/* An element's result is the same whatever its place; what lies beyond the count stays. */
static void takes_any_count_and_alignment(void)
{
	enum { LONGEST = 50 };
	lam_real *x = array_of(LONGEST + 2, 1, 0.01, 3), one[1], y[LONGEST + 4];
	for (int f = 0; f < FUNCTIONS; f++)
		for (size_t count = 0; count <= LONGEST; count++)
			for (size_t offset = 0; offset < 2; offset++) {
				for (size_t i = 0; i < LONGEST + 4; i++)
					y[i] = -77;
				functions[f].function(y + 1 + offset, x + offset, count);
				for (size_t i = 0; i < count; i++) {
					functions[f].function(one, x + offset + i, 1);
					check(memcmp(&y[1 + offset + i], one, sizeof *one) == 0);
				}
				check(y[offset] == -77 && y[1 + offset + count] == -77, "%s writes outside", functions[f].name);
			}
	lam_free(x);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(follows_the_library),
		TEST(knows_the_edges),
		TEST(takes_any_count_and_alignment),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
