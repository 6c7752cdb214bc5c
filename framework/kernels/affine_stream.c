/* SPDX-License-Identifier: MIT */
/* The affine map and its input gradient, where each call packs the weight. */
#include "framework/kernels/affine_panel.h"

/* Weights from STREAM_FORWARD values on (512 KiB of floats) are packed panel by panel for forward,
 * a tile at a time. From STREAM_BACKWARD values on (16 MiB) they are for the input gradient, too:
 * STREAM_TILES tiles at a time, which read whole lines of each row. While these are computed, the
 * next ones are fetched and packed, because the processor foresees neither. One core with AVX-512,
 * 4096->4096, GFLOP/s: forward of 32 samples 138 (114 if the next tile is fetched all at once),
 * input gradient of 32 109 (81), of 256 160 (137). Without the lines between packed tiles these
 * would share places of the first cache: 151.
 *
 * Rows of w often lie a power of two apart, and what is fetched early of more than a few leaves the
 * first cache again. So packing for the input gradient fetches STREAM_AHEAD rows ahead, too: 1.03
 * of the speed with AVX2 on one core of a Zen 3. There, fetching beside the first 1, 2 or 4 of 16
 * blocks, not beside all: forward 1.03, 1.05 and 1.04, input gradient 1.07, 1.09 and 1.08.
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
	STREAM_ROWS = 8, /* of w, that hold a tile of forward */
	STREAM_AHEAD = 4,
	STREAM_FETCHES = 2 /* tiles of blocks */
};

_Static_assert((int)TILE_OUTPUTS <= (int)STREAM_ROWS, "a tile's rows are fetched");
_Static_assert(AFFINE_PANEL % (STREAM_ROWS * STREAM_TILES) == 0, "whole panels are fetched");

bool affine_streams(const lam_affine_geometry *g, lam_job job)
{
	const bool reads_few_rows = job == LAM_FORWARD || g->out <= AFFINE_PANEL;

	return g->in * g->out >= (reads_few_rows ? STREAM_FORWARD : STREAM_BACKWARD)
		&& most(g->in, g->out) <= SUM_PARTIALS * AFFINE_PANEL;
}

int64_t affine_stream_scratch(void)
{
	return 2 * STREAM_TILES * STREAM_TILE * (int64_t)sizeof(lam_real);
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
		affine_pack_rows(w + of->first[0] * in + of->k, in, packed,
			of->first[1] - of->first[0], rows);
		return;
	}
	for (int64_t i = piece_begin(rows, part, parts); i < last; i++) {
		const lam_real *row = w + (of->k + i) * in;

		if (i + STREAM_AHEAD < last)
			for (int64_t f = of->first[0]; f < of->first[of->count] + LAM_LANES - 1;
				f += LAM_LANES)
				__builtin_prefetch(row + STREAM_AHEAD * in + f);
		for (int64_t t = 0; t < of->count; t++) {
			const int64_t outputs = of->first[t + 1] - of->first[t];

			copy_outputs(row + of->first[t], packed + t * STREAM_TILE + i * outputs,
				outputs);
		}
	}
}

/* Where such a part lies in w, as what a panel of as many terms prefetches: of forward a tile's
 * rows, of the input gradient as many terms as are packed behind one of STREAM_TILES tiles. */
static struct fetch part_of(const struct stream *s, const struct group *of, int64_t part)
{
	const lam_real *w = s->call->weight;
	const int64_t in = s->g->in, terms = (of->end - of->k) / STREAM_TILES,
		      blocks = STREAM_FETCHES * tile_widest(TILE_OUTPUTS);

	if (s->forward)
		return (struct fetch){.from = w + of->first[0] * in + of->k,
			.blocks = blocks,
			.rows = STREAM_ROWS,
			.columns = (of->end - of->k) / STREAM_ROWS,
			.row = in,
			.column = STREAM_ROWS};
	return (struct fetch){.from = w + (of->k + part * terms) * in + of->first[0],
		.blocks = blocks,
		.rows = terms,
		.columns = STREAM_TILES,
		.row = in,
		.column = TILE_OUTPUTS};
}

void affine_run_streamed(
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
			affine_add_panel(call, of.first[t], of.first[t + 1] - of.first[t], of.k,
				of.end, s.terms,
				fetches ? part_of(&s, &next, t) : (struct fetch){.from = NULL},
				packed + t * STREAM_TILE);
			if (next.k < s.terms)
				pack_part(&s, &next, t, of.count, spare);
		}
	}
}
