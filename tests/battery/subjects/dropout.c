/* SPDX-License-Identifier: MIT */
/* lam_dropout */
#include "tests/battery/subjects.h"

#include <math.h>

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2];
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 6, plane);
	t->in = LAM_SHAPE(dice_range(dice, 1, 5), plane[0], plane[1]);
	if (dice_chance(dice, 40))
		t->in = LAM_SHAPE(dice_range(dice, 1, t->small ? 9 : 70));
	t->p = t->number % 10 == 9 ? 0 : (lam_real)dice_real(dice, 0.01, t->small ? 0.5 : 0.99);
}

static bool shapes(struct trial *t)
{
	t->out = t->in;
	return true;
}

static lam_layer *build(const struct trial *t)
{
	return lam_dropout(.p = (lam_real)t->p);
}

/* Fills x with values that are not 0, so that the output, 0 or x / (1 - p), shows the mask. The
 * mask is kept in eval until it is used. */
static void fill(struct trial *t, struct dice *dice)
{
	(void)dice;
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		if (fabs(t->x[i]) < 0.01)
			t->x[i] = (lam_real)0.5;
}

static void observe(struct trial *t, const lam_real *y)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->y[i] = y[i] != 0;
}

static void forward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++) {
		t->y[i] *= t->x[i] / (1 - t->p);
		t->eval[i] = t->x[i];
	}
}

static void backward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->dx[i] = t->y[i] != 0 ? t->dy[i] / (1 - t->p) : 0;
}

static void eval_backward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->eval_dx[i] = t->dy[i];
}

static bool ordinary(struct trial *t)
{
	t->p = 0.25;
	return true;
}

const struct subject dropout_subjects[] = {
	{"dropout", SUBJECT_LINEAR | SUBJECT_RANDOM | SUBJECT_LIMITS, 200, choose, shapes, build,
		.ordinary = ordinary, .measured = "dropout", .limit = {-INFINITY, INFINITY},
		.fill = fill, .observe = observe, .forward = forward, .backward = backward,
		.eval_backward = eval_backward},
	{0},
};
