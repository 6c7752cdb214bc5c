/* The one dense loop of convolution and affine: a register tile of outputs x pixels, summed over taps.
 *
 *   y[a][b] = bias[a] + sum over c, p, q of w[c][p][q][a] x[c][p][q][b]        a < outputs, b < pixels
 *
 * w is a number, broadcast; x and y are lane blocks. `pixels` are any that lie a constant step apart and share their taps:
 * neighbours in a row, in a column, or the same feature of several blocks. The sum runs over c, p, q in this order whatever
 * the tile's shape, so a value's bits do not depend on the tile that it fell into. */
#ifndef LAM_TILE_H
#define LAM_TILE_H

#include "framework/kernels/epilogue.h"
#include "framework/kernels/vector.h"

#include <stdbool.h>

/* Loops over a tile have constant bounds, at most 16, and are unrolled, so that its arrays are registers. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#pragma GCC visibility push(hidden)

#if defined __AVX512F__ || defined __aarch64__   /* 32 registers */
enum { TILE_OUTPUTS = 8, TILE_PIXELS = 8 };
#else
enum { TILE_OUTPUTS = 6, TILE_PIXELS = 4 };
#endif

struct tile {
	int64_t channels, rows, columns;              /* taps to sum over; none are needed */
	int64_t x_channel, x_row, x_column, x_pixel;  /* steps in x, in values */
	int64_t w_channel, w_row, w_column;           /* steps in w, in values; its outputs lie side by side */
	int64_t y_output, y_pixel;                    /* steps in y, in values */
	const lam_real *bias;                         /* one per output; NULL: none */
	bool resume;                                  /* start from y instead of the bias */
	lam_epilogue epilogue;
};

typedef void tile_function(const struct tile *, const lam_real *x, const lam_real *w, lam_real *y);

/* [outputs][pixels], 1-based; NULL where a tile would not fit the registers. One pixel is always there. */
#define tile_functions LAM_KERNEL(tile_functions)
extern tile_function *const tile_functions[TILE_OUTPUTS + 1][TILE_PIXELS + 1];

/* The widest tile of `outputs` that is at most `pixels` (>= 1) wide. */
static inline int64_t tile_width(int64_t outputs, int64_t pixels)
{
	int64_t width = pixels < TILE_PIXELS ? pixels : TILE_PIXELS;

	while (!tile_functions[outputs][width])
		width--;
	return width;
}

/* `count` outputs fall into as few tiles as possible, as even as possible. Tile t is [tile_begin(t), tile_begin(t + 1)). */
static inline int64_t tile_count(int64_t count)
{
	return (count + TILE_OUTPUTS - 1) / TILE_OUTPUTS;
}

static inline int64_t tile_begin(int64_t count, int64_t tile)
{
	return count * tile / tile_count(count);
}

#pragma GCC visibility pop
#endif
