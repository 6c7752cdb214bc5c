/* SPDX-License-Identifier: MIT */
/* Layers that keep values or move them, and lam_standardize. */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(rearrange_subjects);
}

/* A net with identities in it takes as much memory as without, for training and for inference. */
static void an_identity_is_no_copy(void)
{
	for (int inference = 0; inference < 2; inference++) {
		const lam_shape shape = LAM_SHAPE(3, 8, 8);
		lam_net *without = lam_net_create(
			lam_sequential(lam_conv2d(.out = 4, .kernel = {3}), lam_sigmoid(),
				lam_affine(.out = 2)),
			shape, .max_batch = 20, .inference = inference);
		lam_net *with = lam_net_create(
			lam_sequential(lam_identity(), lam_conv2d(.out = 4, .kernel = {3}),
				lam_sigmoid(), lam_identity(), lam_affine(.out = 2),
				lam_identity()),
			shape, .max_batch = 20, .inference = inference);
		require(without && with, "%s", lam_error());
		lam_net_memory a, b;
		lam_net_memory_of(without, &a, sizeof a);
		lam_net_memory_of(with, &b, sizeof b);
		check(a.activations == b.activations, "%lld bytes, not %lld",
			(long long)b.activations, (long long)a.activations);
		lam_net_free(without);
		lam_net_free(with);
	}
}

static int64_t activations_of(lam_layer *middle, lam_shape shape, bool inference, int batch)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 32, .kernel = {3}, .pad = {1}), middle,
			lam_conv2d(.out = 8, .kernel = {1})),
		shape, .max_batch = batch, .inference = inference);
	lam_net_memory memory = {0};
	check(net != NULL, "%s", lam_error());
	if (net)
		lam_net_memory_of(net, &memory, sizeof memory);
	lam_net_free(net);
	return memory.activations;
}

/* A net that splits its channels and joins them again takes as much memory as one that copies them
 * once: the halves lie in what was split. */
static void a_split_copies_nothing(void)
{
	const lam_shape shape = LAM_SHAPE(3, 8, 8);
	for (int row = 0; row < 3; row++) {
		const bool inference = row > 0;
		const int batch = row == 2 ? 1 : 20;
		const int64_t split = activations_of(
				      lam_concat(lam_slice(.end = 16), lam_slice(.begin = 16)),
				      shape, inference, batch),
			      copied = activations_of(
				      lam_permute(.axes = {0, 2, 1}), shape, inference, batch);
		check(split == copied, "row %d: %lld bytes, not %lld", row, (long long)split,
			(long long)copied);
	}
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

static void refuses_bad_ranges_and_orders(void)
{
	refuses(lam_slice(.begin = -1), LAM_SHAPE(4),
		"slice: option begin is -1; expected at least 0");
	refuses(lam_slice(.end = LAM_ZERO), LAM_SHAPE(4),
		"slice: option end is 0; expected at least 1");
	refuses(lam_slice(.begin = 3, .end = 3), LAM_SHAPE(4),
		"slice: option begin is 3; expected less than end, 3");
	refuses(lam_slice(.begin = 4), LAM_SHAPE(4, 2),
		"slice: option begin is 4; expected less than 4, for an input 4x2");
	refuses(lam_slice(.end = 5), LAM_SHAPE(4, 2),
		"slice: option end is 5; expected at most 4, for an input 4x2");
	refuses(lam_permute(.axes = {1, 1}), LAM_SHAPE(4, 2),
		"permute: option axes is 1,1,0,0; expected each of 0 to 1 once, then zeros, for an "
		"input 4x2");
	refuses(lam_permute(.axes = {1, 0, 2}), LAM_SHAPE(4, 2),
		"permute: option axes is 1,0,2,0; expected each of 0 to 1 once, then zeros, for an "
		"input 4x2");
	refuses(lam_permute(), LAM_SHAPE(1, 2, 3, 4),
		"permute: option axes is 0,0,0,0; expected each of 0 to 3 once, for an input "
		"1x2x3x4");
	refuses(lam_permute(.axes = {4}), LAM_SHAPE(4, 2),
		"permute: option axes is 4; expected 0 to 3");
	refuses(lam_pixel_shuffle(), LAM_SHAPE(4, 2, 2), "pixel_shuffle: option scale is required");
	refuses(lam_pixel_shuffle(.scale = -2), LAM_SHAPE(4, 2, 2),
		"pixel_shuffle: option scale is -2; expected at least 1");
	refuses(lam_pixel_shuffle(.scale = 2), LAM_SHAPE(6, 2, 2),
		"pixel_shuffle: an input 6x2x2 with 6 channels; expected a multiple of scale 2 "
		"squared");
	refuses(lam_pixel_shuffle(.scale = 2), LAM_SHAPE(4, 4),
		"pixel_shuffle: an input of rank 2 (4x4): pixel_shuffle takes CxHxW");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(an_identity_is_no_copy),
		TEST(a_split_copies_nothing), TEST(refuses_bad_options),
		TEST(refuses_bad_ranges_and_orders)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
