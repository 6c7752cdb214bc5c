/* SPDX-License-Identifier: MIT */
/* The losses. */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(loss_subjects);
}

static void refuses_bad_options(void)
{
	refuses(lam_softmax_cross_entropy(.smoothing = 2), LAM_SHAPE(3),
		"softmax_cross_entropy: option smoothing is 2; expected 0 to 1");
	refuses(lam_softmax_cross_entropy(.smoothing = -1), LAM_SHAPE(3),
		"softmax_cross_entropy: option smoothing is -1; expected 0 to 1");
	const lam_real weights[] = {1, 2, -1};
	refuses(lam_softmax_cross_entropy(.class_weights = weights, .class_count = 3), LAM_SHAPE(3),
		"softmax_cross_entropy: option class_weights is -1; expected at least 0 (value 2)");
	refuses(lam_softmax_cross_entropy(.class_weights = weights, .class_count = 2), LAM_SHAPE(3),
		"softmax_cross_entropy: option class_count is 2 for an input of 3 classes; "
		"expected as many");
	refuses(lam_softmax_cross_entropy(.class_weights = weights), LAM_SHAPE(3),
		"softmax_cross_entropy: option class_weights has 0 values; expected 1 to "
		"281474976710656");
	refuses(lam_softmax_cross_entropy(.class_count = 2), LAM_SHAPE(3),
		"softmax_cross_entropy: option class_count is 2 without class_weights; "
		"expected an array");
	refuses(lam_softmax_cross_entropy(.soft = true, .ignore = LAM_ZERO), LAM_SHAPE(3),
		"softmax_cross_entropy: option ignore is 0 with soft; expected classes as targets");
	refuses(lam_sigmoid_cross_entropy(.positive_weight = -1), LAM_SHAPE(3),
		"sigmoid_cross_entropy: option positive_weight is -1; expected at least 0");
	refuses(lam_sigmoid_cross_entropy(.positive_weight = (lam_real)INFINITY), LAM_SHAPE(3),
		"sigmoid_cross_entropy: option positive_weight is inf; expected a finite number");
	refuses(lam_huber_loss(.delta = -1), LAM_SHAPE(3),
		"huber_loss: option delta is -1; expected above 0");
	refuses(lam_huber_loss(.delta = LAM_ZERO), LAM_SHAPE(3),
		"huber_loss: option delta is 0; expected above 0");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
