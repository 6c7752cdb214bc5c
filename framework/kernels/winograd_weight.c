/* SPDX-License-Identifier: MIT */
/* Winograd's weight gradient. In the transformed space it is one matrix product for each element,
 * summed over tiles and samples:
 *
 *   V[e][c][s] = (B' x)[e],   s = (tile, lane)
 *   D[e][s][o] = (A dy)[e]
 *   S[e][c][o] = sum over s of V[e][c][s] D[e][s][o]
 *   dw         = G' S
 *
 * D has outputs side by side, so that a product needs no sum over lanes.
 *
 * The work is cut into chunks of outputs x channels, and these into parts of the blocks or of their
 * tiles, by the shapes and the number of blocks alone. Each has an S of its own, and a second phase
 * adds the parts in order (winograd_finish.c). A slice is some parts, so that a thread reads the
 * blocks that it wrote. */
#include "framework/kernels/winograd_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/tile.h"
#include "framework/kernels/vec_own.h"
#include "framework/kernels/winograd_map.h"

enum { PIXELS = WINOGRAD_OUT * WINOGRAD_OUT };

/* The register tile of a product: channels x vectors of outputs. */
#if VEC_REGISTERS >= 32
enum { CHANNELS = 6, VECTORS = 4 };
#elif defined LAM_SMALL
enum { CHANNELS = 6, VECTORS = 1 };
#else
enum { CHANNELS = 6, VECTORS = 2 };
#endif

/* The parts of the tiles of all blocks: whole blocks, if there are enough of them. Few blocks are
 * cut into an even number of parts, for an even number of threads. */
static int64_t count_parts(const struct winograd_chunks *c)
{
	const int64_t wanted = ceil_divide(WINOGRAD_CHUNKS, c->out_chunks * c->in_chunks),
		      possible = c->blocks * c->grid.tiles / (WINOGRAD_PART_GROUPS * c->group);

	return c->blocks >= wanted ? wanted : most(c->blocks, least(wanted, possible) / 2 * 2);
}

/* The first tile of a part, counted over all blocks. */
static int64_t part_begin(const struct winograd_chunks *c, int64_t part)
{
	if (c->blocks >= c->parts)
		return piece_begin(c->blocks, part, c->parts) * c->grid.tiles;
	return piece_begin(c->blocks * c->grid.tiles, part, c->parts);
}

static struct winograd_chunks cut_weight(const lam_conv_geometry *g, int64_t blocks)
{
	struct winograd_chunks c = {.grid = lam_winograd_grid(g, LAM_GRADIENT, 0)};

	c.out_chunks = ceil_divide(g->out, WINOGRAD_CHUNK);
	c.outs = round_up(ceil_divide(g->out, c.out_chunks), LAM_LANES);
	c.out_chunks = ceil_divide(g->out, c.outs);
	c.in_chunks = ceil_divide(c.grid.sources * g->in, WINOGRAD_CHUNK);
	c.ins = ceil_divide(g->in, c.in_chunks);
	c.in_chunks = ceil_divide(g->in, c.ins);
	c.rows = c.grid.sources * c.ins;
	c.group = c.grid.high ? WINOGRAD_CHUNK_TILES : WINOGRAD_IN * WINOGRAD_CHUNK_TILES;
	c.blocks = blocks;
	c.parts = count_parts(&c);
	c.v_channel = c.group * LAM_LANES;
	c.v_element = (c.rows * c.group | 1) * LAM_LANES;
	c.d_element = (c.group * c.outs | 1) * LAM_LANES;
	c.s_element = (c.rows * (c.outs / LAM_LANES) | 1) * LAM_LANES;
	c.s_chunk = c.grid.elements * c.s_element;
	c.whole = c.parts == 1;
	c.taps = c.grid.high ? c.grid.taps * c.grid.taps : c.grid.taps;
	c.shared_part = c.whole ? c.taps * c.rows * c.outs : c.s_chunk;
	return c;
}

/* S[c][o] of one element: the sum over `samples` values of v[c][sample] d[sample][o], stored in S
 * or, after it is summed, added to it. */
struct element_product {
	/* `row` is the step from one sample to the next in d, and from one channel to the next in
	 * S. */
	int64_t samples, v_channel, row;
	bool add;
};

typedef void element_product_function(
	const struct element_product *, const lam_real *v, const lam_real *d, lam_real *s);

ALWAYS_INLINE void product_loop(const struct element_product *p, const lam_real *v,
	const lam_real *d, lam_real *s, const int channels, const int vectors)
{
	const int64_t v_channel = p->v_channel, row = p->row;
	vec sum[CHANNELS * VECTORS], held[VECTORS];

	UNROLL_FOR (int i = 0; i < channels; i++)
		UNROLL_FOR (int k = 0; k < vectors; k++)
			sum[i * vectors + k] = vec_own((vec){0});
	for (int64_t sample = 0; sample < p->samples; sample++, d += row) {
		UNROLL_FOR (int k = 0; k < vectors; k++)
			held[k] = ((const vec *)d)[k];
		UNROLL_FOR (int i = 0; i < channels; i++) {
			vec value = vec_hold(vec_splat(v[i * v_channel + sample]));

			UNROLL_FOR (int k = 0; k < vectors; k++)
				sum[i * vectors + k] += held[k] * value;
		}
	}
	if (p->add) {
		UNROLL_FOR (int i = 0; i < channels; i++)
			UNROLL_FOR (int k = 0; k < vectors; k++)
				sum[i * vectors + k] += ((const vec *)(s + i * row))[k];
	}
	UNROLL_FOR (int i = 0; i < channels; i++)
		UNROLL_FOR (int k = 0; k < vectors; k++)
			((vec *)(s + i * row))[k] = sum[i * vectors + k];
}

#define PRODUCT(C, K) \
	static void product_##C##_##K(const struct element_product *p, const lam_real *v, \
		const lam_real *d, lam_real *s) \
	{ \
		product_loop(p, v, d, s, C, K); \
	}
#define ENTRY(C, K) [C][K] = product_##C##_##K,
#define CHANNELS_UP_TO_6(X, K) X(1, K) X(2, K) X(3, K) X(4, K) X(5, K) X(6, K)
#if VEC_REGISTERS >= 32
#define PRODUCTS(X) \
	CHANNELS_UP_TO_6(X, 1) CHANNELS_UP_TO_6(X, 2) CHANNELS_UP_TO_6(X, 3) CHANNELS_UP_TO_6(X, 4)
#elif defined LAM_SMALL
#define PRODUCTS(X) CHANNELS_UP_TO_6(X, 1)
#else
#define PRODUCTS(X) CHANNELS_UP_TO_6(X, 1) CHANNELS_UP_TO_6(X, 2)
#endif

PRODUCTS(PRODUCT)

static element_product_function *const products[CHANNELS + 1][VECTORS + 1] = {PRODUCTS(ENTRY)};

/* Computes all register tiles of one element's product. Their sizes are as equal as possible. */
static void multiply(const struct element_product *p, const lam_real *v, const lam_real *d,
	lam_real *s, int64_t channels, int64_t vectors)
{
	int64_t bands = ceil_divide(channels, CHANNELS), panels = ceil_divide(vectors, VECTORS);

	for (int64_t panel = 0; panel < panels; panel++) {
		int64_t k = piece_begin(vectors, panel, panels),
			width = piece_begin(vectors, panel + 1, panels) - k;

		for (int64_t band = 0; band < bands; band++) {
			int64_t i = piece_begin(channels, band, bands),
				height = piece_begin(channels, band + 1, bands) - i;

			products[height][width](
				p, v + i * p->v_channel, d + k * VEC, s + i * p->row + k * VEC);
		}
	}
}

/* One tile, for VEC outputs. `outputs` of them exist. */
struct spread {
	const struct winograd_grid *grid;
	int64_t outputs, row, column; /* where the tile begins in a plane of dy */
	vec *turned;                  /* scratch: [pixel][lane] vecs of outputs */
	int64_t d_row, d_element;     /* steps in values */
};

/* Writes the rows of D for the tile's samples. */
static void spread_tile(const struct spread *t, const lam_real *dy, lam_real *d)
{
	const struct winograd_grid *grid = t->grid;
	const int64_t outputs = t->outputs, row = t->row, column = t->column, d_row = t->d_row;
	const int pixels = grid->high ? PIXELS : WINOGRAD_OUT;
	vec *turned = t->turned;

	for (int part = 0; part < PARTS; part++, d += VEC * d_row) {
		for (int pixel = 0; pixel < pixels; pixel++) {
			int64_t i = row + pixel / WINOGRAD_OUT * grid->row_step,
				j = column + pixel % WINOGRAD_OUT * grid->column_step;
			vec square[VEC];

			if (i < grid->oh && j < grid->ow) {
				const lam_real *from = dy + winograd_y_at(grid, i, j) + part * VEC;

				UNROLL_FOR (int64_t o = 0; o < VEC; o++)
					square[o] = o < outputs
						? *(const vec *)(from + o * grid->y_plane)
						: (vec){0};
				vec_transpose(square);
			} else {
				UNROLL_FOR (int o = 0; o < VEC; o++)
					square[o] = (vec){0};
			}
			UNROLL_FOR (int lane = 0; lane < VEC; lane++)
				turned[pixel * VEC + lane] = square[lane];
		}
		for (int lane = 0; lane < VEC; lane++)
			winograd_map_spread(
				grid, turned + lane, VEC, d + lane * d_row, t->d_element);
	}
}

static void spread_tiles(const struct winograd_chunks *c, const lam_real *dy, int64_t outputs,
	int64_t begin, int64_t end, vec *turned, lam_real *d)
{
	const struct winograd_grid *grid = &c->grid;
	struct spread spread = {
		.grid = grid, .turned = turned, .d_row = c->outs, .d_element = c->d_element};

	for (int64_t o = 0; o < outputs; o += VEC, dy += VEC * grid->y_plane)
		for (int64_t tile = begin; tile < end; tile++) {
			lam_real *to = d + (tile - begin) * LAM_LANES * c->outs + o;

			spread.outputs = outputs - o;
			winograd_tile(grid, tile, &spread.row, &spread.column);
			spread_tile(&spread, dy, to);
		}
}

COLD size_t winograd_weight_scratch(const lam_conv_geometry *g)
{
	struct winograd_chunks c = cut_weight(g, 1);
	const size_t size = (size_t)(c.grid.elements * (c.v_element + c.d_element) + 2 * c.s_chunk)
			* sizeof(lam_real)
		+ PIXELS * VEC * sizeof(vec);

	return size > winograd_finish_scratch() ? size : winograd_finish_scratch();
}

COLD size_t winograd_weight_shared(const lam_conv_geometry *g)
{
	struct winograd_chunks c = cut_weight(g, WINOGRAD_CHUNKS);

	return (size_t)(c.out_chunks * c.in_chunks * c.parts * c.shared_part) * sizeof(lam_real);
}

COLD int64_t winograd_weight_slices(const lam_conv_geometry *g, int64_t blocks, int phase)
{
	struct winograd_chunks c = cut_weight(g, blocks);

	return phase == 0    ? c.out_chunks * c.in_chunks * c.parts
		: phase == 1 ? least(g->in, 16)
			     : 0;
}

/* Adds the sums of SUM_PARTIALS groups, `beside`, to S; or moves them there, if they are the
 * first. */
static void add_partial(
	const struct winograd_chunks *c, bool moves, const lam_real *beside, lam_real *s)
{
	for (int64_t i = 0; i < c->s_chunk; i += VEC)
		*(vec *)(s + i) = *(const vec *)(beside + i)
			+ (moves ? (vec){0} : *(const vec *)(s + i));
}

/* One chunk: its channels and its outputs, whose planes begin at x and dy; and its rows. */
struct chunk {
	int64_t channels, outputs, rows;
	const lam_real *x, *dy;
};

/* Writes V and D of the tiles [first, end), counted over all blocks. */
static void transform(const struct winograd_chunks *c, const struct chunk *chunk,
	const struct lam_conv_gradient_call *call, int64_t first, int64_t end, lam_real *v,
	lam_real *d)
{
	const int64_t tiles = c->grid.tiles;
	vec *turned = call->scratch;

	for (int64_t at = first, next; at < end; at = next) {
		const int64_t block = at / tiles, begin = at % tiles;

		next = least(end, at - begin + tiles);
		for (int source = 0; source < c->grid.sources; source++)
			winograd_windows(&c->grid, source, chunk->x + block * call->x_block,
				chunk->channels, begin, begin + next - at,
				v + source * chunk->channels * c->v_channel
					+ (at - first) * LAM_LANES,
				c->v_channel, c->v_element);
		spread_tiles(c, chunk->dy + block * call->dy_block, chunk->outputs, begin,
			begin + next - at, turned, d + (at - first) * LAM_LANES * c->outs);
	}
}

/* Where a thread sums a chunk that is one part, behind V and D; and what is summed beside S. */
static lam_real *chunk_sums(
	const struct winograd_chunks *c, const struct lam_conv_gradient_call *call)
{
	return (lam_real *)((vec *)call->scratch + PIXELS * VEC)
		+ c->grid.elements * (c->v_element + c->d_element);
}

/* Computes S of one chunk, summed over the tiles [first, last) of all blocks. The products of a
 * group of tiles are summed first, then the groups. Small planes share a group: a sum in S is
 * loaded and stored for each of them. If there are more than SUM_PARTIALS groups, as many are
 * summed beside S. */
static void sum_chunk(const struct winograd_chunks *c, const struct chunk *chunk,
	const struct lam_conv_gradient_call *call, int64_t first, int64_t last, lam_real *s)
{
	const int64_t tiles = last - first, groups = ceil_divide(tiles, c->group);
	lam_real *v = (lam_real *)((vec *)call->scratch + PIXELS * VEC),
		 *d = v + c->grid.elements * c->v_element;
	lam_real *sums = groups > SUM_PARTIALS ? chunk_sums(c, call) + c->s_chunk : s;

	for (int64_t group = 0; group < groups; group++) {
		const int64_t begin = piece_begin(tiles, group, groups),
			      end = piece_begin(tiles, group + 1, groups);
		const struct element_product product = {
			.samples = (end - begin) * LAM_LANES,
			.v_channel = c->v_channel,
			.row = c->outs,
			.add = group % SUM_PARTIALS > 0,
		};

		transform(c, chunk, call, first + begin, first + end, v, d);
		for (int64_t e = 0; e < c->grid.elements; e++)
			multiply(&product, v + e * c->v_element, d + e * c->d_element,
				sums + e * c->s_element, chunk->rows,
				ceil_divide(chunk->outputs, VEC));
		if (sums != s && ((group + 1) % SUM_PARTIALS == 0 || group + 1 == groups))
			add_partial(c, group < SUM_PARTIALS, sums, s);
	}
}

/* The taps of a chunk, G' S, while S is in the cache. */
static void gather_chunk(const struct winograd_chunks *c, const struct chunk *chunk,
	const lam_real *s, lam_real *taps)
{
	for (int64_t row = 0; row < chunk->rows; row++)
		for (int64_t o = 0; o < chunk->outputs; o += VEC) {
			vec element[WINOGRAD_MOST], tap[WINOGRAD_TAPS * WINOGRAD_TAPS];

			for (int64_t e = 0; e < c->grid.elements; e++)
				element[e] = *(
					const vec *)(s + e * c->s_element + row * c->outs + o);
			winograd_map_gather(&c->grid, element, tap);
			for (int64_t t = 0; t < c->taps; t++)
				((vec *)(taps + winograd_taps_at(c, row, o)))[t] = tap[t];
		}
}

static void sum_products(const lam_conv_geometry *g, const struct winograd_chunks *c,
	const struct lam_conv_gradient_call *call)
{
	int64_t pairs = c->out_chunks * c->in_chunks, items = pairs * c->parts;

	for (int64_t item = slices_begin(call->slices, items);
		item < slices_end(call->slices, items); item++) {
		int64_t part = item / pairs, pair = item % pairs;
		int64_t in = pair % c->in_chunks * c->ins, out = pair / c->in_chunks * c->outs;
		const int64_t channels = least(c->ins, g->in - in);
		const struct chunk chunk = {
			.channels = channels,
			.rows = c->grid.sources * channels,
			.outputs = least(c->outs, g->out - out),
			.x = call->x + in * c->grid.x_plane,
			.dy = call->dy + out * c->grid.y_plane,
		};
		lam_real *shared = (lam_real *)call->shared
			+ (pair * c->parts + part) * c->shared_part;
		lam_real *s = c->whole ? chunk_sums(c, call) : shared;

		sum_chunk(c, &chunk, call, part_begin(c, part), part_begin(c, part + 1), s);
		if (c->whole)
			gather_chunk(c, &chunk, s, shared);
	}
}

void winograd_weight_gradient(const lam_conv_geometry *g, const struct lam_conv_gradient_call *call)
{
	struct winograd_chunks c = cut_weight(g, call->blocks);

	(call->phase == 0 ? sum_products : winograd_weight_finish)(g, &c, call);
}
