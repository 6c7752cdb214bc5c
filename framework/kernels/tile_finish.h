/* SPDX-License-Identifier: MIT */
/* What a tile of tile.c does to its sums behind the products: batch norm, an addition, ReLU. And
 * where its columns lie, which the products need, too. */
#ifndef LAM_TILE_FINISH_H
#define LAM_TILE_FINISH_H

#include "framework/kernels/tile.h"
#include "framework/kernels/vector.h"

/* The number of vectors of a pixel that one pass over the taps computes. With few outputs, two are
 * enough to use sixteen registers. */
enum { PIECES = PARTS < 2 ? 1 : 2 };

/* Column b of a tile whose pixels are `pixel` values apart. */
ALWAYS_INLINE const vec *column(const lam_real *x, int64_t pixel, int b)
{
	return (const vec *)(x + b / PIECES * pixel + b % PIECES * VEC);
}

ALWAYS_INLINE void relu_sums(vec *sum, const int outputs, const int columns)
{
	UNROLL_FOR (int a = 0; a < outputs; a++)
		UNROLL_FOR (int b = 0; b < columns; b++)
			sum[a * columns + b] = vec_at_least(sum[a * columns + b], 0);
}

/* Does to the sums of output `a` at y what follows the bias. */
ALWAYS_INLINE void finish_line(const struct tile *t, const int a, vec *sum, const lam_real *y,
	const int64_t y_pixel, const int columns)
{
	if (t->finish.center) {
		const vec from = vec_splat(t->finish.center[a]),
			  factor = vec_splat(t->finish.factor[a]),
			  term = vec_splat(t->finish.term[a]);

		UNROLL_FOR (int b = 0; b < columns; b++)
			sum[b] = (sum[b] - from) * factor + term;
	}
	if (t->finish.adds) {
		const lam_real *from = finish_added(&t->finish, y);

		UNROLL_FOR (int b = 0; b < columns; b++)
			sum[b] += *column(from, y_pixel, b);
	}
	if (t->finish.epilogue == LAM_EPILOGUE_RELU)
		relu_sums(sum, 1, columns);
}

/* The same for the sums of several outputs at t->sums; stores them at y. It is one function for
 * all tiles: in each of them it would make a third of the code. Only one output, which has too few
 * products for a second pass, and the widest tile do it for themselves. */
static __attribute__((noinline)) void finish_tile(
	const struct tile *t, lam_real *y, int64_t outputs, int64_t columns)
{
	const struct finish finish = t->finish;
	const int64_t y_pixel = t->y_pixel, y_output = t->y_output;
	const vec *sum = (const vec *)t->sums;

	for (int64_t a = 0; a < outputs; a++, y += y_output) {
		vec from = {0}, factor = {0}, term = {0};

		if (finish.center) {
			from = vec_splat(finish.center[a]);
			factor = vec_splat(finish.factor[a]);
			term = vec_splat(finish.term[a]);
		}
		for (int64_t b = 0; b < columns; b++, sum++) {
			lam_real *to = y + b / PIECES * y_pixel + b % PIECES * VEC;
			vec value = *sum;

			if (finish.center)
				value = (value - from) * factor + term;
			if (finish.adds)
				value += *(const vec *)finish_added(&finish, to);
			if (finish.epilogue == LAM_EPILOGUE_RELU)
				value = vec_at_least(value, 0);
			*(vec *)to = value;
		}
	}
}

#endif
