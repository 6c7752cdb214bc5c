/* SPDX-License-Identifier: MIT */
/* Activations share memory once nothing reads them any more. In inference two are alive at a time;
 * in training those that no backward reads are overwritten. */
#include "tests/kit.h"

#include <lamina.h>

enum { BATCH = 32, BLOCKS = BATCH / LAM_LANES, LANE_BYTES = LAM_LANES * (int)sizeof(lam_real) };

/* The size of the activations of a net of this model, in values per sample. */
static int64_t features_held(lam_layer *model, lam_shape shape, bool inference)
{
	lam_net *net = lam_net_create(
		model, shape, .max_batch = BATCH, .inference = inference, .seed = 1);
	lam_net_memory memory = {.activations = -1};
	check(net != NULL, "%s", lam_error());
	lam_net_memory_of(net, &memory, sizeof memory);
	lam_net_free(net);
	check(memory.activations % ((int64_t)BLOCKS * LANE_BYTES) == 0, "%lld bytes",
		(long long)memory.activations);
	return memory.activations / ((int64_t)BLOCKS * LANE_BYTES);
}

static lam_layer *conv(void)
{
	return lam_conv2d(.out = 4, .kernel = {3}, .pad = {1});
}

static void inference_holds_two(void)
{
	enum { PLANE = 4 * 8 * 8 };
	const int64_t three = features_held(
		lam_sequential(conv(), conv(), conv()), LAM_SHAPE(4, 8, 8), true);
	const int64_t six = features_held(
		lam_sequential(conv(), conv(), conv(), conv(), conv(), conv()), LAM_SHAPE(4, 8, 8),
		true);
	check(three == 2 * PLANE, "%lld features for three layers", (long long)three);
	check(six == 2 * PLANE, "%lld features for six layers", (long long)six);
}

static void activations_in_place_cost_nothing(void)
{
	enum { PLANE = 4 * 8 * 8 };
	const int64_t held = features_held(
		lam_sequential(conv(), lam_tanh(), lam_relu(), lam_flatten(), lam_gelu()),
		LAM_SHAPE(4, 8, 8), true);
	check(held == PLANE, "%lld features", (long long)held);
}

/* The input of a residual block is read by its sum: three activations are alive at a time. */
static void a_branch_holds_its_input(void)
{
	enum { PLANE = 4 * 8 * 8 };
	const int64_t held = features_held(
		lam_sequential(conv(), lam_residual(lam_sequential(conv(), conv(), conv()))),
		LAM_SHAPE(4, 8, 8), true);
	check(held == 3 * PLANE, "%lld features", (long long)held);
}

/* The net is conv (4x10x10), pad (4x12x12), pad (4x14x14) and affine. Only the affine layer's input
 * is kept. Memory is largest in the affine layer's backward, when that input and its gradient are
 * in use, and a few values of the loss. */
static void training_gives_up_what_no_backward_reads(void)
{
	enum { WIDEST = 4 * 14 * 14, FEW = 16 };
	const int64_t held = features_held(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}),
			lam_zero_pad2d(.pad = {1, 1, 1, 1}), lam_zero_pad2d(.pad = {1, 1, 1, 1}),
			lam_affine(.out = 5), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, 12, 12), false);
	check(held >= 2 * WIDEST && held <= 2 * WIDEST + FEW, "%lld features", (long long)held);
}

/* In a deep net of equal layers each output is kept for the next layer's dw, but only two gradients
 * are alive at a time. */
static void two_gradients_are_alive(void)
{
	enum { PLANE = 4 * 8 * 8, DEPTH = 6, FEW = 16 };
	const int64_t held = features_held(
		lam_sequential(conv(), conv(), conv(), conv(), conv(), conv(), lam_affine(.out = 5),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(4, 8, 8), false);
	check(held <= (DEPTH + 2) * PLANE + FEW, "%lld features", (long long)held);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(inference_holds_two),
		TEST(activations_in_place_cost_nothing),
		TEST(a_branch_holds_its_input),
		TEST(training_gives_up_what_no_backward_reads),
		TEST(two_gradients_are_alive),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
