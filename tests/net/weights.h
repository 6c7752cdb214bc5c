/* SPDX-License-Identifier: MIT */
/* All losses of the library, and samples with weights, for the tests of weights. */
#ifndef LAM_TEST_WEIGHTS_H
#define LAM_TEST_WEIGHTS_H

#include <lamina.h>

#include "tests/kit.h"

enum { IN = 6, K = 3, PLACES = 5, N = 37, MOST = 3 * N };

static lam_real x[MOST][IN], targets[MOST][K * PLACES], weights[N];
static int32_t classes[MOST][PLACES];
static const lam_real class_weights[K] = {1, (lam_real)0.25, 2};

static lam_layer *classes_plain(void)
{
	return lam_softmax_cross_entropy();
}

static lam_layer *classes_smooth(void)
{
	return lam_softmax_cross_entropy(.smoothing = (lam_real)0.25);
}

static lam_layer *classes_soft(void)
{
	return lam_softmax_cross_entropy(.soft = true, .smoothing = (lam_real)0.125);
}

static lam_layer *classes_weighted(void)
{
	return lam_softmax_cross_entropy(.class_weights = class_weights, .class_count = K,
		.smoothing = (lam_real)0.125, .ignore = -1);
}

static lam_layer *sigmoid(void)
{
	return lam_sigmoid_cross_entropy();
}

static lam_layer *positive(void)
{
	return lam_sigmoid_cross_entropy(.positive_weight = 3);
}

static lam_layer *binary(void)
{
	return lam_sequential(lam_sigmoid(), lam_binary_cross_entropy());
}

static lam_layer *squared(void)
{
	return lam_mean_squared_error();
}

static lam_layer *half(void)
{
	return lam_mean_squared_error(.half = true);
}

static lam_layer *absolute(void)
{
	return lam_l1_loss();
}

static lam_layer *huber(void)
{
	return lam_huber_loss(.delta = (lam_real)0.5);
}

static const struct {
	const char *name;
	lam_layer *(*make)(void);
	bool classes;
} losses[] = {
	{"classes", classes_plain, true},
	{"smoothed classes", classes_smooth, true},
	{"soft targets", classes_soft, false},
	{"weighted classes", classes_weighted, true},
	{"sigmoid", sigmoid, false},
	{"positive weight", positive, false},
	{"binary", binary, false},
	{"squared", squared, false},
	{"half", half, false},
	{"absolute", absolute, false},
	{"huber", huber, false},
};
enum { LOSSES = sizeof losses / sizeof *losses };

static lam_real draw(int64_t i, int k)
{
	return (lam_real)((i * 37 + k * 11 + i * i * 5) % 64) / 64;
}

/* Targets are values in 0 to 1; class -1 is ignored by one of the losses only. */
static void fill(bool ignores)
{
	for (int i = 0; i < N; i++) {
		weights[i] = (lam_real)(i * 7 % 4); /* 0 to 3 */
		for (int k = 0; k < IN; k++)
			x[i][k] = 4 * draw(i, k) - 2;
		for (int k = 0; k < K * PLACES; k++)
			targets[i][k] = draw(i + 3, k);
		for (int k = 0; k < PLACES; k++)
			classes[i][k] = (i + k * i) % 7 == 3 && ignores ? -1 : (i * i + k) % K;
	}
}

KIT_UNUSED static lam_net *net_of(int loss, bool places, int threads, int max_batch)
{
	lam_layer *map = places ? lam_reshape(.shape = LAM_SHAPE(K, PLACES)) : lam_identity();
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = places ? K * PLACES : K),
					      lam_tanh(), map, losses[loss].make()),
		LAM_SHAPE(IN), .max_batch = max_batch, .seed = 3, .input_grad = true,
		.threads = threads);
	fill(losses[loss].make == classes_weighted);
	return net;
}

/* Row `i` of the targets that the loss takes. */
static const void *targets_at(int loss, bool places, int i)
{
	static int32_t one[MOST];
	static lam_real few[MOST][K];
	if (places)
		return losses[loss].classes ? (const void *)classes[i] : targets[i];
	for (int s = 0; s < MOST; s++) {
		one[s] = classes[s][0];
		memcpy(few[s], targets[s], sizeof few[s]);
	}
	return losses[loss].classes ? (const void *)&one[i] : few[i];
}

KIT_UNUSED static lam_status forward(
	lam_net *net, lam_mode mode, int loss, bool places, int first, int n, const lam_real *w)
{
	const lam_io io[] = {{"input", x[first]}, {"loss", targets_at(loss, places, first)},
		{"loss.weights", w}, {0}};
	return lam_net_forward_io(net, mode, io, n);
}

KIT_UNUSED static void check_close(
	const char *what, const lam_real *got, const lam_real *expected, int64_t count)
{
	double largest = 0, error = 0;
	for (int64_t i = 0; i < count; i++) {
		largest = fmax(largest, fabs((double)expected[i]));
		error = fmax(error, fabs((double)got[i] - (double)expected[i]));
	}
	check(error <= (sizeof(lam_real) == 4 ? 1e-5 : 1e-13) * largest, "%s: error %g of %g", what,
		error, largest);
}

#endif
