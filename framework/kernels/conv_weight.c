/* SPDX-License-Identifier: MIT */
/* The weight gradient of a convolution. It is cut into chunks of outputs x channels of one group.
 * If there are fewer chunks than threads can use, the blocks are cut into parts. Each part has sums
 * of its own, and a second phase adds the parts in order. A slice is then a range of parts, so that
 * a thread reads the blocks that it wrote.
 *
 * The sums of a chunk, one vec for each weight, stay in scratch while all blocks pass. The sums of
 * a band's pixels are added to them. After every WEIGHT_BANDS bands, and at the end, the elements
 * of each vec are added to a total in double. So no sum of lam_real has many terms. The planes of a
 * chunk's channels are copied into scratch with their padding, so that every tap reads whole rows.
 * With a stride, columns of the same residue are neighbours in the copy.
 *
 * Planes without padding and stride are read in place. So are planes of 3x3 kernels with one output
 * per group, above all depthwise ones: they have too little arithmetic to pay for a copy. */
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/conv_direct.h"
#include "framework/kernels/thresholds.h"

#include <string.h>

struct weight_chunks {
	bool slides; /* whether weight_slide() computes it */
	/* whether planes are read without a copy: with `slides`, or without padding and column
	 * stride */
	bool in_place;
	/* A copied plane is [rows][sw][columns] pixels; `residue` is the step from one residue to
	 * the next, in values. */
	int64_t rows, columns, residue;
	int64_t x_row, x_channel; /* values */
	int64_t chunk_in, chunk_out;
	int64_t chunks_in, chunks_out; /* per group */
	int64_t parts;                 /* of the blocks */
};

static int64_t chunk_count(const lam_conv_geometry *g, const struct weight_chunks *c)
{
	return g->groups * c->chunks_in * c->chunks_out;
}

/* Whether weight_slide() can compute it: 3x3 kernels, one output per group, a column stride of 1 or
 * 2, no dilation and at most one column of padding. The middle tap of a row's last pixel must lie
 * in x. */
static bool weight_slides(const lam_conv_geometry *g)
{
	return VEC_REGISTERS >= 32 && g->out == g->groups && g->kh == 3 && g->kw == 3 && g->sw <= 2
		&& g->dh == 1 && g->dw == 1 && g->pw <= 1 && (g->ow - 1) * g->sw + 1 - g->pw < g->w;
}

/* Starts with the largest chunks that fit the cache. If these are too few units, cuts the blocks
 * into parts. If there are too few blocks for that, makes the chunks smaller. */
static struct weight_chunks cut_weight(const lam_conv_geometry *g, int64_t blocks)
{
	int64_t taps = g->kh * g->kw, in = g->in / g->groups, out = g->out / g->groups;
	int64_t width = (g->ow - 1) * g->sw + (g->kw - 1) * g->dw + 1;
	int64_t units = least(conv_direct_slices(g, blocks), WEIGHT_UNITS);
	int64_t most_parts = limit(
		blocks * least(g->oh * g->ow, WEIGHT_PART_PIXELS) / WEIGHT_PART_PIXELS, 1, units);
	struct weight_chunks c = {.slides = weight_slides(g)};

	c.in_place = c.slides || (g->ph == 0 && g->pw == 0 && g->sw == 1);
	c.rows = c.in_place ? g->h : (g->oh - 1) * g->sh + (g->kh - 1) * g->dh + 1;
	c.columns = c.in_place ? g->w : ceil_divide(width, g->sw);
	c.residue = c.columns * LAM_LANES;
	c.x_row = c.residue * (c.in_place ? 1 : g->sw);
	c.x_channel = c.rows * c.x_row;

	c.chunk_in = most(1,
		(c.in_place ? WEIGHT_PLANE_BYTES : WEIGHT_COPY_BYTES)
			/ (c.x_channel * (int64_t)sizeof(lam_real)));
	c.chunk_in = least(least(c.chunk_in, WEIGHT_CHUNK_CHANNELS), in);
	c.chunk_out = most(1, WEIGHT_CHUNK_SUMS / (c.chunk_in * taps));
	c.chunk_out = least(least(c.chunk_out, WEIGHT_CHUNK_OUTPUTS), out);
	if (c.chunk_out > WEIGHT_OUTPUTS)
		c.chunk_out -= c.chunk_out % WEIGHT_OUTPUTS;
	for (;;) {
		c.chunks_in = ceil_divide(in, c.chunk_in);
		c.chunks_out = ceil_divide(out, c.chunk_out);
		c.parts = least(ceil_divide(units, chunk_count(g, &c)), most_parts);
		if (chunk_count(g, &c) * c.parts >= units)
			return c;
		if (c.chunk_in > 1 && c.chunk_in * taps >= 4 * WEIGHT_TAPS)
			c.chunk_in = ceil_divide(c.chunk_in, 2);
		else if (c.chunk_out > WEIGHT_OUTPUTS)
			c.chunk_out = most(
				WEIGHT_OUTPUTS, c.chunk_out / 2 / WEIGHT_OUTPUTS * WEIGHT_OUTPUTS);
		else
			return c;
	}
}

static int64_t unit_count(const lam_conv_geometry *g, const struct weight_chunks *c)
{
	return chunk_count(g, c) * c->parts;
}

COLD int64_t conv_weight_slices(const lam_conv_geometry *g, int64_t blocks, int phase)
{
	struct weight_chunks c = cut_weight(g, blocks);

	return phase == 0                   ? unit_count(g, &c)
		: phase == 1 && c.parts > 1 ? ceil_divide(conv_direct_weights(g), WEIGHT_CHUNK_SUMS)
					    : 0;
}

/* For any number of blocks: with enough blocks for WEIGHT_UNITS parts, the number of parts is the
 * largest, and so are the chunks. */
COLD size_t conv_weight_shared(const lam_conv_geometry *g)
{
	struct weight_chunks c = cut_weight(g, WEIGHT_UNITS * WEIGHT_PART_PIXELS);

	return c.parts > 1 ? (size_t)(c.parts * conv_direct_weights(g)) * sizeof(lam_real) : 0;
}

/* The number of values in the copied planes, or in the row of zeros that `slides` needs instead. */
static int64_t copied_values(const struct weight_chunks *c)
{
	return c->slides ? c->x_row : c->in_place ? 0 : c->chunk_in * c->x_channel;
}

COLD size_t conv_weight_scratch(const lam_conv_geometry *g)
{
	struct weight_chunks c = cut_weight(g, WEIGHT_UNITS * WEIGHT_PART_PIXELS);
	int64_t taps = c.chunk_in * g->kh * g->kw;
	size_t sums = (size_t)(c.chunk_out * taps) * (sizeof(vec) + sizeof(double)),
	       offsets = (size_t)taps * sizeof(int64_t);
	size_t planes = (size_t)copied_values(&c) * sizeof(lam_real);

	return (size_t)round_up((int64_t)(sums + planes + offsets), LAM_ALIGN);
}

static void clear_pixels(lam_real *to, int64_t pixels)
{
	memset(to, 0, (size_t)pixels * LAM_LANES * sizeof *to);
}

static void copy_pixels(lam_real *to, const lam_real *from, int64_t step, int64_t pixels)
{
	for (int64_t i = 0; i < pixels; i++, to += LAM_LANES, from += step)
		for (int part = 0; part < PARTS; part++)
			((vec *)to)[part] = ((const vec *)from)[part];
}

/* Copies x[h][w], with padding, to to[rows][sw][columns]. */
static void copy_plane(
	const lam_conv_geometry *g, const struct weight_chunks *c, const lam_real *x, lam_real *to)
{
	for (int64_t row = -g->ph; row < c->rows - g->ph; row++)
		for (int64_t residue = 0; residue < g->sw; residue++, to += c->residue) {
			/* Column i of the copy is column i sw + residue - pw of x. Columns [begin,
			 * end) lie inside x. */
			int64_t begin = least(
				most(0, ceil_divide(g->pw - residue, g->sw)), c->columns);
			int64_t end = least(most(begin, ceil_divide(g->w + g->pw - residue, g->sw)),
				c->columns);

			if (row < 0 || row >= g->h)
				begin = end = 0;
			clear_pixels(to, begin);
			copy_pixels(to + begin * LAM_LANES,
				x + (row * g->w + begin * g->sw + residue - g->pw) * LAM_LANES,
				g->sw * LAM_LANES, end - begin);
			clear_pixels(to + end * LAM_LANES, c->columns - end);
		}
}

/* offset[channel][p][q]: where each tap of a chunk begins. */
static void find_offsets(const lam_conv_geometry *g, const struct weight_chunks *c,
	int64_t channels, int64_t *offset)
{
	for (int64_t channel = 0; channel < channels; channel++)
		for (int64_t p = 0; p < g->kh; p++)
			for (int64_t q = 0; q < g->kw; q++) {
				int64_t column = q * g->dw;

				*offset++ = channel * c->x_channel + p * g->dh * c->x_row
					+ column % g->sw * c->residue + column / g->sw * LAM_LANES;
			}
}

static int64_t widest(int64_t outputs)
{
	int64_t taps = WEIGHT_TAPS;

	while (!weight_functions[outputs][taps])
		taps--;
	return taps;
}

/* The scratch of a thread: the sums of a chunk, [outputs][taps], and how many bands they have had;
 * their totals, the chunk's copied planes (or a row of zeros), and the offsets of its taps. */
struct weight_scratch {
	vec *sums;
	int64_t bands;
	bool totalled; /* totals hold the sums of earlier bands */
	double *totals;
	lam_real *planes;
	int64_t *offset;
};

/* Counts bands that were added to `count` sums. */
static void end_bands(struct weight_scratch *scratch, int64_t bands, int64_t count)
{
	scratch->bands += bands;
	if (scratch->bands < WEIGHT_BANDS)
		return;
	for (int64_t i = 0; i < count && !scratch->totalled; i++)
		scratch->totals[i] = 0;
	scratch->totalled = true;
	weight_totals(scratch->sums, count, scratch->totals);
	scratch->bands = 0;
}

/* Adds one block's products to all tiles of a chunk, one band at a time: some rows, or a part of
 * one row. */
static void add_block(const lam_conv_geometry *g, const struct weight_chunks *c, const lam_real *x,
	const lam_real *dy, int64_t outputs, int64_t taps, struct weight_scratch *scratch)
{
	int64_t output_tiles = ceil_divide(outputs, WEIGHT_OUTPUTS),
		row_bands = ceil_divide(g->oh, most(1, WEIGHT_BAND_PIXELS / g->ow));
	int64_t column_bands = ceil_divide(g->ow, WEIGHT_BAND_PIXELS);
	struct weight_tile tile = {
		.x_row = g->sh * c->x_row,
		.dy_row = g->ow * LAM_LANES,
		.dy_channel = g->oh * g->ow * LAM_LANES,
		.sums_output = taps,
	};

	for (int64_t band = 0; band < row_bands * column_bands; band++) {
		int64_t row = band / column_bands,
			column = band % column_bands * g->ow / column_bands;
		int64_t first = g->oh * row / row_bands,
			x_first = first * tile.x_row + column * LAM_LANES;
		int64_t dy_first = first * tile.dy_row + column * LAM_LANES;

		tile.rows = g->oh * (row + 1) / row_bands - first;
		tile.values = ((band % column_bands + 1) * g->ow / column_bands - column)
			* LAM_LANES;
		for (int64_t o = 0; o < output_tiles; o++) {
			int64_t begin = piece_begin(outputs, o, output_tiles),
				count = piece_begin(outputs, o + 1, output_tiles) - begin;
			int64_t tap_tiles = ceil_divide(taps, widest(count));

			for (int64_t t = 0; t < tap_tiles; t++) {
				int64_t tap = piece_begin(taps, t, tap_tiles),
					tile_taps = piece_begin(taps, t + 1, tap_tiles) - tap;

				weight_functions[count][tile_taps](&tile, x + x_first,
					scratch->offset + tap,
					dy + begin * tile.dy_channel + dy_first,
					scratch->sums + begin * taps + tap);
			}
		}
		end_bands(scratch, 1, outputs * taps);
	}
}

/* One chunk of the weights over one part of the blocks. */
struct weight_unit {
	int64_t part, first_block, end_block;
	int64_t first_channel, channels; /* channels of x, counted over all groups */
	int64_t first_output, outputs;   /* channels of dy, counted over all groups */
	int64_t weight;                  /* where its first output begins in dw */
};

static struct weight_unit find_unit(
	const lam_conv_geometry *g, const struct weight_chunks *c, int64_t blocks, int64_t index)
{
	int64_t in = g->in / g->groups, out = g->out / g->groups;
	int64_t part = index / chunk_count(g, c), chunk = index % chunk_count(g, c);
	int64_t chunk_in = chunk % c->chunks_in, chunk_out = chunk / c->chunks_in % c->chunks_out,
		group = chunk / c->chunks_in / c->chunks_out;
	int64_t channel = piece_begin(in, chunk_in, c->chunks_in),
		output = least(out, chunk_out * c->chunk_out);

	return (struct weight_unit){
		.part = part,
		.first_block = piece_begin(blocks, part, c->parts),
		.end_block = piece_begin(blocks, part + 1, c->parts),
		.first_channel = group * in + channel,
		.channels = piece_begin(in, chunk_in + 1, c->chunks_in) - channel,
		.first_output = group * out + output,
		.outputs = least(out - output, c->chunk_out),
		.weight = ((group * out + output) * in + channel) * g->kh * g->kw,
	};
}

/* Adds one block's products to a unit's sums by weight_slide(), which exists only with 32
 * registers. */
static void slide_unit(const lam_conv_geometry *g, int64_t channels, struct weight_scratch *scratch,
	const lam_real *x, const lam_real *dy)
{
	int64_t plane = g->h * g->w * LAM_LANES, taps = g->kh * g->kw,
		rows = most(1, WEIGHT_BANDS * WEIGHT_BAND_PIXELS / g->ow);

	for (int64_t first = 0, end; VEC_REGISTERS >= 32 && first < g->oh; first = end) {
		end = least(g->oh, first + rows);
		for (int64_t channel = 0; channel < channels; channel++)
			weight_slide(g, first, end, x + channel * plane, dy, scratch->planes,
				scratch->sums + channel * taps);
		end_bands(scratch, ceil_divide((end - first) * g->ow, WEIGHT_BAND_PIXELS),
			channels * taps);
	}
}

/* Adds one block's products to a unit's sums. x and dy begin at the unit's first channel and
 * output. */
static void add_unit(const lam_conv_geometry *g, const struct weight_chunks *c,
	const struct weight_unit *unit, struct weight_scratch *scratch, const lam_real *x,
	const lam_real *dy)
{
	int64_t plane = g->h * g->w * LAM_LANES;

	if (c->slides) {
		slide_unit(g, unit->channels, scratch, x, dy);
		return;
	}
	for (int64_t channel = 0; channel < unit->channels && !c->in_place; channel++)
		copy_plane(g, c, x + channel * plane, scratch->planes + channel * c->x_channel);
	add_block(g, c, c->in_place ? x : scratch->planes, dy, unit->outputs,
		unit->channels * g->kh * g->kw, scratch);
}

/* Writes the totals of a unit's sums, [outputs][taps], to rows of dw that lie dw_row apart. Few
 * bands need no totals in double. */
static void write_totals(
	struct weight_scratch *scratch, int64_t outputs, int64_t taps, lam_real *dw, int64_t dw_row)
{
	if (scratch->totalled)
		weight_totals(scratch->sums, outputs * taps, scratch->totals);
	for (int64_t o = 0; o < outputs; o++, dw += dw_row)
		if (!scratch->totalled)
			weight_first_totals(scratch->sums + o * taps, taps, dw);
		else
			for (int64_t tap = 0; tap < taps; tap++)
				dw[tap] = (lam_real)scratch->totals[o * taps + tap];
}

static void sum_parts(const lam_conv_geometry *g, const struct weight_chunks *c,
	const struct lam_conv_gradient_call *call)
{
	int64_t units = unit_count(g, c), kernel = g->kh * g->kw;
	struct weight_scratch scratch = {.sums = call->scratch};

	scratch.planes = (lam_real *)(scratch.sums + c->chunk_out * c->chunk_in * kernel);
	scratch.offset = (int64_t *)(scratch.planes + copied_values(c));
	scratch.totals = (double *)(scratch.offset + c->chunk_in * kernel);
	if (c->slides)
		clear_pixels(scratch.planes, g->w);
	for (int64_t index = slices_begin(call->slices, units);
		index < slices_end(call->slices, units); index++) {
		struct weight_unit unit = find_unit(g, c, call->blocks, index);
		int64_t taps = unit.channels * kernel;
		const lam_real *x = call->x + unit.first_channel * g->h * g->w * LAM_LANES;
		const lam_real *dy = call->dy + unit.first_output * g->oh * g->ow * LAM_LANES;
		lam_real *totals = c->parts == 1
			? call->dw
			: (lam_real *)call->shared + unit.part * conv_direct_weights(g);

		if (!c->slides)
			find_offsets(g, c, unit.channels, scratch.offset);
		for (int64_t i = 0; i < unit.outputs * taps; i++)
			scratch.sums[i] = (vec){0};
		scratch.bands = 0;
		scratch.totalled = false;
		for (int64_t block = unit.first_block; block < unit.end_block; block++)
			add_unit(g, c, &unit, &scratch, x + block * call->x_block,
				dy + block * call->dy_block);
		write_totals(&scratch, unit.outputs, taps, totals + unit.weight,
			(g->in / g->groups) * kernel);
	}
}

void conv_weight_add_parts(
	const lam_conv_geometry *g, int64_t parts, const struct lam_conv_gradient_call *call)
{
	int64_t count = conv_direct_weights(g);
	const lam_real *sums = call->shared;

	for (int64_t i = slices_begin(call->slices, count); i < slices_end(call->slices, count);
		i++) {
		lam_real sum = sums[i];

		for (int64_t part = 1; part < parts; part++)
			sum += sums[part * count + i];
		call->dw[i] = sum;
	}
}

void conv_weight_gradient(const lam_conv_geometry *g, const struct lam_conv_gradient_call *call)
{
	struct weight_chunks c = cut_weight(g, call->blocks);

	if (call->phase == 0)
		sum_parts(g, &c, call);
	else
		conv_weight_add_parts(g, c.parts, call);
}
