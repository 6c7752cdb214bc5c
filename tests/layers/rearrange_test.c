/* SPDX-License-Identifier: MIT */
/* lam_flatten, lam_reshape, lam_standardize, lam_zero_pad1d, lam_zero_pad2d */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(rearrange_subjects);
}

#ifdef LAM_DOUBLE
#define LEAST_STD "; expected at least 1.1754943508222875e-38"
#define TINY_STD "standardize: option std is 7.346839692639297e-40"
#else
#define LEAST_STD "; expected at least 1.1754944e-38"
#define TINY_STD "standardize: option std is 7.34684e-40"
#endif

static void refuses_bad_options(void)
{
	refuses(lam_reshape(), LAM_SHAPE(2, 6), "reshape: option shape is required");
	refuses(lam_reshape(.shape = LAM_SHAPE(5, 2)), LAM_SHAPE(2, 6),
		"reshape: the input 2x6 has 12 values, option shape 5x2 has 10; expected as many");
	refuses(lam_reshape(.shape = LAM_SHAPE(-2, -6)), LAM_SHAPE(2, 6),
		"reshape: option shape is -2x-6; expected 1 to 4 dimensions of at least 1");
	refuses(lam_standardize(.std = {-1}), LAM_SHAPE(1, 2, 2),
		"standardize: option std is -1" LEAST_STD);
	refuses(lam_standardize(.std = {(lam_real)0x1p-130}), LAM_SHAPE(1, 2, 2),
		TINY_STD LEAST_STD);
	refuses(lam_standardize(.std = {LAM_ZERO}), LAM_SHAPE(1, 2, 2),
		"standardize: option std is 0" LEAST_STD);
	refuses(lam_standardize(.std = {1, LAM_ZERO, 1}), LAM_SHAPE(3, 2, 2),
		"standardize: option std is 0" LEAST_STD);
	refuses(lam_reshape(.shape = LAM_SHAPE(INT64_C(1) << 62, 4)), LAM_SHAPE(2, 6),
		"reshape: option shape is 4611686018427387904x4; the product of its dimensions is "
		"too large");
	refuses(lam_standardize(.mean = {NAN}), LAM_SHAPE(1, 2, 2),
		"standardize: option mean is nan; expected a finite number");
	refuses(lam_standardize(.mean = {3, 0}, .std = {1, 1}), LAM_SHAPE(2, 2),
		"standardize: option mean has 1 values and option std 2; expected as many, or one "
		"left out (a zero at the end is LAM_ZERO)");
	refuses(lam_standardize(.mean = {1, 2}), LAM_SHAPE(3, 2, 2),
		"standardize: option mean has 2 values for an input of 3 channels; expected 1 or "
		"as many (a zero at the end is LAM_ZERO)");
	refuses(lam_zero_pad2d(.pad = {-1, -2}), LAM_SHAPE(1, 3, 3),
		"zero_pad2d: pad crops 3x3 to 3x0; expected at least 1 value to be left on each "
		"side");
	refuses(lam_zero_pad2d(.pad = {1}), LAM_SHAPE(3, 3),
		"zero_pad2d: an input of rank 2 (3x3): zero_pad2d takes CxHxW");
	refuses(lam_zero_pad1d(.pad = {-4}), LAM_SHAPE(1, 3),
		"zero_pad1d: pad crops 3 to -1; expected at least 1 value to be left on each side");
	refuses(lam_zero_pad1d(.pad = {1}), LAM_SHAPE(3),
		"zero_pad1d: an input of rank 1 (3): zero_pad1d takes CxL");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
