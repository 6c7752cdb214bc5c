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

/* The transposition of a square. A vector is QUADS quads of 16 bytes, and a quad holds QUAD values.
 * First the square is transposed within quads, by interleaving pairs of rows in log2 QUAD stages.
 * Then whole quads are transposed between vectors, in log2 QUADS stages. Each stage moves every
 * value once. */
#define QUADS (VEC_BYTES / 16)
#define QUAD (VEC / QUADS)

/* Repeats a shuffle pattern of one quad for all quads. A pattern is a list of indices into two
 * vectors a, b: 0 to VEC - 1 are values of a, VEC and more are values of b. */
#if QUADS == 4
#define EACH_QUAD(pattern) pattern(0), pattern(QUAD), pattern(2 * QUAD), pattern(3 * QUAD)
#elif QUADS == 2
#define EACH_QUAD(pattern) pattern(0), pattern(QUAD)
#else
#define EACH_QUAD(pattern) pattern(0)
#endif
#define PICK(a, b, pattern) __builtin_shufflevector(a, b, EACH_QUAD(pattern))

/* Transposes within quads. Quad q of rows QUAD i … QUAD i + QUAD - 1 is a matrix of QUAD x QUAD
 * values; it is replaced by its transpose. */
#ifdef LAM_DOUBLE

#define QUAD_LOW(q) (q), (q) + VEC
#define QUAD_HIGH(q) (q) + 1, (q) + 1 + VEC

ALWAYS_INLINE void transpose_in_quads(vec row[VEC])
{
	UNROLL_FOR (int i = 0; i < VEC; i += 2) {
		const vec a = row[i], b = row[i + 1];

		row[i] = PICK(a, b, QUAD_LOW);
		row[i + 1] = PICK(a, b, QUAD_HIGH);
	}
}

#else

#define QUAD_LOW(q) (q), (q) + VEC, (q) + 1, (q) + 1 + VEC
#define QUAD_HIGH(q) (q) + 2, (q) + 2 + VEC, (q) + 3, (q) + 3 + VEC
#define QUAD_LOW_PAIR(q) (q), (q) + 1, (q) + VEC, (q) + 1 + VEC
#define QUAD_HIGH_PAIR(q) (q) + 2, (q) + 3, (q) + 2 + VEC, (q) + 3 + VEC

ALWAYS_INLINE void transpose_in_quads(vec row[VEC])
{
	UNROLL_FOR (int i = 0; i < VEC; i += 4) {
		const vec ab_low = PICK(row[i], row[i + 1], QUAD_LOW),
			  ab_high = PICK(row[i], row[i + 1], QUAD_HIGH),
			  cd_low = PICK(row[i + 2], row[i + 3], QUAD_LOW),
			  cd_high = PICK(row[i + 2], row[i + 3], QUAD_HIGH);

		row[i] = PICK(ab_low, cd_low, QUAD_LOW_PAIR);
		row[i + 1] = PICK(ab_low, cd_low, QUAD_HIGH_PAIR);
		row[i + 2] = PICK(ab_high, cd_high, QUAD_LOW_PAIR);
		row[i + 3] = PICK(ab_high, cd_high, QUAD_HIGH_PAIR);
	}
}

#endif

/* Transposes whole quads. For each j < QUAD the quads of rows j, QUAD + j, 2 QUAD + j … are a
 * matrix of QUADS x QUADS quads. A quad is two 64-bit numbers here. */
typedef int64_t vec_halves __attribute__((vector_size(VEC_BYTES), may_alias));

ALWAYS_INLINE void transpose_quads(vec row[VEC])
{
#if QUADS == 4
	UNROLL_FOR (int j = 0; j < QUAD; j++) {
		const vec_halves a = (vec_halves)row[j], b = (vec_halves)row[QUAD + j],
				 c = (vec_halves)row[2 * QUAD + j],
				 d = (vec_halves)row[3 * QUAD + j];
		const vec_halves ab_01 = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11),
				 ab_23 = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15),
				 cd_01 = __builtin_shufflevector(c, d, 0, 1, 2, 3, 8, 9, 10, 11),
				 cd_23 = __builtin_shufflevector(c, d, 4, 5, 6, 7, 12, 13, 14, 15);

		row[j] = (vec)__builtin_shufflevector(ab_01, cd_01, 0, 1, 4, 5, 8, 9, 12, 13);
		row[QUAD + j] = (vec)__builtin_shufflevector(
			ab_01, cd_01, 2, 3, 6, 7, 10, 11, 14, 15);
		row[2 * QUAD + j] = (vec)__builtin_shufflevector(
			ab_23, cd_23, 0, 1, 4, 5, 8, 9, 12, 13);
		row[3 * QUAD + j] = (vec)__builtin_shufflevector(
			ab_23, cd_23, 2, 3, 6, 7, 10, 11, 14, 15);
	}
#elif QUADS == 2
	UNROLL_FOR (int j = 0; j < QUAD; j++) {
		const vec_halves a = (vec_halves)row[j], b = (vec_halves)row[QUAD + j];

		row[j] = (vec)__builtin_shufflevector(a, b, 0, 1, 4, 5);
		row[QUAD + j] = (vec)__builtin_shufflevector(a, b, 2, 3, 6, 7);
	}
#else
	(void)row;
#endif
}

/* Transposes: exchanges element j of row i with element i of row j. */
ALWAYS_INLINE void vec_transpose(vec row[VEC])
{
	transpose_in_quads(row);
	transpose_quads(row);
}

/* to[k step + i] = from[i][at + k] for i, k < VEC */
ALWAYS_INLINE void vec_transpose_square(
	const lam_real *const from[VEC], int64_t at, lam_real *to, int64_t step)
{
	vec row[VEC];

	UNROLL_FOR (int i = 0; i < VEC; i++)
		row[i] = vec_load(from[i] + at);
	vec_transpose(row);
	UNROLL_FOR (int k = 0; k < VEC; k++)
		vec_store(to + k * step, row[k]);
}

#endif
