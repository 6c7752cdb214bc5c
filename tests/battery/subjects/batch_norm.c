/* SPDX-License-Identifier: MIT */
/* lam_batch_norm */
#include "tests/battery/subjects.h"

#include <math.h>

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2],
		channels = dice_chance(dice, 15) && !t->small
		? dice_range(dice, 60, 70)
		: dice_range(dice, 1, t->small ? 3 : 6);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 5, plane);
	t->in = LAM_SHAPE(channels, plane[0], plane[1]);
	if (dice_chance(dice, 40))
		t->in = dice_chance(dice, 50) ? LAM_SHAPE(channels) : LAM_SHAPE(channels, plane[1]);
	/* Several blocks, so large that the sums of each have a phase of their own. */
	if (!t->small && dice_chance(dice, 5)) {
		t->in = LAM_SHAPE(
			dice_range(dice, 40, 70), dice_range(dice, 5, 7), dice_range(dice, 5, 7));
		t->n = dice_range(dice, 17, 50);
		channels = t->in.dim[0];
	}
	if (dice_chance(dice, 60)) {
		t->eps = (lam_real)dice_real(dice, 1e-4, 0.5);
		t->momentum = (lam_real)dice_real(dice, 0.01, 1);
	}
	/* A single value per channel has no variance. With few values the gradient is a difference
	 * of nearly equal numbers, unless eps has the variance's size. */
	int64_t count = t->n * lam_shape_count(&t->in) / channels;
	if (count == 1)
		t->n = 2;
	if (count < 8)
		t->eps = 0.25;
}

static struct batch_norm options(const struct trial *t)
{
	return (struct batch_norm){t->n, t->in.dim[0], lam_shape_count(&t->in) / t->in.dim[0],
		t->eps != 0 ? t->eps : 1e-5, t->momentum != 0 ? t->momentum : 0.1};
}

static bool shapes(struct trial *t)
{
	struct batch_norm o = options(t);
	t->out = t->in;
	t->param[0] = t->param[1] = LAM_SHAPE(t->in.dim[0]);
	t->params = t->states = 2;
	t->state_values = t->in.dim[0];
	return o.n * o.plane > 1;
}

static lam_layer *build(const struct trial *t)
{
	return lam_batch_norm(.eps = (lam_real)t->eps, .momentum = (lam_real)t->momentum);
}

/* Makes dy depend on x: normalised values have mean 0, so with an independent dy the weight's
 * gradient, the sum of dy xhat, would cancel. */
static void fill(struct trial *t, struct dice *dice)
{
	(void)dice;
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->dy[i] = (lam_real)(t->dy[i] + t->x[i]);
}

static void forward(struct trial *t)
{
	struct batch_norm o = options(t);
	textbook_batch_norm(t->y, t->after[0], t->after[1], t->x, t->w[0], t->w[1], &o);
	textbook_batch_norm_eval(t->eval, t->x, t->w[0], t->w[1], t->after[0], t->after[1], &o);
}

static void backward(struct trial *t)
{
	struct batch_norm o = options(t);
	textbook_batch_norm_backward(t->dx, t->dw[0], t->dw[1], t->dy, t->x, t->w[0], &o);
}

static void eval_backward(struct trial *t)
{
	struct batch_norm o = options(t);
	textbook_batch_norm_eval_backward(t->eval_dx, t->eval_dw[0], t->eval_dw[1], t->dy, t->x,
		t->w[0], t->after[0], t->after[1], &o);
}

/* Chooses an eps of the variance's size, as for few values the gradient is otherwise a difference
 * of nearly equal numbers. */
static bool ordinary(struct trial *t)
{
	t->eps = 0.25;
	return t->in.rank < 4;
}

const struct subject batch_norm_subjects[] = {
	{"batch_norm", 0, 300, choose, shapes, build, .ordinary = ordinary,
		.measured = "batch_norm", .fill = fill, .forward = forward, .backward = backward,
		.eval_backward = eval_backward},
	{0},
};
