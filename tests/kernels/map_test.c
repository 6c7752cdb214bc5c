/* SPDX-License-Identifier: MIT */
/* The elementwise kernels agree with the same formulas in double, also at the limits of the number
 * range, and in place. */
#include "tests/battery/subjects.h"
#include "tests/kernels/arrays.h"

enum { VALUES = 13 * LAM_LANES };

/* The limit at -infinity, or at infinity if `above`: the formula's, unless that multiplies infinity
 * by 0. */
static double limit_of(const struct subject *s, bool above, const double *option)
{
	const struct activation *textbook = s->data;
	const double limit = textbook->value(above ? INFINITY : -INFINITY, option);
	return isnan(limit) ? s->limit[above] : limit;
}

/* Checks y = f(x) with the battery's formula, and with its limits at infinities. */
static void check_forward(const struct subject *s, enum lam_curve_index curve, const double *option)
{
	const struct lam_curve kernel = lam_kernel()->map.curve[curve];
	const struct activation *textbook = s->data;
	const struct lam_curve_options o = {{(lam_real)option[0], (lam_real)option[1]}};
	lam_real *x = array_of(VALUES, 1, -6, 6), *y = array_of(VALUES, 2, 0, 1);
	double expected[VALUES];
	x[3] = NAN;
	x[6] = 0;
	for (int i = 0; i < VALUES; i++)
		expected[i] = textbook->value(x[i], option);
	for (int above = 0; above < 2; above++) {
		x[4 + above] = above ? INFINITY : -INFINITY;
		expected[4 + above] = limit_of(s, above, option);
	}
	kernel.forward(y, x, VALUES, o);
	check_array(s->name, y, expected, VALUES, TOLERANCE);
	/* The values are fewer than a vector has, and not aligned. */
	y[1] = 7;
	kernel.forward(y + 2, x + 2, 1, o);
	check_array(s->name, y + 2, expected + 2, 1, TOLERANCE);
	check(y[1] == 7);
	kernel.forward(y, x, VALUES, o);
	lam_real *in_place = copy_of(x, VALUES);
	kernel.forward(in_place, in_place, VALUES, o);
	check_same_bits("in place", in_place, y, VALUES);
	lam_free(x), lam_free(y), lam_free(in_place);
}

/* Checks dx = dy f'(x), from x or from y = f(x). For large and infinite values the slope is that at
 * 1e4. */
static void check_backward(
	const struct subject *s, enum lam_curve_index curve, bool reads_x, const double *option)
{
	const struct lam_curve kernel = lam_kernel()->map.curve[curve];
	const struct activation *textbook = s->data;
	const struct lam_curve_options o = {{(lam_real)option[0], (lam_real)option[1]}};
	lam_real *kept = array_of(VALUES, 3, -6, 6), *dy = array_of(VALUES, 4, -1, 1),
		 *dx = array_of(VALUES, 5, 0, 1);
	double expected[VALUES];
	kept[4] = INFINITY;
	kept[5] = -INFINITY;
	kept[6] = 0;
	for (int i = 0; i < VALUES; i++) {
		const double x = isinf(kept[i]) ? copysign(1e4, kept[i]) : (double)kept[i];
		expected[i] = dy[i] * textbook->slope(x, option);
		if (!reads_x)
			kept[i] = (lam_real)(isinf(kept[i]) ? limit_of(s, kept[i] > 0, option)
							    : textbook->value(x, option));
	}
	kernel.backward(dx, dy, kept, VALUES, o);
	check_array(s->name, dx, expected, VALUES, TOLERANCE);
	kernel.backward(dy, dy, kept, VALUES, o);
	check_same_bits("in place", dy, dx, VALUES);
	lam_free(kept), lam_free(dy), lam_free(dx);
}

#define READS_X true
#define READS_Y false
#define READS_NONE false
#define CURVE(name, reads, ...) {#name, READS_##reads},

static void activations_follow_their_formulas(void)
{
	static const struct {
		const char *name;
		bool reads_x;
	} curves[] = {LAM_CURVES(CURVE)};
	static const double option[LAM_CURVE_OPTIONS] = {0.5, 1.5};
	for (int i = 0; i < LAM_CURVE_COUNT; i++) {
		const struct subject *s = battery_find(curves[i].name);
		require(s && s->traits & SUBJECT_ACTIVATION, "%s has no subject", curves[i].name);
		check_forward(s, (enum lam_curve_index)i, option);
		check_backward(s, (enum lam_curve_index)i, curves[i].reads_x, option);
	}
}

static double gelu_exact(double x)
{
	return x * erfc(-x / sqrt(2)) / 2;
}

static double gelu_slope_exact(double x)
{
	return erfc(-x / sqrt(2)) / 2 + x * exp(-x * x / 2) / sqrt(2 * acos(-1));
}

/* Gelu and its slope at every 2^-12, which is hundreds of points in each piece of
 * vector_math_pieces.h: y to 2^-23 |x|, and the slope to 2^-22, in double 2^-29 of that. */
static void gelu_is_right_in_every_piece(void)
{
	enum { COUNT = 16 << 12 };
	const double unit = sizeof(lam_real) == sizeof(double) ? 0x1p-52 : 0x1p-23;
	const struct lam_curve *gelu = &lam_kernel()->map.curve[LAM_CURVE_gelu];
	lam_real *x = lam_alloc(COUNT, sizeof *x), *y = lam_alloc(COUNT, sizeof *y),
		 *slope = lam_alloc(COUNT, sizeof *slope);

	require(x && y && slope, "no memory");
	for (int i = 0; i < COUNT; i++) {
		x[i] = (lam_real)(i - COUNT / 2) / (1 << 12);
		slope[i] = 1;
	}
	gelu->forward(y, x, COUNT, (struct lam_curve_options){{0}});
	gelu->backward(slope, slope, x, COUNT, (struct lam_curve_options){{0}});
	for (int i = 0; i < COUNT; i++) {
		check(fabs(y[i] - gelu_exact(x[i])) <= unit * fabs(x[i]),
			"gelu(%.9g) is %.9g, not %.9g", (double)x[i], (double)y[i],
			gelu_exact(x[i]));
		check(fabs(slope[i] - gelu_slope_exact(x[i])) <= 2 * unit,
			"gelu's slope at %.9g is %.9g, not %.9g", (double)x[i], (double)slope[i],
			gelu_slope_exact(x[i]));
	}
	lam_free(x);
	lam_free(y);
	lam_free(slope);
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

static void channels_have_their_own_factors(void)
{
	enum { CHANNELS = 3, PLANE = 5, COUNT = CHANNELS * PLANE * LAM_LANES };
	const struct lam_map_kernels *map = &lam_kernel()->map;
	lam_real *x = array_of(COUNT, 1, -1, 1), *dy = array_of(COUNT, 2, -1, 1),
		 *y = array_of(COUNT, 3, 0, 1), *w = array_of(CHANNELS * LAM_LANES, 4, -1, 1);
	double scaled[COUNT], leaky[COUNT], lanes[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		const size_t c = i / (PLANE * LAM_LANES);
		scaled[i] = (double)w[c] * (double)x[i];
		leaky[i] = (double)dy[i] * (x[i] > 0 ? 1 : (double)w[c]);
		lanes[i] = (double)x[i] * (x[i] > 0 ? 1 : (double)w[c * LAM_LANES + i % LAM_LANES]);
	}
	map->channel_scale(y, x, w, CHANNELS, PLANE);
	check_array("scale", y, scaled, COUNT, TOLERANCE);
	map->channel_leaky(y, dy, x, w, CHANNELS, PLANE);
	check_array("leaky", y, leaky, COUNT, TOLERANCE);
	map->channel_leaky(dy, dy, x, w, CHANNELS, PLANE);
	check_same_bits("in place", dy, y, COUNT);
	map->channel_leaky_lanes(x, x, x, w, CHANNELS, PLANE);
	check_array("lanes", x, lanes, COUNT, TOLERANCE);
	lam_free(x), lam_free(dy), lam_free(y), lam_free(w);
}

/* Masks follow from lam_random(), for whole blocks and for slices alike. */
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
		TEST(gelu_is_right_in_every_piece),
		TEST(sums_and_copies),
		TEST(channels_have_their_own_numbers),
		TEST(channels_have_their_own_factors),
		TEST(dropout_draws_the_scalar_numbers),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
