/* SPDX-License-Identifier: MIT */
/* Upsampling, from the definition of torch.nn.functional.interpolate(). */
#include "tests/reference/textbook.h"

#include <math.h>
#include <string.h>

/* The two inputs that an output lies between, and their weights. */
struct pair {
	int64_t at[2];
	double weight[2];
};

static struct pair pair_of(const struct upsampling *u, int side, int64_t i)
{
	int64_t in = u->in[side], scale = u->scale[side], out = in * scale;
	if (!u->linear)
		return (struct pair){{i / scale, i / scale}, {1, 0}};
	double place = u->align_corners ? out > 1 ? (double)(i * (in - 1)) / (double)(out - 1) : 0
					: fmax(((double)i + 0.5) / (double)scale - 0.5, 0);
	int64_t first = (int64_t)floor(place);
	int64_t second = first + 1 < in ? first + 1 : first;
	return (struct pair){{first, second}, {1 - (place - (double)first), place - (double)first}};
}

void textbook_upsample(double *y, const double *x, const struct upsampling *u)
{
	for (int64_t plane = 0; plane < u->planes; plane++, x += u->in[0] * u->in[1])
		for (int64_t i = 0; i < u->in[0] * u->scale[0]; i++)
			for (int64_t j = 0; j < u->in[1] * u->scale[1]; j++, y++) {
				struct pair row = pair_of(u, 0, i), column = pair_of(u, 1, j);
				*y = 0;
				for (int a = 0; a < 2; a++)
					for (int b = 0; b < 2; b++)
						*y += row.weight[a] * column.weight[b]
							* x[row.at[a] * u->in[1] + column.at[b]];
			}
}

void textbook_upsample_backward(double *dx, const double *dy, const struct upsampling *u)
{
	memset(dx, 0, (size_t)(u->planes * u->in[0] * u->in[1]) * sizeof *dx);
	for (int64_t plane = 0; plane < u->planes; plane++, dx += u->in[0] * u->in[1])
		for (int64_t i = 0; i < u->in[0] * u->scale[0]; i++)
			for (int64_t j = 0; j < u->in[1] * u->scale[1]; j++, dy++) {
				struct pair row = pair_of(u, 0, i), column = pair_of(u, 1, j);
				for (int a = 0; a < 2; a++)
					for (int b = 0; b < 2; b++)
						dx[row.at[a] * u->in[1] + column.at[b]] +=
							row.weight[a] * column.weight[b] * *dy;
			}
}
