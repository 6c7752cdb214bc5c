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

/* What the loop over the terms of a panel prefetches: a value for each term, `column` values apart,
 * in `rows` rows, of which each has as many terms; NULL: nothing. */
struct fetch {
	const lam_real *from;
	int64_t rows, row, column;
};

/* `packed` are the weights of these terms. */
static void add_panel(const struct lam_affine_call *call, int64_t first, int64_t outputs,
	int64_t begin, int64_t end, int64_t terms, struct fetch fetch, const lam_real *packed)
{
	struct tile tile = panel_tile(call, first, outputs, begin, end, terms);

	if (fetch.from) {
		tile.rows = fetch.rows;
		tile.columns /= fetch.rows;
		tile.x_row = tile.columns * LAM_LANES;
		tile.w_row = tile.columns * outputs;
		tile.fetch = fetch.from;
		tile.fetch_row = fetch.row;
		tile.fetch_column = fetch.column;
	}
	tile_lines(&tile, outputs, 1, call->blocks, call->from + begin * LAM_LANES, packed,
		call->to + first * LAM_LANES);
}

/* A copy that no second cache holds is fetched AHEAD values, 2 KiB of floats, before its use: the
 * processor's own fetching ends with each page. And it is read in longer runs, of several panels of
 * a tile, as long as TURN_BYTES of x stay in the second cache. One core with AVX-512, 4096->4096,
 * batch 64: 130 GFLOP/s without both, 144 with longer runs, 188 with both (256 values: 166, 1024:
 * 183); 4096->256, batch 128: 149 and 189. */
enum { AHEAD = 512, AHEAD_WEIGHTS = 1 << 18, TURN_BYTES = 256 * 1024 };

static int64_t turn_terms(const struct lam_affine_call *call, int64_t panel)
{
	const int64_t bytes = panel * call->blocks * LAM_LANES * (int64_t)sizeof(lam_real);

	return panel * most(1, TURN_BYTES / bytes);
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
	const int64_t turn = ahead ? turn_terms(call, panel) : panel;

	for (int64_t begin = 0; begin < terms; begin += turn)
		for (int64_t tile = slices_begin(call->slices, tiles);
			tile < slices_end(call->slices, tiles); tile++) {
			const int64_t first = tile_begin(outputs, tile),
				      width = tile_begin(outputs, tile + 1) - first,
				      end = least(begin + turn, terms);

			for (int64_t k = begin; k < end; k += panel) {
				const lam_real *packed = call->packed + first * terms + k * width;

				add_panel(call, first, width, k, least(k + panel, end), terms,
					(struct fetch){.from = ahead ? packed + AHEAD : NULL,
						.rows = 1,
						.column = width},
					packed);
			}
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

/* Weights from STREAM_FORWARD values on (512 KiB of floats) are packed panel by panel for forward,
 * a tile at a time. From STREAM_BACKWARD values on (16 MiB) they are for the input gradient, too:
 * STREAM_TILES tiles at a time, which read whole lines of each row. While these are computed, the
 * next ones are fetched and packed, because the processor foresees neither. One core with AVX-512,
 * 4096->4096, GFLOP/s: forward of 32 samples 138 (114 if the next tile is fetched all at once),
 * input gradient of 32 109 (81), of 256 160 (137). Without the lines between packed tiles these
 * would share places of the first cache: 151.
 *
 * Forward of a slice reads the rows that the thread of that slice has updated. The input gradient
 * reads columns: of smaller weights they come out of the other core's cache, and the update fetches
 * them back. Steps of 1024-1024-1024-10, 32 samples, on one and two Zen 5, beside copies for both:
 * 1.15 and 1.12 times as fast with forward packed so, 1.21 and 0.95 with both. A weight of at most
 * a panel of outputs has few rows, of which a call packs all at once: then the input gradient does
 * without a copy, too. Two ranks train mnistcnn (9216->128) in 0.98 of the time, two threads in as
 * much. */
enum {
	STREAM_BACKWARD = 1 << 22,
	STREAM_FORWARD = 1 << 17,
	STREAM_TILES = 8,
	STREAM_TILE = AFFINE_PANEL * TILE_OUTPUTS + LAM_LANES, /* values of a packed tile */
	STREAM_ROWS = 8 /* of w, that hold a tile of forward */
};

_Static_assert((int)TILE_OUTPUTS <= (int)STREAM_ROWS, "a tile's rows are fetched");
_Static_assert(AFFINE_PANEL % (STREAM_ROWS * STREAM_TILES) == 0, "whole panels are fetched");

static bool streams(const lam_affine_geometry *g, lam_job job)
{
	const bool reads_few_rows = job == LAM_FORWARD || g->out <= AFFINE_PANEL;

	return g->in * g->out >= (reads_few_rows ? STREAM_FORWARD : STREAM_BACKWARD)
		&& most(g->in, g->out) <= SUM_PARTIALS * AFFINE_PANEL;
}

static int64_t stream_scratch(void)
{
	return 2 * STREAM_TILES * STREAM_TILE * (int64_t)sizeof(lam_real);
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

struct stream {
	const lam_affine_geometry *g;
	const struct lam_affine_call *call;
	bool forward;
	int64_t outputs, terms, begin, last; /* of tiles: the first, and behind the last */
};

/* What is packed together: the terms [k, end) of `count` tiles; tile t, which is t + `tile` of all,
 * begins at first[t] and ends at first[t + 1]. */
struct group {
	int64_t k, end, tile, count, first[STREAM_TILES + 1];
};

static struct group group_at(const struct stream *s, int64_t k, int64_t tile)
{
	struct group of = {.k = k,
		.end = least(k + AFFINE_PANEL, s->terms),
		.tile = tile,
		.count = least(s->forward ? 1 : STREAM_TILES, s->last - tile)};

	for (int64_t t = 0; t <= of.count; t++)
		of.first[t] = tile_begin(s->outputs, tile + t);
	return of;
}

static struct group group_behind(const struct stream *s, const struct group *of)
{
	const int64_t tile = of->tile + of->count;

	return tile < s->last ? group_at(s, of->k, tile) : group_at(s, of->end, s->begin);
}

/* Packs a part of a group, of `parts` parts in all: of the input gradient some of its terms; of
 * forward there is one. */
static void pack_part(const struct stream *s, const struct group *of, int64_t part, int64_t parts,
	lam_real *packed)
{
	const int64_t in = s->g->in, rows = of->end - of->k,
		      last = piece_begin(rows, part + 1, parts);
	const lam_real *w = s->call->weight;

	if (s->forward) {
		pack_rows(w + of->first[0] * in + of->k, in, packed, of->first[1] - of->first[0],
			rows);
		return;
	}
	for (int64_t i = piece_begin(rows, part, parts); i < last; i++)
		for (int64_t t = 0; t < of->count; t++) {
			const int64_t outputs = of->first[t + 1] - of->first[t];

			copy_outputs(w + (of->k + i) * in + of->first[t],
				packed + t * STREAM_TILE + i * outputs, outputs);
		}
}

/* Where such a part lies in w, as what a panel of as many terms prefetches: of forward a tile's
 * rows, of the input gradient as many terms as are packed behind one of STREAM_TILES tiles. */
static struct fetch part_of(const struct stream *s, const struct group *of, int64_t part)
{
	const lam_real *w = s->call->weight;
	const int64_t in = s->g->in, terms = (of->end - of->k) / STREAM_TILES;

	if (s->forward)
		return (struct fetch){.from = w + of->first[0] * in + of->k,
			.rows = STREAM_ROWS,
			.row = in,
			.column = STREAM_ROWS};
	return (struct fetch){.from = w + (of->k + part * terms) * in + of->first[0],
		.rows = terms,
		.row = in,
		.column = TILE_OUTPUTS};
}

static void run_streamed(
	const lam_affine_geometry *g, lam_job job, const struct lam_affine_call *call)
{
	const bool forward = job == LAM_FORWARD;
	const int64_t outputs = forward ? g->out : g->in, tiles = tile_count(outputs);
	const struct stream s = {g, call, forward, outputs, forward ? g->in : g->out,
		slices_begin(call->slices, tiles), slices_end(call->slices, tiles)};
	lam_real *packed = call->scratch, *spare = packed + STREAM_TILES * STREAM_TILE, *full;
	struct group of = group_at(&s, 0, s.begin), next;

	if (s.begin == s.last)
		return;
	pack_part(&s, &of, 0, 1, packed);
	for (; of.k < s.terms; of = next, full = packed, packed = spare, spare = full) {
		next = group_behind(&s, &of);

		/* Only then does a fetch of equal rows cover what is packed next. */
		const int64_t terms = of.end - of.k;
		const bool fetches = terms == next.end - next.k
			&& terms % (STREAM_ROWS * STREAM_TILES) == 0
			&& of.count == (forward ? 1 : STREAM_TILES);

		for (int64_t t = 0; t < of.count; t++) {
			add_panel(call, of.first[t], of.first[t + 1] - of.first[t], of.k, of.end,
				s.terms,
				fetches ? part_of(&s, &next, t) : (struct fetch){.from = NULL},
				packed + t * STREAM_TILE);
			if (next.k < s.terms)
				pack_part(&s, &next, t, of.count, spare);
		}
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
