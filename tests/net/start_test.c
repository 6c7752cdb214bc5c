/* SPDX-License-Identifier: MIT */
/* The initial values of parameters: each initialiser's variance, the fan-in and fan-out of each
 * layer, the choice of the default, and the seed. */
#include "tests/kit.h"

#include "framework/net.h"
#include "layers/layers.h"

#include <math.h>
#include <string.h>

/* Checks that mean, variance and the fraction beyond one deviation are those of a normal
 * distribution, each within five standard deviations of its estimate. */
static void check_normal(const lam_param *weight, double variance)
{
	const lam_shape shape = lam_param_shape(weight);
	const lam_real *value = lam_param_value(weight);
	const int64_t count = lam_shape_count(&shape);
	double sum = 0, squares = 0, beyond = 0;
	for (int64_t i = 0; i < count; i++) {
		sum += (double)value[i];
		squares += (double)value[i] * (double)value[i];
		beyond += fabs((double)value[i]) > sqrt(variance);
	}
	check_near(sum / (double)count, 0, 5 * sqrt(variance / (double)count));
	check_near(squares / (double)count / variance, 1, 5 * sqrt(2.0 / (double)count));
	check_near(beyond / (double)count, 0.31731, 5 * sqrt(0.31731 * 0.68269 / (double)count));
}

static void check_start(lam_layer *layer, lam_layer *behind, lam_shape in, double variance)
{
	lam_net *net = lam_net_create(
		behind ? lam_sequential(layer, behind) : layer, in, .max_batch = 1, .seed = 3);
	require(net != NULL, "%s", lam_error());
	check_normal(lam_net_param(net, 0), variance);
	const lam_param *bias = lam_net_param(net, 1);
	const lam_shape shape = lam_param_shape(bias);
	for (int64_t i = 0; i < lam_shape_count(&shape); i++)
		check(lam_param_value(bias)[i] == 0);
	lam_net_free(net);
}

/* The fan-in and fan-out of an affine layer are its inputs and outputs. Those of a convolution,
 * transposed or not, are the channels of a group times the kernel's size. */
static void each_has_its_variance(void)
{
	static const struct {
		lam_init init;
		lam_real scale;
		double in_part, out_part, over;
	} rows[] = {
		{LAM_INIT_HE, 0, 1, 0, 2},
		{LAM_INIT_XAVIER, 0, 1, 1, 2},
		{LAM_INIT_FAN_IN, 0, 1, 0, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const double in = rows[i].in_part, out = rows[i].out_part, over = rows[i].over;
		const lam_init init = rows[i].init;
		check_start(lam_affine(.out = 90, .init = init), NULL, LAM_SHAPE(400),
			over / (in * 400 + out * 90));
		check_start(lam_conv1d(.out = 100, .kernel = 5, .init = init), NULL,
			LAM_SHAPE(40, 9), over / (in * 40 * 5 + out * 100 * 5));
		check_start(lam_conv2d(.out = 60, .kernel = {3, 5}, .stride = {2}, .groups = 2,
				    .init = init),
			NULL, LAM_SHAPE(30, 9, 9), over / (in * 15 * 15 + out * 30 * 15));
		check_start(
			lam_transposed_conv1d(.out = 80, .kernel = 4, .stride = 2, .init = init),
			NULL, LAM_SHAPE(40, 9), over / (in * 40 * 4 + out * 80 * 4));
		check_start(lam_transposed_conv2d(.out = 20, .kernel = {4}, .stride = {2},
				    .groups = 2, .init = init),
			NULL, LAM_SHAPE(60, 5, 5), over / (in * 30 * 16 + out * 10 * 16));
	}
	check_start(lam_affine(.out = 90, .init = LAM_INIT_NORMAL, .init_scale = (lam_real)0.25),
		NULL, LAM_SHAPE(400), 0.0625);
}

static void zero_is_zero(void)
{
	lam_net *net = lam_net_create(
		lam_affine(.out = 30, .init = LAM_INIT_ZERO), LAM_SHAPE(40), .max_batch = 1);
	require(net != NULL, "%s", lam_error());
	for (int i = 0; i < 30 * 40; i++)
		check(lam_param_value(lam_net_param(net, 0))[i] == 0);
	lam_net_free(net);
}

/* The default is He's variance if the next layer rectifies, looking past layers that keep signs and
 * zeros. Otherwise it is Xavier's. */
static void the_default_follows_the_activation(void)
{
	const lam_shape in = LAM_SHAPE(200);
	const double he = 2.0 / 200, xavier = 2.0 / (200 + 150);
	check_start(lam_affine(.out = 150), lam_relu(), in, he);
	check_start(lam_affine(.out = 150), lam_leaky_relu(), in, he);
	check_start(lam_affine(.out = 150), lam_sequential(lam_dropout(), lam_relu()), in, he);
	check_start(lam_affine(.out = 150), lam_sequential(lam_batch_norm(), lam_relu()), in, he);
	check_start(lam_affine(.out = 150), NULL, in, xavier);
	check_start(lam_affine(.out = 150), lam_tanh(), in, xavier);
	check_start(lam_affine(.out = 150), lam_sigmoid(), in, xavier);
	check_start(lam_affine(.out = 150), lam_softmax_cross_entropy(), in, xavier);
	check_start(lam_affine(.out = 150), lam_sequential(lam_affine(.out = 3), lam_relu()), in,
		xavier);
	check_start(lam_conv2d(.out = 40, .kernel = {3}),
		lam_sequential(lam_max_pool2d(.kernel = {2}), lam_relu()), LAM_SHAPE(20, 8, 8),
		2.0 / (20 * 9));
}

/* A net of one layer, whose first outputs repeat its inputs. */
static void check_dirac(lam_layer *layer, lam_shape in, int outputs, double variance)
{
	lam_net *net = lam_net_create(layer, in, .max_batch = 1, .seed = 3, .inference = true);
	require(net != NULL, "%s", lam_error());
	const lam_shape out = lam_net_output_shape(net);
	const int64_t plane = lam_shape_count(&in) / in.dim[0], channels = in.dim[0],
		      group = out.dim[0] / outputs;
	static lam_real x[4096], y[8192];
	for (int64_t i = 0; i < lam_shape_count(&in); i++)
		x[i] = (lam_real)((i * 37 + 11) % 101) / 16;
	require(lam_shape_count(&out) == out.dim[0] * plane && lam_shape_count(&out) <= 8192);
	check_ok(lam_net_predict(net, x, 1, y));
	double squares = 0;
	int64_t beyond = 0;
	const lam_real *w = lam_param_value(lam_net_param(net, 0));
	const lam_shape weight = lam_param_shape(lam_net_param(net, 0));
	const int64_t row = lam_shape_count(&weight) / out.dim[0], inputs = channels / group;
	for (int64_t o = 0; o < out.dim[0]; o++) {
		const int64_t c = o % outputs, from = o / outputs * inputs + c;
		for (int64_t i = 0; i < plane && c < inputs; i++)
			check(y[o * plane + i] == x[from * plane + i], "output %d, place %d: %g",
				(int)o, (int)i, (double)y[o * plane + i]);
		for (int64_t i = 0; i < row && c >= inputs; i++, beyond++)
			squares += (double)w[o * row + i] * (double)w[o * row + i];
	}
	if (beyond)
		check_near(squares / (double)beyond / variance, 1, 5 * sqrt(2.0 / (double)beyond));
	lam_net_free(net);
}

static void dirac_hands_its_inputs_on(void)
{
	check_dirac(
		lam_affine(.out = 90, .init = LAM_INIT_DIRAC), LAM_SHAPE(40), 90, 1.0 / (3 * 40));
	check_dirac(lam_affine(.out = 20, .init = LAM_INIT_DIRAC), LAM_SHAPE(40), 20, 0);
	check_dirac(lam_conv1d(.out = 30, .kernel = 5, .pad = 2, .init = LAM_INIT_DIRAC),
		LAM_SHAPE(20, 9), 30, 1.0 / (3 * 20 * 5));
	check_dirac(lam_conv2d(.out = 48, .kernel = {3, 5}, .pad = {1, 2}, .groups = 2,
			    .init = LAM_INIT_DIRAC, .direct = true),
		LAM_SHAPE(30, 9, 8), 24, 1.0 / (3 * 15 * 15));
	check_dirac(lam_sequential(lam_zero_pad2d(.pad = {1, 0, 1, 0}),
			    lam_conv2d(.out = 9, .kernel = {2}, .init = LAM_INIT_DIRAC)),
		LAM_SHAPE(6, 7, 7), 9, 1.0 / (3 * 6 * 4));
	check(!lam_transposed_conv2d(.out = 3, .kernel = {3}, .init = LAM_INIT_DIRAC));
	check(strstr(lam_error(), "init dirac of a transposed convolution; expected another")
			!= NULL,
		"%s", lam_error());
}

static void the_seed_says_which_numbers(void)
{
	enum { IN = 30, OUT = 20, WEIGHTS = IN * OUT };
	static lam_real first[2][WEIGHTS];
	for (int round = 0; round < 3; round++) {
		lam_net *net = lam_net_create(
			lam_sequential(lam_affine(.out = OUT), lam_affine(.out = IN)),
			LAM_SHAPE(IN), .max_batch = 1, .seed = round == 2 ? 8 : 7);
		require(net != NULL, "%s", lam_error());
		for (int layer = 0; layer < 2; layer++) {
			const lam_real *value = lam_param_value(lam_net_param(net, 2 * layer));
			int same = 0;
			for (int i = 0; i < WEIGHTS; i++)
				same += value[i] == first[layer][i];
			if (round > 0)
				check(round == 1 ? same == WEIGHTS : same < 3,
					"round %d, layer %d: %d numbers are the same", round, layer,
					same);
			memcpy(first[layer], value, sizeof first[layer]);
		}
		int same = 0;
		for (int i = 0; i < WEIGHTS; i++)
			same += first[0][i] == first[1][i];
		check(same < 3, "two layers start with the same %d numbers", same);
		lam_net_free(net);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(each_has_its_variance),
		TEST(zero_is_zero),
		TEST(the_default_follows_the_activation),
		TEST(dirac_hands_its_inputs_on),
		TEST(the_seed_says_which_numbers),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
