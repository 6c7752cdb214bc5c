/* SPDX-License-Identifier: MIT */
/* The members of map.c's table that other files define. */
#ifndef LAM_MAP_PARTS_H
#define LAM_MAP_PARTS_H

#include "framework/kernels/map.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

/* map_curve.c */
lam_map_unary LAM_KERNEL(map_exp), LAM_KERNEL(map_log), LAM_KERNEL(map_erf);
extern const struct lam_curve LAM_KERNEL(map_curves)[];

/* map_channel.c */
void LAM_KERNEL(map_channel_affine)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, size_t channels, size_t plane);
void LAM_KERNEL(map_channel_combine)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
	size_t channels, size_t plane);
void LAM_KERNEL(map_channel_combine_lanes)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
	size_t plane);
void LAM_KERNEL(map_channel_affine_lanes)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, size_t groups, size_t plane);
void LAM_KERNEL(map_channel_scale)(
	lam_real *y, const lam_real *x, const lam_real *factor, size_t channels, size_t plane);
void LAM_KERNEL(map_channel_leaky)(lam_real *y, const lam_real *a, const lam_real *x,
	const lam_real *slope, size_t channels, size_t plane);
void LAM_KERNEL(map_channel_leaky_lanes)(lam_real *y, const lam_real *a, const lam_real *x,
	const lam_real *slope, size_t groups, size_t plane);

/* map_gate.c */
void LAM_KERNEL(map_channel_finish)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, const lam_real *added, bool relu, size_t channels,
	size_t plane);
void LAM_KERNEL(map_channel_finish_lanes)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, const lam_real *added, bool relu, size_t plane);
void LAM_KERNEL(map_channel_combine_gated)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
	const struct lam_gate *gate, size_t channels, size_t plane);
void LAM_KERNEL(map_channel_combine_gated_lanes)(lam_real *dx, const lam_real *dy,
	const lam_real *x, const lam_real *center, const lam_real *a, const lam_real *b,
	const lam_real *c, const struct lam_gate *gate, size_t plane);

/* map_multiply.c */
void LAM_KERNEL(map_multiply)(lam_real *y, const lam_real *a, const lam_real *b, size_t values);
void LAM_KERNEL(map_multiply_channels)(
	lam_real *y, const lam_real *x, const lam_real *factor, size_t channels, size_t plane);
void LAM_KERNEL(map_multiply_places)(
	lam_real *y, const lam_real *x, const lam_real *factor, size_t channels, size_t plane);
void LAM_KERNEL(map_add_product)(lam_real *y, const lam_real *a, const lam_real *b, size_t values);

/* map_dropout.c */
void LAM_KERNEL(map_dropout)(lam_real *y, const lam_real *x, uint64_t key, double p, uint64_t row,
	size_t feature, size_t features);
void LAM_KERNEL(map_dropout_lanes)(lam_real *y, const lam_real *x, uint64_t key, double p,
	uint64_t row, size_t group, size_t groups, size_t places);

extern const struct lam_map_kernels LAM_KERNEL(map_kernels);

#pragma GCC visibility pop
#endif
