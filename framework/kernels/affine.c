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

#include <string.h>

_Static_assert((int)AFFINE_PANEL == (int)SUM_TERMS, "a panel is one sum of a tile");

/* The sum of the terms [begin, end) of the tile of `outputs` outputs that begins at `first`. */
ALWAYS_INLINE struct tile panel_tile(const struct lam_affine_call *call, int64_t first,
	int64_t outputs, int64_t begin, int64_t end, int64_t terms)
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
	return tile;
}

/* `packed` are the weights of these terms. */
static void add_panel(const struct lam_affine_call *call, int64_t first, int64_t outputs,
	int64_t begin, int64_t end, int64_t terms, const lam_real *packed)
{
	const struct tile tile = panel_tile(call, first, outputs, begin, end, terms);

	tile_lines(&tile, outputs, 1, call->blocks, call->from + begin * LAM_LANES, packed,
		call->to + first * LAM_LANES);
}

static void run_packed(
	const lam_affine_geometry *g, lam_job job, const struct lam_affine_call *call)
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

			int64_t width = tile_begin(outputs, tile + 1) - first;

			add_panel(call, first, width, k, least(k + panel, terms), terms,
				call->packed + first * terms + k * width);
		}
}

/* to[k][a] = w[a step + k], for `outputs` rows of w. A whole tile is packed VEC terms at a time, by
 * interleaving its rows. Where a vector has room for all outputs of a tile, squares are transposed;
 * the end of each stored vector is overwritten by what comes behind it. */
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
	for (; (int)VEC >= (int)TILE_OUTPUTS && (terms - k - VEC) * outputs >= VEC - outputs;
		k += VEC) {
		vec row[VEC];

		UNROLL_FOR (int a = 0; a < VEC; a++)
			row[a] = *(const vec_unaligned *)(w + least(a, outputs - 1) * step + k);
		vec_transpose(row);
		UNROLL_FOR (int i = 0; i < VEC; i++, to += outputs)
			*(vec_unaligned *)to = row[i];
	}
	for (; k < terms; k++)
		for (int64_t a = 0; a < outputs; a++)
			*to++ = w[a * step + k];
}

/* to[a] = w[a] */
ALWAYS_INLINE void copy_outputs(const lam_real *w, lam_real *to, int64_t outputs)
{
	if (outputs == TILE_OUTPUTS)
		memcpy(to, w, TILE_OUTPUTS * sizeof *to);
	else
		for (int64_t a = 0; a < outputs; a++)
			to[a] = w[a];
}

/* to[k][a] = w[k step + a] */
static void pack_columns(
	const lam_real *w, int64_t step, lam_real *to, int64_t outputs, int64_t terms)
{
	for (int64_t k = 0; k < terms; k++, w += step, to += outputs)
		copy_outputs(w, to, outputs);
}

/* A weight of at least STREAM_WEIGHTS, 16 MiB of floats, is packed panel by panel. 4096->4096,
 * batch 32, one core with AVX2: forward takes 20 ms, with a copy 16 and packing it 12. The input
 * gradient packs STREAM_TILES tiles at a time, which read whole lines of each row. The weights of
 * the next tiles, which the processor does not foresee, are fetched meanwhile: 24 ms without, 21
 * with. */
enum {
	STREAM_WEIGHTS = 1 << 22,
	STREAM_TILES = 8,
	STREAM_TILE = AFFINE_PANEL * TILE_OUTPUTS /* values of a packed tile */
};

static bool streams(const lam_affine_geometry *g)
{
	return g->in * g->out >= STREAM_WEIGHTS
		&& most(g->in, g->out) <= SUM_PARTIALS * AFFINE_PANEL;
}

static int64_t stream_scratch(void)
{
	return STREAM_TILES * STREAM_TILE * (int64_t)sizeof(lam_real);
}

/* Packs the terms [k, end) of the tiles that begin at the outputs first[0], …, first[tiles - 1];
 * the last ends at first[tiles]. */
static void pack_panel(const lam_affine_geometry *g, lam_job job, const lam_real *w, int64_t k,
	int64_t end, const int64_t *first, int64_t tiles, lam_real *packed)
{
	if (job == LAM_FORWARD) {
		for (int64_t a = first[tiles]; a < first[tiles] + TILE_OUTPUTS; a++)
			for (int64_t i = k; i < end; i += LAM_LANES)
				__builtin_prefetch(w + a * g->in + i);
		for (int64_t t = 0; t < tiles; t++)
			pack_rows(w + first[t] * g->in + k, g->in, packed + t * STREAM_TILE,
				first[t + 1] - first[t], end - k);
		return;
	}
	for (int64_t i = 0; i < end - k; i++) {
		for (int64_t a = 0; a < STREAM_TILES * TILE_OUTPUTS; a += LAM_LANES)
			__builtin_prefetch(w + (k + i) * g->in + first[tiles] + a);
		for (int64_t t = 0; t < tiles; t++) {
			const int64_t outputs = first[t + 1] - first[t];

			copy_outputs(w + (k + i) * g->in + first[t],
				packed + t * STREAM_TILE + i * outputs, outputs);
		}
	}
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

static void run_streamed(
	const lam_affine_geometry *g, lam_job job, const struct lam_affine_call *call)
{
	const bool forward = job == LAM_FORWARD;
	const int64_t outputs = forward ? g->out : g->in, terms = forward ? g->in : g->out,
		      tiles = tile_count(outputs), last = slices_end(call->slices, tiles);

	for (int64_t k = 0; k < terms; k += AFFINE_PANEL)
		for (int64_t tile = slices_begin(call->slices, tiles), count; tile < last;
			tile += count) {
			const int64_t end = least(k + AFFINE_PANEL, terms);
			int64_t first[STREAM_TILES + 1];

			count = least(forward ? 1 : STREAM_TILES, last - tile);
			for (int64_t t = 0; t <= count; t++)
				first[t] = tile_begin(outputs, tile + t);
			pack_panel(g, job, call->weight, k, end, first, count, call->scratch);
			for (int64_t t = 0; t < count; t++)
				add_panel(call, first[t], first[t + 1] - first[t], k, end, terms,
					(const lam_real *)call->scratch + t * STREAM_TILE);
		}
}

static void run(const lam_affine_geometry *g, lam_job job, const struct lam_affine_call *call)
{
	const bool applies = call->finish && call->finish->apply;

	if (call->packed)
		run_packed(g, job, call);
	else if (job == LAM_FORWARD && call->blocks == 1 && !applies)
		run_in_place(g, call);
	else
		run_streamed(g, job, call);
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
	.streams = streams,
	.stream_scratch = stream_scratch,
	.run = run,
	.turns = affine_turns,
	.transposed_size = affine_transposed_size,
	.transpose = affine_transpose,
	.gradient = affine_weight_gradient,
	.bias_gradient = affine_bias_gradient,
};
