/* SPDX-License-Identifier: MIT */
/* The few operations that move elements within vectors. All other operations of the kernels work
 * element by element. */
#ifndef LAM_SHUFFLE_H
#define LAM_SHUFFLE_H

#include "framework/kernels/vector.h"

#if VEC == 16
#define SHUFFLE_EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define SHUFFLE_ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define SHUFFLE_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define SHUFFLE_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VEC == 8
#define SHUFFLE_EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define SHUFFLE_ODD 1, 3, 5, 7, 9, 11, 13, 15
#define SHUFFLE_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define SHUFFLE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#elif VEC == 4
#define SHUFFLE_EVEN 0, 2, 4, 6
#define SHUFFLE_ODD 1, 3, 5, 7
#define SHUFFLE_LOW 0, 4, 1, 5
#define SHUFFLE_HIGH 2, 6, 3, 7
#elif VEC == 2
#define SHUFFLE_EVEN 0, 2
#define SHUFFLE_ODD 1, 3
#define SHUFFLE_LOW 0, 2
#define SHUFFLE_HIGH 1, 3
#endif

/* (a0 + a1, a2 + a3, …, b0 + b1, b2 + b3, …) */
static inline vec vec_add_neighbours(vec a, vec b)
{
	return __builtin_shufflevector(a, b, SHUFFLE_EVEN)
		+ __builtin_shufflevector(a, b, SHUFFLE_ODD);
}

/* Element i of the result is the sum of the elements of row[i]. The rows are overwritten. */
ALWAYS_INLINE vec vec_totals(vec row[VEC])
{
	UNROLL_FOR (int left = VEC; left > 1; left /= 2)
		UNROLL_FOR (int i = 0; i < left / 2; i++)
			row[i] = vec_add_neighbours(row[2 * i], row[2 * i + 1]);
	return row[0];
}

/* Transposes a matrix of `rows` vectors: the result reads (row[0][0], row[1][0], …, row[0][1],
 * row[1][1], …). It interleaves the two halves of the rows, as one shuffles cards, log2(rows)
 * times. `rows` is a power of two. */
ALWAYS_INLINE void vec_interleave(vec *row, const int rows)
{
	UNROLL_FOR (int round = 1; round < rows; round *= 2) {
		vec next[16];

		UNROLL_FOR (int i = 0; i < rows / 2; i++) {
			next[2 * i] = __builtin_shufflevector(
				row[i], row[i + rows / 2], SHUFFLE_LOW);
			next[2 * i + 1] = __builtin_shufflevector(
				row[i], row[i + rows / 2], SHUFFLE_HIGH);
		}
		UNROLL_FOR (int i = 0; i < rows; i++)
			row[i] = next[i];
	}
}

/* Transposes: exchanges element j of row i with element i of row j. */
ALWAYS_INLINE void vec_transpose(vec row[VEC])
{
	vec_interleave(row, VEC);
}

#endif
