/* SPDX-License-Identifier: MIT */
/* Convolutions, by a loop over every product that they are sums of. */
#include "tests/reference/textbook.h"

#include <string.h>

bool textbook_conv_size(struct window *g)
{
	for (int d = 0; d < 2; d++) {
		int64_t span = g->in[d] + 2 * g->pad[d] - g->dilation[d] * (g->kernel[d] - 1) - 1;
		if (span < 0)
			return false;
		g->size[d] = span / g->stride[d] + 1;
	}
	return true;
}

bool textbook_transposed_size(struct window *g)
{
	for (int d = 0; d < 2; d++) {
		g->size[d] = (g->in[d] - 1) * g->stride[d] - 2 * g->pad[d]
			+ g->dilation[d] * (g->kernel[d] - 1) + g->output_pad[d] + 1;
		if (g->size[d] < 1)
			return false;
	}
	return true;
}

/* One product in a convolution: the indices of its elements in the large plane, the small plane and
 * the weight. */
struct product {
	int64_t large, small, weight;
};

typedef void visitor(const struct product *product, void *data);

/* The index of element (u, v) of plane `plane`, with planes of `size`. */
static inline int64_t place(int64_t plane, const int64_t size[2], int64_t u, int64_t v)
{
	return (plane * size[0] + u) * size[1] + v;
}

/* Calls `visit` for the products of one tap of two planes, whose numbers `planes` has. */
static inline __attribute__((always_inline)) void walk_tap(const struct window *g,
	const struct product *planes, const int64_t large[2], const int64_t small[2], int64_t p,
	int64_t q, visitor *visit, void *data)
{
	for (int64_t i = 0; i < small[0]; i++)
		for (int64_t j = 0; j < small[1]; j++) {
			const int64_t u = i * g->stride[0] + p * g->dilation[0] - g->pad[0],
				      v = j * g->stride[1] + q * g->dilation[1] - g->pad[1];
			if (u < 0 || u >= large[0] || v < 0 || v >= large[1])
				continue;
			const struct product product = {
				.large = place(planes->large, large, u, v),
				.small = place(planes->small, small, i, j),
				.weight = planes->weight,
			};
			visit(&product, data);
		}
}

/* Calls `visit` for every product. The small plane is a convolution's output or a transposed
 * convolution's input. large[u] and small[i] meet at tap k when u = i stride + k dilation - pad.
 * The weight is [small channels][large channels per group][kernel], which is PyTorch's order for
 * both. */
static inline __attribute__((always_inline)) void walk(const struct window *g, int64_t n,
	int64_t large_channels, int64_t small_channels, const int64_t large[2],
	const int64_t small[2], visitor *visit, void *data)
{
	const int64_t large_group = large_channels / g->groups;
	const int64_t small_group = small_channels / g->groups;
	for (int64_t sample = 0; sample < n; sample++)
		for (int64_t s = 0; s < small_channels; s++)
			for (int64_t l = 0; l < large_group; l++) {
				const int64_t channel = s / small_group * large_group + l;
				struct product planes = {.large = sample * large_channels + channel,
					.small = sample * small_channels + s};
				for (int64_t p = 0; p < g->kernel[0]; p++)
					for (int64_t q = 0; q < g->kernel[1]; q++) {
						planes.weight = place(
							s * large_group + l, g->kernel, p, q);
						walk_tap(g, &planes, large, small, p, q, visit,
							data);
					}
			}
}

/* The three arrays of a convolution; the first is computed. */
struct arrays {
	double *to;
	const double *a, *b;
};

static void into_small(const struct product *p, void *data)
{
	struct arrays *m = data;
	m->to[p->small] += m->a[p->large] * m->b[p->weight];
}

static void into_large(const struct product *p, void *data)
{
	struct arrays *m = data;
	m->to[p->large] += m->a[p->small] * m->b[p->weight];
}

static void into_weight(const struct product *p, void *data)
{
	struct arrays *m = data;
	m->to[p->weight] += m->a[p->large] * m->b[p->small];
}

static void start(double *y, const double *b, int64_t n, int64_t channels, int64_t plane)
{
	for (int64_t i = 0; i < n * channels * plane; i++)
		y[i] = b ? b[i / plane % channels] : 0;
}

static void bias_backward(double *db, const double *dy, int64_t n, int64_t channels, int64_t plane)
{
	memset(db, 0, (size_t)channels * sizeof *db);
	for (int64_t i = 0; i < n * channels * plane; i++)
		db[i / plane % channels] += dy[i];
}

void textbook_conv(double *y, const double *x, const double *w, const double *b,
	const struct window *g, int64_t n)
{
	start(y, b, n, g->out, g->size[0] * g->size[1]);
	walk(g, n, g->channels, g->out, g->in, g->size, into_small, &(struct arrays){y, x, w});
}

void textbook_conv_backward(double *dx, double *dw, double *db, const double *dy, const double *x,
	const double *w, const struct window *g, int64_t n)
{
	if (dx) {
		start(dx, NULL, n, g->channels, g->in[0] * g->in[1]);
		walk(g, n, g->channels, g->out, g->in, g->size, into_large,
			&(struct arrays){dx, dy, w});
	}
	start(dw, NULL, 1, g->out * (g->channels / g->groups), g->kernel[0] * g->kernel[1]);
	walk(g, n, g->channels, g->out, g->in, g->size, into_weight, &(struct arrays){dw, x, dy});
	if (db)
		bias_backward(db, dy, n, g->out, g->size[0] * g->size[1]);
}

void textbook_transposed(double *y, const double *x, const double *w, const double *b,
	const struct window *g, int64_t n)
{
	start(y, b, n, g->out, g->size[0] * g->size[1]);
	walk(g, n, g->out, g->channels, g->size, g->in, into_large, &(struct arrays){y, x, w});
}

void textbook_transposed_backward(double *dx, double *dw, double *db, const double *dy,
	const double *x, const double *w, const struct window *g, int64_t n)
{
	if (dx) {
		start(dx, NULL, n, g->channels, g->in[0] * g->in[1]);
		walk(g, n, g->out, g->channels, g->size, g->in, into_small,
			&(struct arrays){dx, dy, w});
	}
	start(dw, NULL, 1, g->channels * (g->out / g->groups), g->kernel[0] * g->kernel[1]);
	walk(g, n, g->out, g->channels, g->size, g->in, into_weight, &(struct arrays){dw, dy, x});
	if (db)
		bias_backward(db, dy, n, g->out, g->size[0] * g->size[1]);
}
