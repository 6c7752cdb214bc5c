/* SPDX-License-Identifier: MIT */
/* Winograd's convolution F(4x4, RxR) of R = 2, 3 or 5 taps, and F(4, R) of planes of height 1: one
 * group, stride 1. With a dilation d it computes the outputs of each residue by d, whose inputs are
 * those of the same residue. A kernel with stride 2 (4x4 above all) is four kernels of at most R
 * taps a side with stride 1, one for each residue of the taps (winograd_grid.h): forward adds their
 * products, the input gradient has the outputs of one residue after another. A larger kernel with
 * stride 1, up to 10 x 10, or 20 taps in planes of height 1, is up to four kernels of R taps that
 * lie side by side, whose products are added: 7 x 7 takes 16 products an output instead of 49,
 * 9 x 9 as many instead of 81. One of 4 x 4 is one of 5 x 5 with taps of 0.
 *
 * Four outputs y[0..3] of three taps g[0..2] over six inputs d[0..5] take six products instead of
 * twelve. Of five taps over eight inputs they take eight instead of twenty, of two taps over five
 * inputs five instead of eight:
 *
 *   y = A' [(G g) . (B' d)]
 *
 * where . multiplies element by element and ' is the transpose. In two dimensions the maps go over
 * rows, then over columns.
 *
 * For fixed g, this is the transpose of the map y -> B [(G g) . (A y)], which multiplies two
 * polynomials by their values at some points and at infinity (A. Lavin, S. Gray, "Fast Algorithms
 * for Convolutional Neural Networks", 2015; winograd_transform.h has other points). The gradient of
 * x is a convolution again. The gradient of w is the transpose of the map from g:
 *
 *   dL/dg = G' [(A dL/dy) . (B' d)],   summed over samples and tiles before G' is applied
 *
 * A plane of y is cut into tiles of 4 x 4. The sum over channels makes a matrix product of the
 * products of one element (of 36 for three taps, of 6 at height 1) for many tiles. The sixteen
 * samples of a tile are its vector. */
#ifndef LAM_WINOGRAD_H
#define LAM_WINOGRAD_H

#include "framework/kernels/finish.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/winograd_grid.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* Whether these kernels can compute a convolution at all; and whether they are faster for a job, by
 * counting operations. */
#define winograd_serves LAM_KERNEL(winograd_serves)
bool winograd_serves(const lam_conv_geometry *);
#define winograd_pays LAM_KERNEL(winograd_pays)
bool winograd_pays(const lam_conv_geometry *, lam_job);

/* What it costs to transform a value, in multiply-adds. */
static inline double winograd_transform_cost(const lam_conv_geometry *g)
{
	return g->sw > 1 ? WINOGRAD_STRIDED_COST : WINOGRAD_TRANSFORM_COST;
}

#define winograd_algorithm LAM_KERNEL(winograd_algorithm)
extern const struct lam_conv_algorithm winograd_algorithm;

/* Steps in V, in values: from one channel, and from one element, to the next. */
struct winograd_elements {
	int64_t channel, element;
};

/* The most tiles of a group. */
enum { WINOGRAD_GROUP = WINOGRAD_IN * WINOGRAD_GROUP_MOST };

/* Finds the lanes of the tiles [begin, end) whose windows Winograd's algorithm must not compute, by
 * x, of `channels` planes, and its V, of all sources: direct[tile][part] becomes all ones in them,
 * zero elsewhere. Returns whether there are any. */
#define winograd_outliers LAM_KERNEL(winograd_outliers)
bool winograd_outliers(const struct winograd_grid *, const lam_real *x, int64_t channels,
	int64_t begin, int64_t end, const lam_real *v, const struct winograd_elements *,
	vec_mask *direct);

/* The weights for direct sums: those of the first channel of the first output, and the steps in
 * values from output to output and from channel to channel. */
struct winograd_weight {
	const lam_real *first;
	int64_t output, channel;
};

/* Writes the direct sums of one tile to sum, [outputs][WINOGRAD_PIXELS][16], by the weights; those
 * of a part without a lane in `direct` are 0. */
#define winograd_direct_tile LAM_KERNEL(winograd_direct_tile)
void winograd_direct_tile(const struct winograd_grid *, const struct winograd_weight *,
	int64_t outputs, int64_t channels, const lam_real *x, int64_t tile, const vec_mask *direct,
	lam_real *sum);

/* The same for sixteen outputs in the lanes: adds the products of one channel of a source, whose
 * plane begins at x, 16 values from pixel to pixel, and w, [taps][16]. */
#define winograd_direct_channel LAM_KERNEL(winograd_direct_channel)
void winograd_direct_channel(const struct winograd_grid *, const struct winograd_source *,
	const lam_real *w, const lam_real *x, int64_t tile, lam_real *sum);

/* The members of winograd_algorithm for the weight gradient. Phase 0 sums the transformed products,
 * by chunks of outputs x channels x blocks. Phase 1 adds the chunks of blocks and applies G'. */
#define winograd_weight_slices LAM_KERNEL(winograd_weight_slices)
int64_t winograd_weight_slices(const lam_conv_geometry *, int64_t blocks, int phase);
#define winograd_weight_scratch LAM_KERNEL(winograd_weight_scratch)
size_t winograd_weight_scratch(const lam_conv_geometry *);
#define winograd_weight_shared LAM_KERNEL(winograd_weight_shared)
size_t winograd_weight_shared(const lam_conv_geometry *);
#define winograd_weight_gradient LAM_KERNEL(winograd_weight_gradient)
void winograd_weight_gradient(const lam_conv_geometry *, const struct lam_conv_gradient_call *);

#pragma GCC visibility pop
#endif
