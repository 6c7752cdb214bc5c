/* SPDX-License-Identifier: MIT */
/* The weight gradient of a convolution, cut into chunks of outputs x channels of one group, and
 * where those are too few to go round, into parts of the blocks: each part sums its own, and a
 * second phase adds the parts up in their order. A slice is some parts, where there are several: a
 * thread then reads the blocks that it wrote.
 *
 * A chunk's sums, one vec per weight, stay in scratch until all blocks have passed: only then are
 * their elements added up. Its channels' planes are copied into scratch with their padding and, for
 * a stride, with columns of one residue side by side, so that every tap reads whole rows; planes
 * that are so already are read where they are, and so are those of 3x3 kernels with one output to
 * a group (depthwise, above all), which meet too little arithmetic to pay for a copy. */
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/conv_direct.h"
#include "framework/kernels/sizes.h"

#include <string.h>

enum {
	SUMS = 4096, /* vecs of sums in a chunk, unless one output has more taps */
	CHUNK_CHANNELS = 16,
	CHUNK_OUTPUTS = 64,
	PLANE_BYTES = 256 * 1024, /* of a chunk's planes, unless one is larger; */
	COPY_BYTES = 128 * 1024,  /* where they are copied */
	UNITS = 8, /* so many where there is work for them: a few for each of a few threads */
	/* at least so many in a part: adding up a sum's elements takes as long as a few */
	PART_PIXELS = 128,
	/* a tile goes over so many pixels before the next tile reads them from the cache */
	BAND_PIXELS = 96
};

struct chunking {
	bool slides; /* weight_slide does it */
	/* planes are read where they are: it slides, or there is neither padding nor a stride
	 * across */
	bool in_place;
	/* of a copied plane: [rows][sw][columns] pixels; values from residue to residue */
	int64_t rows, columns, residue;
	int64_t x_row, x_channel; /* values */
	int64_t chunk_in, chunk_out;
	int64_t chunks_in, chunks_out; /* per group */
	int64_t parts;                 /* of the blocks */
};

static int64_t chunk_count(const lam_conv_geometry *g, const struct chunking *c)
{
	return g->groups * c->chunks_in * c->chunks_out;
}

/* No stride across and no dilation, at most one column of padding, and the middle tap of a row's
 * last pixel still in x. */
static bool weight_slides(const lam_conv_geometry *g)
{
	return VEC_REGISTERS >= 32 && g->out == g->groups && g->kh == 3 && g->kw == 3 && g->sw == 1
		&& g->dh == 1 && g->dw == 1 && g->pw <= 1 && g->ow + 1 - g->pw <= g->w;
}

/* As large as the caches like them; then as many parts as it takes; then smaller, when there are
 * not blocks enough for that. */
static struct chunking make_chunking(const lam_conv_geometry *g, int64_t blocks)
{
	int64_t taps = g->kh * g->kw, in = g->in / g->groups, out = g->out / g->groups;
	int64_t width = (g->ow - 1) * g->sw + (g->kw - 1) * g->dw + 1;
	int64_t units = least(conv_direct_slices(g, blocks), UNITS);
	int64_t most_parts = limit(
		blocks * least(g->oh * g->ow, PART_PIXELS) / PART_PIXELS, 1, units);
	struct chunking c = {.slides = weight_slides(g)};

	c.in_place = c.slides || (g->ph == 0 && g->pw == 0 && g->sw == 1);
	c.rows = c.in_place ? g->h : (g->oh - 1) * g->sh + (g->kh - 1) * g->dh + 1;
	c.columns = c.in_place ? g->w : ceil_divide(width, g->sw);
	c.residue = c.columns * LAM_LANES;
	c.x_row = c.residue * g->sw;
	c.x_channel = c.rows * c.x_row;

	c.chunk_in = most(1,
		(c.in_place ? PLANE_BYTES : COPY_BYTES)
			/ (c.x_channel * (int64_t)sizeof(lam_real)));
	c.chunk_in = least(least(c.chunk_in, CHUNK_CHANNELS), in);
	c.chunk_out = most(1, SUMS / (c.chunk_in * taps));
	c.chunk_out = least(least(c.chunk_out, CHUNK_OUTPUTS), out);
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

static int64_t unit_count(const lam_conv_geometry *g, const struct chunking *c)
{
	return chunk_count(g, c) * c->parts;
}

static int64_t weight_count(const lam_conv_geometry *g)
{
	return g->out * (g->in / g->groups) * g->kh * g->kw;
}

int64_t conv_weight_slices(const lam_conv_geometry *g, int64_t blocks, int phase)
{
	struct chunking c = make_chunking(g, blocks);

	return phase == 0                   ? unit_count(g, &c)
		: phase == 1 && c.parts > 1 ? ceil_divide(weight_count(g), SUMS)
					    : 0;
}

/* With blocks for UNITS parts, chunks are largest and parts are most. */
size_t conv_weight_shared(const lam_conv_geometry *g)
{
	struct chunking c = make_chunking(g, UNITS * PART_PIXELS);

	return c.parts > 1 ? (size_t)(c.parts * weight_count(g)) * sizeof(lam_real) : 0;
}

/* Of the copied planes, or of the zeros in their place. */
static int64_t copied_values(const struct chunking *c)
{
	return c->slides ? c->x_row : c->in_place ? 0 : c->chunk_in * c->x_channel;
}

size_t conv_weight_scratch(const lam_conv_geometry *g)
{
	struct chunking c = make_chunking(g, UNITS * PART_PIXELS);
	int64_t taps = c.chunk_in * g->kh * g->kw;
	size_t sums = (size_t)(c.chunk_out * taps) * sizeof(vec),
	       offsets = (size_t)taps * sizeof(int64_t);
	size_t planes = (size_t)copied_values(&c) * sizeof(lam_real);

	return (sums + planes + offsets + LAM_ALIGN - 1) / LAM_ALIGN * LAM_ALIGN;
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

/* to[rows][sw][columns] from x[h][w], padded. */
static void copy_plane(
	const lam_conv_geometry *g, const struct chunking *c, const lam_real *x, lam_real *to)
{
	for (int64_t row = -g->ph; row < c->rows - g->ph; row++)
		for (int64_t residue = 0; residue < g->sw; residue++, to += c->residue) {
			/* Column i of the copy is column i sw + residue - pw of x: [begin, end) lie
			 * inside. */
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

/* Where each of a chunk's taps [channel][p][q] begins. */
static void find_offsets(
	const lam_conv_geometry *g, const struct chunking *c, int64_t channels, int64_t *offset)
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

/* All tiles of a chunk over one block, a band of rows or of a row's pixels at a time. `sums` is
 * [outputs][taps]. */
static void add_block(const lam_conv_geometry *g, const struct chunking *c, const lam_real *x,
	const lam_real *dy, const int64_t *offset, int64_t outputs, int64_t taps, vec *sums)
{
	int64_t output_tiles = ceil_divide(outputs, WEIGHT_OUTPUTS),
		row_bands = ceil_divide(g->oh, most(1, BAND_PIXELS / g->ow));
	int64_t column_bands = ceil_divide(g->ow, BAND_PIXELS);
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
			int64_t begin = outputs * o / output_tiles,
				count = outputs * (o + 1) / output_tiles - begin;
			int64_t tap_tiles = ceil_divide(taps, widest(count));

			for (int64_t t = 0; t < tap_tiles; t++) {
				int64_t tap = taps * t / tap_tiles,
					tile_taps = taps * (t + 1) / tap_tiles - tap;

				weight_functions[count][tile_taps](&tile, x + x_first, offset + tap,
					dy + begin * tile.dy_channel + dy_first,
					sums + begin * taps + tap);
			}
		}
	}
}

void conv_weight_sum(const lam_conv_geometry *g, const lam_real *x, int64_t x_block,
	const lam_real *dy, int64_t dy_block, int64_t blocks, lam_real *dw, lam_real *part_sums,
	void *scratch, int64_t slice, int64_t slices)
{
	struct chunking c = make_chunking(g, blocks);
	int64_t in = g->in / g->groups, out = g->out / g->groups, kernel = g->kh * g->kw,
		plane = g->h * g->w * LAM_LANES;
	int64_t chunks = c.chunks_in * c.chunks_out, units = unit_count(g, &c),
		items = units / c.parts;
	vec *sums = scratch;
	lam_real *planes = (lam_real *)(sums + c.chunk_out * c.chunk_in * kernel);
	int64_t *offset = (int64_t *)(planes + copied_values(&c));

	if (c.slides)
		clear_pixels(planes, g->w);
	for (int64_t unit = units * slice / slices; unit < units * (slice + 1) / slices; unit++) {
		int64_t part = unit / items, item = unit % items, group = item / chunks;
		int64_t in_begin = item % c.chunks_in * in / c.chunks_in;
		int64_t in_end = (item % c.chunks_in + 1) * in / c.chunks_in;
		int64_t out_index = item % chunks / c.chunks_in;
		int64_t out_begin = least(out, out_index * c.chunk_out),
			out_end = least(out, out_begin + c.chunk_out);
		int64_t channels = in_end - in_begin, outputs = out_end - out_begin,
			taps = channels * kernel;
		const lam_real *x_chunk = x + (group * in + in_begin) * plane;
		const lam_real *dy_chunk = dy
			+ (group * out + out_begin) * g->oh * g->ow * LAM_LANES;
		lam_real *totals = c.parts == 1 ? dw : part_sums + part * weight_count(g);

		if (!c.slides)
			find_offsets(g, &c, channels, offset);
		for (int64_t i = 0; i < outputs * taps; i++)
			sums[i] = (vec){0};
		for (int64_t block = blocks * part / c.parts; block < blocks * (part + 1) / c.parts;
			block++) {
			const lam_real *source = x_chunk + block * x_block,
				       *dy_here = dy_chunk + block * dy_block;

			for (int64_t channel = 0; channel < channels; channel++, source += plane)
				if (VEC_REGISTERS >= 32
					&& c.slides) /* elsewhere there is no such function */
					weight_slide(g, source, dy_here, planes,
						sums + channel * kernel);
				else if (!c.in_place)
					copy_plane(g, &c, source, planes + channel * c.x_channel);
			if (!c.slides)
				add_block(g, &c, c.in_place ? x_chunk + block * x_block : planes,
					dy_here, offset, outputs, taps, sums);
		}
		for (int64_t o = 0; o < outputs; o++)
			weight_totals(sums + o * taps, taps,
				totals + ((group * out + out_begin + o) * in + in_begin) * kernel);
	}
}

void conv_weight_add_parts(const lam_conv_geometry *g, int64_t blocks, const lam_real *part_sums,
	lam_real *dw, int64_t slice, int64_t slices)
{
	int64_t count = weight_count(g), parts = make_chunking(g, blocks).parts;

	for (int64_t i = count * slice / slices; i < count * (slice + 1) / slices; i++) {
		lam_real sum = part_sums[i];

		for (int64_t part = 1; part < parts; part++)
			sum += part_sums[part * count + i];
		dw[i] = sum;
	}
}

void conv_bias_gradient(int64_t pixels, const lam_real *dy, int64_t dy_block, int64_t blocks,
	lam_real *db, int64_t begin, int64_t end)
{
	enum { SUMS_SIDE_BY_SIDE = 4 };

	for (int64_t channel = begin; channel < end; channel++) {
		vec sum[SUMS_SIDE_BY_SIDE] = {0};

		for (int64_t block = 0; block < blocks; block++) {
			const vec *value = (const vec *)(dy + block * dy_block
				+ channel * pixels * LAM_LANES);
			int64_t i = 0, count = pixels * PARTS;

			for (; i + SUMS_SIDE_BY_SIDE <= count; i += SUMS_SIDE_BY_SIDE)
				for (int k = 0; k < SUMS_SIDE_BY_SIDE; k++)
					sum[k] += value[i + k];
			for (; i < count; i++)
				sum[0] += value[i];
		}
		sum[0] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
		weight_totals(sum, 1, db + channel);
	}
}
