/* SPDX-License-Identifier: MIT */
/* lam_sequential, lam_residual, lam_add, lam_concat, lam_graph */
#include "tests/battery/subjects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HIDDEN = 4 };

/* sequential: affine to HIDDEN, tanh, affine */

static void sequential_choose(struct trial *t, struct dice *dice)
{
	t->n = choose_batch(t, dice);
	t->in = LAM_SHAPE(dice_range(dice, 1, 9));
	t->window.out = dice_range(dice, 1, 9);
}

static bool sequential_shapes(struct trial *t)
{
	if (t->in.rank != 1)
		return false;
	t->out = LAM_SHAPE(t->window.out);
	t->params = 4;
	t->param[0] = LAM_SHAPE(HIDDEN, t->in.dim[0]);
	t->param[1] = LAM_SHAPE(HIDDEN);
	t->param[2] = LAM_SHAPE(t->window.out, HIDDEN);
	t->param[3] = t->out;
	return true;
}

static lam_layer *sequential_build(const struct trial *t)
{
	return lam_sequential(
		lam_affine(.out = HIDDEN), lam_tanh(), lam_affine(.out = (int)t->window.out));
}

/* Computes the hidden values; the caller frees them. */
static double *hidden(const struct trial *t)
{
	double *h = calloc((size_t)t->n * HIDDEN, sizeof *h);
	if (h)
		textbook_affine(h, t->x, t->w[0], t->w[1], t->n, t->in.dim[0], HIDDEN);
	for (int64_t i = 0; h && i < t->n * HIDDEN; i++)
		h[i] = tanh(h[i]);
	return h;
}

static void sequential_forward(struct trial *t)
{
	double *h = hidden(t);
	textbook_affine(t->y, h, t->w[2], t->w[3], t->n, HIDDEN, t->window.out);
	free(h);
}

static void sequential_backward(struct trial *t)
{
	double *h = hidden(t), *dh = calloc((size_t)t->n * HIDDEN, sizeof *dh);
	textbook_affine_backward(
		dh, t->dw[2], t->dw[3], t->dy, h, t->w[2], t->n, HIDDEN, t->window.out);
	for (int64_t i = 0; i < t->n * HIDDEN; i++)
		dh[i] *= 1 - h[i] * h[i];
	textbook_affine_backward(
		t->dx, t->dw[0], t->dw[1], dh, t->x, t->w[0], t->n, t->in.dim[0], HIDDEN);
	free(h);
	free(dh);
}

/* residual: a 3 x 3 convolution, with no shortcut or a strided 1 x 1 convolution; add and concat:
 * the same two convolutions as branches */

static bool is(const struct trial *t, const char *name)
{
	return strcmp(t->subject->name, name) == 0;
}

static bool has_shortcut(const struct trial *t)
{
	return strcmp(t->subject->name, "residual") != 0;
}

static void residual_choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2], channels = dice_range(dice, 1, t->small ? 2 : 5);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 6, plane);
	t->in = LAM_SHAPE(channels, plane[0], plane[1]);
	t->window.out = has_shortcut(t) ? dice_range(dice, 1, 5) : channels;
}

static struct window window_of(const struct trial *t, bool shortcut)
{
	int64_t stride = has_shortcut(t) ? 2 : 1, kernel = shortcut ? 1 : 3, pad = shortcut ? 0 : 1;
	struct window g = {
		.groups = 1,
		.channels = t->in.dim[0],
		.out = t->window.out,
		.in = {t->in.dim[1], t->in.dim[2]},
		.kernel = {kernel, kernel},
		.stride = {stride, stride},
		.pad = {pad, pad},
		.dilation = {1, 1},
	};
	textbook_conv_size(&g);
	return g;
}

static bool residual_shapes(struct trial *t)
{
	if (t->in.rank != 3)
		return false;
	struct window g = window_of(t, false);
	t->out = LAM_SHAPE(is(t, "concat") ? 2 * g.out : g.out, g.size[0], g.size[1]);
	t->params = has_shortcut(t) ? 4 : 2;
	t->param[0] = LAM_SHAPE(g.out, g.channels, 3, 3);
	t->param[2] = LAM_SHAPE(g.out, g.channels, 1, 1);
	t->param[1] = t->param[3] = LAM_SHAPE(g.out);
	return true;
}

/* y = a(x) + b(x) */
static lam_layer *graph_build(lam_shape in, lam_layer *a, lam_layer *b)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", in);
	const lam_value first = lam_apply(g, a, x), second = lam_apply(g, b, x);
	lam_graph_output(g, lam_apply(g, lam_add(), first, second), "y");
	return lam_graph_done(g);
}

static lam_layer *residual_build(const struct trial *t)
{
	int out = (int)t->window.out;
	if (!has_shortcut(t))
		return lam_residual(lam_conv2d(.out = out, .kernel = {3}, .pad = {1}));
	lam_layer *body = lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .stride = {2}),
		  *beside = lam_conv2d(.out = out, .kernel = {1}, .stride = {2});
	if (is(t, "graph"))
		return graph_build(t->in, body, beside);
	return is(t, "add")       ? lam_add(body, beside)
		: is(t, "concat") ? lam_concat(body, beside)
				  : lam_residual(body, .shortcut = beside);
}

static void residual_forward(struct trial *t)
{
	struct window body = window_of(t, false), beside = window_of(t, true);
	int64_t count = t->n * lam_shape_count(&t->out);
	double *other = calloc((size_t)count, sizeof *other);
	textbook_conv(t->y, t->x, t->w[0], t->w[1], &body, t->n);
	if (has_shortcut(t))
		textbook_conv(other, t->x, t->w[2], t->w[3], &beside, t->n);
	for (int64_t i = 0; i < count; i++)
		t->y[i] += has_shortcut(t) ? other[i] : t->x[i];
	free(other);
}

static void residual_backward(struct trial *t)
{
	struct window body = window_of(t, false), beside = window_of(t, true);
	int64_t count = t->n * lam_shape_count(&t->in);
	double *other = calloc((size_t)count, sizeof *other);
	textbook_conv_backward(t->dx, t->dw[0], t->dw[1], t->dy, t->x, t->w[0], &body, t->n);
	if (has_shortcut(t))
		textbook_conv_backward(
			other, t->dw[2], t->dw[3], t->dy, t->x, t->w[2], &beside, t->n);
	for (int64_t i = 0; i < count; i++)
		t->dx[i] += has_shortcut(t) ? other[i] : t->dy[i];
	free(other);
}

/* Moves rows of both branches to or from rows [first][second]. */
static void side_by_side(struct trial *t, double *rows, double *first, double *second, bool apart)
{
	const size_t part = (size_t)lam_shape_count(&t->out) / 2;
	for (int64_t s = 0; s < t->n; s++, rows += 2 * part, first += part, second += part) {
		memcpy(apart ? first : rows, apart ? rows : first, part * sizeof *rows);
		memcpy(apart ? second : rows + part, apart ? rows + part : second,
			part * sizeof *rows);
	}
}

static void concat_forward(struct trial *t)
{
	struct window body = window_of(t, false), beside = window_of(t, true);
	const size_t count = (size_t)(t->n * lam_shape_count(&t->out)) / 2;
	double *first = calloc(count, sizeof *first), *second = calloc(count, sizeof *second);
	textbook_conv(first, t->x, t->w[0], t->w[1], &body, t->n);
	textbook_conv(second, t->x, t->w[2], t->w[3], &beside, t->n);
	side_by_side(t, t->y, first, second, false);
	free(first);
	free(second);
}

static void concat_backward(struct trial *t)
{
	struct window body = window_of(t, false), beside = window_of(t, true);
	const size_t count = (size_t)(t->n * lam_shape_count(&t->out)) / 2,
		     in = (size_t)(t->n * lam_shape_count(&t->in));
	double *first = calloc(count, sizeof *first), *second = calloc(count, sizeof *second),
	       *other = calloc(in, sizeof *other);
	side_by_side(t, t->dy, first, second, true);
	textbook_conv_backward(t->dx, t->dw[0], t->dw[1], first, t->x, t->w[0], &body, t->n);
	textbook_conv_backward(other, t->dw[2], t->dw[3], second, t->x, t->w[2], &beside, t->n);
	for (size_t i = 0; i < in; i++)
		t->dx[i] += other[i];
	free(first);
	free(second);
	free(other);
}

static bool ordinary(struct trial *t)
{
	t->window.out = t->in.dim[0];
	return true;
}

const struct subject container_subjects[] = {
	{"sequential", 0, 100, sequential_choose, sequential_shapes, sequential_build,
		.ordinary = ordinary, .forward = sequential_forward,
		.backward = sequential_backward},
	{"add", SUBJECT_LINEAR, 200, residual_choose, residual_shapes, residual_build,
		.ordinary = ordinary, .forward = residual_forward, .backward = residual_backward},
	{"concat", SUBJECT_LINEAR, 200, residual_choose, residual_shapes, residual_build,
		.ordinary = ordinary, .forward = concat_forward, .backward = concat_backward},
	{"graph", SUBJECT_LINEAR, 200, residual_choose, residual_shapes, residual_build,
		.ordinary = ordinary, .forward = residual_forward, .backward = residual_backward},
	{"residual", SUBJECT_LINEAR, 200, residual_choose, residual_shapes, residual_build,
		.ordinary = ordinary, .forward = residual_forward, .backward = residual_backward},
	{"residual_shortcut", SUBJECT_LINEAR, 200, residual_choose, residual_shapes, residual_build,
		.ordinary = ordinary, .forward = residual_forward, .backward = residual_backward},
	{0},
};
