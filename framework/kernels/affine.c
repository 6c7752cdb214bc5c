/* SPDX-License-Identifier: MIT */
/* The affine map and its input gradient: one product, with the weight packed either way round.
 *
 *   y[block][a] = bias[a] + sum over k of packed[tile][k][a] x[block][k]
 *
 * k passes in panels that stay in the first cache, y holding the sums between them: the order of
 * the sum is that of k whatever the number of blocks. */
#include "framework/kernels/affine_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/tile.h"

enum { PANEL = 512 };

struct product {
	int64_t outputs, terms; /* how many a and k there are */
	const lam_real *packed, *bias;
	lam_epilogue epilogue;
	const lam_real *x;
	lam_real *y;
	int64_t x_block, y_block, blocks;
};

/* One tile of outputs for all blocks, terms [begin, end). */
static void add_panel(const struct product *p, int64_t tile_index, int64_t begin, int64_t end)
{
	int64_t first = tile_begin(p->outputs, tile_index),
		outputs = tile_begin(p->outputs, tile_index + 1) - first;
	const lam_real *w = p->packed + first * p->terms + begin * outputs;
	struct tile tile = {
		.channels = 1,
		.rows = 1,
		.columns = end - begin,
		.x_column = LAM_LANES,
		.x_pixel = p->x_block,
		.w_column = outputs,
		.y_output = LAM_LANES,
		.y_pixel = p->y_block,
		.bias = p->bias ? p->bias + first : NULL,
		.resume = begin > 0,
		.epilogue = end == p->terms ? p->epilogue : LAM_EPILOGUE_NONE,
	};

	tile_lines(&tile, outputs, 1, p->blocks, p->x + begin * LAM_LANES, w,
		p->y + first * LAM_LANES);
}

static void multiply(const struct product *p, int64_t slice, int64_t slices)
{
	int64_t tiles = tile_count(p->outputs), begin = tiles * slice / slices,
		end = tiles * (slice + 1) / slices;

	for (int64_t k = 0; k < p->terms; k += PANEL)
		for (int64_t tile = begin; tile < end; tile++)
			add_panel(p, tile, k, least(k + PANEL, p->terms));
}

static void forward(const lam_affine_geometry *g, const lam_real *packed, const lam_real *bias,
	lam_epilogue epilogue, const lam_real *x, int64_t x_block, lam_real *y, int64_t y_block,
	int64_t blocks, int64_t slice, int64_t slices)
{
	struct product p = {g->out, g->in, packed, bias, epilogue, x, y, x_block, y_block, blocks};

	multiply(&p, slice, slices);
}

static void input_gradient(const lam_affine_geometry *g, const lam_real *packed, const lam_real *dy,
	int64_t dy_block, lam_real *dx, int64_t dx_block, int64_t blocks, int64_t slice,
	int64_t slices)
{
	struct product p = {
		g->in, g->out, packed, NULL, LAM_EPILOGUE_NONE, dy, dx, dy_block, dx_block, blocks};

	multiply(&p, slice, slices);
}

/* to[k][a] = w[a step + k] of `outputs` rows of w, for VEC terms at a time where a tile is whole:
 * its rows, interleaved. */
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
	for (; k < terms; k++)
		for (int64_t a = 0; a < outputs; a++)
			*to++ = w[a * step + k];
}

/* to[k][a] = w[k step + a] */
static void pack_columns(
	const lam_real *w, int64_t step, lam_real *to, int64_t outputs, int64_t terms)
{
	for (int64_t k = 0; k < terms; k++, w += step)
		for (int64_t a = 0; a < outputs; a++)
			*to++ = w[a];
}

/* packed[tile][k][a] is w[a][k] forward, w[k][a] of the input gradient: a slice is some rows of w,
 * either way, if there are enough of them. */
static void pack(const lam_affine_geometry *g, lam_job job, const lam_real *w, lam_real *packed,
	int64_t slice, int64_t slices)
{
	bool forward = job == LAM_FORWARD, by_tiles = forward || g->out < slices;
	int64_t outputs = forward ? g->out : g->in, terms = forward ? g->in : g->out,
		tiles = tile_count(outputs);
	int64_t begin = by_tiles ? tiles * slice / slices : 0,
		end = by_tiles ? tiles * (slice + 1) / slices : tiles;
	int64_t row = by_tiles ? 0 : terms * slice / slices,
		rows = by_tiles ? terms : terms * (slice + 1) / slices - row;

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

static int64_t packed_size(const lam_affine_geometry *g, lam_job job)
{
	return job == LAM_GRADIENT ? 0 : g->in * g->out;
}

static size_t scratch_size(const lam_affine_geometry *g, lam_job job)
{
	(void)g, (void)job;
	return 0;
}

/* A slice should outlast its hand-over, a fraction of a microsecond, by far; and a few per thread
 * are enough. */
static int64_t worthwhile(int64_t work, int64_t worth, int64_t most)
{
	return work < worth ? 1 : least(work / worth, most);
}

static int64_t slices(const lam_affine_geometry *g, lam_job job)
{
	(void)job;
	return worthwhile(g->in * g->out, 4096, 32);
}

static int64_t pack_slices(const lam_affine_geometry *g)
{
	return worthwhile(g->in * g->out, 8192, 16);
}

const struct lam_affine_kernels LAM_KERNEL(affine_kernels) = {
	.packed_size = packed_size,
	.scratch_size = scratch_size,
	.slices = slices,
	.pack_slices = pack_slices,
	.pack = pack,
	.forward = forward,
	.input_gradient = input_gradient,
	.transposed_size = affine_transposed_size,
	.transpose = affine_transpose,
	.weight_gradient = affine_weight_gradient,
	.bias_gradient = affine_bias_gradient,
};
