/* SPDX-License-Identifier: MIT */
/* lam_global_avg_pool, lam_flatten, lam_reshape, lam_standardize */
#include "tests/battery/prove.h"

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2], channels = dice_range(dice, 1, t->small ? 3 : 8);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 7, plane);
	t->in = dice_chance(dice, 30) ? LAM_SHAPE(channels, plane[1])
				      : LAM_SHAPE(channels, plane[0], plane[1]);
}

static int64_t places(const struct trial *t)
{
	return lam_shape_count(&t->in) / t->in.dim[0];
}

static bool global_shapes(struct trial *t)
{
	t->out = LAM_SHAPE(t->in.dim[0]);
	return true;
}

static lam_layer *global_build(const struct trial *t)
{
	(void)t;
	return lam_global_avg_pool();
}

static void global_forward(struct trial *t)
{
	textbook_global_average(t->y, t->x, t->n * t->in.dim[0], places(t));
}

static void global_backward(struct trial *t)
{
	textbook_global_average_backward(t->dx, t->dy, t->n * t->in.dim[0], places(t));
}

static bool flatten_shapes(struct trial *t)
{
	t->out = LAM_SHAPE(lam_shape_count(&t->in));
	return true;
}

static lam_layer *flatten_build(const struct trial *t)
{
	(void)t;
	return lam_flatten();
}

static void same_forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * lam_shape_count(&t->in)) * sizeof *t->x);
}

static void same_backward(struct trial *t)
{
	memcpy(t->dx, t->dy, (size_t)(t->n * lam_shape_count(&t->in)) * sizeof *t->x);
}

static void reshape_choose(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	t->to = LAM_SHAPE(places(t), t->in.dim[0]);
	if (dice_chance(dice, 50))
		t->to = LAM_SHAPE(1, t->in.dim[0], 1, places(t));
}

static bool reshape_shapes(struct trial *t)
{
	t->out = t->to;
	return true;
}

static lam_layer *reshape_build(const struct trial *t)
{
	return lam_reshape(.shape = t->to);
}

static void standardize_choose(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	if (t->in.dim[0] > 4)
		t->in.dim[0] = 4;
	bool one = dice_chance(dice, 30);
	for (int c = 0; c < 4; c++) {
		t->mean[c] = one && c ? t->mean[0] : (lam_real)dice_real(dice, 0.25, 1);
		t->std[c] = one && c ? t->std[0] : (lam_real)dice_real(dice, 0.25, 2);
	}
}

static bool standardize_shapes(struct trial *t)
{
	t->out = t->in;
	return true;
}

static lam_layer *standardize_build(const struct trial *t)
{
	lam_standardize_options options = {.size = sizeof options};
	bool one = true; /* one pair of numbers says it for all channels */
	for (int64_t c = 1; c < t->in.dim[0]; c++)
		one = one && t->mean[c] == t->mean[0] && t->std[c] == t->std[0];
	for (int64_t c = 0; c < (one ? 1 : t->in.dim[0]); c++) {
		options.mean[c] = (lam_real)t->mean[c];
		options.std[c] = (lam_real)t->std[c];
	}
	return lam_standardize_new(&options);
}

static void standardize_forward(struct trial *t)
{
	textbook_standardize(t->y, t->x, t->mean, t->std, t->n, t->in.dim[0], places(t));
}

static void standardize_backward(struct trial *t)
{
	textbook_standardize_backward(t->dx, t->dy, t->std, t->n, t->in.dim[0], places(t));
}

static void battery(void)
{
	static const struct subject subjects[] = {
		{"global_avg_pool", SUBJECT_LINEAR, 200, choose, global_shapes, global_build,
			.forward = global_forward, .backward = global_backward},
		{"flatten", SUBJECT_LINEAR, 100, choose, flatten_shapes, flatten_build,
			.forward = same_forward, .backward = same_backward},
		{"reshape", SUBJECT_LINEAR, 100, reshape_choose, reshape_shapes, reshape_build,
			.forward = same_forward, .backward = same_backward},
		{"standardize", SUBJECT_LINEAR, 200, standardize_choose, standardize_shapes,
			standardize_build, .forward = standardize_forward,
			.backward = standardize_backward},
	};
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
		battery_prove(&subjects[i]);
}

static void refuses_bad_options(void)
{
	refuses(lam_reshape(), LAM_SHAPE(2, 6), "reshape: option shape is required");
	refuses(lam_reshape(.shape = LAM_SHAPE(5, 2)), LAM_SHAPE(2, 6),
		"reshape: the input 2x6 has 12 values, option shape 5x2 has 10; expected as many");
	refuses(lam_reshape(.shape = LAM_SHAPE(-2, -6)), LAM_SHAPE(2, 6),
		"reshape: option shape is -2x-6; expected 1 to 4 dimensions of at least 1");
	refuses(lam_global_avg_pool(), LAM_SHAPE(6),
		"global_avg_pool: an input of rank 1 (6): global_avg_pool takes CxL or CxHxW");
	refuses(lam_standardize(.std = {-1}), LAM_SHAPE(1, 2, 2),
		"standardize: option std is -1; expected above 0");
	refuses(lam_standardize(.std = {LAM_ZERO}), LAM_SHAPE(1, 2, 2),
		"standardize: option std is 0; expected above 0");
	refuses(lam_standardize(.std = {1, LAM_ZERO, 1}), LAM_SHAPE(3, 2, 2),
		"standardize: option std is 0; expected above 0");
	refuses(lam_reshape(.shape = LAM_SHAPE(INT64_C(1) << 62, 4)), LAM_SHAPE(2, 6),
		"reshape: option shape is 4611686018427387904x4; the product of its dimensions is "
		"too large");
	refuses(lam_standardize(.mean = {NAN}), LAM_SHAPE(1, 2, 2),
		"standardize: option mean is nan; expected a finite number");
	refuses(lam_standardize(.mean = {1, 2}), LAM_SHAPE(3, 2, 2),
		"standardize: option mean has 2 values for an input of 3 channels; expected 1 or "
		"as many (a zero at the end is LAM_ZERO)");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(battery), TEST(refuses_bad_options)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
