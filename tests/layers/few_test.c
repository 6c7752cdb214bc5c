/* SPDX-License-Identifier: MIT */
/* Nets of few samples, beyond the battery's tests: numbers of channels that are no multiple of 16,
 * groups, values in idle lanes, a user's class for any layout, and scores. */
#include "tests/kit.h"

#include "framework/kernels/sizes.h"
#include "framework/plan/inside.h"

#include "tests/train/fit_problem.h"

#include <lamina.h>

static const double TOLERANCE = sizeof(lam_real) == 8 ? 1e-12 : 1e-5;

/* In place of framework/plan/prefer.c: nets of fewer than 16 samples compute one at a time. */
bool lam_plan_prefers_batch_lanes(const lam_plan *plan)
{
	return plan->few >= LAM_LANES;
}

enum { SAMPLES = 5, MOST = SAMPLES * 30 * 80 * 70 };

/* Checks that the model predicts the same in nets of 16 and of `few` samples, with 1, 2 and 3
 * threads. */
static void check_model(lam_layer *model, lam_shape shape, int few, const char *what, int a, int b)
{
	static lam_real x[MOST], expected[MOST], y[MOST];
	lam_net *net = lam_net_create(model, shape, .max_batch = 16, .inference = true,
		.threads = 1, .seed = 5, .direct = true);
	require(net != NULL, "%s %d to %d: %s", what, a, b, lam_error());
	lam_shape out = lam_net_output_shape(net);
	int64_t in = SAMPLES * lam_shape_count(&shape), count = SAMPLES * lam_shape_count(&out);
	require(in <= MOST && count <= MOST);
	for (int64_t i = 0; i < in; i++)
		x[i] = (lam_real)((i * 7919 + a) % 1013) / 1000 - (lam_real)0.25;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_shape size = lam_param_shape(lam_net_param(net, i));
		lam_real *w = lam_param_edit(lam_net_param(net, i));
		for (int64_t k = 0; k < lam_shape_count(&size); k++)
			w[k] = (lam_real)((k * 6113 + b) % 997) / 1000 - (lam_real)0.5;
	}
	check_ok(lam_net_predict(net, x, SAMPLES, expected));
	double largest = 0;
	for (int64_t i = 0; i < count; i++)
		largest = fmax(largest, fabs((double)expected[i]));
	for (int threads = 1; threads <= 3; threads++) {
		lam_net *replica = lam_net_replica(net, .max_batch = few, .threads = threads);
		require(replica != NULL, "%s", lam_error());
		check_ok(lam_net_predict(replica, x, SAMPLES, y));
		double worst = 0;
		for (int64_t i = 0; i < count; i++)
			worst = fmax(worst,
				isnan(y[i]) ? INFINITY : fabs((double)y[i] - (double)expected[i]));
		check(worst <= TOLERANCE * largest,
			"%s %d to %d, %d at once, %d threads: off by %g of %g", what, a, b, few,
			threads, worst, largest);
		lam_net_free(replica);
	}
	lam_net_free(net);
}

/* A layer that gets its input in channel lanes. */
static lam_layer *lanes(void)
{
	return lam_max_pool2d(.kernel = {1});
}

static void channels_straddle_the_lanes(void)
{
	static const int channels[] = {1, 2, 4, 5, 15, 16, 17, 33, 65, 80};
	enum { COUNT = sizeof channels / sizeof *channels };
	for (int i = 0; i < COUNT; i++)
		for (int k = 0; k < COUNT; k++) {
			int in = channels[i], out = channels[k], few = 1 + (i + 3 * k) % 15;
			lam_shape image = LAM_SHAPE(in, 7, 9), signal = LAM_SHAPE(in, 23);
			check_model(lam_conv2d(.out = out, .kernel = {3}, .pad = {1}), image, few,
				"conv2d from planes", in, out);
			check_model(lam_sequential(lanes(),
					    lam_conv2d(.out = out, .kernel = {3, 2}, .pad = {1, 1},
						    .stride = {2, 1}),
					    lam_relu()),
				image, few, "conv2d from lanes", in, out);
			check_model(lam_sequential(lam_max_pool1d(.kernel = 1),
					    lam_conv1d(.out = out, .kernel = 5, .pad = 2)),
				signal, few, "conv1d", in, out);
			check_model(lam_sequential(lanes(),
					    lam_transposed_conv2d(.out = out, .kernel = {2, 3},
						    .stride = {1, 2}, .pad = {1})),
				LAM_SHAPE(in, 3, 4), few, "transposed_conv2d", in, out);
			check_model(lam_transposed_conv1d(.out = out, .kernel = 4, .stride = 2,
					    .pad = 1),
				signal, few, "transposed_conv1d", in, out);
			check_model(
				lam_affine(.out = out), LAM_SHAPE(in * 7), few, "affine", in, out);
		}
}

/* A value that lies in a concatenation behind an input that ends in padding, and is read later: in
 * rows of 30 values, and in lanes of 3 and of 14 channels. */
static void joined_values_stay_as_they_are(void)
{
	const lam_shape rows = LAM_SHAPE(3, 5, 2), planes = LAM_SHAPE(14, 5, 2);
	check_model(lam_sequential(lam_relu(),
			    lam_concat(lam_concat(lam_softplus(), lam_reshape(.shape = rows)),
				    lam_softplus())),
		rows, 2, "rows", 3, 3);
	check_model(lam_sequential(lanes(),
			    lam_concat(lam_concat(lam_conv2d(.out = 3, .kernel = {1}),
					       lam_reshape(.shape = planes)),
				    lam_softplus())),
		planes, 2, "lanes", 3, 14);
}

/* Whole groups of sixteen channels are copied to where they belong, also if channels that do not
 * fill a group follow: a value that stands in a concatenation twice cannot lie there twice. */
static void copied_channels_find_their_place(void)
{
	lam_layer *twice = lam_concat(
		lam_identity(), lam_identity(), lam_conv2d(.out = 4, .kernel = {1}));
	check_model(lam_sequential(lam_conv2d(.out = 16, .kernel = {1}), twice), LAM_SHAPE(5, 3, 4),
		3, "concat", 5, 36);
}

static void groups_keep_to_themselves(void)
{
	static const struct {
		int in, out, groups;
	} table[] = {
		{1, 1, 1},
		{5, 5, 5},
		{16, 16, 16},
		{33, 33, 33},
		{32, 32, 2},
		{32, 64, 2},
		{48, 16, 1},
		{96, 48, 3},
		{6, 4, 2},
		{32, 16, 2},
		{16, 32, 2},
		{8, 16, 8},
		{34, 34, 2},
		{64, 64, 8},
		{32, 32, 8},
		{20, 20, 10},
		{39, 39, 13},
		{45, 45, 9},
		{40, 24, 8},
		{4, 72, 4},
		{96, 3, 3},
		{90, 96, 6},
		{56, 160, 2},
		{150, 40, 2},
		{36, 30, 3},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int in = table[i].in, out = table[i].out, groups = table[i].groups;
		check_model(lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .groups = groups),
			LAM_SHAPE(in, 7, 9), 3, "grouped conv2d", in, out);
		check_model(lam_transposed_conv2d(.out = out, .kernel = {3}, .stride = {2},
				    .groups = groups),
			LAM_SHAPE(in, 4, 5), 3, "grouped transposed_conv2d", in, out);
		check_model(lam_conv1d(.out = out, .kernel = 5, .stride = 2, .pad = 4,
				    .dilation = 3, .groups = groups),
			LAM_SHAPE(in, 29), 1, "grouped conv1d", in, out);
		check_model(lam_conv2d(.out = out, .kernel = {4, 1}, .groups = groups),
			LAM_SHAPE(in, 4, 5), 1, "grouped conv2d of one row", in, out);
	}
}

/* Groups with blocks of their own of more lines than a thread's scratch holds; strips in more bands
 * than one, and such that sixteen do not fill; more terms than one sum may have. */
static void groups_are_cut_in_pieces(void)
{
	check_model(lam_conv2d(.out = 30, .kernel = {5, 3}, .pad = {2, 1}, .groups = 2),
		LAM_SHAPE(30, 9, 70), 2, "grouped conv2d, long lines", 30, 30);
	check_model(lam_conv2d(.out = 30, .kernel = {5, 3}, .pad = {2, 1}, .groups = 2),
		LAM_SHAPE(30, 80, 70), 1, "grouped conv2d, long lines in pieces", 30, 30);
	check_model(lam_conv2d(.out = 8, .kernel = {9}, .pad = {4}, .stride = {3, 1}, .groups = 2),
		LAM_SHAPE(8, 100, 80), 1, "grouped conv2d, many lines", 8, 8);
	check_model(lam_transposed_conv2d(.out = 8, .kernel = {3}, .pad = {1}, .stride = {2},
			    .groups = 2),
		LAM_SHAPE(8, 40, 39), 1, "grouped transposed_conv2d, many lines", 8, 8);
	check_model(lam_conv1d(.out = 21, .kernel = 3, .pad = 1, .groups = 7), LAM_SHAPE(14, 3000),
		1, "grouped conv1d, long", 14, 21);
	check_model(lam_conv1d(.out = 16, .kernel = 3, .pad = 300, .dilation = 300, .groups = 2),
		LAM_SHAPE(16, 1100), 1, "grouped conv1d, a band's taps before the signal", 16, 16);
	check_model(lam_conv2d(.out = 64, .kernel = {3}, .pad = {1}, .groups = 8),
		LAM_SHAPE(64, 32, 32), 2, "grouped conv2d, two bands", 64, 64);
	check_model(lam_conv2d(.out = 12, .kernel = {5}, .pad = {4}, .dilation = {2}, .groups = 3),
		LAM_SHAPE(24, 1, 1), 3, "grouped conv2d of one pixel", 24, 12);
	check_model(lam_conv2d(.out = 16, .kernel = {2}, .stride = {3}, .groups = 8),
		LAM_SHAPE(32, 17, 5), 3, "grouped conv2d, stride 3", 32, 16);
}

/* What follows a grouped convolution and is computed with it: batch norm, the addition of a
 * residual block, ReLU, and a function. */
static void groups_finish_alike(void)
{
	static const int widths[] = {2, 3, 6, 8, 12};
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		const int out = 4 * widths[i];
		lam_layer *block = lam_sequential(
			lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .groups = 4),
			lam_batch_norm());
		check_model(lam_sequential(lanes(), lam_add(lam_identity(), block), lam_relu(),
				    lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .groups = 4),
				    lam_hard_swish()),
			LAM_SHAPE(out, 9, 10), 2, "residual block of groups", out, out);
	}
}

/* An infinity or NaN of one group does not enter the others, which share its lane block. */
static void groups_keep_infinities(void)
{
	enum { CHANNELS = 48, PIXELS = 36 };
	static const int widths[] = {2, 4, 8, 12, 24};
	static lam_real x[CHANNELS * PIXELS], y[CHANNELS * PIXELS];
	for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
		const int width = widths[w];
		lam_net *net = lam_net_create(lam_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1},
						      .groups = CHANNELS / width),
			LAM_SHAPE(CHANNELS, 6, 6), .max_batch = 1, .inference = true);
		require(net != NULL, "%s", lam_error());
		for (int group = 0; group < CHANNELS / width; group++) {
			for (int i = 0; i < CHANNELS * PIXELS; i++)
				x[i] = 1;
			x[group * width * PIXELS] = (lam_real)(group % 2 ? INFINITY : NAN);
			check_ok(lam_net_predict(net, x, 1, y));
			for (int i = 0; i < CHANNELS * PIXELS; i++)
				check(isfinite(y[i])
						== (i / PIXELS / width != group
							|| i % PIXELS % 6 > 1 || i % PIXELS > 11),
					"groups of %d: value %d is %g", width, i, (double)y[i]);
		}
		lam_net_free(net);
	}
}

/* A user's elementwise class: 1 / x, which is infinite where idle lanes hold 0. */
static int layouts_seen[4];

static lam_status pole_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	layouts_seen[pass->x->layout]++;
	for (int64_t i = 0; i < pass->out->values; i++)
		pass->out->data[i] = 1 / pass->x->data[i];
	return LAM_OK;
}

static const lam_layer_class pole_class = {
	LAM_LAYER_ABI, .kind = "pole", .flags = LAM_ELEMENTWISE, .forward = pole_forward};

/* A convolution from 1 channel to 5, then 1 / x, then sums of the 5. The convolution leaves 0 in
 * the idle lanes, and 1 / x infinity; a sum that multiplied that by a weight of 0 would be NaN. */
static void idle_lanes_may_hold_anything(void)
{
	for (int out = 1; out <= 18; out++) {
		const lam_real x[4] = {1, 2, 3, 4};
		lam_real y[64 * 4], few[64 * 4];
		lam_layer *model = lam_sequential(
			lam_conv2d(.out = 5, .kernel = {1}, .name = "spread"),
			lam_layer_new(&pole_class, NULL),
			lam_conv2d(.out = out, .kernel = {1}, .no_bias = true, .name = "sum"));
		lam_net *net = lam_net_create(
			model, LAM_SHAPE(1, 2, 2), .max_batch = 16, .inference = true);
		require(net != NULL, "%s", lam_error());
		lam_real *w = lam_param_edit(lam_net_find(net, "spread.weight")),
			 *b = lam_param_edit(lam_net_find(net, "spread.bias"));
		for (int c = 0; c < 5; c++) {
			w[c] = 1 + (lam_real)c / 8;
			b[c] = 1;
		}
		w = lam_param_edit(lam_net_find(net, "sum.weight"));
		for (int c = 0; c < 5 * out; c++)
			w[c] = 1 - (lam_real)c / 32;
		lam_net *replica = lam_net_replica(net, .max_batch = 1);
		require(replica != NULL, "%s", lam_error());
		check_ok(lam_net_predict(net, x, 1, y));
		for (int round = 0; round < 2; round++) {
			check_ok(lam_net_predict(replica, x, 1, few));
			for (int i = 0; i < 4 * out; i++)
				check(fabs((double)(few[i] - y[i]))
						<= 1e-5 * fabs((double)y[i]) + 1e-6,
					/* false if either is NaN */
					"%d outputs: y[%d] is %g, not %g", out, i, (double)few[i],
					(double)y[i]);
		}
		lam_net_free(replica);
		lam_net_free(net);
	}
	check(layouts_seen[LAM_CHANNEL_LANES] > 0 && layouts_seen[LAM_BATCH_LANES] > 0
		&& layouts_seen[LAM_CALLER_ROWS] == 0);
}

/* In both nets scores are the same, although they read the output in its layout and the input from
 * the loader's lane blocks. */
static void scores_are_the_same(void)
{
	lam_dataset *data = striped();
	for (int kind = 0; kind < 2; kind++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_relu(),
				lam_affine(.out = CLASSES),
				kind ? lam_softmax_cross_entropy()
				     : lam_softmax_cross_entropy(.smoothing = (lam_real)0.1)),
			LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32, .seed = 4);
		lam_net *few = net ? lam_net_replica(net, .max_batch = 3) : NULL;
		lam_score many_score, few_score;
		require(data && few, "%s", lam_error());
		require(check_ok(lam_evaluate(net, data, &many_score))
			&& check_ok(lam_evaluate(few, data, &few_score)));
		check(many_score.accuracy == few_score.accuracy
			&& many_score.count == few_score.count);
		check_near(few_score.loss, many_score.loss, 1e-5 * many_score.loss);
		lam_net_free(few);
		lam_net_free(net);
	}
	lam_dataset_free(data);
}

/* Scores are also the same for errors, which have no accuracy, and with an output in rows. */
static void check_error(lam_layer *loss)
{
	lam_real x[7 * 36], targets[7 * 36];
	for (int i = 0; i < 7 * 36; i++) {
		x[i] = (lam_real)(i % 11) / 10;
		targets[i] = (lam_real)(i % 7) / 7;
	}
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 20, .kernel = {3}, .pad = {1}), lam_relu(),
			lam_conv2d(.out = 1, .kernel = {3}, .pad = {1}), lam_sigmoid(), loss),
		LAM_SHAPE(1, 6, 6), .max_batch = 16, .seed = 4);
	lam_net *few = net ? lam_net_replica(net, .max_batch = 7) : NULL;
	require(few != NULL, "%s", lam_error());
	for (int n = 1; n <= 7; n++) {
		check_ok(lam_net_forward(net, LAM_EVAL, x, targets, n));
		check_ok(lam_net_forward(few, LAM_EVAL, x, targets, n));
		check_near(lam_net_loss(few), lam_net_loss(net), 1e-5 * lam_net_loss(net));
		for (int i = 0; i < n * 36; i++)
			check_near(lam_net_output(few)[i], lam_net_output(net)[i], 1e-5);
	}
	lam_net_free(few);
	lam_net_free(net);
}

static void errors_are_the_same(void)
{
	check_error(lam_mean_squared_error());
	check_error(lam_l1_loss());
	check_error(lam_huber_loss(.delta = (lam_real)0.125));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(channels_straddle_the_lanes),
		TEST(joined_values_stay_as_they_are),
		TEST(copied_channels_find_their_place),
		TEST(groups_keep_to_themselves),
		TEST(groups_are_cut_in_pieces),
		TEST(groups_finish_alike),
		TEST(groups_keep_infinities),
		TEST(idle_lanes_may_hold_anything),
		TEST(scores_are_the_same),
		TEST(errors_are_the_same),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
