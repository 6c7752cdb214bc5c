/* SPDX-License-Identifier: MIT */
/* lam_upsample1d, lam_upsample2d */
#include "tests/battery/subjects.h"

#include "tests/battery/choose_window.h"

#include <string.h>

static bool is_signal(const struct trial *t)
{
	return strcmp(t->subject->name, "upsample1d") == 0;
}

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2];
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, is_signal(t) ? 12 : 7, plane);
	t->in = plane_shape(
		is_signal(t), t->small ? dice_range(dice, 1, 2) : dice_range(dice, 1, 5), plane);
	for (int d = 0; d < 2; d++)
		t->scale[d] = dice_range(dice, 1, t->small ? 3 : 5);
	t->linear = dice_chance(dice, 70);
	t->align_corners = t->linear && dice_chance(dice, 50);
	if (choose_large(t)) {
		t->n = 2;
		t->in = is_signal(t) ? LAM_SHAPE(37, 700) : LAM_SHAPE(37, 20, 21);
		t->scale[0] = t->scale[1] = 2;
	}
}

static bool ordinary(struct trial *t)
{
	t->scale[0] = t->scale[1] = 2;
	t->linear = true;
	return t->in.rank == (is_signal(t) ? 2 : 3);
}

static bool shapes(struct trial *t)
{
	bool signal = t->in.rank == 2;
	if (signal)
		t->scale[0] = 1;
	t->window.in[0] = signal ? 1 : t->in.dim[1];
	t->window.in[1] = t->in.dim[signal ? 1 : 2];
	int64_t plane[2] = {t->window.in[0] * t->scale[0], t->window.in[1] * t->scale[1]};
	t->out = plane_shape(signal, t->in.dim[0], plane);
	return true;
}

static lam_layer *build(const struct trial *t)
{
	const lam_upsample_mode mode = t->linear ? LAM_LINEAR : LAM_NEAREST;
	if (t->in.rank == 2)
		return lam_upsample1d(.scale = (int)t->scale[1], .mode = mode,
			.align_corners = t->align_corners);
	return lam_upsample2d(.scale = PAIR(t->scale), .mode = mode,
		.align_corners = t->align_corners);
}

static struct upsampling upsampling_of(const struct trial *t)
{
	return (struct upsampling){.planes = t->n * t->in.dim[0],
		.in = {t->window.in[0], t->window.in[1]},
		.scale = {t->scale[0], t->scale[1]},
		.linear = t->linear,
		.align_corners = t->align_corners};
}

static void forward(struct trial *t)
{
	struct upsampling upsampling = upsampling_of(t);
	textbook_upsample(t->y, t->x, &upsampling);
}

static void backward(struct trial *t)
{
	struct upsampling upsampling = upsampling_of(t);
	textbook_upsample_backward(t->dx, t->dy, &upsampling);
}

const struct subject upsample_subjects[] = {
	{"upsample1d", SUBJECT_LINEAR, 300, choose, shapes, build, .ordinary = ordinary,
		.forward = forward, .backward = backward},
	{"upsample2d", SUBJECT_LINEAR, 400, choose, shapes, build, .ordinary = ordinary,
		.measured = "upsample2d linear 2", .forward = forward, .backward = backward},
	{0},
};
