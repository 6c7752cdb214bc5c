/* SPDX-License-Identifier: MIT */
/* lam_affine */
#include "tests/battery/subjects.h"

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

static bool ordinary(struct trial *t)
{
	t->window.out = 7;
	t->bias = true;
	return true;
}

const struct subject affine_subjects[] = {
	{"affine", SUBJECT_LINEAR, 300, choose, shapes, build, .ordinary = ordinary,
		.forward = forward, .backward = backward},
	{0},
};
