/* SPDX-License-Identifier: MIT */
/* dw of large weights, with samples of x as rows, so that a tile is a piece of a few rows of dw,
 * which can be taken as soon as they are whole (taker.h).
 *
 * x is cut into panels of TURN_WIDTH inputs, dy into tiles of TURN_OUTPUTS outputs, and of both the
 * samples are rows that lie side by side: what a tile reads is two streams; of 256 samples with
 * AVX2 they fit the first cache together. In lane blocks the same features of several blocks would
 * often lie a power of two apart, in the same few places of it. Ends are zeros. */
#include "framework/kernels/affine_outer.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vec_own.h"

enum {
	SUMS = TURN_OUTPUTS * TURN_VECTORS,
	LINE = 64 / sizeof(lam_real), /* the values of a cache line */
	LINES = SUMS * VEC / LINE
};

_Static_assert((int)SUMS <= (int)OUTER_SUMS, "room for the sums of a tile");

/* When x has rows, too: for weights of at least 16 MiB of floats, and at most TURN_RATIO times as
 * many values of x as of dy. And the tiles of a strip, over which a panel of x stays in the first
 * cache. What takes a strip should find it in the second: with AVX2 on two cores of a Zen 3,
 * 4096->4096 with 256 samples and momentum, GFLOP/s a core with 2, 4 and 8 tiles: 62, 55, 52; with
 * x as rows and dy as lane blocks: 51. Steps of 4096-4096-4096-10 on two of a Zen 5, with dy as
 * lane blocks and 8, 16, 24 and 32 rows, beside those with an update of its own: 1.05, 1.07, 1.06,
 * 1.08; if nothing was fetched beside the products, or all at a tile's end: 0.99. */
enum { TURN_RATIO = 2, TURN_WEIGHTS = 1 << 22, STRIP_TILES = 2 };

/* Fetches lines [line, end) of each array. All at once would make the tile wait for memory. */
ALWAYS_INLINE void fetch_taken(const struct outer *o, int64_t line, int64_t end)
{
	for (int a = 0; a < o->taker->arrays; a++)
		for (int64_t k = line; k < least(end, LINES); k++)
			__builtin_prefetch(o->taker->array[a] + o->fetch + k * LINE, 0, 2);
}

/* Adds the products of `samples` samples. */
ALWAYS_INLINE void add_samples(vec *sum, const lam_real *x, const lam_real *dy, int64_t samples)
{
	vec held[TURN_VECTORS];

	LOOP_HERE(x, dy, samples);
	do {
		UNROLL_FOR (int v = 0; v < TURN_VECTORS; v++)
			held[v] = ((const vec *)x)[v];
		UNROLL_FOR (int a = 0; a < TURN_OUTPUTS; a++) {
			vec value = vec_hold(vec_splat(dy[a]));

			UNROLL_FOR (int v = 0; v < TURN_VECTORS; v++)
				sum[a * TURN_VECTORS + v] += held[v] * value;
		}
		x += TURN_WIDTH;
		dy += TURN_OUTPUTS;
	} while (--samples);
}

static void sum_tile(const struct outer *o)
{
	const int64_t share = o->taker ? ceil_divide(LINES, lane_blocks(o->samples)) : 0;
	vec sum[SUMS], *const to = o->sums;

	UNROLL_FOR (int a = 0; a < TURN_OUTPUTS; a++)
		UNROLL_FOR (int v = 0; v < TURN_VECTORS; v++)
			sum[a * TURN_VECTORS + v] = vec_own((vec){0});
	for (int64_t first = 0, line = 0; first < o->samples; first += LAM_LANES, line += share) {
		if (o->taker && line < LINES)
			fetch_taken(o, line, line + share);
		add_samples(sum, o->rows + first * TURN_WIDTH, o->values + first * TURN_OUTPUTS,
			least(o->samples - first, LAM_LANES));
	}
	UNROLL_FOR (int a = 0; a < TURN_OUTPUTS; a++)
		UNROLL_FOR (int v = 0; v < TURN_VECTORS; v++)
			to[a * TURN_VECTORS + v] = sum[a * TURN_VECTORS + v];
}

bool affine_turns(const lam_affine_geometry *g)
{
	return g->in * g->out >= TURN_WEIGHTS && g->in <= TURN_RATIO * g->out;
}

/* Writes dw for a tile of outputs and a panel of inputs. The taker, if there is one, takes from
 * value `fetch` on after the next tile. */
static void multiply(const lam_affine_geometry *g, const struct lam_affine_gradient_call *call,
	int64_t tile, int64_t panel, const struct lam_taker *taker, int64_t fetch)
{
	const int64_t samples = affine_blocks(call->samples, call->shards) * LAM_LANES,
		      input = panel * TURN_WIDTH, width = least(g->in - input, TURN_WIDTH),
		      output = tile * TURN_OUTPUTS, outputs = least(g->out - output, TURN_OUTPUTS);
	lam_real *dw = call->dw + output * g->in + input;
	vec sums[SUMS];

	/* What the next panel writes. */
	for (int64_t a = 0; a < outputs; a++)
		for (int64_t k = 0; k < TURN_WIDTH; k += LINE)
			__builtin_prefetch(dw + a * g->in + TURN_WIDTH + k, 1);
	outer_sum(sum_tile,
		&(struct outer){.values = turn_tiles(g, call->rows, samples) + output * samples,
			.rows = call->rows + input * samples,
			.block = TURN_OUTPUTS * LAM_LANES,
			.row = TURN_WIDTH,
			.samples = call->samples,
			.sums = sums,
			.taker = taker,
			.fetch = fetch},
		call->shards, SUMS);
	for (int64_t a = 0; a < outputs; a++) {
		const vec *sum = sums + a * TURN_VECTORS;
		lam_real *to = dw + a * g->in;

		if (width == TURN_WIDTH)
			UNROLL_FOR (int v = 0; v < TURN_VECTORS; v++)
				vec_store(to + v * VEC, sum[v]);
		else
			for (int64_t k = 0; k < width; k++)
				to[k] = sum[k / VEC][k % VEC];
	}
}

/* Takes values [first, end) of dw. Returns the end. */
static int64_t take_some(const struct lam_taker *taker, int64_t first, int64_t end)
{
	if (first < end)
		taker->take(taker->data, first, end - first);
	return end;
}

/* A slice is a range of tiles, which are rows of dw. What takes them takes, behind each panel, a
 * part of the strip before, as large as what the panel has. */
void affine_turned_gradient(
	const lam_affine_geometry *g, const struct lam_affine_gradient_call *call)
{
	const int64_t tiles = ceil_divide(g->out, TURN_OUTPUTS),
		      panels = ceil_divide(g->in, TURN_WIDTH),
		      last = slices_end(call->slices, tiles);
	const struct lam_taker *taker = call->taker;
	int64_t begin = slices_begin(call->slices, tiles), taken = begin * TURN_OUTPUTS * g->in,
		whole = taken;

	for (int64_t end; begin < last; begin = end) {
		end = least(last, begin + STRIP_TILES);
		for (int64_t panel = 0; panel < panels; panel++) {
			/* What is taken behind a tile is fetched beside the one before. */
			int64_t fetch = taken + SUMS * VEC;

			for (int64_t tile = begin; tile < end; tile++, fetch += SUMS * VEC)
				multiply(g, call, tile, panel, taken < whole ? taker : NULL, fetch);
			if (taker)
				taken = take_some(taker, taken,
					least(taken + STRIP_TILES * SUMS * VEC, whole));
		}
		whole = least(end * TURN_OUTPUTS, g->out) * g->in;
	}
	if (taker)
		take_some(taker, taken, whole);
}
