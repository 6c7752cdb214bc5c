/* SPDX-License-Identifier: MIT */
/* Small arithmetic of sizes that the kernels share. */
#ifndef LAM_SIZES_H
#define LAM_SIZES_H

#include <stdint.h>

static inline int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t limit(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static inline int64_t ceil_divide(int64_t a, int64_t b) /* b > 0, any a */
{
	return a > 0 ? (a + b - 1) / b : -(-a / b);
}

/* `count` in as few pieces of at most `widest` as possible, as even as possible: first `wide`
 * pieces of width + 1, then `narrow` of `width`. */
struct even_pieces {
	int64_t width, wide, narrow;
};

static inline struct even_pieces cut_evenly(int64_t count, int64_t widest)
{
	int64_t pieces = (count + widest - 1) / widest, wide = count % pieces;

	return (struct even_pieces){count / pieces, wide, pieces - wide};
}

#endif
