/* SPDX-License-Identifier: MIT */
/* Global averages and padding, and the table of all pooling kernels. */
#include "framework/kernels/pool_parts.h"
#include "framework/kernels/thresholds.h"

#include <string.h>

/* The sum of `places` vectors. Four sums side by side hide the adder's latency; their order depends
 * on the places alone. */
static vec sum_places(const lam_real *x, size_t places)
{
	enum { CHAINS = 4 };
	vec sum[CHAINS] = {{0}};
	size_t i = 0;
	for (; i + CHAINS <= places; i += CHAINS)
#pragma GCC unroll 4
		for (size_t chain = 0; chain < CHAINS; chain++)
			sum[chain] += vec_load(x + (i + chain) * LAM_LANES);
	for (; i < places; i++)
		sum[0] += vec_load(x + i * LAM_LANES);
	return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* y[c] = sum of plane c / plane. The sums of SUM_TERMS places are added in double. */
static void global_average_forward(lam_real *y, const lam_real *x, size_t channels, size_t plane)
{
	const lam_real factor = 1 / (lam_real)plane;
	for (size_t c = 0; c < channels; c++, x += plane * LAM_LANES, y += LAM_LANES)
		for (size_t l = 0; l < LAM_LANES; l += VEC) {
			if (plane <= SUM_TERMS) {
				vec_store(y + l, sum_places(x + l, plane) * factor);
				continue;
			}
			double total[VEC] = {0};
			for (size_t first = 0; first < plane; first += SUM_TERMS) {
				const size_t left = plane - first;
				const vec sum = sum_places(x + first * LAM_LANES + l,
					left < SUM_TERMS ? left : SUM_TERMS);
				for (int e = 0; e < VEC; e++)
					total[e] += (double)sum[e];
			}
			for (int e = 0; e < VEC; e++)
				y[l + (size_t)e] = (lam_real)(total[e] / (double)plane);
		}
}

/* dx[c][i] = dy[c] / plane */
static void global_average_backward(lam_real *dx, const lam_real *dy, size_t channels, size_t plane)
{
	const lam_real factor = 1 / (lam_real)plane;
	for (size_t c = 0; c < channels; c++, dy += LAM_LANES) {
		vec share[PARTS];
		for (int part = 0; part < PARTS; part++)
			share[part] = vec_load(dy + part * VEC) * factor;
		for (size_t i = 0; i < plane; i++, dx += LAM_LANES)
			for (int part = 0; part < PARTS; part++)
				vec_store(dx + part * VEC, share[part]);
	}
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void pad_forward(lam_real *y, const lam_real *x, const struct lam_pad_geometry *g)
{
	const int64_t height = g->height + g->top + g->bottom,
		      width = g->width + g->left + g->right;
	/* Columns `left` to right - 1 of y come from x. */
	const int64_t left = larger(g->left, 0), right = width - larger(g->right, 0);
	const size_t bytes = right > left ? (size_t)(right - left) * LAM_LANES * sizeof *y : 0;

	for (int64_t c = 0; c < g->channels; c++, x += g->height * g->width * LAM_LANES)
		for (int64_t i = 0; i < height; i++, y += width * LAM_LANES) {
			const int64_t row = i - g->top;
			if (row < 0 || row >= g->height || !bytes) {
				clear_positions(y, 0, width);
				continue;
			}
			clear_positions(y, 0, left);
			memcpy(y + left * LAM_LANES,
				x + (row * g->width + left - g->left) * LAM_LANES, bytes);
			clear_positions(y, right, width);
		}
}

/* The gradient of padding is cropping, that of cropping is padding. */
static void pad_backward(lam_real *dx, const lam_real *dy, const struct lam_pad_geometry *g)
{
	const struct lam_pad_geometry reverse = {
		.channels = g->channels,
		.height = g->height + g->top + g->bottom,
		.width = g->width + g->left + g->right,
		.left = -g->left,
		.right = -g->right,
		.top = -g->top,
		.bottom = -g->bottom,
	};
	pad_forward(dx, dy, &reverse);
}

extern const struct lam_pool_kernels LAM_KERNEL(pool_kernels) __attribute__((visibility("hidden")));
const struct lam_pool_kernels LAM_KERNEL(pool_kernels) = {
	.max_forward = LAM_KERNEL(pool_max_forward),
	.max_backward = LAM_KERNEL(pool_max_backward),
	.average_forward = LAM_KERNEL(pool_average_forward),
	.average_backward = LAM_KERNEL(pool_average_backward),
	.global_average_forward = global_average_forward,
	.global_average_backward = global_average_backward,
	.pad_forward = pad_forward,
	.pad_backward = pad_backward,
};
