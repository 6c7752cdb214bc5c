/* SPDX-License-Identifier: MIT */
/* The affine map with outputs in the lanes, and the table of the kernels that work on one sample at
 * a time.
 *
 *   y[sample][a] = bias[a] + sum over k of packed[tile][k][a] x[sample][k]
 *
 * A sample alone reads every weight once, from wherever the weights lie: what limits is that
 * memory. Several samples share a pass over them. k passes in panels that stay in the second cache,
 * y holding the sums between them: the order of the sum is that of k whatever the number of
 * samples. */
#include "framework/kernels/channel_conv.h"
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/sizes.h"

enum { PANEL = 512 };

static void affine(const lam_affine_geometry *g, const lam_real *packed, const lam_real *bias,
	lam_epilogue epilogue, const lam_real *x, int64_t x_sample, lam_real *y, int64_t y_sample,
	int64_t samples, int64_t slice, int64_t slices)
{
	int64_t units = lam_channel_blocks(g->out),
		tiles = channel_tile_count(units, CHANNEL_AFFINE_UNITS);

	for (int64_t t = tiles * slice / slices; t < tiles * (slice + 1) / slices; t++) {
		int64_t first = channel_tile_begin(units, CHANNEL_AFFINE_UNITS, t) * LAM_LANES;
		int64_t width = channel_tile_begin(units, CHANNEL_AFFINE_UNITS, t + 1) * LAM_LANES
			- first;

		for (int64_t k = 0; k < g->in; k += PANEL) {
			struct channel_tile tile = {
				.blocks = 1,
				.rows = 1,
				.columns = 1,
				.last = least(PANEL, g->in - k),
				.x_inner = 1,
				.x_pixel = x_sample,
				.y_unit = LAM_LANES,
				.y_pixel = y_sample,
				.bias = bias ? bias + first : NULL,
				.resume = k > 0,
				.epilogue = k + PANEL >= g->in ? epilogue : LAM_EPILOGUE_NONE,
			};

			channel_lines(channel_dense[width / LAM_LANES], &tile, 1, samples, x + k,
				packed + first * g->in + k * width, y + first);
		}
	}
}

/* packed[tile][k][a] = w[a][k], 0 for outputs that are not there */
static void affine_pack(const lam_affine_geometry *g, const lam_real *w, lam_real *packed,
	int64_t slice, int64_t slices)
{
	int64_t units = lam_channel_blocks(g->out),
		tiles = channel_tile_count(units, CHANNEL_AFFINE_UNITS);

	for (int64_t t = tiles * slice / slices; t < tiles * (slice + 1) / slices; t++) {
		int64_t first = channel_tile_begin(units, CHANNEL_AFFINE_UNITS, t) * LAM_LANES;
		int64_t end = channel_tile_begin(units, CHANNEL_AFFINE_UNITS, t + 1) * LAM_LANES;
		lam_real *to = packed + first * g->in;

		for (int64_t k = 0; k < g->in; k++)
			for (int64_t a = first; a < end; a++)
				*to++ = a < g->out ? w[a * g->in + k] : 0;
	}
}

static int64_t affine_packed_size(const lam_affine_geometry *g)
{
	return lam_channel_blocks(g->out) * LAM_LANES * g->in;
}

/* A slice should outlast its hand-over, a fraction of a microsecond. */
static int64_t affine_slices(const lam_affine_geometry *g)
{
	int64_t worth = 12288,
		tiles = channel_tile_count(lam_channel_blocks(g->out), CHANNEL_AFFINE_UNITS);
	int64_t slices = least(tiles, affine_packed_size(g) / worth);

	return slices < 1 ? 1 : slices;
}

extern const struct lam_channel_kernels LAM_KERNEL(channel_kernels)
	__attribute__((visibility("hidden")));
const struct lam_channel_kernels LAM_KERNEL(channel_kernels) = {
	.conv_packed_size = channel_conv_packed_size,
	.conv_slices = channel_conv_slices,
	.conv_pack = channel_conv_pack,
	.conv = channel_conv_forward,
	.affine_packed_size = affine_packed_size,
	.affine_slices = affine_slices,
	.affine_pack = affine_pack,
	.affine = affine,
};
