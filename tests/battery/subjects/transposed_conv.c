/* SPDX-License-Identifier: MIT */
/* lam_transposed_conv1d, lam_transposed_conv2d */
#include "tests/battery/subjects.h"

#include "tests/battery/choose_window.h"

#include <string.h>

static void choose(struct trial *t, struct dice *dice)
{
	bool signal = strcmp(t->subject->name, "transposed_conv1d") == 0;
	struct window *g = &t->window;
	choose_conv(t, dice, signal);
	for (int d = signal ? 1 : 0; d < 2; d++) {
		int64_t most = (g->stride[d] > g->dilation[d] ? g->stride[d] : g->dilation[d]) - 1;
		g->output_pad[d] = dice_chance(dice, 50) ? 0 : dice_range(dice, 0, most);
	}
}

static bool shapes(struct trial *t)
{
	return conv_shapes(t, textbook_transposed_size, true)
		&& (t->number < 0 || conv_is_quick(t, true));
}

static lam_layer *build(const struct trial *t)
{
	const struct window *g = &t->window;
	if (t->in.rank == 2)
		return lam_transposed_conv1d(.out = (int)g->out, .kernel = (int)g->kernel[1],
			.stride = (int)g->stride[1], .pad = (int)g->pad[1],
			.dilation = (int)g->dilation[1], .output_pad = (int)g->output_pad[1],
			.groups = (int)g->groups, .no_bias = !t->bias, .direct = !t->transformed);
	return lam_transposed_conv2d(.out = (int)g->out, .kernel = PAIR(g->kernel),
		.stride = PAIR(g->stride), .pad = PAIR(g->pad), .dilation = PAIR(g->dilation),
		.output_pad = PAIR(g->output_pad), .groups = (int)g->groups, .no_bias = !t->bias,
		.direct = !t->transformed);
}

static void forward(struct trial *t)
{
	textbook_transposed(t->y, t->x, t->w[0], t->w[1], &t->window, t->n);
}

static void backward(struct trial *t)
{
	textbook_transposed_backward(
		t->dx, t->dw[0], t->dw[1], t->dy, t->x, t->w[0], &t->window, t->n);
}

static bool ordinary(struct trial *t)
{
	bool signal = strcmp(t->subject->name, "transposed_conv1d") == 0;
	t->window = (struct window){.groups = 1,
		.out = t->in.dim[0],
		.kernel = {signal ? 1 : 3, 3},
		.stride = {1, 1},
		.pad = {signal ? 0 : 1, 1},
		.dilation = {1, 1}};
	t->bias = true;
	return t->in.rank == (signal ? 2 : 3);
}

const struct subject transposed_conv_subjects[] = {
	{"transposed_conv1d", SUBJECT_LINEAR, 300, choose, shapes, build, .ordinary = ordinary,
		.forward = forward, .backward = backward},
	{"transposed_conv2d", SUBJECT_LINEAR, 400, choose, shapes, build, .ordinary = ordinary,
		.forward = forward, .backward = backward},
	{0},
};
