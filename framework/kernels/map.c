/* SPDX-License-Identifier: MIT */
/* Copies and sums, and the table of all maps. Each map is one pass over the arrays, a vector at a
 * time. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/vector.h"

#include <string.h>

static void copy(lam_real *y, const lam_real *x, size_t values)
{
	if (y != x)
		memcpy(y, x, values * sizeof *y);
}

static void fill(lam_real *y, lam_real value, size_t values)
{
	const vec v = vec_splat(value);
	for (size_t i = 0; i < values; i += VEC)
		vec_store(y + i, v);
}

static void add(lam_real *y, const lam_real *a, const lam_real *b, size_t values)
{
	for (size_t i = 0; i < values; i += VEC)
		vec_store(y + i, vec_load(a + i) + vec_load(b + i));
}

static void accumulate(lam_real *y, const lam_real *x, size_t values)
{
	add(y, y, x, values);
}

static void scale(lam_real *y, const lam_real *x, lam_real factor, size_t values)
{
	for (size_t i = 0; i < values; i += VEC)
		vec_store(y + i, vec_load(x + i) * factor);
}

static void clear_idle(lam_real *y, size_t values, int used)
{
	for (size_t i = 0; i < values && used < LAM_LANES; i += LAM_LANES)
		for (int lane = used; lane < LAM_LANES; lane++)
			y[i + (size_t)lane] = 0;
}

const struct lam_map_kernels LAM_KERNEL(map_kernels) = {
	.copy = copy,
	.fill = fill,
	.add = add,
	.accumulate = accumulate,
	.scale = scale,
	.curve = LAM_KERNEL(map_curves),
	.exp = LAM_KERNEL(map_exp),
	.log = LAM_KERNEL(map_log),
	.erf = LAM_KERNEL(map_erf),
	.channel_affine = LAM_KERNEL(map_channel_affine),
	.channel_combine = LAM_KERNEL(map_channel_combine),
	.channel_combine_lanes = LAM_KERNEL(map_channel_combine_lanes),
	.channel_affine_lanes = LAM_KERNEL(map_channel_affine_lanes),
	.channel_finish = LAM_KERNEL(map_channel_finish),
	.channel_finish_lanes = LAM_KERNEL(map_channel_finish_lanes),
	.channel_combine_gated = LAM_KERNEL(map_channel_combine_gated),
	.channel_combine_gated_lanes = LAM_KERNEL(map_channel_combine_gated_lanes),
	.channel_scale = LAM_KERNEL(map_channel_scale),
	.channel_leaky = LAM_KERNEL(map_channel_leaky),
	.channel_leaky_lanes = LAM_KERNEL(map_channel_leaky_lanes),
	.multiply = LAM_KERNEL(map_multiply),
	.multiply_channels = LAM_KERNEL(map_multiply_channels),
	.multiply_places = LAM_KERNEL(map_multiply_places),
	.add_product = LAM_KERNEL(map_add_product),
	.clear_idle = clear_idle,
	.dropout = LAM_KERNEL(map_dropout),
	.dropout_lanes = LAM_KERNEL(map_dropout_lanes),
};
