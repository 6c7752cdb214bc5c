/* SPDX-License-Identifier: MIT */
/* lam_prelu and lam_layer_scale: a weight for each channel, or one for all. */
#include "tests/battery/subjects.h"

#include <math.h>

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2],
		channels = dice_chance(dice, 15) && !t->small
		? dice_range(dice, 60, 140)
		: dice_range(dice, 1, t->small ? 4 : 20);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, choose_large(t) ? 60 : 8, plane);
	t->in = LAM_SHAPE(channels, plane[0], plane[1]);
	if (dice_chance(dice, 50))
		t->in = dice_chance(dice, 50) ? LAM_SHAPE(channels) : LAM_SHAPE(channels, plane[1]);
}

static void choose_slope(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	t->shared = dice_chance(dice, 30);
}

static bool shapes(struct trial *t)
{
	t->out = t->in;
	t->param[0] = LAM_SHAPE(t->shared ? 1 : t->in.dim[0]);
	t->params = 1;
	return true;
}

/* The index of the weight of value i. */
static int64_t weight_of(const struct trial *t, int64_t i)
{
	const int64_t places = lam_shape_count(&t->in) / t->in.dim[0];
	return t->shared ? 0 : i / places % t->in.dim[0];
}

static lam_layer *prelu_build(const struct trial *t)
{
	return lam_prelu(.shared = t->shared);
}

/* Numeric differences must not cross 0. */
static void prelu_fill(struct trial *t, struct dice *dice)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++) {
		t->x[i] = (lam_real)dice_real(dice, -1, 1);
		if (t->small && fabs(t->x[i]) < 0.05)
			t->x[i] = (lam_real)0.05;
		else if (dice_chance(dice, 3) && !t->small)
			t->x[i] = 0;
	}
}

static void prelu_forward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->y[i] = t->x[i] > 0 ? t->x[i] : t->w[0][weight_of(t, i)] * t->x[i];
}

static void prelu_backward(struct trial *t)
{
	for (int64_t k = 0; k < trial_elements(t, 0); k++)
		t->dw[0][k] = 0;
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++) {
		const int64_t k = weight_of(t, i);
		t->dx[i] = t->dy[i] * (t->x[i] > 0 ? 1 : t->w[0][k]);
		t->dw[0][k] += t->dy[i] * fmin(t->x[i], 0);
	}
}

static lam_layer *scale_build(const struct trial *t)
{
	(void)t;
	return lam_layer_scale();
}

static void scale_forward(struct trial *t)
{
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++)
		t->y[i] = t->w[0][weight_of(t, i)] * t->x[i];
}

static void scale_backward(struct trial *t)
{
	for (int64_t k = 0; k < trial_elements(t, 0); k++)
		t->dw[0][k] = 0;
	for (int64_t i = 0; i < t->n * lam_shape_count(&t->in); i++) {
		t->dx[i] = t->dy[i] * t->w[0][weight_of(t, i)];
		t->dw[0][weight_of(t, i)] += t->dy[i] * t->x[i];
	}
}

const struct subject channel_weight_subjects[] = {
	{"prelu", SUBJECT_LIMITS, 250, choose_slope, shapes, prelu_build, .measured = "prelu",
		.limit = {-INFINITY, INFINITY},
		.torch = {"nn.PReLU(3) x=2x3x2x4", "nn.PReLU(18) x=17x18", "nn.PReLU(2) x=3x2x5",
			"nn.PReLU() x=2x3x2x2 shared=1"},
		.fill = prelu_fill, .forward = prelu_forward, .backward = prelu_backward},
	{"layer_scale", SUBJECT_LINEAR | SUBJECT_LIMITS, 250, choose, shapes, scale_build,
		.measured = "layer_scale", .limit = {-INFINITY, INFINITY},
		.torch = {"LayerScale(3, 1, 1) x=2x3x2x4", "LayerScale(18) x=17x18",
			"LayerScale(2, 1) x=3x2x5"},
		.forward = scale_forward, .backward = scale_backward},
	{0},
};
