/* SPDX-License-Identifier: MIT */
/* The affine map with outputs in the lanes, and the table of the kernels that compute one sample at
 * a time.
 *
 *     y[sample][a] = bias[a] + sum over k of packed[tile][k][a] x[sample][k]
 *
 * One sample alone reads every weight once, so the speed of memory limits it. Several samples share
 * one pass over the weights. k runs in panels that stay in the second cache. Each panel is summed
 * from zero, and y holds the sum of the panels, in the order of k, for any number of samples. If
 * there are many panels, SUM_PARTIALS of them are one call of channel_lines(), which adds them
 * beside y. */
#include "framework/kernels/channel_affine_weight.h"
#include "framework/kernels/channel_conv.h"
#include "framework/kernels/channel_front.h"
#include "framework/kernels/channel_pack.h"
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/channel_weight.h"
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/thresholds.h"

static int64_t tiles_of(const lam_affine_geometry *g)
{
	return channel_tile_count(lane_blocks(g->out), CHANNEL_AFFINE_UNITS);
}

/* The first output of tile `tile`. */
static int64_t output_of(const lam_affine_geometry *g, int64_t tile)
{
	return channel_tile_begin(lane_blocks(g->out), CHANNEL_AFFINE_UNITS, tile) * LAM_LANES;
}

static void affine(const lam_affine_geometry *g, const struct lam_affine_call *call)
{
	int64_t tiles = tiles_of(g),
		panel = g->in > SUM_PARTIALS * AFFINE_PANEL ? SUM_PARTIALS * AFFINE_PANEL
							    : AFFINE_PANEL;

	for (int64_t t = slices_begin(call->slices, tiles); t < slices_end(call->slices, tiles);
		t++) {
		int64_t first = output_of(g, t), width = output_of(g, t + 1) - first;

		for (int64_t k = 0; k < g->in; k += panel) {
			struct channel_tile tile = {
				.blocks = 1,
				.rows = 1,
				.columns = 1,
				.last = least(panel, g->in - k),
				.x_inner = 1,
				.x_pixel = call->from_block,
				.y_unit = LAM_LANES,
				.y_pixel = call->to_block,
				.bias = call->bias ? call->bias + first : NULL,
				.resume = k > 0,
				.units = width / LAM_LANES,
				.lanes = LAM_LANES,
				.terms = least(panel, g->in - k),
			};

			if (k + panel >= g->in)
				tile.finish = finish_from(
					finish_of(call->finish, call->epilogue, call->to), first);
			channel_lines(channel_dense[width / LAM_LANES], &tile, 1, call->blocks,
				call->from + k, call->packed + first * g->in + k * width,
				call->to + first);
		}
	}
}

/* packed[tile][k][a] = w[a][k], and 0 in lanes without an output. */
static void affine_pack(
	const lam_affine_geometry *g, const lam_real *w, lam_real *packed, struct lam_slices slices)
{
	int64_t tiles = tiles_of(g);

	for (int64_t t = slices_begin(slices, tiles); t < slices_end(slices, tiles); t++) {
		int64_t first = output_of(g, t), end = output_of(g, t + 1);

		channel_pack_rows(w + first * g->in, g->in, least(end, g->out) - first, end - first,
			packed + first * g->in);
	}
}

static int64_t affine_packed_size(const lam_affine_geometry *g)
{
	return lane_blocks(g->out) * LAM_LANES * g->in;
}

static int64_t affine_slices(const lam_affine_geometry *g)
{
	return slices_worth(
		(double)affine_packed_size(g), CHANNEL_AFFINE_SLICE_WEIGHTS, (double)tiles_of(g));
}

extern const struct lam_channel_kernels LAM_KERNEL(channel_kernels)
	__attribute__((visibility("hidden")));
const struct lam_channel_kernels LAM_KERNEL(channel_kernels) = {
	.winograd_pays = channel_winograd_pays,
	.conv_work = channel_conv_work,
	.weight_work = channel_weight_work,
	.conv_scratch = channel_conv_scratch,
	.conv_packed_size = channel_conv_packed_size,
	.conv_slices = channel_conv_slices,
	.conv_pack = channel_conv_pack,
	.conv = channel_conv_run,
	.front_needs = channel_front_needs,
	.front = channel_front_run,
	.affine_packed_size = affine_packed_size,
	.affine_slices = affine_slices,
	.affine_pack = affine_pack,
	.affine = affine,
	.affine_pack_transposed = channel_affine_pack_transposed,
	.affine_gradient = channel_affine_gradient,
	.weight_slices = channel_weight_slices,
	.weight_shared = channel_weight_shared,
	.weight_scratch = channel_weight_scratch,
	.weight_gradient = channel_weight_gradient,
};
