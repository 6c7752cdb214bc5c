/* SPDX-License-Identifier: MIT */
/* dw as a sum of outer products. dy has samples as rows: a row is vectors of outputs, and the value
 * of x in that sample is a number.
 *
 * dw is [out][in]. So a strip of 16 inputs is summed as [16][out] and transposed when it is stored,
 * a whole cache line of each row of dw at a time. Of large weights it is x that has samples as
 * rows: then a strip is TURN_ROWS rows of dw, which can be taken as soon as they are whole
 * (taker.h). */
#include "framework/kernels/affine_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"

#include <stdbool.h>
#include <string.h>

#if defined LAM_SMALL || VEC_REGISTERS >= 32
enum { INPUTS = 8 };
#else
enum { INPUTS = 4 };
#endif
enum { VECTORS = AFFINE_VECTORS, STRIP = LAM_LANES, TILE = INPUTS * VECTORS };

_Static_assert((int)LAM_AFFINE_SHARD_SAMPLES == (int)SUM_TERMS, "a shard is one sum");

struct outer {
	const lam_real *x, *rows; /* x from this tile's first input on; the rows of this panel */
	int64_t x_block, samples;
	vec *sums; /* [input][VECTORS], written */
	/* What is fetched meanwhile, from value `fetch` of each array on; NULL: nothing. */
	const struct lam_taker *taker;
	int64_t fetch;
};

/* Fetches, beside the products of a block of lanes, its share of the TILE VEC values of each array
 * that are taken behind this tile; rounded up, a few of the next tile's. All at once would make the
 * tile wait for memory. Narrower tiles fetch nothing. (Of doubles, every second line.) */
ALWAYS_INLINE void fetch_taken(const struct outer *o, int64_t sample)
{
	const int64_t lines = ceil_divide(TILE * VEC, o->samples), at = o->fetch + sample * lines;

	for (int a = 0; a < o->taker->arrays; a++)
		for (int64_t line = 0; line < lines; line++)
			__builtin_prefetch(o->taker->array[a] + at + line * LAM_LANES, 0, 2);
}

/* Adds the products of all samples to sums that begin with zero. */
ALWAYS_INLINE void outer_loop(const struct outer *o, const int inputs, const int vectors)
{
	const lam_real *x = o->x, *row = o->rows;
	vec sum[TILE], held[VECTORS];

	UNROLL_FOR (int k = 0; k < inputs * vectors; k++)
		sum[k] = (vec){0};
	for (int64_t first = 0; first < o->samples; first += LAM_LANES, x += o->x_block) {
		int64_t lanes = least(o->samples - first, LAM_LANES);

		if (inputs * vectors == TILE && o->taker)
			fetch_taken(o, first);
		for (int64_t lane = 0; lane < lanes; lane++, row += vectors * VEC) {
			UNROLL_FOR (int v = 0; v < vectors; v++)
				held[v] = ((const vec *)row)[v];
			UNROLL_FOR (int i = 0; i < inputs; i++) {
				vec value = vec_hold(vec_splat(x[i * LAM_LANES + lane]));

				UNROLL_FOR (int v = 0; v < vectors; v++)
					sum[i * vectors + v] += held[v] * value;
			}
		}
	}
	UNROLL_FOR (int i = 0; i < inputs; i++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			o->sums[i * VECTORS + v] = sum[i * vectors + v];
}

#define OUTER(I, V) \
	static void outer_##I##_##V(const struct outer *o) \
	{ \
		outer_loop(o, I, V); \
	}
#define ENTRY(I, V) [I][V] = outer_##I##_##V,
#if defined LAM_SMALL
#define OUTERS(X) X(1, 1) X(8, 1)
#elif VEC_REGISTERS >= 32
#define OUTERS(X) X(1, 1) X(1, 2) X(1, 3) X(8, 1) X(8, 2) X(8, 3)
#else
#define OUTERS(X) X(1, 1) X(1, 2) X(1, 3) X(4, 1) X(4, 2) X(4, 3)
#endif

OUTERS(OUTER)

typedef void outer_function(const struct outer *);

static outer_function *const outer_functions[INPUTS + 1][VECTORS + 1] = {OUTERS(ENTRY)};

/* Adds the products of all samples: of SUM_TERMS samples at a time, whose sums are added beside
 * the others, SUM_PARTIALS at a time. */
static void sum_samples(
	outer_function *function, const struct outer *all, int64_t inputs, int64_t vectors)
{
	const int64_t most_samples = SUM_PARTIALS * SUM_TERMS;

	if (all->samples <= SUM_TERMS) {
		function(all);
		return;
	}
	for (int64_t first = 0; first < all->samples; first += most_samples) {
		vec partial[TILE] = {{0}}, fresh[TILE] = {{0}};
		int64_t end = least(all->samples, first + most_samples);

		for (int64_t begin = first; begin < end; begin += SUM_TERMS) {
			function(&(struct outer){
				.x = all->x + begin / LAM_LANES * all->x_block,
				.rows = all->rows + begin * vectors * VEC,
				.x_block = all->x_block,
				.samples = least(end - begin, SUM_TERMS),
				.sums = fresh,
				.taker = begin == 0 ? all->taker : NULL,
				.fetch = all->fetch,
			});
			for (int64_t i = 0; i < inputs * VECTORS; i++)
				partial[i] += fresh[i];
		}
		for (int64_t i = 0; i < inputs * VECTORS; i++)
			all->sums[i] += partial[i];
	}
}

/* Adds the products of each of the shards, and these sums in a binary tree: lower[l] holds that of
 * a left subtree of 2^l shards. */
static void sum_shards(outer_function *function, const struct outer *all,
	const struct lam_affine_shards *shards, int64_t inputs, int64_t vectors)
{
	vec lower[LAM_AFFINE_LEVELS][TILE], *const sum = all->sums;
	struct outer of = *all;

	for (int s = 0; s < shards->count; s++) {
		const int64_t blocks = lane_blocks(shards->samples[s]);
		int level = 0;

		of.samples = shards->samples[s];
		function(&of);
		for (; s >> level & 1; level++)
			for (int64_t i = 0; i < inputs * VECTORS; i++)
				sum[i] = lower[level][i] + sum[i];
		if (s + 1 < shards->count)
			memcpy(lower[level], sum, (size_t)inputs * VECTORS * sizeof *sum);
		of.x += blocks * of.x_block;
		of.rows += blocks * LAM_LANES * vectors * VEC;
	}
}

/* dw[o][i] = sums[i][o] for `inputs` (at most STRIP) x `outputs` (at most VECTORS vecs). */
static void store_strip(const vec *sums, int64_t inputs, int64_t outputs, lam_real *dw, int64_t in)
{
	for (int64_t i = 0; i < inputs; i += VEC)
		for (int64_t o = 0; o < outputs; o += VEC) {
			int64_t columns = least(inputs - i, VEC), lines = least(outputs - o, VEC);
			vec square[VEC];

			UNROLL_FOR (int k = 0; k < VEC; k++)
				square[k] = sums[(i + k) * VECTORS + o / VEC];
			vec_transpose(square);
			for (int64_t line = 0; line < lines; line++) {
				lam_real *to = dw + (o + line) * in + i;

				if (columns == VEC)
					*(vec_unaligned *)to = square[line];
				else
					for (int64_t k = 0; k < columns; k++)
						to[k] = square[line][k];
			}
		}
}

/* Sums a tile: `inputs` (INPUTS or 1) of x from value `first` on, and `vectors` vectors of the
 * panel whose rows these are. `fetch`: what is taken behind it begins there. */
ALWAYS_INLINE void sum_tile(const struct lam_affine_gradient_call *call, int64_t first,
	int64_t inputs, const lam_real *rows, int64_t vectors, int64_t fetch, vec *sums)
{
	const struct outer outer = {.x = call->x + first * LAM_LANES,
		.rows = rows,
		.x_block = call->x_block,
		.samples = call->samples,
		.sums = sums,
		.taker = call->taker,
		.fetch = fetch};

	if (call->shards)
		sum_shards(outer_functions[inputs][vectors], &outer, call->shards, inputs, vectors);
	else
		sum_samples(outer_functions[inputs][vectors], &outer, inputs, vectors);
}

/* Writes dw for one strip of inputs and one panel of outputs. */
static void multiply(const lam_affine_geometry *g, const struct lam_affine_gradient_call *call,
	int64_t strip, int64_t panel)
{
	int64_t begin = strip * STRIP, inputs = least(g->in - begin, STRIP);
	int64_t first = affine_panel_begin(g, panel),
		count = affine_panel_begin(g, panel + 1) - first;
	int64_t output = first * VEC, outputs = least(g->out - output, count * VEC);
	const lam_real *rows = affine_panel_rows(
		g, call->rows, affine_blocks(call->samples, call->shards), panel);
	lam_real *dw = call->dw + output * g->in + begin;
	vec sums[STRIP * VECTORS] = {0};

	/* Each cache line is in another row of dw, a pattern that the processor does not
	 * prefetch. */
	for (int64_t o = 0; o < outputs; o++)
		__builtin_prefetch(dw + o * g->in, 1);
	for (int64_t i = 0, width; i < inputs; i += width) {
		width = inputs - i < INPUTS ? 1 : INPUTS;
		sum_tile(call, begin + i, width, rows, count, 0, sums + i * VECTORS);
	}
	store_strip(sums, inputs, outputs, dw, g->in);
}

/* When x is the side that is transposed: for weights of at least 16 MiB of floats, and at most
 * TURN_RATIO times as many values of x as of dy. And the rows of dw that are written while a panel
 * of x stays in the cache: 4096->4096, 256 samples, percent of the peak: 8 rows: 72, 32: 79, 64:
 * 80; rows of dy: 69. 16 rows and 64 take the same time, and what takes 16 finds them in the second
 * cache. Steps of 4096-4096-4096-10 with momentum, two threads of a Zen 5, beside those with an
 * update of its own: 1.05, 1.07, 1.06, 1.08 with 8, 16, 24 and 32 rows and 256 samples; with 64
 * samples 1.13, 1.15, 1.14, 1.15. If nothing is fetched beside the products (fetch_taken()), or all
 * at a tile's end, it does not pay: 0.99. */
enum { TURN_RATIO = 2, TURN_WEIGHTS = 1 << 22, TURN_ROWS = 16 };

bool affine_turns(const lam_affine_geometry *g)
{
	return g->in * g->out >= TURN_WEIGHTS && g->in <= TURN_RATIO * g->out;
}

/* Writes dw for `outputs` (INPUTS or 1) outputs from `first` on and one panel of inputs, of which x
 * has the rows. */
static void multiply_turned(const lam_affine_geometry *g, const lam_affine_geometry *back,
	const struct lam_affine_gradient_call *call, int64_t first, int64_t outputs, int64_t panel,
	int64_t fetch)
{
	const int64_t vector = affine_panel_begin(back, panel),
		      count = affine_panel_begin(back, panel + 1) - vector, input = vector * VEC;
	const lam_real *rows = affine_panel_rows(
		back, call->rows, affine_blocks(call->samples, call->shards), panel);
	vec sums[INPUTS * VECTORS] = {0};

	/* What the next panel writes. */
	for (int64_t i = 0; i < outputs; i++)
		for (int64_t k = 0; k < VECTORS * VEC; k += LAM_LANES)
			__builtin_prefetch(
				call->dw + (first + i) * g->in + input + count * VEC + k, 1);
	sum_tile(call, first, outputs, rows, count, fetch, sums);
	for (int64_t i = 0; i < outputs; i++)
		for (int64_t v = 0; v < count; v++) {
			const int64_t left = g->in - input - v * VEC;
			lam_real *to = call->dw + (first + i) * g->in + input + v * VEC;

			if (left >= VEC)
				*(vec_unaligned *)to = sums[i * VECTORS + v];
			else
				for (int64_t k = 0; k < left; k++)
					to[k] = sums[i * VECTORS + v][k];
		}
}

/* Takes values [first, end) of dw. Returns the end. */
static int64_t take_some(const struct lam_taker *taker, int64_t first, int64_t end)
{
	if (first < end)
		taker->take(taker->data, first, end - first);
	return end;
}

/* The same sums, with the roles of x and dy exchanged. A slice is a range of rows of dw. What takes
 * them takes, behind each panel, a part of the strip before, as large as what the panel has. */
static void turned_gradient(
	const lam_affine_geometry *g, const struct lam_affine_gradient_call *call)
{
	const lam_affine_geometry back = {.in = g->out, .out = g->in};
	const int64_t strips = ceil_divide(g->out, TURN_ROWS),
		      last = slices_end(call->slices, strips), panels = affine_panels(&back);
	const struct lam_taker *taker = call->taker;
	int64_t strip = slices_begin(call->slices, strips), begin = strip * TURN_ROWS,
		taken = begin * g->in;

	for (int64_t end; strip < last; strip++, begin = end) {
		end = least(g->out, begin + TURN_ROWS);
		for (int64_t panel = 0; panel < panels; panel++) {
			int64_t fetch = taken;

			for (int64_t o = begin, width; o < end; o += width, fetch += TILE * VEC) {
				width = end - o < INPUTS ? 1 : INPUTS;
				multiply_turned(g, &back, call, o, width, panel, fetch);
			}
			if (taker)
				taken = take_some(taker, taken,
					least(taken + TURN_ROWS * VECTORS * VEC, begin * g->in));
		}
	}
	if (taker)
		take_some(taker, taken, begin * g->in);
}

/* Goes panel by panel, so that a slice is a range of rows of the weight, as in update and packing.
 * Then x is read again for each panel. If x is too large for the second cache, it goes strip by
 * strip instead, and reads each strip of x once for all panels. */
void affine_weight_gradient(
	const lam_affine_geometry *g, const struct lam_affine_gradient_call *call)
{
	int64_t strips = ceil_divide(g->in, STRIP), panels = affine_panels(g),
		items = strips * panels;
	bool by_panel = g->in * affine_blocks(call->samples, call->shards) * LAM_LANES
			* (int64_t)sizeof(lam_real)
		<= AFFINE_STRIP_BYTES;

	if (call->turned) {
		turned_gradient(g, call);
		return;
	}
	for (int64_t item = slices_begin(call->slices, items);
		item < slices_end(call->slices, items); item++)
		if (by_panel)
			multiply(g, call, item % strips, item / strips);
		else
			multiply(g, call, item / panels, item % panels);
}
