/* SPDX-License-Identifier: MIT */
/* Nets for inference that compute more samples than a block one at a time: they predict what nets
 * in batch lanes do, for any number of samples, on any number of threads, from rows and from a
 * data set's lane blocks, also where a layer has batch lanes alone. */
#include "tests/kit.h"

#include "framework/net/inside.h"

#include <lamina.h>

static const double TOLERANCE = sizeof(lam_real) == 8 ? 1e-12 : 1e-5;

/* In place of framework/plan/prefer.c. */
static bool lanes_wanted;

bool lam_plan_prefers_batch_lanes(const lam_plan *plan)
{
	(void)plan;
	return lanes_wanted;
}

enum { MOST = 50, SIDE = 6, CHANNELS = 5, VALUES = CHANNELS * SIDE * SIDE, CLASSES = 3 };

/* A class of a caller's, which has batch lanes alone: subtracts the sample's number in its block,
 * which tells whether blocks lie where they should. */
static lam_status number_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const lam_real *x = pass->x->data;
	for (int64_t i = 0; i < pass->x->values; i++)
		pass->out->data[i] = x[i] - (lam_real)(i % 16) / 64;
	return LAM_OK;
}

static const lam_layer_class number_class = {
	LAM_LAYER_ABI, .kind = "number", .forward = number_forward};

static lam_layer *model(int which)
{
	switch (which) {
	case 0:
		return lam_sequential(lam_conv2d(.out = 20, .kernel = {3}, .pad = {1}),
			lam_batch_norm(), lam_relu(), lam_conv2d(.out = 7, .kernel = {1}),
			lam_max_pool2d(.kernel = {2}), lam_affine(.out = CLASSES));
	case 1:
		return lam_sequential(lam_conv2d(.out = 18, .kernel = {1}),
			lam_layer_new(&number_class, NULL), lam_relu(),
			lam_conv2d(.out = 4, .kernel = {3}), lam_affine(.out = CLASSES));
	case 2:
		return lam_sequential(lam_layer_new(&number_class, NULL),
			lam_residual(lam_conv2d(.out = CHANNELS, .kernel = {3}, .pad = {1})),
			lam_global_avg_pool(), lam_affine(.out = CLASSES),
			lam_layer_new(&number_class, NULL));
	default:
		return lam_sequential(lam_affine(.out = 33), lam_tanh(), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy());
	}
}

static const lam_real *samples(void)
{
	static lam_real x[MOST * VALUES];
	for (int i = 0; i < MOST * VALUES; i++)
		x[i] = (lam_real)(i * 7919 % 1013) / 1000 - (lam_real)0.5;
	return x;
}

static lam_net *net_of(int which, int max_batch, int threads, bool lanes)
{
	lanes_wanted = lanes;
	lam_net *net = lam_net_create(model(which), LAM_SHAPE(CHANNELS, SIDE, SIDE),
		.max_batch = max_batch, .threads = threads, .inference = true, .seed = 3);
	check(net && (net->plan.few > 0) == !lanes, "%s", lam_error());
	return net;
}

static void check_predictions(int which, int max_batch, int threads)
{
	static const int counts[] = {1, 15, 16, 17, 32, 33, MOST};
	static lam_real expected[MOST * CLASSES], y[MOST * CLASSES];
	lam_net *lanes = net_of(which, max_batch, threads, true),
		*few = net_of(which, max_batch, threads, false);
	for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
		const int n = counts[k];
		check_ok(lam_net_predict(lanes, samples(), n, expected));
		check_ok(lam_net_predict(few, samples(), n, y));
		double worst = 0;
		for (int i = 0; i < n * CLASSES; i++)
			worst = fmax(worst,
				isnan(y[i]) ? INFINITY : fabs((double)y[i] - (double)expected[i]));
		check(worst < 10 * TOLERANCE, "model %d, %d of %d samples, %d threads: off by %g",
			which, n, max_batch, threads, worst);
	}
	lam_net_free(few);
	lam_net_free(lanes);
}

static void predictions_are_the_same(void)
{
	static const int rooms[] = {16, 17, 31, 40, MOST};
	for (int which = 0; which < 4; which++)
		for (size_t k = 0; k < sizeof rooms / sizeof *rooms; k++)
			for (int threads = 1; threads <= 3; threads++)
				check_predictions(which, rooms[k], threads);
}

/* A sample's prediction does not depend on the others, nor on the threads, bit for bit. */
static void a_prediction_is_its_samples_own(void)
{
	static lam_real all[MOST * CLASSES], one[CLASSES];
	for (int which = 0; which < 4; which++)
		for (int threads = 1; threads <= 3; threads++) {
			lam_net *net = net_of(which, 40, threads, false);
			check_ok(lam_net_predict(net, samples(), 40, all));
			/* number_class tells a sample's place in its block. */
			for (int i = 0; i < 40; i += 16) {
				check_ok(lam_net_predict(net, samples() + i * VALUES, 1, one));
				check(!memcmp(one, all + i * CLASSES, sizeof one),
					"model %d, sample %d, %d threads", which, i, threads);
			}
			lam_net_free(net);
		}
}

/* A data set's samples come in lane blocks, and losses and metrics read batch lanes. */
static void scores_are_the_same(void)
{
	static int32_t labels[MOST];
	for (int i = 0; i < MOST; i++)
		labels[i] = i * 5 % CLASSES;
	lam_dataset *data = lam_dataset_arrays(
		samples(), LAM_SHAPE(CHANNELS, SIDE, SIDE), labels, MOST, .classes = CLASSES);
	lam_net *lanes = net_of(3, 40, 2, true), *few = net_of(3, 40, 2, false);
	lam_score expected, score;
	require(data, "%s", lam_error());
	require(check_ok(lam_evaluate(lanes, data, &expected))
		&& check_ok(lam_evaluate(few, data, &score)));
	check(score.count == expected.count && score.accuracy == expected.accuracy);
	check_near(score.loss, expected.loss, 1e-5 * expected.loss);
	lam_net_free(few);
	lam_net_free(lanes);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(predictions_are_the_same),
		TEST(a_prediction_is_its_samples_own),
		TEST(scores_are_the_same),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
