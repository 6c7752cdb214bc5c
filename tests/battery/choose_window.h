/* SPDX-License-Identifier: MIT */
/* Random windows, for the tests of convolutions and pools. */
#ifndef LAM_CHOOSE_WINDOW_H
#define LAM_CHOOSE_WINDOW_H

#include "tests/battery/battery.h"

/* A pair option, with LAM_ZERO for a second number that is 0. */
#define PAIR(pair) \
	{ \
		(int)(pair)[0], (pair)[1] ? (int)(pair)[1] : (pair)[0] ? LAM_ZERO : 0 \
	}

/* Chooses kernel, stride, pad and dilation for one side of `in` values. Edge cases come first:
 * kernel 1, kernel = input, stride > kernel. */
static inline void choose_side(struct trial *t, struct dice *dice, int d)
{
	struct window *g = &t->window;
	int64_t most = g->in[d] < 5 ? g->in[d] : 5;
	switch (t->number % 5) {
	case 0:
		g->kernel[d] = g->in[d] <= 6 ? g->in[d] : 3;
		break;
	case 1:
		g->kernel[d] = 1;
		break;
	default:
		g->kernel[d] = dice_range(dice, 1, most);
		break;
	}
	g->stride[d] = t->number % 7 == 2 ? g->kernel[d] + 1 : dice_range(dice, 1, 3);
	g->pad[d] = dice_chance(dice, 50) ? 0 : dice_range(dice, 0, 3);
	g->dilation[d] = dice_chance(dice, 60) ? 1 : dice_range(dice, 1, 3);
}

static inline void choose_window(struct trial *t, struct dice *dice, bool signal, int64_t most)
{
	struct window *g = &t->window;
	choose_plane(t, dice, most, g->in);
	for (int d = 0; d < 2; d++)
		choose_side(t, dice, d);
	g->groups = 1;
	if (signal) {
		g->in[0] = g->kernel[0] = g->stride[0] = g->dilation[0] = 1;
		g->pad[0] = g->output_pad[0] = 0;
	}
}

static inline lam_shape plane_shape(bool signal, int64_t channels, const int64_t plane[2])
{
	return signal ? LAM_SHAPE(channels, plane[1]) : LAM_SHAPE(channels, plane[0], plane[1]);
}

/* Chooses a convolution or a transposed one. */
static inline void choose_conv(struct trial *t, struct dice *dice, bool signal)
{
	static const int64_t edges[] = {1, 3, 15, 16, 17, 33, 8, 6};
	struct window *g = &t->window;
	t->n = choose_batch(t, dice);
	choose_window(t, dice, signal, signal ? 20 : 8);
	int64_t in = dice_chance(dice, 15) && !t->small ? edges[dice_range(dice, 0, 7)]
							: dice_range(dice, 1, t->small ? 2 : 5);
	int64_t out = dice_chance(dice, 30) && !t->small ? edges[dice_range(dice, 0, 7)]
							 : dice_range(dice, 1, t->small ? 2 : 9);
	t->transformed = dice_chance(dice, 50);
	if (dice_chance(dice, 25)) {
		g->groups = dice_range(dice, 2, 4);
		in *= g->groups;
		out *= g->groups;
		if (dice_chance(dice, 40)) /* depthwise */
			in = g->groups = out;
	}
	g->out = out;
	t->in = plane_shape(signal, in, g->in);
	t->bias = dice_chance(dice, 70);
	t->rectified = !t->small && dice_chance(dice, 30);
}

/* Chooses a pool. The padding is at most half a kernel, so that every window overlaps the input;
 * stride and kernel are not 0. */
static inline void choose_pool(struct trial *t, struct dice *dice, bool signal, bool dilated)
{
	struct window *g = &t->window;
	t->n = choose_batch(t, dice);
	choose_window(t, dice, signal, signal ? 20 : 9);
	for (int d = 0; d < 2; d++) {
		g->pad[d] = g->pad[d] > g->kernel[d] / 2 ? g->kernel[d] / 2 : g->pad[d];
		g->dilation[d] = dilated ? g->dilation[d] : 1;
	}
	g->ceil_mode = dice_chance(dice, 40);
	t->in = plane_shape(
		signal, t->small ? dice_range(dice, 1, 2) : dice_range(dice, 1, 5), g->in);
}

static inline bool pool_shapes(struct trial *t)
{
	struct window *g = &t->window;
	bool signal = t->in.rank == 2;
	g->channels = g->out = t->in.dim[0];
	g->in[0] = signal ? 1 : t->in.dim[1];
	g->in[1] = t->in.dim[signal ? 1 : 2];
	if (!textbook_pool_size(g))
		return false;
	t->out = plane_shape(signal, g->channels, g->size);
	return true;
}

/* Whether a chosen convolution is small enough for the textbook. */
static inline bool conv_is_quick(const struct trial *t, bool transposed)
{
	const struct window *g = &t->window;
	int64_t small_plane = transposed ? g->in[0] * g->in[1] : g->size[0] * g->size[1];
	int64_t products = t->n * trial_elements(t, 0) * small_plane;
	return products < (t->small ? 20000 : 400000)
		&& lam_shape_count(&t->in) < (t->small ? 60 : 6000);
}

/* Fills in the rest of the window, the shape of the output and those of the parameters. */
static inline bool conv_shapes(struct trial *t, bool (*size)(struct window *), bool transposed)
{
	struct window *g = &t->window;
	bool signal = t->in.rank == 2;
	g->channels = t->in.dim[0];
	g->in[0] = signal ? 1 : t->in.dim[1];
	g->in[1] = t->in.dim[signal ? 1 : 2];
	if (!size(g))
		return false;
	int64_t first = transposed ? g->channels : g->out,
		second = (transposed ? g->out : g->channels) / g->groups;
	t->out = plane_shape(signal, g->out, g->size);
	t->param[0] = signal ? LAM_SHAPE(first, second, g->kernel[1])
			     : LAM_SHAPE(first, second, g->kernel[0], g->kernel[1]);
	t->param[1] = LAM_SHAPE(g->out);
	t->params = t->bias ? 2 : 1;
	return true;
}

#endif
