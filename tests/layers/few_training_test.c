/* SPDX-License-Identifier: MIT */
/* Training of few samples: with channels in the lanes gradients are those of batch lanes, whatever
 * the numbers of channels, groups, strides and layers between them; the bits do not depend on the
 * number of threads; and the caller's rows may go after a forward. */
#include "tests/kit.h"

#include "framework/kernels/sizes.h"
#include "framework/plan/inside.h"

#include <lamina.h>

#include <stdarg.h>

static const double TOLERANCE = sizeof(lam_real) == 8 ? 1e-11 : 2e-4;

enum { SAMPLES = 5, MOST = SAMPLES * 96 * 20 * 20 };

static lam_real x[MOST], dy[MOST];

/* In place of framework/plan/prefer.c: nets of fewer than 16 samples compute one at a time. */
bool lam_plan_prefers_batch_lanes(const lam_plan *plan)
{
	return plan->few >= LAM_LANES;
}

/* What a training forward and its backward give. */
struct results {
	lam_real *y, *dx, *dw;
	int64_t ys, dxs, dws;
};

static void compare(const char *what, const char *array, const lam_real *a, const lam_real *b,
	int64_t count, double tolerance)
{
	double largest = 0, worst = 0;
	for (int64_t i = 0; i < count; i++) {
		const double difference = fabs((double)a[i] - (double)b[i]);
		largest = fmax(largest, fabs((double)b[i]));
		worst = fmax(worst, isnan(difference) ? INFINITY : difference);
	}
	check(worst <= tolerance * largest, "%s: %s is off by %g of %g", what, array, worst,
		largest);
}

static lam_real *copy_of(const lam_real *values, int64_t count)
{
	lam_real *copy = calloc((size_t)count, sizeof *copy);
	if (check(copy && values, "%s", lam_error()))
		memcpy(copy, values, (size_t)count * sizeof *copy);
	return copy;
}

/* Runs a replica of `net` with room for `room` samples. The rows of the forward are gone before the
 * backward. */
static void run(lam_net *net, int room, int threads, struct results *r)
{
	*r = (struct results){0};
	lam_net *replica = lam_net_replica(
		net, .max_batch = room, .threads = threads, .train = true, .input_grad = true);
	require(replica != NULL, "%s", lam_error());
	const lam_shape in = lam_net_input_shape(replica), out = lam_net_output_shape(replica);
	r->ys = SAMPLES * lam_shape_count(&out);
	r->dxs = SAMPLES * lam_shape_count(&in);
	require(r->ys <= MOST && r->dxs <= MOST);
	lam_real *rows = copy_of(x, r->dxs);
	check_ok(lam_net_forward(replica, LAM_TRAIN, rows, NULL, SAMPLES));
	for (int64_t i = 0; i < r->dxs; i++)
		rows[i] = (lam_real)NAN;
	free(rows);
	check_ok(lam_net_backward_from(replica, dy));
	r->y = copy_of(lam_net_output(replica), r->ys);
	r->dx = copy_of(lam_net_input_grad(replica), r->dxs);
	for (int i = 0; i < lam_net_param_count(replica); i++) {
		const lam_param *param = lam_net_param(replica, i);
		const lam_shape shape = lam_param_shape(param);
		const int64_t count = lam_shape_count(&shape);
		r->dw = realloc(r->dw, (size_t)(r->dws + count) * sizeof *r->dw);
		require(r->dw != NULL);
		memcpy(r->dw + r->dws, lam_param_grad(param), (size_t)count * sizeof *r->dw);
		r->dws += count;
	}
	lam_net_free(replica);
}

static void release(struct results *r)
{
	free(r->y);
	free(r->dx);
	free(r->dw);
}

/* Checks a model with room for SAMPLES samples against one with room for 16, and with 2 and 3
 * threads against itself. */
static void check_model(lam_layer *model, lam_shape shape, const char *format, ...)
{
	char what[100];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	lam_net *net = lam_net_create(
		model, shape, .max_batch = 16, .threads = 1, .seed = 5, .direct = true);
	require(net != NULL, "%s: %s", what, lam_error());
	struct results many, few;
	run(net, 16, 1, &many);
	run(net, SAMPLES, 1, &few);
	compare(what, "y", few.y, many.y, many.ys, TOLERANCE);
	compare(what, "dx", few.dx, many.dx, many.dxs, TOLERANCE);
	if (many.dws)
		compare(what, "dw", few.dw, many.dw, many.dws, TOLERANCE);
	for (int threads = 2; threads <= 3; threads++) {
		struct results again;
		run(net, SAMPLES, threads, &again);
		check(!memcmp(again.y, few.y, (size_t)few.ys * sizeof *few.y)
				&& !memcmp(again.dx, few.dx, (size_t)few.dxs * sizeof *few.dx)
				&& (!few.dws
					|| !memcmp(again.dw, few.dw,
						(size_t)few.dws * sizeof *few.dw)),
			"%s: other bits with %d threads", what, threads);
		release(&again);
	}
	release(&many);
	release(&few);
	lam_net_free(net);
}

/* A layer that gets its input in channel lanes. */
static lam_layer *lanes(void)
{
	return lam_max_pool2d(.kernel = {1});
}

static void channels_straddle_the_lanes(void)
{
	static const int channels[] = {1, 3, 4, 5, 16, 17, 33, 80};
	enum { COUNT = sizeof channels / sizeof *channels };
	for (int i = 0; i < COUNT; i++)
		for (int k = 0; k < COUNT; k++) {
			const int in = channels[i], out = channels[k];
			check_model(lam_conv2d(.out = out, .kernel = {3}, .pad = {1}),
				LAM_SHAPE(in, 7, 9), "conv2d from planes, %d to %d", in, out);
			check_model(lam_sequential(lanes(),
					    lam_conv2d(.out = out, .kernel = {3, 2}, .pad = {1, 1},
						    .stride = {2, 1}, .dilation = {1, 2}),
					    lam_relu()),
				LAM_SHAPE(in, 7, 9), "conv2d from lanes, %d to %d", in, out);
			check_model(lam_sequential(lam_max_pool1d(.kernel = 1),
					    lam_conv1d(.out = out, .kernel = 5, .pad = 2)),
				LAM_SHAPE(in, 23), "conv1d, %d to %d", in, out);
			check_model(lam_sequential(lanes(),
					    lam_transposed_conv2d(.out = out, .kernel = {2, 3},
						    .stride = {1, 2}, .pad = {1})),
				LAM_SHAPE(in, 3, 4), "transposed_conv2d, %d to %d", in, out);
			check_model(lam_transposed_conv1d(.out = out, .kernel = 4, .stride = 2,
					    .pad = 1),
				LAM_SHAPE(in, 23), "transposed_conv1d, %d to %d", in, out);
			check_model(lam_affine(.out = out), LAM_SHAPE(in * 7), "affine, %d to %d",
				in, out);
		}
}

static void groups_keep_to_themselves(void)
{
	static const int table[][3] = {{5, 5, 5}, {16, 16, 16}, {33, 33, 33}, {32, 32, 2},
		{32, 64, 2}, {96, 48, 3}, {6, 4, 2}, {8, 16, 8}, {48, 48, 12}, {40, 40, 5},
		{60, 36, 12}, {20, 40, 2}, {96, 64, 4}, {34, 51, 17}, {64, 8, 8}, {12, 96, 4}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const int in = table[i][0], out = table[i][1], groups = table[i][2];
		check_model(lam_sequential(lanes(),
				    lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .stride = {2},
					    .groups = groups)),
			LAM_SHAPE(in, 7, 9), "grouped conv2d, %d to %d", in, out);
		check_model(lam_sequential(lanes(),
				    lam_transposed_conv2d(.out = out, .kernel = {3}, .stride = {2},
					    .groups = groups)),
			LAM_SHAPE(in, 4, 5), "grouped transposed_conv2d, %d to %d", in, out);
	}
}

/* Norms, weights of channels, layers that move values, and dropout, whose masks are those of batch
 * lanes: with groups that straddle the lanes, planes of one place, of a multiple of four and of
 * others, and values far from zero. */
static void norms_and_masks_are_those_of_batch_lanes(void)
{
	static const int table[][2] = {{1, 1}, {4, 2}, {16, 4}, {17, 1}, {18, 6}, {33, 3}, {33, 11},
		{48, 3}, {80, 5}, {96, 32}};
	static const int sides[][2] = {{1, 7}, {3, 4}, {5, 3}, {20, 17}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
			const int channels = table[i][0], groups = table[i][1];
			const lam_shape shape = LAM_SHAPE(channels, sides[k][0], sides[k][1]);
			check_model(lam_sequential(lanes(), lam_group_norm(.groups = groups)),
				shape, "group_norm, %d of %d, plane %d", groups, channels, (int)k);
			check_model(lam_sequential(lanes(), lam_instance_norm(), lam_tanh()), shape,
				"instance_norm, %d, plane %d", channels, (int)k);
			check_model(lam_sequential(lanes(),
					    lam_group_norm(.groups = groups, .no_affine = true),
					    lam_tanh()),
				shape, "without weights, %d of %d, plane %d", groups, channels,
				(int)k);
			check_model(
				lam_sequential(lanes(), lam_prelu(.slope = -0.3f),
					lam_layer_scale(.factor = 0.7f), lam_prelu(.shared = true)),
				shape, "weights of %d, plane %d", channels, (int)k);
			check_model(lam_sequential(lanes(), lam_dropout(.p = 0.3f),
					    lam_conv2d(.out = 5, .kernel = {1}),
					    lam_dropout(.p = 0.5f)),
				shape, "dropout, %d, plane %d", channels, (int)k);
		}
	check_model(lam_sequential(lam_affine(.out = 37), lam_dropout(.p = 0.6f), lam_tanh(),
			    lam_affine(.out = 8), lam_group_norm(.groups = 2), lam_prelu()),
		LAM_SHAPE(12), "features");
	static const int norms[][3] = {{5, 3, 3}, {16, 2, 2}, {17, 5, 3}, {40, 20, 20}, {96, 3, 4},
		{33, 1, 1}, {300, 1, 1}};
	for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
		const lam_shape shape = LAM_SHAPE(norms[i][0], norms[i][1], norms[i][2]);
		check_model(lam_sequential(lanes(), lam_layer_norm(.channels = true), lam_tanh()),
			shape, "layer_norm of %d channels", norms[i][0]);
		check_model(
			lam_sequential(lanes(), lam_layer_norm(.channels = true, .no_affine = true),
				lam_conv2d(.out = 3, .kernel = {1})),
			shape, "without weights, of %d channels", norms[i][0]);
		check_model(lam_sequential(lanes(), lam_layer_norm(), lam_tanh()), shape,
			"layer_norm of all values of %d channels", norms[i][0]);
		check_model(lam_sequential(lanes(), lam_permute(.axes = {0, 2, 1}),
				    lam_permute(.axes = {1, 2, 0})),
			shape, "permutations of %d channels", norms[i][0]);
	}
	check_model(lam_sequential(lam_affine(.out = 37), lam_layer_norm(), lam_sigmoid(),
			    lam_affine(.out = 8), lam_layer_norm(.no_affine = true)),
		LAM_SHAPE(12), "layer_norm of features");
	check_model(lam_sequential(lam_standardize(.mean = {0.2f, 0.1f, 0.3f}, .std = {0.5f, 2, 3}),
			    lam_conv2d(.out = 36, .kernel = {3}), lam_pixel_shuffle(.scale = 2),
			    lam_conv2d(.out = 20, .kernel = {2}), lam_standardize(.mean = {0.1f}),
			    lam_pixel_shuffle(.scale = 2)),
		LAM_SHAPE(3, 7, 6), "pixel_shuffle and standardize");
	for (int64_t i = 0; i < MOST; i++)
		x[i] += 4096;
	check_model(lam_sequential(lanes(), lam_group_norm(.groups = 11)), LAM_SHAPE(33, 20, 17),
		"values far from zero");
	for (int64_t i = 0; i < MOST; i++)
		x[i] -= 4096;
}

/* An infinity of one group enters no weight of the others, which share its lane block. */
static void groups_keep_infinities(void)
{
	enum { CHANNELS = 32, PIXELS = 36 };
	static lam_real rows[CHANNELS * PIXELS];
	for (int width = 2; width <= 8; width *= 2) {
		lam_net *net = lam_net_create(lam_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1},
						      .groups = CHANNELS / width),
			LAM_SHAPE(CHANNELS, 6, 6), .max_batch = 1);
		require(net != NULL, "%s", lam_error());
		for (int group = 0; group < CHANNELS / width; group++) {
			for (int i = 0; i < CHANNELS * PIXELS; i++)
				rows[i] = 1;
			rows[group * width * PIXELS + 14] = (lam_real)INFINITY;
			check_ok(lam_net_forward(net, LAM_TRAIN, rows, NULL, 1));
			check_ok(lam_net_backward_from(net, dy));
			const lam_real *dw = lam_param_grad(lam_net_param(net, 0));
			for (int i = 0; i < CHANNELS * width * 9; i++)
				check(isfinite((double)dw[i])
						== (i / 9 / width / width != group
							|| i / 9 % width != 0),
					"groups of %d: weight %d is %g", width, i, (double)dw[i]);
		}
		lam_net_free(net);
	}
}

/* What PReLU does not multiply by its slope is no term of the slope's gradient. */
static void prelu_counts_what_is_below(void)
{
	enum { CHANNELS = 20, PIXELS = 80 };
	static lam_real rows[CHANNELS * PIXELS];
	lam_net *net = lam_net_create(
		lam_sequential(lanes(), lam_prelu()), LAM_SHAPE(CHANNELS, 8, 10), .max_batch = 1);
	require(net != NULL, "%s", lam_error());
	for (int i = 0; i < CHANNELS * PIXELS; i++)
		rows[i] = (lam_real)(i % 3 ? -0.5 : 1);
	rows[5 * PIXELS + 70] = (lam_real)INFINITY;
	check_ok(lam_net_forward(net, LAM_TRAIN, rows, NULL, 1));
	check_ok(lam_net_backward_from(net, dy));
	for (int c = 0; c < CHANNELS; c++) {
		double sum = 0;
		for (int i = c * PIXELS; i < (c + 1) * PIXELS; i++)
			sum += rows[i] < 0 ? (double)dy[i] * (double)rows[i] : 0;
		check_near((double)lam_param_grad(lam_net_param(net, 0))[c], sum, 1e-4);
	}
	lam_net_free(net);
}

/* Planes of more pixels than a band has, rows longer than one, and kernels of many taps. */
static void planes_and_kernels_of_any_size(void)
{
	check_model(lam_sequential(lanes(), lam_conv2d(.out = 8, .kernel = {3}, .pad = {1})),
		LAM_SHAPE(6, 20, 20), "several bands");
	check_model(lam_sequential(lam_max_pool1d(.kernel = 1),
			    lam_conv1d(.out = 4, .kernel = 3, .pad = 1)),
		LAM_SHAPE(5, 700), "pieces of a row");
	check_model(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), LAM_SHAPE(1, 3, 300),
		"pieces of rows of planes");
	check_model(lam_sequential(lanes(), lam_conv2d(.out = 5, .kernel = {11}, .pad = {5})),
		LAM_SHAPE(3, 12, 12), "121 taps");
	check_model(lam_sequential(lanes(), lam_conv2d(.out = 40, .kernel = {1})),
		LAM_SHAPE(40, 3, 3), "one tap");
	check_model(lam_sequential(lanes(), lam_conv2d(.out = 3, .kernel = {3}, .pad = {3})),
		LAM_SHAPE(7, 2, 1), "more padding than plane");
}

/* Layers that have no form for channel lanes get batch lanes, between others that have one. */
static void layouts_change_within_a_net(void)
{
	check_model(lam_sequential(lam_conv2d(.out = 20, .kernel = {3}), lam_batch_norm(),
			    lam_relu(), lam_max_pool2d(.kernel = {2}),
			    lam_residual(
				    lam_sequential(lam_conv2d(.out = 20, .kernel = {3}, .pad = {1}),
					    lam_batch_norm(), lam_gelu())),
			    lam_local_response_norm(.window = 3),
			    lam_conv2d(.out = 6, .kernel = {1}), lam_avg_pool2d(.kernel = {2}),
			    lam_flatten(), lam_affine(.out = 9), lam_batch_norm(), lam_tanh()),
		LAM_SHAPE(3, 12, 12), "a net of many kinds");
	check_model(lam_sequential(lanes(),
			    lam_concat(lam_conv2d(.out = 5, .kernel = {1}), lam_identity(),
				    lam_conv2d(.out = 16, .kernel = {1})),
			    lam_upsample2d(.scale = {2}), lam_zero_pad2d(.pad = {1, 2, 0, 1}),
			    lam_conv2d(.out = 2, .kernel = {3}), lam_global_max_pool()),
		LAM_SHAPE(7, 5, 4), "joins and borders");
	check_model(
		lam_sequential(lam_affine(.out = 48), lam_reshape(.shape = LAM_SHAPE(12, 2, 2)),
			lam_transposed_conv2d(.out = 6, .kernel = {4}, .stride = {2}, .pad = {1}),
			lam_relu(), lam_global_avg_pool()),
		LAM_SHAPE(10), "a generator");
}

/* Ranges whose gradients are added to each other's in x, joins of them, and squeeze-and-excitation:
 * with ranges that fill their lanes and others. */
static void ranges_and_joins_of_any_size(void)
{
	static const int table[][2] = {
		{16, 48}, {32, 33}, {16, 40}, {5, 33}, {12, 64}, {16, 18}, {1, 17}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const int cut = table[i][0], channels = table[i][1];
		check_model(lam_sequential(lanes(),
				    lam_concat(lam_slice(.begin = cut), lam_slice(.end = cut),
					    lam_conv2d(.out = cut, .kernel = {1}),
					    lam_sequential(lam_slice(.begin = cut, .end = cut + 1),
						    lam_conv2d(.out = 3, .kernel = {1}))),
				    lam_conv2d(.out = 6, .kernel = {3}), lam_relu()),
			LAM_SHAPE(channels, 5, 4), "ranges at %d of %d", cut, channels);
		check_model(lam_sequential(lam_slice(.begin = cut), lam_affine(.out = 5)),
			LAM_SHAPE(channels), "features from %d of %d", cut, channels);
		check_model(
			lam_sequential(lanes(),
				lam_multiply(lam_identity(),
					lam_sequential(lam_global_avg_pool(),
						lam_affine(.out = channels), lam_sigmoid()),
					lam_conv2d(.out = channels, .kernel = {1})),
				lam_multiply(lam_identity(), lam_conv2d(.out = 1, .kernel = {1})),
				lam_multiply(lam_tanh(), lam_sigmoid()),
				lam_zero_pad2d(.pad = {1, 0, -1, 2})),
			LAM_SHAPE(channels, 5, 4), "products of %d", channels);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(channels_straddle_the_lanes),
		TEST(groups_keep_to_themselves),
		TEST(groups_keep_infinities),
		TEST(prelu_counts_what_is_below),
		TEST(norms_and_masks_are_those_of_batch_lanes),
		TEST(planes_and_kernels_of_any_size),
		TEST(layouts_change_within_a_net),
		TEST(ranges_and_joins_of_any_size),
	};
	for (int64_t i = 0; i < MOST; i++) {
		x[i] = (lam_real)(i * 7919 % 1013) / 1000 - (lam_real)0.25;
		dy[i] = (lam_real)(i * 6113 % 997) / 1000 - (lam_real)0.5;
	}
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
