/* SPDX-License-Identifier: MIT */
/* Upsampling of planes by whole factors, one block a call: x is [channels][in[0]][in[1]][16], y is
 * [channels][in[0] scale[0]][in[1] scale[1]][16].
 *
 * 1-D is a height of 1 with scale 1. A call may be for any run of channels; x and y then point at
 * the first. With channels in the lanes a "channel" is a group of sixteen. */
#ifndef LAM_UPSAMPLE_H
#define LAM_UPSAMPLE_H

#include "framework/real.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Index 0 is height, 1 is width. */
struct lam_upsample_geometry {
	int64_t channels, in[2], scale[2];
	bool align_corners; /* linear only */
};

/* Bytes of scratch that the linear kernels take, aligned to LAM_ALIGN: per column of x its place,
 * per column of y two weights. */
static inline int64_t lam_upsample_scratch(const struct lam_upsample_geometry *g)
{
	return g->in[1] * ((int64_t)sizeof(int64_t) + g->scale[1] * 2 * (int64_t)sizeof(lam_real));
}

struct lam_upsample_kernels {
	/* y[c][i][j] = x[c][floor(i / scale[0])][floor(j / scale[1])]; backward is the sum of each
	 * window of dy, by rows */
	void (*nearest_forward)(
		lam_real *y, const lam_real *x, const struct lam_upsample_geometry *);
	void (*nearest_backward)(
		lam_real *dx, const lam_real *dy, const struct lam_upsample_geometry *);

	/* y[c][i][j] = x[c] at place (p(i), p(j)), linear between neighbours along both axes. Along
	 * an axis of n values, by the scale s,
	 *
	 *     p(i) = (i + 1/2) / s - 1/2     but at least 0 and at most n - 1, or
	 *     p(i) = i (n - 1) / (s n - 1)   with align_corners: the ends stay the ends
	 *
	 * An output whose place is that of an input equals it, whatever the others are. */
	void (*linear_forward)(lam_real *y, const lam_real *x, const struct lam_upsample_geometry *,
		void *scratch);
	/* dx = sum of dy by the same weights, in the order of the outputs */
	void (*linear_backward)(lam_real *dx, const lam_real *dy,
		const struct lam_upsample_geometry *, void *scratch);
};

#pragma GCC visibility pop
#endif
