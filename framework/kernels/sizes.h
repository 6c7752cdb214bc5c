/* SPDX-License-Identifier: MIT */
/* Arithmetic of sizes that the kernels and the layers share. */
#ifndef LAM_SIZES_H
#define LAM_SIZES_H

#include "framework/real.h"

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

/* The least multiple of `unit` that is at least `value`; value >= 0. */
static inline int64_t round_up(int64_t value, int64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* The number of lane blocks that hold `count` samples, or channels. */
static inline int64_t lane_blocks(int64_t count)
{
	return (count + LAM_LANES - 1) / LAM_LANES;
}

/* The number of lanes in use in lane block `block`, for `count` samples or channels in all. */
static inline int64_t lanes_used(int64_t count, int64_t block)
{
	return least(count - block * LAM_LANES, LAM_LANES);
}

/* Where piece `index` begins if [0, count) is cut into `pieces` pieces of sizes as equal as
 * possible. It ends where the next one begins. */
static inline int64_t piece_begin(int64_t count, int64_t index, int64_t pieces)
{
	return count * index / pieces;
}

/* The slices of a call: [first, end), of `count` in all. */
struct lam_slices {
	int64_t first, end, count;
};

/* The range of items, of `items` in all, that these slices consist of: [slices_begin,
 * slices_end). */
static inline int64_t slices_begin(struct lam_slices slices, int64_t items)
{
	return piece_begin(items, slices.first, slices.count);
}

static inline int64_t slices_end(struct lam_slices slices, int64_t items)
{
	return piece_begin(items, slices.end, slices.count);
}

/* The number of slices to cut `work` into, so that each has at least `worth` of it: 1 to
 * `bound`. */
static inline int64_t slices_worth(double work, double worth, double bound)
{
	return work < worth ? 1 : (int64_t)(work > worth * bound ? bound : work / worth);
}

/* `count` cut into as few pieces of at most `widest` as possible, of sizes as equal as possible.
 * There are `wide` pieces of width + 1, and then `narrow` pieces of `width`. */
struct even_pieces {
	int64_t width, wide, narrow;
};

static inline struct even_pieces cut_evenly(int64_t count, int64_t widest)
{
	if (count <= widest) /* mostly; without two divisions */
		return (struct even_pieces){count, 0, 1};

	int64_t pieces = (count + widest - 1) / widest, wide = count % pieces;

	return (struct even_pieces){count / pieces, wide, pieces - wide};
}

#endif
