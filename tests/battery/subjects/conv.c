/* SPDX-License-Identifier: MIT */
/* lam_conv1d, lam_conv2d */
#include "tests/battery/subjects.h"

#include "tests/battery/choose_window.h"

#include <string.h>

static void choose(struct trial *t, struct dice *dice)
{
	choose_conv(t, dice, strcmp(t->subject->name, "conv1d") == 0);
}

static bool shapes(struct trial *t)
{
	return conv_shapes(t, textbook_conv_size, false)
		&& (t->number < 0 || conv_is_quick(t, false));
}

static lam_layer *build(const struct trial *t)
{
	const struct window *g = &t->window;
	if (t->in.rank == 2)
		return lam_conv1d(.out = (int)g->out, .kernel = (int)g->kernel[1],
			.stride = (int)g->stride[1], .pad = (int)g->pad[1],
			.dilation = (int)g->dilation[1], .groups = (int)g->groups,
			.no_bias = !t->bias, .direct = !t->transformed);
	return lam_conv2d(.out = (int)g->out, .kernel = PAIR(g->kernel), .stride = PAIR(g->stride),
		.pad = PAIR(g->pad), .dilation = PAIR(g->dilation), .groups = (int)g->groups,
		.no_bias = !t->bias, .direct = !t->transformed);
}

static void forward(struct trial *t)
{
	textbook_conv(t->y, t->x, t->w[0], t->w[1], &t->window, t->n);
}

static void backward(struct trial *t)
{
	textbook_conv_backward(t->dx, t->dw[0], t->dw[1], t->dy, t->x, t->w[0], &t->window, t->n);
}

static bool ordinary(struct trial *t)
{
	bool signal = strcmp(t->subject->name, "conv1d") == 0;
	t->window = (struct window){.groups = 1,
		.out = t->in.dim[0],
		.kernel = {signal ? 1 : 3, 3},
		.stride = {1, 1},
		.pad = {signal ? 0 : 1, 1},
		.dilation = {1, 1}};
	t->bias = true;
	return t->in.rank == (signal ? 2 : 3);
}

const struct subject conv_subjects[] = {
	{"conv1d", SUBJECT_LINEAR, 300, choose, shapes, build, .ordinary = ordinary,
		.forward = forward, .backward = backward},
	{"conv2d", SUBJECT_LINEAR, 400, choose, shapes, build, .ordinary = ordinary,
		.forward = forward, .backward = backward},
	{0},
};
