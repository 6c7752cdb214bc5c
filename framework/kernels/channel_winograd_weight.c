/* SPDX-License-Identifier: MIT */
/* Winograd's weight gradient of few samples, with channels in the lanes (winograd.h):
 *
 *   V[e][c][t] = (B' x)[e]                          t: the tiles of all samples
 *   D[e][o][t] = (A dy)[e]                          vectors of sixteen outputs o
 *   S[e][o][c] = sum over t of D[e][o][t] V[e][c][t]  a vector times a number
 *   dw         = G' S
 *
 * c counts the channels once for each source (winograd_grid.h).
 *
 * Both transforms go lane by lane, and no sum crosses lanes: unlike with samples in the lanes,
 * nothing is transposed but dw.
 *
 * The work is cut into chunks of outputs x channels, and if these are few, the groups of tiles into
 * parts, each with an S of its own, which a second phase adds in order. A group's products are
 * summed in registers, then SUM_PARTIALS groups, then as many such sums. */
#include "framework/kernels/channel_weight.h"
#include "framework/kernels/channel_winograd.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/transpose_own.h"
#include "framework/kernels/winograd_map.h"

#include <string.h>

struct cut {
	const lam_conv_geometry *g;
	struct winograd_grid grid;
	/* Lane blocks of x and of dy; at most so many of a chunk; and the chunks. */
	int64_t blocks, units, chunk_blocks, chunk_units, block_chunks, unit_chunks, chunks;
	int64_t group; /* tiles of a group, at most */
	/* Steps in values. S is [element][unit][source][channel][16]. */
	int64_t line, v_element, d_element, s_unit, s_element, s_chunk;
};

struct chunk {
	int64_t block, blocks, channels; /* lane blocks of x from `block` on, and their channels */
	int64_t unit, units;
};

COLD static struct cut cut_of(const lam_conv_geometry *g)
{
	struct cut c = {
		.g = g,
		.grid = lam_winograd_grid(g, LAM_GRADIENT, 0),
		.blocks = lane_blocks(g->in),
		.units = lane_blocks(g->out),
	};
	/* If both sides are large, smaller chunks keep V, D and S in the second cache. */
	const int64_t most_blocks = (least(c.blocks, c.units) > CHANNEL_WINOGRAD_CHUNK / LAM_LANES
						    ? CHANNEL_WINOGRAD_CHUNK
						    : WINOGRAD_CHUNK)
		/ LAM_LANES;

	c.block_chunks = ceil_divide(c.blocks, most(most_blocks / c.grid.sources, 1));
	c.unit_chunks = ceil_divide(c.units, most_blocks);
	c.chunk_blocks = ceil_divide(c.blocks, c.block_chunks);
	c.chunk_units = ceil_divide(c.units, c.unit_chunks);
	c.chunks = c.block_chunks * c.unit_chunks;
	c.group = least(c.grid.high ? CHANNEL_WINOGRAD_GROUP : 4 * CHANNEL_WINOGRAD_GROUP,
		c.grid.tiles * (LAM_LANES - 1));
	c.line = c.group * LAM_LANES;
	/* V, D and S have odd numbers of vectors between elements, so that these fall into
	 * different sets of the cache. */
	c.v_element = (c.grid.sources * c.chunk_blocks * c.group | 1) * LAM_LANES;
	c.d_element = (c.chunk_units * c.group | 1) * LAM_LANES;
	c.s_unit = c.grid.sources * c.chunk_blocks * LAM_LANES * LAM_LANES;
	c.s_element = c.chunk_units * c.s_unit + LAM_LANES;
	c.s_chunk = c.grid.elements * c.s_element;
	return c;
}

static struct chunk chunk_of(const struct cut *c, int64_t index)
{
	const int64_t across = index % c->block_chunks, down = index / c->block_chunks;
	struct chunk chunk = {
		.block = piece_begin(c->blocks, across, c->block_chunks),
		.unit = piece_begin(c->units, down, c->unit_chunks),
	};

	chunk.blocks = piece_begin(c->blocks, across + 1, c->block_chunks) - chunk.block;
	chunk.units = piece_begin(c->units, down + 1, c->unit_chunks) - chunk.unit;
	chunk.channels = least(chunk.blocks * LAM_LANES, c->g->in - chunk.block * LAM_LANES);
	return chunk;
}

/* A few items for each of two threads, and of four if the sums of all parts are small. */
static int64_t most_parts(const struct cut *c)
{
	const int64_t bytes = c->chunks * c->s_chunk * (int64_t)sizeof(lam_real);

	return limit(CHANNEL_WINOGRAD_PART_BYTES / bytes, ceil_divide(WEIGHT_UNITS / 2, c->chunks),
		ceil_divide(WEIGHT_UNITS, c->chunks));
}

/* Where there are few tiles, groups are smaller, but not by more than half, for more parts. */
static int64_t group_count(const struct cut *c, int64_t samples)
{
	const int64_t tiles = samples * c->grid.tiles;

	return most(ceil_divide(tiles, c->group), least(2 * tiles / c->group, most_parts(c)));
}

static int64_t part_count(const struct cut *c, int64_t samples)
{
	return least(most_parts(c), most(1, group_count(c, samples)));
}

/* Of one sample. A vector of S is loaded and stored for each group; at the end it is transformed,
 * in each part. */
COLD double channel_winograd_weight_work(const lam_conv_geometry *g)
{
	const struct cut c = cut_of(g);
	const double elements = (double)c.grid.elements, tiles = (double)c.grid.tiles,
		     sources = (double)c.grid.sources,
		     sums = elements * sources * (double)g->in * (double)c.units;
	const double groups = (double)group_count(&c, 1), parts = (double)part_count(&c, 1);

	return (WINOGRAD_PRODUCT_COST * sums * tiles
		       + sums * (CHANNEL_WINOGRAD_SUM * groups + WINOGRAD_TRANSFORM_COST * parts)
		       + winograd_transform_cost(g) * elements * tiles
			       * (sources * (double)(c.blocks * c.unit_chunks)
				       + (double)(c.units * c.block_chunks)))
		/ WINOGRAD_GAIN;
}

COLD bool channel_winograd_weight_pays(const lam_conv_geometry *g)
{
	return winograd_serves(g)
		&& channel_winograd_weight_work(g) < (double)g->in * (double)lane_blocks(g->out)
			* (double)(g->kh * g->kw) * (double)g->oh * (double)g->ow;
}

COLD int64_t channel_winograd_weight_slices(const lam_conv_geometry *g, int64_t samples, int phase)
{
	const struct cut c = cut_of(g);
	const int64_t parts = part_count(&c, samples);

	return phase == 0                 ? c.chunks * parts
		: phase == 1 && parts > 1 ? c.chunks * c.chunk_units
					  : 0;
}

COLD int64_t channel_winograd_weight_shared(const lam_conv_geometry *g)
{
	const struct cut c = cut_of(g);
	const int64_t parts = most_parts(&c);

	return parts > 1 ? parts * c.chunks * c.s_chunk * (int64_t)sizeof(lam_real) : 0;
}

/* V, D, the sums of SUM_PARTIALS groups, and S if no other part needs it. */
COLD size_t channel_winograd_weight_scratch(const lam_conv_geometry *g)
{
	const struct cut c = cut_of(g);

	return (size_t)(c.grid.elements * (c.v_element + c.d_element) + 2 * c.s_chunk)
		* sizeof(lam_real);
}

/* Writes D of one tile: A dy of sixteen outputs. Places outside the plane are zero. */
static void spread_tile(const struct winograd_grid *grid, const lam_real *dy, int64_t row,
	int64_t column, lam_real *d, int64_t d_element)
{
	const bool high = grid->high;
	const int height = high ? WINOGRAD_OUT : 1;
	const int64_t rows = high ? winograd_inside(row, grid->oh, grid->row_step) : 1,
		      columns = winograd_inside(column, grid->ow, grid->column_step),
		      y_row = grid->row_step * grid->y_row,
		      y_column = grid->column_step * grid->y_column;

	dy += winograd_y_at(grid, row, column);
	for (int part = 0; part < PARTS; part++) {
		vec tile[WINOGRAD_OUT * WINOGRAD_OUT];

		for (int i = 0; i < height; i++)
			for (int j = 0; j < WINOGRAD_OUT; j++)
				tile[i * WINOGRAD_OUT + j] = i < rows && j < columns
					? *(const vec *)(dy + i * y_row + j * y_column + part * VEC)
					: (vec){0};
		winograd_map_spread(grid, tile, 1, d + part * VEC, d_element);
	}
}

/* Writes V and D of the tiles [first, end), counted over all samples. */
static void transform(const struct cut *c, const struct chunk *chunk,
	const struct lam_channel_gradient_call *call, int64_t first, int64_t end, lam_real *v,
	lam_real *d)
{
	const int64_t tiles = c->grid.tiles, narrow = c->grid.y_plane;

	for (int64_t at = first, next; at < end; at = next) {
		const int64_t sample = at / tiles, begin = at % tiles;
		const lam_real *dy = call->narrow + sample * call->narrow_sample
			+ chunk->unit * narrow;

		next = least(end, at - begin + tiles);
		for (int source = 0; source < c->grid.sources; source++)
			winograd_windows(&c->grid, source,
				call->wide + sample * call->wide_sample
					+ chunk->block * c->grid.x_plane,
				chunk->blocks, begin, begin + next - at,
				v + source * chunk->blocks * c->line + (at - first) * LAM_LANES,
				c->line, c->v_element);
		for (int64_t unit = 0; unit < chunk->units; unit++, dy += narrow)
			for (int64_t tile = at; tile < next; tile++) {
				lam_real *to = d + unit * c->line + (tile - first) * LAM_LANES;
				int64_t row, column;

				winograd_tile(&c->grid, tile % tiles, &row, &column);
				spread_tile(&c->grid, dy, row, column, to, c->d_element);
			}
	}
}

/* Adds the products of `tiles` tiles to S. */
static void multiply(const struct cut *c, const struct chunk *chunk, int64_t tiles,
	const lam_real *v, const lam_real *d, lam_real *s)
{
	const struct channel_weight_tile tile = {
		.planes = 1,
		.rows = 1,
		.columns = tiles,
		.v_pixel = LAM_LANES,
		.v_unit = c->line,
		.n_pixel = LAM_LANES,
		.to_unit = c->s_unit,
		.to_number = LAM_LANES,
	};
	const int64_t numbers = c->grid.sources * chunk->channels,
		      unit_tiles = ceil_divide(chunk->units, CHANNEL_WEIGHT_UNITS),
		      number_tiles = ceil_divide(numbers, CHANNEL_WEIGHT_NUMBERS);
	int64_t offset[WINOGRAD_CHUNK];
	_Static_assert((int)WINOGRAD_SOURCES * (int)LAM_LANES <= (int)WINOGRAD_CHUNK,
		"one lane block of all sources fits");

	for (int64_t i = 0; i < numbers; i++) {
		const int64_t source = i / chunk->channels, channel = i % chunk->channels;

		offset[i] = (source * chunk->blocks + channel / LAM_LANES) * c->line
			+ channel % LAM_LANES;
	}
	for (int64_t e = 0; e < c->grid.elements;
		e++, v += c->v_element, d += c->d_element, s += c->s_element)
		for (int64_t u = 0; u < unit_tiles; u++) {
			const int64_t unit = piece_begin(chunk->units, u, unit_tiles),
				      units = piece_begin(chunk->units, u + 1, unit_tiles) - unit;

			for (int64_t k = 0; k < number_tiles; k++) {
				const int64_t i = piece_begin(numbers, k, number_tiles),
					      end = piece_begin(numbers, k + 1, number_tiles);

				channel_weight_dense[units][end - i](&tile, d + unit * c->line, v,
					offset + i, s + unit * c->s_unit + i * LAM_LANES);
			}
		}
}

/* Adds `sums` to S and clears them. */
static void add_sums(const struct cut *c, lam_real *sums, lam_real *s)
{
	for (int64_t i = 0; i < c->s_chunk; i += VEC) {
		*(vec *)(s + i) += *(const vec *)(sums + i);
		*(vec *)(sums + i) = (vec){0};
	}
}

/* Computes S of a chunk over the groups [first, end) of `groups`. */
static void sum_groups(const struct cut *c, const struct chunk *chunk,
	const struct lam_channel_gradient_call *call, int64_t first, int64_t end, lam_real *s)
{
	const int64_t all = call->samples * c->grid.tiles, groups = group_count(c, call->samples);
	lam_real *v = call->scratch, *d = v + c->grid.elements * c->v_element,
		 *sums = d + c->grid.elements * c->d_element;
	const bool many = end - first > SUM_PARTIALS;

	memset(s, 0, (size_t)c->s_chunk * sizeof *s);
	if (many)
		memset(sums, 0, (size_t)c->s_chunk * sizeof *sums);
	for (int64_t group = first; group < end; group++) {
		const int64_t begin = piece_begin(all, group, groups),
			      stop = piece_begin(all, group + 1, groups);

		transform(c, chunk, call, begin, stop, v, d);
		multiply(c, chunk, stop - begin, v, d, many ? sums : s);
		if (many && ((group - first + 1) % SUM_PARTIALS == 0 || group + 1 == end))
			add_sums(c, sums, s);
	}
}

/* The taps of one channel of a source and sixteen outputs: adds the parts, then applies G'. */
static void gather_tile(
	const struct cut *c, int source, const lam_real *s, int64_t parts, lam_real *to)
{
	const struct winograd_source *of = &c->grid.source[source];

	for (int part = 0; part < PARTS; part++, s += VEC) {
		vec element[WINOGRAD_MOST], tap[WINOGRAD_TAPS * WINOGRAD_TAPS];

		for (int64_t e = 0; e < c->grid.elements; e++) {
			element[e] = *(const vec *)(s + e * c->s_element);
			for (int64_t other = 1; other < parts; other++)
				element[e] += *(
					const vec *)(s + other * c->s_chunk + e * c->s_element);
		}
		winograd_map_gather(&c->grid, element, tap);
		for (int64_t p = 0; p < of->down; p++)
			for (int64_t q = 0; q < of->across; q++)
				*(vec *)(to + winograd_tap_at(of, p, q) * LAM_LANES
					+ part * VEC) = tap[p * c->grid.taps + q];
	}
}

/* Writes unit `unit` of a chunk to dw. The S of `parts` parts lie one behind another. V's scratch
 * has room for its taps, at most 16 of them for a lane block's channel: it has elements x sources x
 * group values for each, at least 15 x 8 for 5 taps of a line, 15 x 32 for 20. */
static void store_unit(const struct cut *c, const struct chunk *chunk,
	const struct lam_channel_gradient_call *call, int64_t unit, const lam_real *s,
	int64_t parts)
{
	const lam_conv_geometry *g = c->g;
	const int64_t taps = g->kh * g->kw, output = (chunk->unit + unit) * LAM_LANES;
	lam_real *to = call->scratch;

	s += unit * c->s_unit;
	for (int64_t i = 0; i < c->grid.sources * chunk->channels; i++)
		gather_tile(c, (int)(i / chunk->channels), s + i * LAM_LANES, parts,
			to + i % chunk->channels * taps * LAM_LANES);
	LAM_KERNEL(transpose_kernels)
		.block_to_rows(call->dw + (output * g->in + chunk->block * LAM_LANES) * taps,
			(size_t)(g->in * taps), to, (size_t)(chunk->channels * taps),
			(int)least(LAM_LANES, g->out - output));
}

static void sum_slices(const struct cut *c, const struct lam_channel_gradient_call *call)
{
	const int64_t parts = part_count(c, call->samples), groups = group_count(c, call->samples),
		      items = c->chunks * parts;
	lam_real *own = (lam_real *)call->scratch + c->grid.elements * (c->v_element + c->d_element)
		+ c->s_chunk;

	for (int64_t item = slices_begin(call->slices, items);
		item < slices_end(call->slices, items); item++) {
		const int64_t index = item % c->chunks, part = item / c->chunks;
		const struct chunk chunk = chunk_of(c, index);
		lam_real *s = parts > 1
			? (lam_real *)call->shared + (index * parts + part) * c->s_chunk
			: own;

		sum_groups(c, &chunk, call, piece_begin(groups, part, parts),
			piece_begin(groups, part + 1, parts), s);
		for (int64_t unit = 0; unit < chunk.units && parts == 1; unit++)
			store_unit(c, &chunk, call, unit, s, 1);
	}
}

/* An item is a unit of a chunk; some chunks may have one less. */
static void add_parts(const struct cut *c, const struct lam_channel_gradient_call *call)
{
	const int64_t parts = part_count(c, call->samples), items = c->chunks * c->chunk_units;

	for (int64_t item = slices_begin(call->slices, items);
		item < slices_end(call->slices, items); item++) {
		const int64_t index = item / c->chunk_units, unit = item % c->chunk_units;
		const struct chunk chunk = chunk_of(c, index);

		if (unit < chunk.units)
			store_unit(c, &chunk, call, unit,
				(const lam_real *)call->shared + index * parts * c->s_chunk, parts);
	}
}

void channel_winograd_weight_gradient(
	const lam_conv_geometry *g, const struct lam_channel_gradient_call *call)
{
	const struct cut c = cut_of(g);

	(call->phase == 0 ? sum_slices : add_parts)(&c, call);
}
