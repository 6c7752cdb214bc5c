/* SPDX-License-Identifier: MIT */
/* Max pooling, forward:
 *
 *     y[c][i][j]     = max over taps (p, q) of x[c][i s - pad + p d][j s - pad + q d]
 *     index[c][i][j] = p kernel[1] + q of the winner
 *
 * Each lane has a winner of its own, so forward compares and selects.
 *
 * Loops called `tiles` are for common kernels whose windows lie side by side, `inside` for common
 * kernels whose windows overlap or reach over the border, `any` for all others. The sides of common
 * kernels are constants, so that loops over taps unroll. */
#include "framework/kernels/pool_index.h"
#include "framework/kernels/pool_parts.h"

/* Used for a window without a tap inside the input; no number is less. */
static const lam_real outside[LAM_LANES] = {[0 ... LAM_LANES - 1] = -INFINITY};

/* Where v is greater than `best`, or is the first NaN, best = v and winner = tap. !(v <= best) is
 * also true for NaN; best == best is false after a NaN. */
ALWAYS_INLINE void challenge(vec *best, vec_mask *winner, vec v, int64_t tap)
{
	const vec_mask takes = ~(v <= *best) & (*best == *best);
	*best = vec_select(takes, v, *best);
	*winner = (takes & ((vec_mask){0} + (int32_t)tap)) | (~takes & *winner);
}

/* The maximum of a window that may be clipped, tap by tap. `corner` is tap (0, 0). With bytes 0 no
 * index is wanted. It is one function for all kernels, and its loops are not unrolled, because many
 * copies of it would make the library much larger. */
static __attribute__((noinline)) void winner_anywhere(lam_real *y, void *index, int64_t at,
	int bytes, const lam_real *corner, struct taps taps, struct window vertical,
	struct window horizontal)
{
	const int64_t row = taps.row, column = taps.column, kernel_width = taps.width;
	const bool empty = vertical.first >= vertical.end || horizontal.first >= horizontal.end;
	const lam_real *first = empty ? outside
				      : corner + vertical.first * row + horizontal.first * column;
	const int64_t first_tap = empty ? 0 : vertical.first * kernel_width + horizontal.first;
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec best = vec_load(first + l);
		vec_mask winner = (vec_mask){0} + (int32_t)first_tap;
		for (int64_t p = vertical.first; p < vertical.end; p++)
			for (int64_t q = horizontal.first; q < horizontal.end; q++)
				if (p > vertical.first || q > horizontal.first)
					challenge(&best, &winner,
						vec_load(corner + p * row + q * column + l),
						p * kernel_width + q);
		vec_store(y + at + l, best);
		if (bytes)
			index_store(index, at + l, bytes, winner);
	}
}

/* As winner_anywhere(), for a whole window of a kernel that is a constant. */
ALWAYS_INLINE void winner_by_challenge(lam_real *y, void *index, int64_t at, int bytes,
	const lam_real *corner, int64_t row, int64_t column, int64_t kernel_height,
	int64_t kernel_width)
{
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec best = vec_load(corner + l);
		vec_mask winner = {0};
#pragma GCC unroll 3
		for (int64_t p = 0; p < kernel_height; p++)
#pragma GCC unroll 3
			for (int64_t q = 0; q < kernel_width; q++)
				if (p > 0 || q > 0)
					challenge(&best, &winner,
						vec_load(corner + p * row + q * column + l),
						p * kernel_width + q);
		vec_store(y + at + l, best);
		if (bytes)
			index_store(index, at + l, bytes, winner);
	}
}

/* Faster for more than a few taps, if an index takes one byte: finds first the greatest value,
 * then the first tap that equals it. The result is wrong if a tap is NaN, which the sum of the taps
 * shows, or if all taps are -inf. Then winner_anywhere() computes the output again. */
ALWAYS_INLINE void winner_by_equality(lam_real *y, void *index, int64_t at, int bytes,
	const lam_real *corner, int64_t row, int64_t column, int64_t kernel_height,
	int64_t kernel_width)
{
	vec_mask odd = {0};
#pragma GCC unroll 1
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec best = vec_splat(-INFINITY), sum = {0};
#pragma GCC unroll 3
		for (int64_t p = 0; p < kernel_height; p++)
#pragma GCC unroll 3
			for (int64_t q = 0; q < kernel_width; q++) {
				const vec v = vec_load(corner + p * row + q * column + l);
				sum += v;
				best = vec_larger(v, best);
			}
		odd |= ~(best > vec_splat(-INFINITY)) | (sum != sum);
		vec_store(y + at + l, best);
		if (!bytes)
			continue;
		vec_mask winner = (vec_mask){0} + (int32_t)(kernel_height * kernel_width - 1);
#pragma GCC unroll 3
		for (int64_t p = kernel_height - 1; p >= 0; p--)
#pragma GCC unroll 3
			for (int64_t q = kernel_width - 1; q >= 0; q--) {
				const vec_mask equals = vec_load(corner + p * row + q * column + l)
					== best;
				winner =
					(equals & ((vec_mask){0} + (int32_t)(p * kernel_width + q)))
					| (~equals & winner);
			}
		index_store(index, at + l, 1, winner);
	}
	if (__builtin_expect(vec_any(odd), 0))
		winner_anywhere(y, index, at, bytes, corner,
			(struct taps){row, column, kernel_width},
			(struct window){0, 0, kernel_height}, (struct window){0, 0, kernel_width});
}

ALWAYS_INLINE void winner_of(lam_real *y, void *index, int64_t at, int bytes,
	const lam_real *corner, int64_t row, int64_t column, int64_t kernel_height,
	int64_t kernel_width)
{
	if (kernel_height * kernel_width > 4)
		winner_by_equality(
			y, index, at, bytes, corner, row, column, kernel_height, kernel_width);
	else
		winner_by_challenge(
			y, index, at, bytes, corner, row, column, kernel_height, kernel_width);
}

ALWAYS_INLINE void forward_tiles(lam_real *y, void *index, int bytes, const lam_real *x,
	const struct lam_pool_geometry *g, int64_t kernel_height, int64_t kernel_width)
{
	const int64_t row = g->in[1] * LAM_LANES, out_width = g->out[1];
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const lam_real *corner = x + i * kernel_height * row;
			for (int64_t j = 0; j < out_width;
				j++, at += LAM_LANES, corner += kernel_width * LAM_LANES) {
				fetch_ahead(corner, row, kernel_height, kernel_width);
				winner_of(y, index, at, bytes, corner, row, LAM_LANES,
					kernel_height, kernel_width);
			}
		}
}

#ifndef LAM_SMALL
ALWAYS_INLINE void forward_inside(lam_real *y, void *index, int bytes, const lam_real *x,
	const struct lam_pool_geometry *g, int64_t kernel_height, int64_t kernel_width)
{
	const struct span rows = whole_windows(g, 0), columns = whole_windows(g, 1);
	const int64_t row = g->in[1] * LAM_LANES, tap_row = g->dilation[0] * row,
		      tap_column = g->dilation[1] * LAM_LANES;
	const int64_t step = g->stride[1] * LAM_LANES;
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			const bool inside = spans(rows, i);
			const lam_real *corner = x + vertical.start * row - g->pad[1] * LAM_LANES;
			int64_t j = 0;
			while (j < g->out[1])
				if (inside && spans(columns, j))
					for (; j < columns.end;
						j++, at += LAM_LANES, corner += step)
						winner_of(y, index, at, bytes, corner, tap_row,
							tap_column, kernel_height, kernel_width);
				else {
					winner_anywhere(y, index, at, bytes, corner,
						(struct taps){tap_row, tap_column, kernel_width},
						vertical, window_of(g, 1, j));
					j++, at += LAM_LANES, corner += step;
				}
		}
}

#endif

static void forward_any(
	lam_real *y, void *index, int bytes, const lam_real *x, const struct lam_pool_geometry *g)
{
	const int64_t row = g->in[1] * LAM_LANES;
	const struct taps taps = {g->dilation[0] * row, g->dilation[1] * LAM_LANES, g->kernel[1]};
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				winner_anywhere(y, index, at, bytes,
					x + vertical.start * row + horizontal.start * LAM_LANES,
					taps, vertical, horizontal);
			}
		}
}

void LAM_KERNEL(pool_max_forward)(
	lam_real *y, void *index, const lam_real *x, const struct lam_pool_geometry *g)
{
	const int64_t height = g->kernel[0], width = g->kernel[1];
	const int bytes = index ? (int)lam_pool_index_bytes(g->kernel) : 0;
	const bool tiles = windows_are_tiles(g);
	if (tiles && height == 2 && width == 2 && index)
		forward_tiles(y, index, 1, x, g, 2, 2);
	else if (tiles && height == 2 && width == 2)
		forward_tiles(y, index, 0, x, g, 2, 2);
	else if (tiles && height == 1 && width == 2)
		forward_tiles(y, index, bytes, x, g, 1, 2);
#ifndef LAM_SMALL
	else if (height == 3 && width == 3)
		forward_inside(y, index, index != NULL, x, g, 3, 3);
	else if (height == 2 && width == 2 && index)
		forward_inside(y, index, 1, x, g, 2, 2);
	else if (height == 1 && width == 3 && index)
		forward_inside(y, index, 1, x, g, 1, 3);
#endif
	else
		forward_any(y, index, bytes, x, g);
}
