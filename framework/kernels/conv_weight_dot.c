/* SPDX-License-Identifier: MIT */
/* The weight gradient of 1x1 kernels without padding, with any stride. It is a product of two
 * matrices, and its sums run over the pixels of all samples:
 *
 *     dw[o][c] = sum over blocks, pixels k and lanes l of dy[o][k][l] x[c][k][l]
 *
 * Planes lie far apart, often by a power of two: then few of them fit into the caches at once,
 * while every tile reads all. So of a band, some pixels of all channels of a chunk, x is copied
 * side by side and transposed:
 *
 *     x     [unit of sixteen channels][pixel][lane][16]
 *     dy    [output][pixel][lane], where it lies
 *
 * Then the tiles of channel_weight.h multiply vectors of channels with numbers of dy. All channels
 * pass over the few outputs of a tile, so dy is read once, and copied only where a band lies in two
 * blocks. There are no horizontal sums: a weight's sum is one value instead of a vector. So chunks
 * are large, and x and dy are read from memory once or a few times. In MobileNet's step on one core
 * of a Zen 3, whose peak is 101 GFLOP/s, without and with the copies: 32->64 on 32x32: 34, 55;
 * 128->128 on 16x16: 54, 72; 512->512 on 4x4: 57, 74; in ResNet-20's, 16->32 with stride 2: 21, 34.
 * On two cores of a Zen 5 with a copy of dy, too, and without it: 32->64: 3.1, 2.3 ms;
 * 128->128: 3.9, 3.5; 512->512: 3.5, 3.5.
 *
 * The sums of a chunk, [output][channel], stay in scratch while all bands of a part pass. After
 * every SUM_PARTIALS bands they are added to totals in double. */
#include "framework/kernels/channel_weight.h"
#include "framework/kernels/conv_direct.h"
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/transpose_own.h"

#include <string.h>

struct dot_cut {
	int64_t units;                        /* of sixteen channels, in a group */
	int64_t outputs;                      /* of a group */
	int64_t plane;                        /* pixels of dy */
	int64_t terms;                        /* of a band: pixels x lanes */
	int64_t chunks_in, chunks_out;        /* of a group */
	int64_t widest_units, widest_outputs; /* of a chunk */
	int64_t parts;                        /* of the blocks */
};

/* At most a third of what is computed is of lanes without a channel. */
bool weight_dots(const lam_conv_geometry *g)
{
	const int64_t in = g->in / g->groups;

	return g->kh == 1 && g->kw == 1 && g->ph == 0 && g->pw == 0 && in >= LAM_LANES
		&& g->out / g->groups >= LAM_LANES && 2 * lane_blocks(in) * LAM_LANES <= 3 * in;
}

/* Starts with the largest chunks that fit the cache. If these are too few units, cuts the blocks
 * into parts, and if there are too few blocks, makes the chunks smaller. */
static struct dot_cut cut_dot(const lam_conv_geometry *g, int64_t blocks)
{
	const int64_t wanted = least(conv_direct_slices(g, blocks), WEIGHT_UNITS),
		      pixel = LAM_LANES * (int64_t)sizeof(lam_real),
		      pixels = limit(WEIGHT_DOT_PANEL / (CHANNEL_WEIGHT_UNITS * LAM_LANES * pixel),
			      1, SUM_TERMS / LAM_LANES);
	struct dot_cut c = {
		.units = lane_blocks(g->in / g->groups),
		.outputs = g->out / g->groups,
		.plane = g->oh * g->ow,
		.terms = pixels * LAM_LANES,
	};
	const int64_t most_outputs = WEIGHT_DOT_COPY / (pixels * pixel),
		      most_parts = limit(
			      blocks * least(c.plane, WEIGHT_PART_PIXELS) / WEIGHT_PART_PIXELS, 1,
			      wanted);

	c.chunks_in = ceil_divide(c.units, most_outputs / LAM_LANES);
	c.chunks_out = ceil_divide(c.outputs, most_outputs);
	c.parts = least(ceil_divide(wanted, g->groups * c.chunks_in * c.chunks_out), most_parts);
	c.chunks_out = limit(ceil_divide(wanted, g->groups * c.chunks_in * c.parts), c.chunks_out,
		ceil_divide(c.outputs, CHANNEL_WEIGHT_NUMBERS));
	c.widest_units = ceil_divide(c.units, c.chunks_in);
	c.widest_outputs = ceil_divide(c.outputs, c.chunks_out);
	return c;
}

static int64_t chunk_count(const lam_conv_geometry *g, const struct dot_cut *c)
{
	return g->groups * c->chunks_in * c->chunks_out;
}

/* With enough blocks for WEIGHT_UNITS parts, the number of parts and the chunks are largest. */
static struct dot_cut largest_cut(const lam_conv_geometry *g)
{
	return cut_dot(g, WEIGHT_UNITS * WEIGHT_PART_PIXELS);
}

COLD int64_t weight_dot_slices(const lam_conv_geometry *g, int64_t blocks, int phase)
{
	const struct dot_cut c = cut_dot(g, blocks);

	return phase == 0                   ? chunk_count(g, &c) * c.parts
		: phase == 1 && c.parts > 1 ? ceil_divide(conv_direct_weights(g), WEIGHT_CHUNK_SUMS)
					    : 0;
}

COLD size_t weight_dot_shared(const lam_conv_geometry *g)
{
	const struct dot_cut c = largest_cut(g);

	return c.parts > 1 ? (size_t)(c.parts * conv_direct_weights(g)) * sizeof(lam_real) : 0;
}

/* The scratch of a thread: the copies of a band, the sums of a chunk and their totals. */
struct dot_scratch {
	lam_real *x, *dy, *sums;
	double *totals;
};

static int64_t most_sums(const struct dot_cut *c)
{
	return c->widest_outputs * c->widest_units * LAM_LANES;
}

COLD size_t weight_dot_scratch(const lam_conv_geometry *g)
{
	const struct dot_cut c = largest_cut(g);
	const int64_t copied = (c.widest_units * LAM_LANES + c.widest_outputs) * c.terms;

	return (size_t)(copied + most_sums(&c)) * sizeof(lam_real)
		+ (size_t)most_sums(&c) * sizeof(double);
}

static struct dot_scratch place_scratch(const struct dot_cut *c, void *scratch)
{
	struct dot_scratch s = {.x = scratch};

	s.dy = s.x + c->widest_units * LAM_LANES * c->terms;
	s.sums = s.dy + c->widest_outputs * c->terms;
	s.totals = (double *)(void *)(s.sums + most_sums(c));
	return s;
}

/* One chunk of the weights over one part of the blocks. */
struct dot_unit {
	int64_t part, first_block, blocks;
	int64_t first_channel, channels, units; /* of x, counted over all groups */
	int64_t first_output, outputs;          /* of dy, counted over all groups */
	int64_t weight;                         /* where its first output begins in dw */
};

static struct dot_unit find_unit(
	const lam_conv_geometry *g, const struct dot_cut *c, int64_t blocks, int64_t index)
{
	const int64_t chunks = chunk_count(g, c), in = g->in / g->groups, part = index / chunks,
		      chunk = index % chunks, chunk_in = chunk % c->chunks_in,
		      chunk_out = chunk / c->chunks_in % c->chunks_out,
		      group = chunk / c->chunks_in / c->chunks_out,
		      unit = piece_begin(c->units, chunk_in, c->chunks_in),
		      output = piece_begin(c->outputs, chunk_out, c->chunks_out);
	struct dot_unit u = {
		.part = part,
		.first_block = piece_begin(blocks, part, c->parts),
		.first_channel = group * in + unit * LAM_LANES,
		.units = piece_begin(c->units, chunk_in + 1, c->chunks_in) - unit,
		.first_output = group * c->outputs + output,
		.outputs = piece_begin(c->outputs, chunk_out + 1, c->chunks_out) - output,
		.weight = (group * c->outputs + output) * in + unit * LAM_LANES,
	};

	u.blocks = piece_begin(blocks, part + 1, c->parts) - u.first_block;
	u.channels = least(u.units * LAM_LANES, in - unit * LAM_LANES);
	return u;
}

/* Prefetches `values` values of each of `planes` planes: the products before them give them time.
 */
ALWAYS_INLINE void fetch_planes(const lam_real *from, int64_t plane, int64_t planes, int64_t values)
{
	for (int64_t k = 0; k < planes; k++, from += plane)
		for (int64_t i = 0; i < values; i += VEC)
			__builtin_prefetch(from + i);
}

/* Copies the pixels [begin, end) of a unit's channels, counted over the part's blocks. Neighbouring
 * pixels of x are copied at once. */
static void copy_x(const lam_conv_geometry *g, const struct dot_cut *c, const struct dot_unit *u,
	const struct lam_conv_gradient_call *call, int64_t begin, int64_t end, lam_real *to)
{
	const int64_t plane = g->h * g->w * LAM_LANES;

	for (int64_t k = begin, run; k < end; k += run) {
		const int64_t row = k % c->plane / g->ow, column = k % c->plane % g->ow;
		const lam_real *from = call->x + (u->first_block + k / c->plane) * call->x_block
			+ u->first_channel * plane
			+ (row * g->sh * g->w + column * g->sw) * LAM_LANES;

		run = g->sw == 1 ? least(end - k, g->ow - column) : 1;
		for (int64_t unit = 0; unit < u->units; unit++) {
			const int64_t channels = lanes_used(u->channels, unit);

			LAM_KERNEL(transpose_kernels)
				.rows_to_block(to
						+ (unit * c->terms + (k - begin) * LAM_LANES)
							* LAM_LANES,
					from + unit * LAM_LANES * plane, (size_t)plane,
					(size_t)(run * LAM_LANES), (int)channels);
			fetch_planes(
				from + unit * LAM_LANES * plane + (end - begin) * g->sw * LAM_LANES,
				plane, channels, run * LAM_LANES);
		}
	}
}

/* dy of the pixels [begin, end), and from one output to the next. */
struct dot_rows {
	const lam_real *from;
	int64_t step;
};

/* Copies dy of a band that lies in more than one block, or finds it. */
static struct dot_rows place_dy(const struct dot_cut *c, const struct dot_unit *u,
	const struct lam_conv_gradient_call *call, int64_t begin, int64_t end, lam_real *to)
{
	const int64_t plane = c->plane * LAM_LANES;
	const struct dot_rows copy = {to, c->terms};

	for (int64_t k = begin, run; k < end; k += run, to += run * LAM_LANES) {
		const lam_real *from = call->dy + (u->first_block + k / c->plane) * call->dy_block
			+ u->first_output * plane + k % c->plane * LAM_LANES;

		run = least(end - k, c->plane - k % c->plane);
		if (run == end - begin)
			return (struct dot_rows){from, plane};
		for (int64_t o = 0; o < u->outputs; o++, from += plane)
			for (int64_t i = 0; i < run * LAM_LANES; i += VEC)
				*(vec *)(to + o * c->terms + i) = *(const vec *)(from + i);
	}
	return copy;
}

/* Adds the products of a band of `terms` terms to all sums of a chunk. The channels pass from the
 * second cache over the few outputs of a tile, whose dy is read where it lies. */
static void add_band(const struct dot_cut *c, const struct dot_unit *u, int64_t terms,
	const lam_real *x, struct dot_rows dy, lam_real *sums)
{
	const int64_t unit_tiles = ceil_divide(u->units, CHANNEL_WEIGHT_UNITS),
		      output_tiles = ceil_divide(u->outputs, CHANNEL_WEIGHT_NUMBERS);
	const struct channel_weight_tile tile = {
		.planes = 1,
		.rows = 1,
		.columns = terms,
		.v_pixel = LAM_LANES,
		.v_unit = c->terms * LAM_LANES,
		.n_pixel = 1,
		.to_unit = LAM_LANES,
		.to_number = u->units * LAM_LANES,
	};
	int64_t offset[CHANNEL_WEIGHT_NUMBERS];

	for (int64_t k = 0; k < CHANNEL_WEIGHT_NUMBERS; k++)
		offset[k] = k * dy.step;
	for (int64_t j = 0; j < output_tiles; j++) {
		const int64_t output = piece_begin(u->outputs, j, output_tiles),
			      outputs = piece_begin(u->outputs, j + 1, output_tiles) - output;
		const lam_real *from = dy.from + output * dy.step;

		fetch_planes(from
				+ (j + 1 < output_tiles ? outputs * dy.step
							: terms - output * dy.step),
			dy.step, outputs, terms);
		for (int64_t i = 0; i < unit_tiles; i++) {
			const int64_t unit = piece_begin(u->units, i, unit_tiles),
				      units = piece_begin(u->units, i + 1, unit_tiles) - unit;

			channel_weight_dense[units][outputs](&tile, x + unit * tile.v_unit, from,
				offset, sums + output * tile.to_number + unit * LAM_LANES);
		}
	}
}

/* Adds the sums to the totals, and clears them. */
static void add_totals(struct dot_scratch *s, int64_t count)
{
	for (int64_t i = 0; i < count; i++) {
		s->totals[i] += (double)s->sums[i];
		s->sums[i] = 0;
	}
}

/* Sums all bands of a unit. */
static void sum_bands(const lam_conv_geometry *g, const struct dot_cut *c, const struct dot_unit *u,
	const struct lam_conv_gradient_call *call, struct dot_scratch *s)
{
	const int64_t pixels = c->terms / LAM_LANES, all = u->blocks * c->plane,
		      bands = ceil_divide(all, pixels), count = u->outputs * u->units * LAM_LANES;
	const bool many = bands > SUM_PARTIALS;

	memset(s->sums, 0, (size_t)count * sizeof *s->sums);
	if (many)
		memset(s->totals, 0, (size_t)count * sizeof *s->totals);
	for (int64_t band = 0; band < bands; band++) {
		const int64_t begin = piece_begin(all, band, bands),
			      end = piece_begin(all, band + 1, bands);

		copy_x(g, c, u, call, begin, end, s->x);
		add_band(c, u, (end - begin) * LAM_LANES, s->x,
			place_dy(c, u, call, begin, end, s->dy), s->sums);
		if (many && (band % SUM_PARTIALS == SUM_PARTIALS - 1 || band + 1 == bands))
			add_totals(s, count);
	}
	for (int64_t i = 0; i < count && many; i++)
		s->sums[i] = (lam_real)s->totals[i];
}

void weight_dot_gradient(const lam_conv_geometry *g, const struct lam_conv_gradient_call *call)
{
	const struct dot_cut c = cut_dot(g, call->blocks);
	const int64_t items = chunk_count(g, &c) * c.parts, in = g->in / g->groups;
	struct dot_scratch s = place_scratch(&c, call->scratch);

	if (call->phase == 1) {
		conv_weight_add_parts(g, c.parts, call);
		return;
	}
	for (int64_t item = slices_begin(call->slices, items);
		item < slices_end(call->slices, items); item++) {
		const struct dot_unit u = find_unit(g, &c, call->blocks, item);
		lam_real *dw = u.weight
			+ (c.parts == 1 ? call->dw
					: (lam_real *)call->shared
						+ u.part * conv_direct_weights(g));

		sum_bands(g, &c, &u, call, &s);
		for (int64_t o = 0; o < u.outputs; o++)
			memcpy(dw + o * in, s.sums + o * u.units * LAM_LANES,
				(size_t)u.channels * sizeof *dw);
	}
}
