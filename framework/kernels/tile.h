/* SPDX-License-Identifier: MIT */
/* The one dense loop of convolution and affine: a register tile of outputs x pixels, summed over
 * taps.
 *
 *   y[a][b] = bias[a] + sum over c, p, q of w[c][p][q][a] x[c][p][q][b],   a < outputs, b < pixels
 *
 * w is a number, broadcast; x and y are lane blocks. Pixels are any that lie a constant step apart
 * and share their taps: neighbours in a row or a column, or the same feature of several blocks. The
 * sum runs over c, p, q in this order for every shape of tile, so the bits of a value do not depend
 * on the tile that it is in. A sum of more than SUM_TERMS terms is cut into pieces, by the number
 * of its terms alone (tile_long.c). */
#ifndef LAM_TILE_H
#define LAM_TILE_H

#include "framework/kernels/finish.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vector.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

#if VEC_REGISTERS >= 32
enum { TILE_OUTPUTS = 8, TILE_PIXELS = 12 };
#elif !defined LAM_SMALL
enum { TILE_OUTPUTS = 6, TILE_PIXELS = 6 };
#else
enum { TILE_OUTPUTS = 4, TILE_PIXELS = 3 };
#endif

/* A call computes a grid of equal tiles: `lines` lines, each of `tiles` tiles that are neighbours
 * along the line. All steps are in values. */
struct tile {
	int64_t lines, tiles;
	/* Steps from line to line, and from pixel to pixel of a line. */
	int64_t x_line, x_pixel, y_line, y_pixel;
	int64_t channels, rows, columns; /* the taps to sum over; with 0 of them y = bias */
	int64_t x_channel, x_row, x_column;
	int64_t w_channel, w_row, w_column; /* the outputs of one tap are neighbours */
	int64_t w_output;                   /* in tile_rows() alone they lie this far apart */
	int64_t y_output;
	/* What the widest tiles prefetch: a value for each tap of a channel, fetch_tile farther for
	 * each tile of a line; NULL: pixels of the next tile. */
	const lam_real *fetch;
	int64_t fetch_tile, fetch_row, fetch_column;
	/* What tiles of one output prefetch: pixels of a later line, in values from their own;
	 * x_line is from line to line of x. */
	struct tile_ahead {
		bool on;
		int64_t x, x_line, y;
	} ahead;
	const lam_real *bias; /* one per output; NULL: none */
	bool resume;          /* add the sum to y instead of the bias */
	struct finish finish; /* of the outputs of the tile */
	/* Of at least two outputs, if more follows than a ReLU: where the sums of a tile other than
	 * the widest go first, room for TILE_SUMS vectors. Otherwise NULL. */
	lam_real *sums;
};

enum { TILE_SUMS = 32 };

/* Whether tiles of `outputs` outputs need `sums`. */
static inline bool tile_needs_sums(const struct tile *tile, int64_t outputs)
{
	return outputs > 1 && (tile->finish.center || tile->finish.adds);
}

typedef void tile_function(const struct tile *, const lam_real *x, const lam_real *w, lam_real *y);

/* The functions, by [outputs][pixels], both counted from 1. A row has a function for every number
 * of pixels up to its widest tile, and NULL for more. */
#define tile_functions LAM_KERNEL(tile_functions)
extern tile_function *const tile_functions[TILE_OUTPUTS + 1][TILE_PIXELS + 1];

/* The same by [outputs] for one pixel, with a w_output, from TILE_ROWS_LEAST on: as many outputs
 * or more, cut evenly (tile_begin()), give no smaller tile. They prefetch, for each row of taps,
 * the first weights of the outputs behind these. */
enum { TILE_ROWS_LEAST = TILE_OUTPUTS / 2 };
#define tile_rows LAM_KERNEL(tile_rows)
extern tile_function *const tile_rows[TILE_OUTPUTS + 1];

static inline int64_t tile_widest(int64_t outputs)
{
	int64_t width = TILE_PIXELS;

	while (!tile_functions[outputs][width])
		width--;
	return width;
}

/* As tile_at_once(), but for finish.apply. It writes lines and tiles, and for the time of the
 * call fetch and sums: a copy of what has just been written would wait for the writing. */
#define tile_grid LAM_KERNEL(tile_grid)
void tile_grid(struct tile *tile, int64_t outputs, int64_t lines, int64_t pixels, const lam_real *x,
	const lam_real *w, lam_real *y);

/* The same line by line, with finish.apply. */
#define tile_applied LAM_KERNEL(tile_applied)
void tile_applied(struct tile *, int64_t outputs, int64_t lines, int64_t pixels, const lam_real *x,
	const lam_real *w, lam_real *y);

/* Computes `lines` lines of `pixels` pixels each, with tiles of at most two widths. The sums run
 * over all taps at once. */
static inline void tile_at_once(struct tile *tile, int64_t outputs, int64_t lines, int64_t pixels,
	const lam_real *x, const lam_real *w, lam_real *y)
{
	if (tile->finish.apply)
		tile_applied(tile, outputs, lines, pixels, x, w, y);
	else
		tile_grid(tile, outputs, lines, pixels, x, w, y);
}

/* The same for any number of taps. */
#define tile_long LAM_KERNEL(tile_long)
void tile_long(const struct tile *, int64_t outputs, int64_t lines, int64_t pixels,
	const lam_real *x, const lam_real *w, lam_real *y);

static inline void tile_lines(struct tile *tile, int64_t outputs, int64_t lines, int64_t pixels,
	const lam_real *x, const lam_real *w, lam_real *y)
{
	if (tile->channels * tile->rows * tile->columns > SUM_TERMS)
		tile_long(tile, outputs, lines, pixels, x, w, y);
	else
		tile_at_once(tile, outputs, lines, pixels, x, w, y);
}

/* `count` outputs are cut into as few tiles as possible, of sizes as equal as possible. Tile t has
 * the outputs from tile_begin(t) to tile_begin(t + 1) - 1. */
static inline int64_t tile_count(int64_t count)
{
	return ceil_divide(count, TILE_OUTPUTS);
}

static inline int64_t tile_begin(int64_t count, int64_t tile)
{
	return piece_begin(count, tile, tile_count(count));
}

#pragma GCC visibility pop
#endif
