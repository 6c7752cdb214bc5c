/* SPDX-License-Identifier: MIT */
/* Winograd's convolution F(4x4, 3x3) and F(4x4, 5x5), and F(4, 3) and F(4, 5) of planes of height
 * 1: stride 1, dilation 1, one group.
 *
 * Four outputs y[0..3] of three taps g[0..2] over six inputs d[0..5] take six products instead of
 * twelve, and of five taps over eight inputs eight instead of twenty:
 *
 *   y = A' [(G g) . (B' d)]                  . is element by element, ' the transpose; applied to
 *       rows, then to columns in two dimensions
 *
 * This is the transpose of the product of two polynomials by way of its values at points and at
 * infinity, B [(G g) . (A y)]: of that map from y, for fixed g (A. Lavin, S. Gray, "Fast Algorithms
 * for Convolutional Neural Networks", 2015, with other points: winograd_transform.h). The gradient
 * of x is a convolution again, that of w is the transpose of the map from g:
 *
 *   dL/dg = G' [(A dL/dy) . (B' d)]          summed over samples and tiles before G' is applied
 *
 * A plane of y is cut into tiles of 4 x 4. Summing over channels turns the products of one element
 * (of 36 for three taps, or 6 at height 1) for many tiles into a matrix product, with a tile's
 * sixteen samples as the vector. */
#ifndef LAM_WINOGRAD_H
#define LAM_WINOGRAD_H

#include "framework/kernels/conv.h"
#include "framework/kernels/vector.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

enum {
	WINOGRAD_OUT = 4,
	WINOGRAD_IN = 8,
	WINOGRAD_TAPS = 5,
	WINOGRAD_MOST = WINOGRAD_IN * WINOGRAD_IN
}; /* the latter three: at most */

/* The tiles of a plane of y and their windows in a plane of x: for three taps 4 x 4 values and 6 x
 * 6, or 1 x 4 and 1 x 6. */
struct winograd_grid {
	int64_t h, w, oh, ow; /* planes of x and y */
	/* where in x the window of the first tile begins; it may begin outside */
	int64_t top, left;
	int taps;              /* 3 or 5 */
	bool high;             /* taps down, too */
	int64_t elements;      /* of a window */
	int64_t across, tiles; /* tiles in a row, in all; numbered along the rows */
};

/* The job's x and y: for the input gradient these are dy and dx. */
#define winograd_grid_of LAM_KERNEL(winograd_grid_of)
struct winograd_grid winograd_grid_of(const lam_conv_geometry *, lam_job);

/* Where tile `tile` begins in y. */
static inline void winograd_tile(
	const struct winograd_grid *grid, int64_t tile, int64_t *row, int64_t *column)
{
	*row = tile / grid->across * (grid->high ? WINOGRAD_OUT : 1);
	*column = tile % grid->across * WINOGRAD_OUT;
}

/* v[element][channel][tile] = B' d of the windows of tiles [begin, end), in lane vectors; steps in
 * values. */
#define winograd_windows LAM_KERNEL(winograd_windows)
void winograd_windows(const struct winograd_grid *, const lam_real *x, int64_t channels,
	int64_t begin, int64_t end, lam_real *v, int64_t v_channel, int64_t v_element);

/* Whether these kernels can do the job at all, and whether they are the faster way, by counting
 * operations. */
#define winograd_serves LAM_KERNEL(winograd_serves)
bool winograd_serves(const lam_conv_geometry *);
#define winograd_pays LAM_KERNEL(winograd_pays)
bool winograd_pays(const lam_conv_geometry *, lam_job);

/* As their namesakes in conv.h; count is of this algorithm, run is forward and input gradient. */
#define winograd_count LAM_KERNEL(winograd_count)
struct lam_conv_count winograd_count(const lam_conv_geometry *, lam_job);
#define winograd_packed_size LAM_KERNEL(winograd_packed_size)
int64_t winograd_packed_size(const lam_conv_geometry *);
#define winograd_pack LAM_KERNEL(winograd_pack)
void winograd_pack(const lam_conv_geometry *, lam_job, const lam_real *w, lam_real *packed,
	int64_t slice, int64_t slices);
#define winograd_scratch LAM_KERNEL(winograd_scratch)
size_t winograd_scratch(const lam_conv_geometry *, lam_job);
#define winograd_run LAM_KERNEL(winograd_run)
void winograd_run(const lam_conv_geometry *, lam_job, const lam_real *packed, const lam_real *bias,
	lam_epilogue, const lam_real *x, lam_real *y, void *scratch, int64_t slice, int64_t slices);

/* The weight gradient's two phases: sums of transformed products, by chunks of outputs x channels x
 * blocks; then G'. */
#define winograd_weight_slices LAM_KERNEL(winograd_weight_slices)
int64_t winograd_weight_slices(const lam_conv_geometry *, int64_t blocks, int phase);
#define winograd_weight_scratch LAM_KERNEL(winograd_weight_scratch)
size_t winograd_weight_scratch(const lam_conv_geometry *);
#define winograd_weight_shared LAM_KERNEL(winograd_weight_shared)
size_t winograd_weight_shared(const lam_conv_geometry *);
#define winograd_weight_sum LAM_KERNEL(winograd_weight_sum)
void winograd_weight_sum(const lam_conv_geometry *, const lam_real *x, int64_t x_block,
	const lam_real *dy, int64_t dy_block, int64_t blocks, lam_real *sums, void *scratch,
	int64_t slice, int64_t slices);
#define winograd_weight_finish LAM_KERNEL(winograd_weight_finish)
void winograd_weight_finish(const lam_conv_geometry *, int64_t blocks, const lam_real *sums,
	lam_real *dw, int64_t slice, int64_t slices);

#pragma GCC visibility pop
#endif
