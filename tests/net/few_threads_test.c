/* SPDX-License-Identifier: MIT */
/* Few samples on several threads: how these share a convolution, by bands of rows or by outputs,
 * changes no bits. */
#include "tests/kit.h"

#include "framework/net/inside.h"

#include <lamina.h>

#include <string.h>

enum { CHANNELS = 40, SIDE = 48, MOST = 3, FEATURES = CHANNELS * SIDE * SIDE, OUT = 5 };

static lam_real x[MOST * FEATURES];
static int32_t labels[MOST] = {1, 4, 2};

static void fill(void)
{
	for (int i = 0; i < MOST * FEATURES; i++)
		x[i] = (lam_real)lam_random_normal(8, (uint64_t)i);
}

/* Planes larger than the weights, which threads share by bands: 1x1, depthwise with and without
 * copies, strided, in groups; and with batch norm, an addition and a ReLU behind. */
static lam_layer *large_planes(void)
{
	return lam_sequential(lam_conv2d(.out = 72, .kernel = {1}), lam_batch_norm(), lam_relu(),
		lam_conv2d(.out = 72, .kernel = {5}, .pad = {2}, .groups = 72), lam_batch_norm(),
		lam_residual(lam_sequential(
			lam_conv2d(.out = 72, .kernel = {3}, .pad = {1}, .groups = 9), lam_relu(),
			lam_conv2d(.out = 72, .kernel = {3}, .pad = {1}, .groups = 6), lam_relu(),
			lam_conv2d(.out = 72, .kernel = {1}), lam_batch_norm())),
		lam_relu(), lam_conv2d(.out = 40, .kernel = {3}, .pad = {1}, .stride = {2}),
		lam_transposed_conv2d(.out = 24, .kernel = {4}, .pad = {1}, .stride = {2}),
		lam_conv2d(.out = 24, .kernel = {3}, .pad = {1}, .groups = 24),
		lam_conv2d(.out = 96, .kernel = {1}), lam_relu(), lam_global_avg_pool(),
		lam_affine(.out = OUT), lam_softmax_cross_entropy());
}

static lam_net *make(int threads, bool inference)
{
	lam_net *net = lam_net_create(large_planes(), LAM_SHAPE(CHANNELS, SIDE, SIDE),
		.max_batch = MOST, .seed = 5, .threads = threads, .inference = inference);
	check(net != NULL, "%s", lam_error());
	return net;
}

static void predictions_have_the_same_bits(void)
{
	lam_real one[MOST * OUT], more[MOST * OUT];
	for (int n = 1; n <= MOST; n++) {
		lam_net *net = make(1, true);
		check_ok(lam_net_predict(net, x, n, one));
		lam_net_free(net);
		for (int threads = 2; threads <= 5; threads++) {
			net = make(threads, true);
			check_ok(lam_net_predict(net, x, n, more));
			check(!memcmp(one, more, (size_t)(n * OUT) * sizeof *one),
				"%d samples on %d threads", n, threads);
			lam_net_free(net);
		}
	}
}

static void steps_have_the_same_bits(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9);
	for (int n = 1; n <= MOST; n += 2)
		for (int threads = 2; threads <= 4; threads++) {
			lam_net *one = make(1, false), *more = make(threads, false);
			for (int step = 0; step < 2; step++) {
				check_ok(lam_net_step(one, &sgd, x, labels, n));
				check_ok(lam_net_step(more, &sgd, x, labels, n));
			}
			for (int i = 0; i < lam_net_param_count(one); i++) {
				const lam_param *p = lam_net_param(one, i),
						*q = lam_net_param(more, i);
				check(!memcmp(lam_param_value(p), lam_param_value(q),
					      (size_t)p->count * sizeof(lam_real)),
					"%s, %d samples on %d threads", lam_param_name(p), n,
					threads);
			}
			lam_net_free(one);
			lam_net_free(more);
		}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(predictions_have_the_same_bits), TEST(steps_have_the_same_bits)};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
