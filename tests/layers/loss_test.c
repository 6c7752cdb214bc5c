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
	refuses(lam_softmax_cross_entropy(), LAM_SHAPE(3, 2, 2),
		"softmax_cross_entropy: the input is 3x2x2; expected features, one per class "
		"(lam_flatten or lam_global_avg_pool gives them)");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
