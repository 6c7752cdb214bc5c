/* SPDX-License-Identifier: MIT */
/* lam_layer_norm, lam_group_norm, lam_instance_norm, lam_local_response_norm. `bias` says whether
 * there are parameters. */
#include "tests/battery/subjects.h"

static int64_t places(const struct trial *t)
{
	return lam_shape_count(&t->in) / t->in.dim[0];
}

/* The number of values that one mean is of. */
static int64_t values(const struct trial *t)
{
	return t->form ? t->in.dim[0] : t->in.dim[0] / t->window.groups * places(t);
}

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2], channels = dice_range(dice, 1, t->small ? 3 : 8);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, t->small ? 3 : 10, plane);
	if (!t->small && dice_chance(dice, 40))
		channels = dice_range(dice, 15, 40);
	if (!t->small && dice_chance(dice, 5))
		channels = 300, plane[0] = plane[1] = 2;
	t->in = dice_chance(dice, 30) ? LAM_SHAPE(channels, plane[1])
				      : LAM_SHAPE(channels, plane[0], plane[1]);
	if (dice_chance(dice, 15))
		t->in = LAM_SHAPE(channels);
	if (!t->small && dice_chance(dice, 5))
		t->in = LAM_SHAPE(channels, 2, plane[0], 3);
	if (choose_large(t))
		t->in = LAM_SHAPE(130, 18, 18), t->n = 2;
	if (dice_chance(dice, 60))
		t->eps = (lam_real)dice_real(dice, 1e-4, 0.5);
	t->bias = dice_chance(dice, 75);
	t->window.groups = 1;
}

/* With few values the gradient is a difference of nearly equal numbers, unless eps has the
 * variance's size. */
static void finish(struct trial *t)
{
	if (values(t) < 8)
		t->eps = 0.25;
}

static void choose_layer(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	finish(t);
}

static void choose_channels(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	t->form = 1;
	finish(t);
}

static void choose_group(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	t->window.groups = dice_range(dice, 1, 8);
	if (t->in.dim[0] % t->window.groups != 0)
		t->in.dim[0] *= t->window.groups;
	finish(t);
}

static void choose_instance(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	if (places(t) == 1)
		t->in = LAM_SHAPE(t->in.dim[0], dice_range(dice, 2, 4));
	t->window.groups = t->in.dim[0];
	finish(t);
}

static bool shapes(struct trial *t, bool each_value)
{
	t->out = t->in;
	t->params = t->bias ? 2 : 0;
	t->param[0] = t->param[1] = each_value ? t->in : LAM_SHAPE(t->in.dim[0]);
	return values(t) > 1;
}

static bool shapes_layer(struct trial *t)
{
	return shapes(t, true);
}

static bool shapes_channels(struct trial *t)
{
	t->form = 1;
	return shapes(t, false);
}

static bool shapes_group(struct trial *t)
{
	return t->in.dim[0] % t->window.groups == 0 && shapes(t, false);
}

static bool shapes_instance(struct trial *t)
{
	t->window.groups = t->in.dim[0];
	return shapes(t, false);
}

static lam_layer *build_layer(const struct trial *t)
{
	return lam_layer_norm(.eps = (lam_real)t->eps, .no_affine = !t->bias);
}

static lam_layer *build_channels(const struct trial *t)
{
	return lam_layer_norm(.eps = (lam_real)t->eps, .no_affine = !t->bias, .channels = true);
}

static lam_layer *build_group(const struct trial *t)
{
	return lam_group_norm(.groups = (int)t->window.groups, .eps = (lam_real)t->eps,
		.no_affine = !t->bias);
}

static lam_layer *build_instance(const struct trial *t)
{
	return lam_instance_norm(.eps = (lam_real)t->eps, .no_affine = !t->bias);
}

static struct norm options(const struct trial *t)
{
	return (struct norm){.n = t->n,
		.channels = t->in.dim[0],
		.places = places(t),
		.groups = t->window.groups,
		.each_place = t->form,
		.each_value = t->subject->shapes == shapes_layer,
		.eps = t->eps != 0 ? t->eps : 1e-5};
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
	const struct norm o = options(t);
	textbook_norm(t->y, t->x, t->bias ? t->w[0] : NULL, t->bias ? t->w[1] : NULL, &o);
}

static void backward(struct trial *t)
{
	const struct norm o = options(t);
	textbook_norm_backward(t->dx, t->bias ? t->dw[0] : NULL, t->bias ? t->dw[1] : NULL, t->dy,
		t->x, t->bias ? t->w[0] : NULL, &o);
}

/* Chooses an eps of the variance's size, as finish() does. */
static bool ordinary(struct trial *t)
{
	t->bias = true;
	t->eps = 0.25;
	t->window.groups = 1;
	return values(t) > 1;
}

static bool ordinary_channels(struct trial *t)
{
	t->form = 1;
	return ordinary(t);
}

static bool ordinary_group(struct trial *t)
{
	const bool takes = ordinary(t);
	if (t->in.dim[0] % 2 == 0 && lam_shape_count(&t->in) > 2)
		t->window.groups = 2;
	return takes;
}

static bool ordinary_instance(struct trial *t)
{
	ordinary(t);
	return places(t) > 1;
}

/* Local response normalisation: kernel[1] is the window, smoothing alpha, momentum beta, eps k; 0
 * is the default. */
static void choose_response(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	t->bias = false;
	t->window.kernel[1] = dice_range(dice, 1, dice_chance(dice, 20) ? 50 : 6);
	t->smoothing = dice_chance(dice, 80) ? (lam_real)dice_real(dice, 0.1, 3) : 0;
	t->momentum = dice_chance(dice, 60) ? (lam_real)dice_real(dice, 0.1, 1.5) : 0;
	t->eps = dice_chance(dice, 60) ? (lam_real)dice_real(dice, 0.5, 2) : 0;
}

static bool shapes_response(struct trial *t)
{
	t->out = t->in;
	return true;
}

static lam_layer *build_response(const struct trial *t)
{
	return lam_local_response_norm(.window = (int)t->window.kernel[1],
		.alpha = (lam_real)t->smoothing, .beta = (lam_real)t->momentum,
		.k = (lam_real)t->eps);
}

static struct response response(const struct trial *t)
{
	return (struct response){t->n, t->in.dim[0], places(t), t->window.kernel[1],
		t->smoothing != 0 ? t->smoothing : 1e-4, t->momentum != 0 ? t->momentum : 0.75,
		t->eps != 0 ? t->eps : 1};
}

static void forward_response(struct trial *t)
{
	const struct response o = response(t);
	textbook_local_response(t->y, t->x, &o);
}

static void backward_response(struct trial *t)
{
	const struct response o = response(t);
	textbook_local_response_backward(t->dx, t->dy, t->x, &o);
}

static bool ordinary_response(struct trial *t)
{
	t->window.kernel[1] = 5;
	t->smoothing = 0.5;
	return true;
}

#define NORM(name, kind, ordinary_kind) \
	{ \
		name, 0, 300, choose_##kind, shapes_##kind, build_##kind, \
			.ordinary = ordinary_kind, .measured = name, .fill = fill, \
			.forward = forward, .backward = backward \
	}

const struct subject norm_subjects[] = {
	NORM("layer_norm", layer, ordinary),
	NORM("layer_norm_channels", channels, ordinary_channels),
	NORM("group_norm", group, ordinary_group),
	NORM("instance_norm", instance, ordinary_instance),
	{"local_response_norm", 0, 300, choose_response, shapes_response, build_response,
		.ordinary = ordinary_response, .measured = "local_response_norm",
		.forward = forward_response, .backward = backward_response},
	{0},
};
