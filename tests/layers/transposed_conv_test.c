/* SPDX-License-Identifier: MIT */
/* lam_transposed_conv1d, lam_transposed_conv2d */
#include "tests/battery/prove.h"


static void battery(void)
{
	battery_prove_all(transposed_conv_subjects);
}

/* A single input value gives one window, whose size does not depend on the stride. Only output_pad,
 * which is below the stride, makes it larger. */
static void one_value_makes_no_step(void)
{
	lam_net_memory memory[2];
	const lam_real x[1] = {2};
	for (int i = 0; i < 2; i++) {
		lam_net *net = lam_net_create(lam_transposed_conv1d(.out = 1, .kernel = 3,
						      .stride = i ? 1 << 20 : 5, .output_pad = 4),
			LAM_SHAPE(1, 1), .max_batch = 2, .seed = 3);
		require(net != NULL, "%s", lam_error());
		lam_net_memory_of(net, &memory[i], sizeof memory[i]);
		check_ok(lam_net_forward(net, LAM_EVAL, x, NULL, 1));
		const lam_real *w = lam_param_value(lam_net_find(net, "weight")),
			       *y = lam_net_output(net);
		for (int k = 0; k < 7; k++)
			check_near((double)y[k], k < 3 ? 2 * (double)w[k] : 0, 1e-6);
		lam_net_free(net);
	}
	check(memory[0].total == memory[1].total, "%lld and %lld bytes", (long long)memory[0].total,
		(long long)memory[1].total);
}

static void refuses_bad_options(void)
{
	refuses(lam_transposed_conv2d(.kernel = {3}), LAM_SHAPE(1, 8, 8),
		"transposed_conv2d: option out is required");
	refuses(lam_transposed_conv2d(.out = 2), LAM_SHAPE(1, 8, 8),
		"transposed_conv2d: option kernel is required");
	refuses(lam_transposed_conv2d(.out = 2, .kernel = {3}, .output_pad = {1}),
		LAM_SHAPE(1, 8, 8),
		"transposed_conv2d: output_pad 1x1 is not smaller than stride 1x1 or dilation 1x1");
	refuses(lam_transposed_conv2d(.out = 2, .kernel = {3}, .pad = {2}), LAM_SHAPE(1, 1, 1),
		"transposed_conv2d: pad 2x2 leaves an output of -1x-1; expected at least 1 value "
		"on each side");
	refuses(lam_transposed_conv2d(.out = 4, .kernel = {3}, .groups = 3), LAM_SHAPE(4, 8, 8),
		"transposed_conv2d: groups 3 do not divide 4 output channels");
	refuses(lam_transposed_conv2d(.out = 4, .kernel = {3}), LAM_SHAPE(4, 8),
		"transposed_conv2d: an input of rank 2 (4x8): transposed_conv2d takes CxHxW");
	refuses(lam_transposed_conv1d(.kernel = 3), LAM_SHAPE(1, 8),
		"transposed_conv1d: option out is required");
	refuses(lam_transposed_conv1d(.out = 4), LAM_SHAPE(1, 8),
		"transposed_conv1d: option kernel is required");
	refuses(lam_transposed_conv1d(.out = 4, .kernel = 3, .stride = 2, .output_pad = 2),
		LAM_SHAPE(4, 8),
		"transposed_conv1d: output_pad 2 is not smaller than stride 2 or dilation 1");
	refuses(lam_transposed_conv1d(.out = 4, .kernel = 3), LAM_SHAPE(4, 8, 8),
		"transposed_conv1d: an input of rank 3 (4x8x8): transposed_conv1d takes CxL");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery), TEST(one_value_makes_no_step), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
