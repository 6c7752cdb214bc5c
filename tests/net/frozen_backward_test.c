/* SPDX-License-Identifier: MIT */
/* What a backward leaves out: the gradients of frozen parameters, and all that lies before the
 * first layer that trains. */
#include <lamina.h>

#include "framework/net/inside.h"
#include "tests/kit.h"

enum { N = 5, CLASSES = 4, SIDE = 6, PIXELS = 2 * SIDE * SIDE };

static const int32_t labels[N] = {0, 1, 2, 3, 0};

/* A net that branches, joins and adds; of its layers only "1.body.0" and those behind it have many
 * readers. */
static lam_net *branching_net(bool input_grad)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}), lam_gelu(),
			lam_residual(lam_sequential(lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}),
				lam_batch_norm(), lam_tanh())),
			lam_prelu(),
			lam_concat(lam_conv2d(.out = 2, .kernel = {1}),
				lam_sequential(lam_conv2d(.out = 2, .kernel = {3}, .pad = {1}),
					lam_silu())),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(2, SIDE, SIDE), .max_batch = N, .seed = 4, .threads = 2,
		.input_grad = input_grad);
}

/* The layers that computed an input gradient, as "4 3 …", the last one first. */
static void backward_of(lam_net *net, const lam_real *image, char text[256])
{
	lam_profile_row rows[128];
	check_ok(lam_net_profile_start(net));
	check_ok(lam_net_forward(net, LAM_TRAIN, image, labels, N));
	check_ok(lam_net_backward(net));
	check_ok(lam_net_profile_stop(net));
	const int count = lam_net_profile_rows(net, rows, 128, sizeof *rows);
	require(count > 0 && count <= 128);
	text[0] = '\0';
	for (int i = count - 1; i >= 0; i--)
		if (rows[i].job == LAM_PROFILE_BACKWARD)
			snprintf(text + strlen(text), 256 - strlen(text), "%s ", rows[i].name);
}

static void trains_from(lam_net *net, const char *first)
{
	bool trains = false;
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *param = lam_net_param(net, i);
		trains = trains || !strcmp(lam_param_name(param), first);
		lam_param_set_trainable(param, trains);
	}
}

/* What lies before the first layer that trains computes no gradients. */
static void frozen_layers_cost_no_backward(void)
{
	static lam_real image[N * PIXELS];
	static const struct {
		const char *first, *layers;
		bool input_grad;
	} rows[] = {
		{"0.weight", "6 5 4.1.1 4.1.0 4.0 3 2.body.2 2.body.1 2.body.0 1 ", false},
		{"0.bias", "6 5 4.1.1 4.1.0 4.0 3 2.body.2 2.body.1 2.body.0 1 ", false},
		{"2.body.0.weight", "6 5 4.1.1 4.1.0 4.0 3 2.body.2 2.body.1 ", false},
		{"2.body.1.bias", "6 5 4.1.1 4.1.0 4.0 3 2.body.2 2.body.1 ", false},
		{"3.weight", "6 5 4.1.1 4.1.0 4.0 ", false},
		{"4.0.weight", "6 5 4.1.1 ", false},
		{"5.weight", "6 ", false},
		{"none", "", false},
		{"none", "6 5 4.1.1 4.1.0 4.0 3 2.body.2 2.body.1 2.body.0 1 0 ", true},
	};
	for (int i = 0; i < N * PIXELS; i++)
		image[i] = (lam_real)((i * 7 + 3) % 23) / 16 - (lam_real)0.5;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("from %s%s", rows[i].first, rows[i].input_grad ? ", input too" : "");
		lam_net *net = branching_net(rows[i].input_grad);
		char layers[256];
		require(net, "%s", lam_error());
		trains_from(net, rows[i].first);
		backward_of(net, image, layers);
		check(!strcmp(layers, rows[i].layers), "%s", layers);
		lam_net_free(net);
		test_end();
	}
}

/* Whichever parameters are frozen, the others have the same gradients, bit for bit. */
static void the_others_gradients_stay(void)
{
	static lam_real image[N * PIXELS];
	for (int i = 0; i < N * PIXELS; i++)
		image[i] = (lam_real)((i * 5 + 3) % 23) / 16 - (lam_real)0.5;
	lam_net *whole = branching_net(false), *net = branching_net(false);
	require(whole && net, "%s", lam_error());
	check_ok(lam_net_forward(whole, LAM_TRAIN, image, labels, N));
	check_ok(lam_net_backward(whole));
	const int params = lam_net_param_count(net);
	for (unsigned round = 0; round < 200; round++) {
		const uint64_t bits = lam_random_key(round, 7, 0);
		for (int i = 0; i < params; i++)
			lam_param_set_trainable(
				lam_net_param(net, i), i >= (int)(round % 12) && (bits >> i & 1));
		check_ok(lam_net_forward(net, LAM_TRAIN, image, labels, N));
		check_ok(lam_net_backward(net));
		for (int i = 0; i < params; i++) {
			const struct lam_param *a = net->plan.params[i], *b = whole->plan.params[i];
			check(!a->trainable
					|| !memcmp(a->grad, b->grad,
						(size_t)a->count * sizeof *a->grad),
				"round %u: %s", round, a->name);
		}
	}
	lam_net_free(net);
	lam_net_free(whole);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(frozen_layers_cost_no_backward), TEST(the_others_gradients_stay)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
