/* SPDX-License-Identifier: MIT */
/* lam_affine */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(affine_subjects);
}

static void refuses_bad_options(void)
{
	refuses(lam_affine(), LAM_SHAPE(4), "affine: option out is required");
	refuses(lam_affine(.out = -3), LAM_SHAPE(4),
		"affine: option out is -3; expected at least 1");
	refuses(lam_affine(.out = 3, .init = (lam_init)9), LAM_SHAPE(4),
		"affine: option init is 9; expected 0 to 5");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
