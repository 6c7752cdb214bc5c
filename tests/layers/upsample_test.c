/* SPDX-License-Identifier: MIT */
/* lam_upsample1d, lam_upsample2d */
#include "tests/battery/prove.h"

static void battery(void)
{
	battery_prove_all(upsample_subjects);
}

/* Where an output lies on an input it is that input, and an infinity beside it does not make it
 * NaN. Elsewhere infinities and NaN reach the outputs between their neighbours and them. */
static void infinities_follow_the_limit(void)
{
	static const struct {
		int scale;
		bool align_corners;
		lam_real x[3], y[9];
	} cases[] = {
		{3, false, {1, INFINITY, 4},
			{1, 1, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, 4, 4}},
		{2, false, {1, 2, -INFINITY}, {1, 1.25f, 1.75f, -INFINITY, -INFINITY, -INFINITY}},
		{1, true, {NAN, 2, INFINITY}, {NAN, 2, INFINITY}},
		{3, true, {1, 5, INFINITY},
			{1, 2, 3, 4, 5, INFINITY, INFINITY, INFINITY, INFINITY}},
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
		for (int image = 0; image < 2; image++) {
			lam_layer *layer = image
				? lam_upsample2d(.scale = {1, cases[c].scale}, .mode = LAM_LINEAR,
					.align_corners = cases[c].align_corners)
				: lam_upsample1d(.scale = cases[c].scale, .mode = LAM_LINEAR,
					.align_corners = cases[c].align_corners);
			lam_net *net = lam_net_create(layer,
				image ? LAM_SHAPE(1, 1, 3) : LAM_SHAPE(1, 3), .max_batch = 16);
			lam_real y[9];
			require(net != NULL, "%s", lam_error());
			check_ok(lam_net_predict(net, cases[c].x, 1, y));
			for (int i = 0; i < 3 * cases[c].scale; i++)
				check(isnan(cases[c].y[i]) ? isnan(y[i]) : y[i] == cases[c].y[i],
					"case %zu: y[%d] is %g, not %g", c, i, (double)y[i],
					(double)cases[c].y[i]);
			lam_net_free(net);
		}
}

static void refuses_bad_options(void)
{
	refuses(lam_upsample2d(.mode = LAM_LINEAR), LAM_SHAPE(1, 8, 8),
		"upsample2d: option scale is required");
	refuses(lam_upsample2d(.scale = {2, LAM_ZERO}), LAM_SHAPE(1, 8, 8),
		"upsample2d: option scale is 0; expected at least 1");
	refuses(lam_upsample1d(.scale = -1), LAM_SHAPE(1, 8),
		"upsample1d: option scale is -1; expected at least 1");
	refuses(lam_upsample2d(.scale = {2}, .mode = (lam_upsample_mode)2), LAM_SHAPE(1, 8, 8),
		"upsample2d: option mode is 2; expected 0 to 1");
	refuses(lam_upsample1d(.scale = 2, .align_corners = true), LAM_SHAPE(1, 8),
		"upsample1d: option align_corners is for mode linear; the mode is nearest");
	refuses(lam_upsample2d(.scale = {2}), LAM_SHAPE(8, 8),
		"upsample2d: an input of rank 2 (8x8): upsample2d takes CxHxW");
	refuses(lam_upsample1d(.scale = 2), LAM_SHAPE(1, 8, 8),
		"upsample1d: an input of rank 3 (1x8x8): upsample1d takes CxL");
	refuses(lam_upsample1d(.scale = INT_MAX), LAM_SHAPE(1, 1 << 20),
		"upsample1d: an input 1x1048576 with scale 2147483647 has too many values in the "
		"output");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(battery), TEST(infinities_follow_the_limit), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
