/* SPDX-License-Identifier: MIT */
/* lam_multiply, on branches that make inputs of each shape from one */
#include "tests/battery/subjects.h"

#include <string.h>

/* Which inputs are multiplied: the trial's .form. */
enum form {
	EQUAL,         /* x[:C / 2] x[C / 2:] */
	CHANNELS,      /* x average(x), [C] */
	CHANNELS_LONG, /* average(x) x, [C, 1, …] */
	PLACES,        /* x[:1] x, [1, …] */
	THREE,         /* x[:1] average(x) x */
	SQUARE,        /* x x */
	FORMS
};

/* What a branch computes. */
enum branch { FIRST_HALF, SECOND_HALF, AVERAGE, FIRST_CHANNEL, ALL };

enum { MOST_BRANCHES = 3 };

/* Writes the branches of the trial's form; returns their number. */
static int branches_of(const struct trial *t, enum branch branch[MOST_BRANCHES])
{
	static const struct {
		int count;
		enum branch branch[MOST_BRANCHES];
	} forms[FORMS] = {
		[EQUAL] = {2, {FIRST_HALF, SECOND_HALF}},
		[CHANNELS] = {2, {ALL, AVERAGE}},
		[CHANNELS_LONG] = {2, {AVERAGE, ALL}},
		[PLACES] = {2, {FIRST_CHANNEL, ALL}},
		[THREE] = {3, {FIRST_CHANNEL, AVERAGE, ALL}},
		[SQUARE] = {2, {ALL, ALL}},
	};
	for (int i = 0; i < MOST_BRANCHES; i++)
		branch[i] = forms[t->form].branch[i];
	return forms[t->form].count;
}

static int64_t places(const struct trial *t)
{
	return lam_shape_count(&t->in) / t->in.dim[0];
}

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2], channels = dice_range(dice, 1, t->small ? 3 : 8);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, t->small ? 3 : 10, plane);
	t->form = dice_range(dice, 0, FORMS - 1);
	if (!t->small && dice_chance(dice, 40))
		channels = dice_range(dice, 15, 40);
	if (!t->small && dice_chance(dice, 5))
		channels = 300, plane[0] = plane[1] = 2;
	t->in = dice_chance(dice, 30) ? LAM_SHAPE(channels, plane[1])
				      : LAM_SHAPE(channels, plane[0], plane[1]);
	if (dice_chance(dice, 10))
		t->in = LAM_SHAPE(channels);
	if (choose_large(t))
		t->in = LAM_SHAPE(130, 18, 18), t->n = 2;
}

static bool ordinary(struct trial *t)
{
	t->form = PLACES;
	return true;
}

static bool shapes(struct trial *t)
{
	t->out = t->in;
	if (t->form == EQUAL)
		t->out.dim[0] /= 2;
	const bool averages = t->form == CHANNELS || t->form == CHANNELS_LONG || t->form == THREE;
	return (t->form != EQUAL || t->in.dim[0] % 2 == 0) && (!averages || t->in.rank > 1);
}

static lam_layer *branch_layer(const struct trial *t, enum branch branch)
{
	const int channels = (int)t->in.dim[0];
	lam_shape one = t->in;
	for (int d = 1; d < one.rank; d++)
		one.dim[d] = 1;
	switch (branch) {
	case FIRST_HALF:
		return lam_slice(.end = channels / 2);
	case SECOND_HALF:
		return lam_slice(.begin = channels / 2);
	case AVERAGE:
		return t->form == CHANNELS_LONG
			? lam_sequential(lam_global_avg_pool(), lam_reshape(.shape = one))
			: lam_global_avg_pool();
	case FIRST_CHANNEL:
		return lam_slice(.end = 1);
	default:
		return lam_identity();
	}
}

static lam_layer *build(const struct trial *t)
{
	enum branch branch[MOST_BRANCHES];
	lam_layer *layers[MOST_BRANCHES];
	const int count = branches_of(t, branch);
	for (int i = 0; i < count; i++)
		layers[i] = branch_layer(t, branch[i]);
	return lam_multiply_new(&(lam_join_options){
		.size = sizeof(lam_join_options), .layers = layers, .count = count});
}

/* A branch's value at channel c and place p of y, from the input x of one sample. */
static double value(
	const struct trial *t, const double *x, enum branch branch, int64_t c, int64_t p)
{
	const int64_t plane = places(t);
	double sum = 0;
	switch (branch) {
	case SECOND_HALF:
		return x[(t->in.dim[0] / 2 + c) * plane + p];
	case FIRST_CHANNEL:
		return x[p];
	case AVERAGE:
		for (int64_t i = 0; i < plane; i++)
			sum += x[c * plane + i];
		return sum / (double)plane;
	default:
		return x[c * plane + p];
	}
}

/* Adds a branch's gradient at channel c and place p to that of x. */
static void add_gradient(const struct trial *t, double *dx, enum branch branch, int64_t c,
	int64_t p, double gradient)
{
	const int64_t plane = places(t);
	switch (branch) {
	case SECOND_HALF:
		dx[(t->in.dim[0] / 2 + c) * plane + p] += gradient;
		return;
	case FIRST_CHANNEL:
		dx[p] += gradient;
		return;
	case AVERAGE:
		for (int64_t i = 0; i < plane; i++)
			dx[c * plane + i] += gradient / (double)plane;
		return;
	default:
		dx[c * plane + p] += gradient;
	}
}

static void forward(struct trial *t)
{
	const int64_t plane = places(t);
	enum branch branch[MOST_BRANCHES];
	const int count = branches_of(t, branch);
	double *y = t->y;
	for (int64_t s = 0; s < t->n; s++)
		for (int64_t c = 0; c < t->out.dim[0]; c++)
			for (int64_t p = 0; p < plane; p++, y++) {
				*y = 1;
				for (int i = 0; i < count; i++)
					*y *= value(t, t->x + s * lam_shape_count(&t->in),
						branch[i], c, p);
			}
}

static void backward(struct trial *t)
{
	const int64_t plane = places(t), in = lam_shape_count(&t->in);
	enum branch branch[MOST_BRANCHES];
	const int count = branches_of(t, branch);
	const double *dy = t->dy;
	memset(t->dx, 0, (size_t)(t->n * in) * sizeof *t->dx);
	for (int64_t s = 0; s < t->n; s++)
		for (int64_t c = 0; c < t->out.dim[0]; c++)
			for (int64_t p = 0; p < plane; p++, dy++)
				for (int k = 0; k < count; k++) {
					double gradient = *dy;
					for (int i = 0; i < count; i++)
						if (i != k)
							gradient *= value(
								t, t->x + s * in, branch[i], c, p);
					add_gradient(t, t->dx + s * in, branch[k], c, p, gradient);
				}
}

const struct subject multiply_subjects[] = {
	{"multiply", 0, 400, choose, shapes, build, .ordinary = ordinary, .forward = forward,
		.backward = backward},
	{0},
};
