/* SPDX-License-Identifier: MIT */
/* The dense loop of one sample at a time: a register tile of outputs x pixels with the outputs in
 * the lanes.
 *
 *   y[a][b] = bias[a] + sum over c, p, q, k of w[c][p][q][k][a] x[c][p][q][k][b],
 *   a < 16 units, b < pixels
 *
 * w is a vector, x a number, broadcast: tile.h with the roles exchanged. Pixels are any that lie a
 * constant step apart and share their taps: neighbours in a row or a column, or the same feature of
 * several samples. k are the channels of one lane block; the last block may have fewer, so that an
 * idle lane is never read. The sum runs over c, p, q, k in this order for every shape of tile, so
 * the bits of a value do not depend on the tile that it is in. A sum of more than SUM_TERMS terms
 * is cut into pieces, by the number of its terms alone (channel_long.c).
 *
 * Two more functions go over the same grid: `channel_depthwise`, where x is a vector too and every
 * lane is a channel of its own,
 *
 *   y[b] = bias + sum over p, q of w[p][q] x[p][q][b]
 *
 * and `channel_few`, for an output of a few planes, where x is a vector of channels. The lanes of
 * its products are summed at the end:
 *
 *   y[b] = bias + sum over lanes of sum over c, p, q of w[c][p][q] x[c][p][q][b] */
#ifndef LAM_CHANNEL_TILE_H
#define LAM_CHANNEL_TILE_H

#include "framework/kernels/finish.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vector.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* A unit is LAM_LANES outputs. A tile of a convolution has at most CHANNEL_CONV_UNITS units, which
 * saves loads. A tile of an affine map has at most CHANNEL_AFFINE_UNITS, so that one sample has
 * enough independent sums. */
#if VEC_REGISTERS / PARTS >= 32
enum { CHANNEL_UNITS = 4, CHANNEL_PIXELS = 8, CHANNEL_CONV_UNITS = 4, CHANNEL_AFFINE_UNITS = 4 };
#else
enum { CHANNEL_UNITS = 2, CHANNEL_PIXELS = 6, CHANNEL_CONV_UNITS = 1, CHANNEL_AFFINE_UNITS = 2 };
#endif

/* A call computes a grid of equal tiles: `lines` lines, each of `tiles` tiles that are neighbours
 * along the line. All steps are in values. */
struct channel_tile {
	int64_t lines, tiles;
	/* Steps from line to line, and from pixel to pixel of a line. w_line: from the weights of a
	 * line to those of the next; 0: all lines have the same. channel_dense alone has others. */
	int64_t x_line, x_pixel, y_line, y_pixel, w_line;
	/* The taps to sum over, c, p, q, which may be 0; and the channels k of each block, and of
	 * the last. channel_join() moves them inwards: `inner` may be those of several taps. */
	int64_t blocks, rows, columns;
	int64_t inner, last;
	int64_t x_block, x_row, x_column, x_inner;
	int64_t w_block, w_row, w_column; /* the outputs of one tap are neighbours */
	int64_t y_unit;
	const lam_real *bias; /* one per output, padded to whole units; NULL: none */
	bool resume;          /* add the sum to y instead of the bias */
	struct finish finish; /* of the outputs of the tile, as bias */
	int64_t units, lanes; /* of y: units of a tile; values of a unit's pixel, 16 or 1 */
	int64_t terms;        /* the terms of a sum for one tap of a whole block */
};

typedef void channel_tile_function(
	const struct channel_tile *, const lam_real *x, const lam_real *w, lam_real *y);

/* The functions, by [units][pixels], both counted from 1. A row has a function for every number of
 * pixels up to its widest tile, and NULL for more. */
#define channel_dense LAM_KERNEL(channel_dense)
extern channel_tile_function *const channel_dense[CHANNEL_UNITS + 1][CHANNEL_PIXELS + 1];

/* The functions, by [pixels] in the same way. */
#define channel_depthwise LAM_KERNEL(channel_depthwise)
#define channel_few LAM_KERNEL(channel_few)
extern channel_tile_function *const channel_depthwise[CHANNEL_PIXELS + 1],
	*const channel_few[CHANNEL_PIXELS + 1];

static inline int64_t channel_widest(channel_tile_function *const *functions)
{
	int64_t width = CHANNEL_PIXELS;

	while (!functions[width])
		width--;
	return width;
}

/* As channel_at_once(), but for finish.apply. It writes lines and tiles: a copy of what has just
 * been written would wait for the writing. */
#define channel_grid LAM_KERNEL(channel_grid)
void channel_grid(channel_tile_function *const *functions, struct channel_tile *tile, int64_t lines,
	int64_t pixels, const lam_real *x, const lam_real *w, lam_real *y);

/* The same line by line, with finish.apply. */
#define channel_applied LAM_KERNEL(channel_applied)
void channel_applied(channel_tile_function *const *functions, struct channel_tile *, int64_t lines,
	int64_t pixels, const lam_real *x, const lam_real *w, lam_real *y);

/* Makes fewer and longer loops of a tile's, for channel_dense: the same sums, in the same order and
 * pieces. A loop around the channels costs as much as three taps. Channels of neighbouring taps, or
 * blocks, may be neighbours in x and w: then they are one loop, `inner`. And a loop of one round
 * gives its place to the one around it. So a 1x1 kernel has two loops, over blocks and their
 * channels; and for planes, whose blocks have one channel, `inner` are the taps of a row. Tiles
 * whose last block has fewer channels stay as they are. With the places of LOOP_HERE, one sample on
 * a Zen 3 (AVX2): 128->128 1x1 on 12x12 1.19 times as fast, Winograd's products 1.1. */
#define channel_join LAM_KERNEL(channel_join)
void channel_join(struct channel_tile *);

/* Computes `lines` lines of `pixels` pixels each, with tiles of at most two widths. The sums run
 * over all taps at once. */
static inline void channel_at_once(channel_tile_function *const *functions,
	struct channel_tile *tile, int64_t lines, int64_t pixels, const lam_real *x,
	const lam_real *w, lam_real *y)
{
	if (tile->finish.apply)
		channel_applied(functions, tile, lines, pixels, x, w, y);
	else
		channel_grid(functions, tile, lines, pixels, x, w, y);
}

/* The same for any number of taps. */
#define channel_long LAM_KERNEL(channel_long)
void channel_long(channel_tile_function *const *functions, const struct channel_tile *,
	int64_t lines, int64_t pixels, const lam_real *x, const lam_real *w, lam_real *y);

static inline void channel_lines(channel_tile_function *const *functions, struct channel_tile *tile,
	int64_t lines, int64_t pixels, const lam_real *x, const lam_real *w, lam_real *y)
{
	int64_t terms = (tile->blocks - 1) * tile->terms + least(tile->terms, tile->last);

	if (terms * tile->rows * tile->columns > SUM_TERMS)
		channel_long(functions, tile, lines, pixels, x, w, y);
	else
		channel_at_once(functions, tile, lines, pixels, x, w, y);
}

/* `count` units are cut into as few tiles as possible, of sizes as equal as possible. Tile t has
 * the units from channel_tile_begin(t) to channel_tile_begin(t + 1) - 1. */
static inline int64_t channel_tile_count(int64_t count, int64_t most)
{
	return ceil_divide(count, most);
}

static inline int64_t channel_tile_begin(int64_t count, int64_t most, int64_t tile)
{
	return piece_begin(count, tile, channel_tile_count(count, most));
}

#pragma GCC visibility pop
#endif
