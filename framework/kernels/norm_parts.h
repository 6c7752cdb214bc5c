/* SPDX-License-Identifier: MIT */
/* The members of norm.c's table that other files define. */
#ifndef LAM_NORM_PARTS_H
#define LAM_NORM_PARTS_H

#include "framework/kernels/norm.h"
#include "framework/kernels/reduce_parts.h"

#pragma GCC visibility push(hidden)

/* norm.c */
void LAM_KERNEL(norm_moments)(
	struct lam_norm_moments *, double before, const lam_real *x, size_t count, size_t stride);
void LAM_KERNEL(norm_lanes)(
	struct lam_norm_lanes *, const struct lam_norm_moments *, double count, lam_real eps);

/* norm_backward.c */
void LAM_KERNEL(norm_sums)(struct lam_norm_sums *, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *, size_t channels, size_t plane);
void LAM_KERNEL(norm_add_sums)(
	struct lam_norm_totals *, const struct lam_norm_sums *, const lam_real *w, size_t channels);
void LAM_KERNEL(norm_totals)(struct lam_norm_totals *, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *, const lam_real *w, size_t features);
void LAM_KERNEL(norm_dx)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *, const struct lam_norm_totals *, double count,
	const lam_real *w, size_t channels, size_t plane);

/* norm_gradient.c */
void LAM_KERNEL(norm_feature_gradients)(lam_real *dw, lam_real *db, const lam_real *dy,
	size_t dy_block, const lam_real *x, size_t x_block, const struct lam_norm_lanes *,
	size_t lanes_block, size_t features, size_t blocks);
void LAM_KERNEL(norm_channel_gradients)(lam_real *dw, lam_real *db, const struct lam_norm_sums *,
	size_t channels, size_t parts, size_t step);

/* norm_places.c */
void LAM_KERNEL(norm_places)(lam_real *y, const lam_real *x, struct lam_norm_lanes *lanes,
	const struct lam_norm_places *);
void LAM_KERNEL(norm_places_backward)(lam_real *dx, struct lam_norm_sums *sums, const lam_real *dy,
	const lam_real *x, const struct lam_norm_lanes *lanes, const struct lam_norm_places *);

/* norm_channel.c */
void LAM_KERNEL(norm_channel_lanes)(lam_real *y, const lam_real *x, const struct lam_norm_places *);
void LAM_KERNEL(norm_channel_lanes_backward)(lam_real *dx, struct lam_norm_sums *sums,
	const lam_real *dy, const lam_real *x, const struct lam_norm_places *);

/* norm_window.c */
void LAM_KERNEL(norm_window)(lam_real *y, const lam_real *x, const struct lam_norm_window *);
void LAM_KERNEL(norm_window_backward)(
	lam_real *dx, const lam_real *dy, const lam_real *x, const struct lam_norm_window *);
void LAM_KERNEL(norm_window_lanes)(lam_real *y, const lam_real *x, const struct lam_norm_window *);

#pragma GCC visibility pop
#endif
