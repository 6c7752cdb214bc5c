/* SPDX-License-Identifier: MIT */
/* lam_multiply */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(multiply_subjects);
}

/* A graph that multiplies inputs of these shapes; it has one output, "y". */
static lam_layer *product_of(const lam_shape *shapes, int count)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	lam_graph *g = lam_graph_new();
	lam_value x[4];
	for (int k = 0; k < count; k++)
		x[k] = lam_graph_input(g, names[k], shapes[k]);
	lam_graph_output(g,
		count == 2           ? lam_apply(g, lam_multiply(), x[0], x[1])
			: count == 3 ? lam_apply(g, lam_multiply(), x[0], x[1], x[2])
				     : lam_apply(g, lam_multiply(), x[0], x[1], x[2], x[3]),
		"y");
	return lam_graph_done(g);
}

enum { MOST = 4, VALUES = 18 * 3 * 5, BATCH = 18 };

/* The index of place `at` of y in an input that may spread. */
static int64_t index_of(lam_shape x, lam_shape y, int64_t at)
{
	const int64_t plane = lam_shape_count(&y) / y.dim[0], values = lam_shape_count(&x);
	return values == lam_shape_count(&y) ? at : x.dim[0] == y.dim[0] ? at / plane : at % plane;
}

/* Inputs spread in any order and number, in nets of many and of few samples. */
static void inputs_spread(void)
{
	const lam_shape y = LAM_SHAPE(18, 3, 5), c = LAM_SHAPE(18), ones = LAM_SHAPE(18, 1, 1),
			p = LAM_SHAPE(1, 3, 5), s = LAM_SHAPE(18, 5), t = LAM_SHAPE(18, 1),
			l = LAM_SHAPE(1, 5), one = LAM_SHAPE(1);
	const struct {
		int count;
		lam_shape shapes[MOST], y;
	} rows[] = {
		{2, {y, c}, y},
		{2, {c, y}, y},
		{2, {ones, y}, y},
		{2, {y, p}, y},
		{4, {p, c, y, ones}, y},
		{4, {y, p, p, y}, y},
		{2, {s, c}, s},
		{3, {t, l, s}, s},
		{2, {c, ones}, ones},
		{2, {ones, c}, ones},
		{2, {one, c}, c},
		{3, {one, c, c}, c},
	};
	static lam_real x[MOST][BATCH * VALUES], out[BATCH * VALUES];
	for (size_t i = 0; i < MOST * BATCH * VALUES; i++)
		x[i / (BATCH * VALUES)][i % (BATCH * VALUES)] =
			(lam_real)((double)(i * 7919 % 1000) / 500 - 0.7);
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (int n = 1; n <= BATCH; n += BATCH - 1) {
			lam_net *net = lam_net_create(product_of(rows[r].shapes, rows[r].count),
				(lam_shape){0}, .max_batch = n, .inference = true);
			require(net != NULL, "row %zu: %s", r, lam_error());
			const lam_shape shape = rows[r].y;
			const int64_t values = lam_shape_count(&shape);
			check_ok(lam_net_predict_io(net,
				(const lam_io[]){{"a", x[0]}, {"b", x[1]},
					{rows[r].count > 2 ? "c" : NULL, x[2]},
					{rows[r].count > 3 ? "d" : NULL, x[3]}, {0}},
				n, (const lam_out[]){{"y", out}, {0}}));
			for (int64_t i = 0; i < n * values; i++) {
				double expected = 1;
				for (int k = 0; k < rows[r].count; k++)
					expected *= x[k][i / values
							* lam_shape_count(&rows[r].shapes[k])
						+ index_of(rows[r].shapes[k], shape, i % values)];
				check(fabs(out[i] - expected) <= 1e-6,
					"row %zu, n %d: y[%lld] is %g, not %g", r, n, (long long)i,
					(double)out[i], expected);
			}
			lam_net_free(net);
		}
}

static void check_all(const char *what, const lam_real *actual, const double *expected, int count)
{
	require(actual != NULL, "%s", lam_error());
	for (int i = 0; i < count; i++)
		check(isnan(expected[i]) ? isnan(actual[i]) : actual[i] == expected[i],
			"%s[%d] is %g, not %g", what, i, (double)actual[i], expected[i]);
}

/* Nothing is divided: an input of zeros has a gradient. NaN stays where it is. */
static void zeros_and_nan(void)
{
	const lam_shape shapes[] = {LAM_SHAPE(2, 1, 2), LAM_SHAPE(2), LAM_SHAPE(1, 1, 2)};
	lam_net *net = lam_net_create(
		product_of(shapes, 3), (lam_shape){0}, .max_batch = 1, .input_grad = true);
	require(net != NULL, "%s", lam_error());
	const lam_real a[] = {3, 4, 5, NAN}, b[] = {0, 0}, c[] = {2, 0}, dy[] = {1, 1, 1, 1};
	check_ok(lam_net_forward_io(
		net, LAM_TRAIN, (const lam_io[]){{"a", a}, {"b", b}, {"c", c}, {0}}, 1));
	check_ok(lam_net_backward_from(net, dy));
	check_all("y", lam_net_output_of(net, "y"), (double[]){0, 0, 0, NAN}, 4);
	check_all("da", lam_net_input_grad_of(net, "a"), (double[]){0, 0, 0, 0}, 4);
	check_all("db", lam_net_input_grad_of(net, "b"), (double[]){6, NAN}, 2);
	check_all("dc", lam_net_input_grad_of(net, "c"), (double[]){0, NAN}, 2);
	lam_net_free(net);
}

static void refuses_other_shapes(void)
{
	const struct {
		lam_shape shapes[3];
		int count;
		const char *sentence;
	} rows[] = {
		{{LAM_SHAPE(3, 4, 5), LAM_SHAPE(2, 4, 5)}, 2,
			"input 1 is 2x4x5; expected 3x4x5, as the largest input, or a "
			"shape that spreads over it: 3, 3x1x1 or 1x4x5"},
		{{LAM_SHAPE(4), LAM_SHAPE(3, 4, 5)}, 2,
			"input 0 is 4; expected 3x4x5, as the largest input, or a shape "
			"that spreads over it: 3, 3x1x1 or 1x4x5"},
		{{LAM_SHAPE(3, 1), LAM_SHAPE(3, 4, 5)}, 2,
			"input 0 is 3x1; expected 3x4x5, as the largest input, or a "
			"shape that spreads over it: 3, 3x1x1 or 1x4x5"},
		{{LAM_SHAPE(3, 7), LAM_SHAPE(1, 7), LAM_SHAPE(7)}, 3,
			"input 2 is 7; expected 3x7, as the largest input, or a shape "
			"that spreads over it: 3, 3x1 or 1x7"},
		{{LAM_SHAPE(3, 1), LAM_SHAPE(1, 3)}, 2,
			"input 1 is 1x3; expected 3x1, as the largest input, or a shape "
			"that spreads over it: 3, 3x1 or 1x1"},
		{{LAM_SHAPE(3), LAM_SHAPE(2)}, 2,
			"input 1 is 2; expected 3, as the largest input, or 1"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		lam_net *net = lam_net_create(
			product_of(rows[r].shapes, rows[r].count), (lam_shape){0}, .max_batch = 1);
		const char *sentence = strstr(lam_error(), "input");
		check(!net && sentence && strcmp(sentence, rows[r].sentence) == 0,
			"row %zu says \"%s\"\n    not \"%s\"", r, lam_error(), rows[r].sentence);
		lam_net_free(net);
	}
	refuses(lam_multiply(lam_relu()), LAM_SHAPE(2, 2), "multiply: 1 input; expected 2 or more");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(inputs_spread), TEST(zeros_and_nan),
		TEST(refuses_other_shapes)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
