/* SPDX-License-Identifier: MIT */
/* The elementwise kernels against the same formulas in double, at the edges of the number range,
 * and in place. */
#include "tests/kernels/arrays.h"

enum { VALUES = 13 * LAM_LANES };
static const struct lam_curve_options none;

static void check_formula(const char *name, enum lam_curve_index curve, double (*formula)(double))
{
	lam_real *x = array_of(VALUES, 1, -6, 6), *y = array_of(VALUES, 2, 0, 1);
	double expected[VALUES];
	x[3] = NAN;
	x[4] = INFINITY;
	x[5] = -INFINITY;
	x[6] = 0;
	for (int i = 0; i < VALUES; i++)
		expected[i] = formula(x[i]);
	lam_kernel()->map.curve[curve].forward(y, x, VALUES, none);
	check_array(name, y, expected, VALUES, TOLERANCE);
	lam_real *in_place = copy_of(x, VALUES);
	lam_kernel()->map.curve[curve].forward(in_place, in_place, VALUES, none);
	check_same_bits("in place", in_place, y, VALUES);
	lam_free(x), lam_free(y), lam_free(in_place);
}

/* dx = dy derivative(kept) */
static void check_derivative(const char *name, enum lam_curve_index curve,
	double (*derivative)(double), double low, double high, bool with_infinities)
{
	lam_real *kept = array_of(VALUES, 3, low, high), *dy = array_of(VALUES, 4, -1, 1),
		 *dx = array_of(VALUES, 5, 0, 1);
	double expected[VALUES];
	if (with_infinities) {
		kept[4] = INFINITY;
		kept[5] = -INFINITY;
	}
	kept[6] = 0;
	for (int i = 0; i < VALUES; i++)
		expected[i] = dy[i] * derivative(kept[i]);
	lam_kernel()->map.curve[curve].backward(dx, dy, kept, VALUES, none);
	check_array(name, dx, expected, VALUES, TOLERANCE);
	lam_kernel()->map.curve[curve].backward(dy, dy, kept, VALUES, none);
	check_same_bits("in place", dy, dx, VALUES);
	lam_free(kept), lam_free(dy), lam_free(dx);
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double relu(double x)
{
	return x < 0 ? 0 : x;
}

static double step(double y)
{
	return y > 0;
}

static double phi(double x)
{
	return 0.5 * erfc(-x * 0.70710678118654752440);
}

static double gelu(double x)
{
	return x == -INFINITY ? 0 : x * phi(x);
}

static double gelu_derivative(double x)
{
	return isinf(x) ? x > 0 : phi(x) + x * 0.39894228040143267794 * exp(-x * x / 2);
}

static double silu(double x)
{
	return x == -INFINITY ? 0 : x * sigmoid(x);
}

static double silu_derivative(double x)
{
	return isinf(x) ? x > 0 : sigmoid(x) * (1 + x * (1 - sigmoid(x)));
}

static double sigmoid_derivative(double y)
{
	return y * (1 - y);
}

static double tanh_derivative(double y)
{
	return 1 - y * y;
}

static void activations_follow_their_formulas(void)
{
	check_formula("relu", LAM_CURVE_relu, relu);
	check_formula("sigmoid", LAM_CURVE_sigmoid, sigmoid);
	check_formula("tanh", LAM_CURVE_tanh, tanh);
	check_formula("gelu", LAM_CURVE_gelu, gelu);
	check_formula("silu", LAM_CURVE_silu, silu);
	check_derivative("relu", LAM_CURVE_relu, step, -1, 1, true);
	check_derivative("sigmoid", LAM_CURVE_sigmoid, sigmoid_derivative, 0, 1, false);
	check_derivative("tanh", LAM_CURVE_tanh, tanh_derivative, -1, 1, false);
	check_derivative("gelu", LAM_CURVE_gelu, gelu_derivative, -6, 6, true);
	check_derivative("silu", LAM_CURVE_silu, silu_derivative, -6, 6, true);
}

static void leaky_relu_keeps_the_sign(void)
{
	const struct lam_map_kernels *map = &lam_kernel()->map;
	lam_real *x = array_of(VALUES, 1, -1, 1), *y = array_of(VALUES, 2, 0, 1),
		 *dx = array_of(VALUES, 3, 0, 1);
	const lam_real slope = (lam_real)0.01;
	const struct lam_curve_options options = {{slope}};
	double out[VALUES], gradient[VALUES];
	x[0] = NAN;
	for (int i = 0; i < VALUES; i++) {
		out[i] = x[i] > 0 ? x[i] : (double)slope * x[i];
		gradient[i] = x[i] > 0 ? 3 : 3 * (double)slope;
	}
	map->curve[LAM_CURVE_leaky_relu].forward(y, x, VALUES, options);
	check_array("y", y, out, VALUES, TOLERANCE);
	map->fill(dx, 3, VALUES);
	map->curve[LAM_CURVE_leaky_relu].backward(dx, dx, y, VALUES, options);
	check_array("dx", dx, gradient, VALUES, TOLERANCE);
	lam_free(x), lam_free(y), lam_free(dx);
}

static void sums_and_copies(void)
{
	const struct lam_map_kernels *map = &lam_kernel()->map;
	lam_real *a = array_of(VALUES, 1, -1, 1), *b = array_of(VALUES, 2, -1, 1),
		 *y = array_of(VALUES, 3, 0, 1);
	map->add(y, a, b, VALUES);
	for (int i = 0; i < VALUES; i++)
		check(y[i] == a[i] + b[i]);
	map->accumulate(y, a, VALUES);
	for (int i = 0; i < VALUES; i++)
		check(y[i] == a[i] + b[i] + a[i]);
	map->scale(y, b, 3, VALUES);
	for (int i = 0; i < VALUES; i++)
		check(y[i] == 3 * b[i]);
	map->copy(y, a, VALUES);
	map->copy(y, y, VALUES);
	check_same_bits("copy", y, a, VALUES);
	map->clear_idle(y, VALUES, 16);
	check_same_bits("nothing idle", y, a, VALUES);
	map->clear_idle(y, VALUES, 3);
	for (int i = 0; i < VALUES; i++)
		check(y[i] == (i % LAM_LANES < 3 ? a[i] : 0));
	map->fill(y, 7, VALUES);
	for (int i = 0; i < VALUES; i++)
		check(y[i] == 7);
	map->fill(y, 8, 0);
	check(y[0] == 7);
	lam_free(a), lam_free(b), lam_free(y);
}

static void channels_have_their_own_numbers(void)
{
	enum { CHANNELS = 3, PLANE = 5, COUNT = CHANNELS * PLANE * LAM_LANES };
	const struct lam_map_kernels *map = &lam_kernel()->map;
	lam_real *x = array_of(COUNT, 1, 9999, 10001), *dy = array_of(COUNT, 2, -1, 1),
		 *y = array_of(COUNT, 3, 0, 1);
	lam_real *a = array_of(CHANNELS * LAM_LANES, 4, -1, 1),
		 *b = array_of(CHANNELS * LAM_LANES, 5, -1, 1);
	lam_real *center = array_of(CHANNELS * LAM_LANES, 6, 9999, 10001);
	const lam_real *c = a + CHANNELS;
	double affine[COUNT], combined[COUNT], lanes[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		const size_t channel = i / (PLANE * LAM_LANES),
			     lane = channel * LAM_LANES + i % LAM_LANES;
		const double apart = (double)x[i] - center[channel];
		affine[i] = a[channel] * apart + b[channel];
		combined[i] = (double)a[channel] * dy[i] + b[channel] * apart + c[channel];
		lanes[i] = a[lane] * ((double)x[i] - center[lane]) + b[lane];
	}
	map->channel_affine(y, x, center, a, b, CHANNELS, PLANE);
	check_array("affine", y, affine, COUNT, TOLERANCE);
	map->channel_affine_lanes(y, x, center, a, b, CHANNELS, PLANE);
	check_array("lanes", y, lanes, COUNT, TOLERANCE);
	map->channel_combine(dy, dy, x, center, a, b, c, CHANNELS, PLANE);
	check_array("combine", dy, combined, COUNT, TOLERANCE);
	lam_free(x), lam_free(dy), lam_free(y), lam_free(a), lam_free(b), lam_free(center);
}

/* Every mask from the scalar numbers; whole blocks and slices of them alike. */
static void dropout_draws_the_scalar_numbers(void)
{
	enum { FEATURES = 23 };
	static const struct {
		double p;
		uint64_t row;
		size_t first, count;
	} rows[] = {
		{0.5, 0, 0, FEATURES},
		{0.25, 16, 0, FEATURES},
		{0.25, 16, 3, 7},
		{0.1, UINT64_C(0x1fffffff0), 5, 1},
		{0, 32, 2, 9},
		{1, 32, 0, FEATURES},
		{1e-9, 48, 1, 20},
		{0.9999999999, 48, 1, 20},
	};
	const uint64_t key = lam_random_key(11, 22, 33);
	lam_real *x = array_of(FEATURES * LAM_LANES, 1, -1, 1),
		 *y = array_of(FEATURES * LAM_LANES, 2, 0, 1);
	x[20] = NAN;
	x[100] = INFINITY;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		const double p = rows[r].p;
		const lam_real factor = p < 1 ? (lam_real)(1 / (1 - p)) : 0;
		lam_kernel()->map.dropout(y, x, key, p, rows[r].row, rows[r].first, rows[r].count);
		for (size_t i = 0; i < rows[r].count * LAM_LANES; i++) {
			const size_t feature = rows[r].first + i / LAM_LANES;
			const lam_random_words words = lam_random(
				key, rows[r].row + i % LAM_LANES, feature / 4);
			const bool keep = lam_random_uniform(words.word[feature % 4]) >= p;
			const double expected = keep ? (double)(x[i] * factor) : 0;
			check(y[i] == expected || (isnan(y[i]) && isnan(expected)),
				"row %zu value %zu is %g, not %g", r, i, (double)y[i], expected);
		}
	}
	lam_free(x), lam_free(y);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(activations_follow_their_formulas),
		TEST(leaky_relu_keeps_the_sign),
		TEST(sums_and_copies),
		TEST(channels_have_their_own_numbers),
		TEST(dropout_draws_the_scalar_numbers),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
