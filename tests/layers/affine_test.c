/* SPDX-License-Identifier: MIT */
/* lam_affine */
#include "tests/battery/prove.h"

static void choose(struct trial *t, struct dice *dice)
{
	static const int64_t sizes[] = {1, 2, 15, 16, 17, 33, 5, 48};
	t->n = choose_batch(t, dice);
	t->in = LAM_SHAPE(
		t->number < 8 ? sizes[t->number] : dice_range(dice, 1, t->small ? 5 : 60));
	t->window.out = t->number < 64 ? sizes[t->number / 8]
				       : dice_range(dice, 1, t->small ? 5 : 70);
	if (dice_chance(dice, 20))
		t->in = LAM_SHAPE(
			dice_range(dice, 1, 4), dice_range(dice, 1, 4), dice_range(dice, 1, 3));
	t->bias = dice_chance(dice, 70);
	t->rectified = !t->small && dice_chance(dice, 30);
}

static bool shapes(struct trial *t)
{
	t->out = LAM_SHAPE(t->window.out);
	t->param[0] = LAM_SHAPE(t->window.out, lam_shape_count(&t->in));
	t->param[1] = t->out;
	t->params = t->bias ? 2 : 1;
	return true;
}

static lam_layer *build(const struct trial *t)
{
	return lam_affine(.out = (int)t->window.out, .no_bias = !t->bias);
}

static void forward(struct trial *t)
{
	textbook_affine(t->y, t->x, t->w[0], t->w[1], t->n, lam_shape_count(&t->in), t->window.out);
}

static void backward(struct trial *t)
{
	textbook_affine_backward(t->dx, t->dw[0], t->dw[1], t->dy, t->x, t->w[0], t->n,
		lam_shape_count(&t->in), t->window.out);
}

static const struct subject affine = {
	"affine",
	SUBJECT_LINEAR,
	300,
	choose,
	shapes,
	build,
	.forward = forward,
	.backward = backward,
};

static void battery(void)
{
	battery_prove(&affine);
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
