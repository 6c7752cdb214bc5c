/* SPDX-License-Identifier: MIT */
/* Pools of windows and of whole planes. */
#include "tests/battery/subjects.h"

#include "tests/battery/choose_window.h"

#include <string.h>

/* Chooses windows of 2 x 2, or of 2. */
static bool ordinary(struct trial *t)
{
	bool signal = t->in.rank == 2, one_dimensional = strstr(t->subject->name, "1d");
	t->window = (struct window){.groups = 1,
		.kernel = {signal ? 1 : 2, 2},
		.stride = {signal ? 1 : 2, 2},
		.dilation = {1, 1}};
	return t->in.rank == (one_dimensional ? 2 : 3);
}

/* Fills x. In small trials no two values are nearer than 0.02, so that the step of a difference
 * does not change a maximum. Every second one of the other trials has few different values, so that
 * most windows have ties. */
static void fill_with_ties(struct trial *t, struct dice *dice)
{
	int64_t count = t->n * lam_shape_count(&t->in);
	for (int64_t i = 0; i < count; i++)
		if (t->small)
			t->x[i] = (lam_real)(0.02 * (double)i - 1);
		else if (t->number % 2)
			t->x[i] = (double)dice_range(dice, -1, 1);
	for (int64_t i = count - 1; t->small && i > 0; i--) {
		int64_t other = dice_range(dice, 0, i);
		double value = t->x[i];
		t->x[i] = t->x[other];
		t->x[other] = value;
	}
}

/* max_pool1d, max_pool2d */

static void max_choose(struct trial *t, struct dice *dice)
{
	choose_pool(t, dice, strcmp(t->subject->name, "max_pool1d") == 0, true);
}

static bool max_shapes(struct trial *t)
{
	if (!pool_shapes(t))
		return false;
	/* In ceil mode a dilated window may miss the input. PyTorch gives -inf there, but no valid
	 * gradient. */
	for (int d = 0; d < 2; d++) {
		const struct window *g = &t->window;
		int64_t last = (g->size[d] - 1) * g->stride[d] - g->pad[d];
		while (last < 0)
			last += g->dilation[d];
		if (last >= g->in[d])
			return false;
	}
	return true;
}

static lam_layer *max_build(const struct trial *t)
{
	const struct window *g = &t->window;
	if (t->in.rank == 2)
		return lam_max_pool1d(.kernel = (int)g->kernel[1], .stride = (int)g->stride[1],
			.pad = (int)g->pad[1], .dilation = (int)g->dilation[1],
			.ceil_mode = g->ceil_mode);
	return lam_max_pool2d(.kernel = PAIR(g->kernel), .stride = PAIR(g->stride),
		.pad = PAIR(g->pad), .dilation = PAIR(g->dilation), .ceil_mode = g->ceil_mode);
}

static void max_forward(struct trial *t)
{
	textbook_max_pool(t->y, t->x, &t->window, t->n);
}

static void max_backward(struct trial *t)
{
	textbook_max_pool_backward(t->dx, t->dy, t->x, &t->window, t->n);
}

/* avg_pool1d, avg_pool2d */

static void avg_choose(struct trial *t, struct dice *dice)
{
	choose_pool(t, dice, strcmp(t->subject->name, "avg_pool1d") == 0, false);
	t->window.exclude_pad = dice_chance(dice, 50);
}

static bool avg_shapes(struct trial *t)
{
	t->window.dilation[0] = t->window.dilation[1] = 1;
	return pool_shapes(t);
}

static lam_layer *avg_build(const struct trial *t)
{
	const struct window *g = &t->window;
	if (t->in.rank == 2)
		return lam_avg_pool1d(.kernel = (int)g->kernel[1], .stride = (int)g->stride[1],
			.pad = (int)g->pad[1], .ceil_mode = g->ceil_mode,
			.exclude_pad = g->exclude_pad);
	return lam_avg_pool2d(.kernel = PAIR(g->kernel), .stride = PAIR(g->stride),
		.pad = PAIR(g->pad), .ceil_mode = g->ceil_mode, .exclude_pad = g->exclude_pad);
}

static void avg_forward(struct trial *t)
{
	textbook_avg_pool(t->y, t->x, &t->window, t->n);
}

static void avg_backward(struct trial *t)
{
	textbook_avg_pool_backward(t->dx, t->dy, &t->window, t->n);
}

/* adaptive_avg_pool1d, adaptive_avg_pool2d */

static void adaptive_choose(struct trial *t, struct dice *dice)
{
	bool signal = strcmp(t->subject->name, "adaptive_avg_pool1d") == 0;
	int64_t in[2], out[2], most = signal ? 14 : 8;
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, most, in);
	for (int d = 0; d < 2; d++)
		out[d] = dice_range(dice, 1, t->small ? 3 : most);
	t->in = plane_shape(signal, t->small ? dice_range(dice, 1, 2) : dice_range(dice, 1, 5), in);
	t->to = signal ? LAM_SHAPE(out[1]) : LAM_SHAPE(out[0], out[1]);
	if (choose_large(t)) {
		t->n = 2;
		t->in = signal ? LAM_SHAPE(33, 1200) : LAM_SHAPE(33, 30, 41);
	}
}

static bool adaptive_ordinary(struct trial *t)
{
	bool signal = strcmp(t->subject->name, "adaptive_avg_pool1d") == 0;
	t->to = signal ? LAM_SHAPE(5) : LAM_SHAPE(5, 3);
	return t->in.rank == (signal ? 2 : 3);
}

static bool adaptive_shapes(struct trial *t)
{
	bool signal = t->in.rank == 2;
	struct window *g = &t->window;
	g->in[0] = signal ? 1 : t->in.dim[1];
	g->in[1] = t->in.dim[signal ? 1 : 2];
	g->size[0] = signal ? 1 : t->to.dim[0];
	g->size[1] = t->to.dim[signal ? 0 : 1];
	t->out = plane_shape(signal, t->in.dim[0], g->size);
	return true;
}

static lam_layer *adaptive_build(const struct trial *t)
{
	if (t->in.rank == 2)
		return lam_adaptive_avg_pool1d(.out = (int)t->to.dim[0]);
	return lam_adaptive_avg_pool2d(.out = PAIR(t->to.dim));
}

static void adaptive_forward(struct trial *t)
{
	textbook_adaptive_avg_pool(t->y, t->x, t->n * t->in.dim[0], t->window.in, t->window.size);
}

static void adaptive_backward(struct trial *t)
{
	textbook_adaptive_avg_pool_backward(
		t->dx, t->dy, t->n * t->in.dim[0], t->window.in, t->window.size);
}

/* global_avg_pool */

static void global_choose(struct trial *t, struct dice *dice)
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
	return t->in.rank == 2 || t->in.rank == 3;
}

static lam_layer *global_avg_build(const struct trial *t)
{
	(void)t;
	return lam_global_avg_pool();
}

static void global_avg_forward(struct trial *t)
{
	textbook_global_average(t->y, t->x, t->n * t->in.dim[0], places(t));
}

static void global_avg_backward(struct trial *t)
{
	textbook_global_average_backward(t->dx, t->dy, t->n * t->in.dim[0], places(t));
}

/* global_max_pool */

static bool global_max_shapes(struct trial *t)
{
	t->window = (struct window){.groups = 1,
		.channels = t->in.dim[0],
		.in = {1, places(t)},
		.size = {1, 1},
		.kernel = {1, places(t)},
		.stride = {1, 1},
		.dilation = {1, 1}};
	return global_shapes(t);
}

static lam_layer *global_max_build(const struct trial *t)
{
	(void)t;
	return lam_global_max_pool();
}

const struct subject pool_subjects[] = {
	{"max_pool1d", 0, 300, max_choose, max_shapes, max_build, .ordinary = ordinary,
		.fill = fill_with_ties, .forward = max_forward, .backward = max_backward},
	{"max_pool2d", 0, 400, max_choose, max_shapes, max_build, .ordinary = ordinary,
		.measured = "max_pool2d 2x2", .fill = fill_with_ties, .forward = max_forward,
		.backward = max_backward},
	{"avg_pool1d", SUBJECT_LINEAR, 300, avg_choose, avg_shapes, avg_build, .ordinary = ordinary,
		.forward = avg_forward, .backward = avg_backward},
	{"avg_pool2d", SUBJECT_LINEAR, 400, avg_choose, avg_shapes, avg_build, .ordinary = ordinary,
		.measured = "avg_pool2d 2x2", .forward = avg_forward, .backward = avg_backward},
	{"adaptive_avg_pool1d", SUBJECT_LINEAR, 300, adaptive_choose, adaptive_shapes,
		adaptive_build, .ordinary = adaptive_ordinary, .forward = adaptive_forward,
		.backward = adaptive_backward},
	{"adaptive_avg_pool2d", SUBJECT_LINEAR, 300, adaptive_choose, adaptive_shapes,
		adaptive_build, .ordinary = adaptive_ordinary,
		.measured = "adaptive_avg_pool2d 5x3", .forward = adaptive_forward,
		.backward = adaptive_backward},
	{"global_avg_pool", SUBJECT_LINEAR, 200, global_choose, global_shapes, global_avg_build,
		.measured = "global_avg_pool",
		.torch = {"nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()) x=3x2x3x5",
			"nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten()) x=17x2x5"},
		.forward = global_avg_forward, .backward = global_avg_backward},
	{"global_max_pool", 0, 200, global_choose, global_max_shapes, global_max_build,
		.measured = "global_max_pool",
		.torch = {"nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten()) x=3x2x3x5",
			"nn.Sequential(nn.AdaptiveMaxPool1d(1), nn.Flatten()) x=17x2x5"},
		.fill = fill_with_ties, .forward = max_forward, .backward = max_backward},
	{0},
};
