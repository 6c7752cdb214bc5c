/* SPDX-License-Identifier: MIT */
/* The affine map and its input gradient. Both are one product; only the packing of the weight
 * differs.
 *
 *     y[block][a] = bias[a] + sum over k of packed[tile][k][a] x[block][k]
 *
 * k runs in panels that stay in the first cache. Each panel is summed from zero, and y holds the
 * sum of the panels, in the order of k, for any number of blocks. If there are many panels,
 * SUM_PARTIALS of them are one call of tile_lines(), which adds them beside y. */
#include "framework/kernels/affine_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/tile.h"

_Static_assert((int)AFFINE_PANEL == (int)SUM_TERMS, "a panel is one sum of a tile");

/* Adds the terms [begin, end) to one tile of outputs, for all blocks. */
static void add_panel(const struct lam_affine_call *call, int64_t first, int64_t outputs,
	int64_t begin, int64_t end, int64_t terms)
{
	struct tile tile = {
		.channels = 1,
		.rows = 1,
		.columns = end - begin,
		.x_column = LAM_LANES,
		.x_pixel = call->from_block,
		.w_column = outputs,
		.y_output = LAM_LANES,
		.y_pixel = call->to_block,
		.bias = call->bias ? call->bias + first : NULL,
		.resume = begin > 0,
	};

	if (end == terms)
		tile.finish = finish_from(finish_of(call->finish, call->epilogue, call->to), first);
	tile_lines(&tile, outputs, 1, call->blocks, call->from + begin * LAM_LANES,
		call->packed + first * terms + begin * outputs, call->to + first * LAM_LANES);
}

static void run(const lam_affine_geometry *g, lam_job job, const struct lam_affine_call *call)
{
	bool forward = job == LAM_FORWARD;
	int64_t outputs = forward ? g->out : g->in, terms = forward ? g->in : g->out,
		tiles = tile_count(outputs);

	int64_t panel = terms > SUM_PARTIALS * AFFINE_PANEL ? SUM_PARTIALS * AFFINE_PANEL
							    : AFFINE_PANEL;

	for (int64_t k = 0; k < terms; k += panel)
		for (int64_t tile = slices_begin(call->slices, tiles);
			tile < slices_end(call->slices, tiles); tile++) {
			int64_t first = tile_begin(outputs, tile);

			add_panel(call, first, tile_begin(outputs, tile + 1) - first, k,
				least(k + panel, terms), terms);
		}
}

/* to[k][a] = w[a step + k], for `outputs` rows of w. A whole tile is packed VEC terms at a time, by
 * interleaving its rows. */
static void pack_rows(const lam_real *w, int64_t step, lam_real *to, int64_t outputs, int64_t terms)
{
	int64_t k = 0;

#if VEC_REGISTERS >= 32
	for (; outputs == TILE_OUTPUTS && k + VEC <= terms; k += VEC, to += VEC * TILE_OUTPUTS) {
		vec row[TILE_OUTPUTS];

		UNROLL_FOR (int a = 0; a < TILE_OUTPUTS; a++)
			row[a] = *(const vec_unaligned *)(w + a * step + k);
		vec_interleave(row, TILE_OUTPUTS);
		UNROLL_FOR (int a = 0; a < TILE_OUTPUTS; a++)
			((vec_unaligned *)to)[a] = row[a];
	}
#endif
	for (; k < terms; k++)
		for (int64_t a = 0; a < outputs; a++)
			*to++ = w[a * step + k];
}

/* to[k][a] = w[k step + a] */
static void pack_columns(
	const lam_real *w, int64_t step, lam_real *to, int64_t outputs, int64_t terms)
{
	for (int64_t k = 0; k < terms; k++, w += step)
		for (int64_t a = 0; a < outputs; a++)
			*to++ = w[a];
}

/* packed[tile][k][a] = w[a][k] for forward, w[k][a] for the input gradient. In both, a slice is a
 * range of rows of w; only if w has fewer rows than there are slices, the input gradient is cut by
 * tiles. */
static void pack(const lam_affine_geometry *g, lam_job job, const lam_real *w, lam_real *packed,
	struct lam_slices slices)
{
	bool forward = job == LAM_FORWARD, by_tiles = forward || g->out < slices.count;
	int64_t outputs = forward ? g->out : g->in, terms = forward ? g->in : g->out,
		tiles = tile_count(outputs);
	int64_t begin = by_tiles ? slices_begin(slices, tiles) : 0,
		end = by_tiles ? slices_end(slices, tiles) : tiles;
	int64_t row = by_tiles ? 0 : slices_begin(slices, terms),
		rows = by_tiles ? terms : slices_end(slices, terms) - row;

	for (int64_t tile = begin; tile < end; tile++) {
		int64_t first = tile_begin(outputs, tile),
			count = tile_begin(outputs, tile + 1) - first;
		lam_real *to = packed + first * terms;

		if (forward)
			pack_rows(w + first * g->in, g->in, to, count, terms);
		else
			pack_columns(w + row * g->in + first, g->in, to + row * count, count, rows);
	}
}

static int64_t slices(const lam_affine_geometry *g)
{
	return slices_worth((double)(g->in * g->out), AFFINE_SLICE_PRODUCTS, AFFINE_SLICES);
}

static int64_t pack_slices(const lam_affine_geometry *g)
{
	return slices_worth((double)(g->in * g->out), PACK_SLICE_WEIGHTS, PACK_SLICES);
}

const struct lam_affine_kernels LAM_KERNEL(affine_kernels) = {
	.slices = slices,
	.pack_slices = pack_slices,
	.pack = pack,
	.run = run,
	.transposed_size = affine_transposed_size,
	.transpose = affine_transpose,
	.gradient = affine_weight_gradient,
	.bias_gradient = affine_bias_gradient,
};
