/* SPDX-License-Identifier: MIT */
/* The affine map and its input gradient. Both are one product; only the packing of the weight
 * differs.
 *
 *     y[block][a] = bias[a] + sum over k of packed[tile][k][a] x[block][k]
 *
 * k runs in panels that stay in the first cache. Each panel is summed from zero, and y holds the
 * sum of the panels, in the order of k, for any number of blocks. If there are many panels,
 * SUM_PARTIALS of them are one call of tile_lines(), which adds them beside y. */
#include "framework/kernels/affine_panel.h"
#include "framework/kernels/affine_weight.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/tile.h"

/* A copy that no second cache holds is fetched AHEAD values, 2 KiB of floats, before its use: the
 * processor's own fetching ends with each page. And it is read in longer runs, of several panels of
 * a tile, as long as RUN_BYTES of x stay in the second cache. One core with AVX-512, 4096->4096,
 * batch 64: 130 GFLOP/s without both, 144 with longer runs, 188 with both (256 values: 166, 1024:
 * 183); 4096->256, batch 128: 149 and 189. */
enum { AHEAD = 512, AHEAD_WEIGHTS = 1 << 18, RUN_BYTES = 256 * 1024 };

static int64_t run_terms(const struct lam_affine_call *call, int64_t panel)
{
	const int64_t bytes = panel * call->blocks * LAM_LANES * (int64_t)sizeof(lam_real);

	return panel * most(1, RUN_BYTES / bytes);
}

static void run_packed(
	const lam_affine_geometry *g, lam_job job, const struct lam_affine_call *call)
{
	const bool forward = job == LAM_FORWARD;
	const int64_t outputs = forward ? g->out : g->in, terms = forward ? g->in : g->out,
		      tiles = tile_count(outputs);
	const int64_t panel = terms > SUM_PARTIALS * AFFINE_PANEL ? SUM_PARTIALS * AFFINE_PANEL
								  : AFFINE_PANEL;
	const bool ahead = g->in * g->out > AHEAD_WEIGHTS && panel == AFFINE_PANEL;
	const int64_t longest = ahead ? run_terms(call, panel) : panel;

	for (int64_t begin = 0; begin < terms; begin += longest)
		for (int64_t tile = slices_begin(call->slices, tiles);
			tile < slices_end(call->slices, tiles); tile++) {
			const int64_t first = tile_begin(outputs, tile),
				      width = tile_begin(outputs, tile + 1) - first,
				      end = least(begin + longest, terms);

			for (int64_t k = begin; k < end; k += panel) {
				const int64_t last = least(k + panel, end);
				const lam_real *packed = call->packed + first * terms + k * width;

				affine_add_panel(call, first, width, k, last, terms,
					(struct fetch){.from = ahead ? packed + AHEAD : NULL,
						.blocks = call->blocks,
						.rows = 1,
						.columns = last - k,
						.column = width},
					packed);
			}
		}
}

/* to[k][a] = w[k step + a] */
static void pack_columns(
	const lam_real *w, int64_t step, lam_real *to, int64_t outputs, int64_t terms)
{
	for (int64_t k = 0; k < terms; k++, w += step, to += outputs)
		copy_outputs(w, to, outputs);
}

/* One block's forward reads each weight once, so packing would be an extra pass. The terms of a row
 * of taps are a cache line of each output's weights; that of the next tile is fetched meanwhile. */
static void run_in_place(const lam_affine_geometry *g, const struct lam_affine_call *call)
{
	const int64_t tiles = tile_count(g->out);

	for (int64_t k = 0; k < g->in; k += AFFINE_PANEL)
		for (int64_t t = slices_begin(call->slices, tiles);
			t < slices_end(call->slices, tiles); t++) {
			const int64_t end = least(k + AFFINE_PANEL, g->in),
				      first = tile_begin(g->out, t),
				      outputs = tile_begin(g->out, t + 1) - first;
			struct tile tile = panel_tile(call, first, outputs, k, end, g->in);
			vec sums[TILE_SUMS];

			tile.sums = tile_needs_sums(&tile, outputs) ? (lam_real *)sums : NULL;
			tile.w_column = 1;
			tile.w_output = g->in;
			if ((end - k) % LAM_LANES == 0) {
				tile.columns = LAM_LANES;
				tile.rows = (end - k) / LAM_LANES;
				tile.x_row = LAM_LANES * LAM_LANES;
				tile.w_row = LAM_LANES;
			}
			tile_rows[outputs](&tile, call->from + k * LAM_LANES,
				call->weight + first * g->in + k, call->to + first * LAM_LANES);
		}
}

static void run(const lam_affine_geometry *g, lam_job job, const struct lam_affine_call *call)
{
	const bool applies = call->finish && call->finish->apply;

	if (call->packed)
		run_packed(g, job, call);
	else if (job == LAM_FORWARD && call->blocks == 1 && !applies && g->out >= TILE_ROWS_LEAST)
		run_in_place(g, call);
	else
		affine_run_streamed(g, job, call);
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
			affine_pack_rows(w + first * g->in, g->in, to, count, terms);
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
	.streams = affine_streams,
	.stream_scratch = affine_stream_scratch,
	.run = run,
	.turns = affine_turns,
	.transposed_size = affine_transposed_size,
	.transpose = affine_transpose,
	.turned_size = affine_turned_size,
	.turn = affine_turn,
	.gradient = affine_weight_gradient,
	.bias_gradient = affine_bias_gradient,
};
