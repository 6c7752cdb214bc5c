/* SPDX-License-Identifier: MIT */
/* Instances of the weight gradient's tiles: one function for every shape that fits this ISA's
 * registers. */
#include "framework/kernels/channel_weight.h"
#include "framework/kernels/vec_own.h"

/* Sums the products in registers, then adds the sums to `to`. With `depthwise`, n is a vector for
 * each part. */
ALWAYS_INLINE void sum_tile(const struct channel_weight_tile *t, const lam_real *v,
	const lam_real *n, const int64_t *offset, lam_real *to, const int units, const int numbers)
{
	const int vectors = units * PARTS;
	const int64_t v_pixel = t->v_pixel, n_pixel = t->n_pixel, v_unit = t->v_unit;
	const lam_real *from[CHANNEL_WEIGHT_NUMBERS];
	vec sum[32];

	UNROLL_FOR (int k = 0; k < numbers; k++)
		UNROLL_FOR (int a = 0; a < vectors; a++)
			sum[k * vectors + a] = vec_own((vec){0});
	for (int64_t plane = 0; plane < t->planes; plane++)
		for (int64_t row = 0; row < t->rows; row++) {
			const lam_real *at = v + plane * t->v_plane + row * t->v_row;

			UNROLL_FOR (int k = 0; k < numbers; k++)
				from[k] = n + offset[k] + plane * t->n_plane + row * t->n_row;
			int64_t pixel = 0;
			for (int64_t j = t->columns; j > 0; j--, at += v_pixel, pixel += n_pixel) {
				vec held[CHANNEL_WEIGHT_UNITS * PARTS];

				UNROLL_FOR (int a = 0; a < vectors; a++)
					held[a] = *(const vec *)(at + a / PARTS * v_unit
						+ a % PARTS * VEC);
				UNROLL_FOR (int k = 0; k < numbers; k++) {
					const vec value = vec_splat(from[k][pixel]);

					UNROLL_FOR (int a = 0; a < vectors; a++)
						sum[k * vectors + a] += held[a] * value;
				}
			}
		}
	const int64_t to_number = t->to_number, to_unit = t->to_unit;

	UNROLL_FOR (int k = 0; k < numbers; k++, to = place_hold(to + to_number))
		UNROLL_FOR (int a = 0; a < vectors; a++)
			*(vec *)(to + a / PARTS * to_unit
				+ a % PARTS * VEC) += sum[k * vectors + a];
}

ALWAYS_INLINE void sum_depthwise(const struct channel_weight_tile *t, const lam_real *v,
	const lam_real *n, const int64_t *offset, lam_real *to, const int numbers)
{
	vec sum[CHANNEL_WEIGHT_NUMBERS] = {{0}};

	for (int64_t plane = 0; plane < t->planes; plane++)
		for (int64_t row = 0; row < t->rows; row++) {
			const lam_real *at = v + plane * t->v_plane + row * t->v_row,
				       *from = n + plane * t->n_plane + row * t->n_row;

			for (int64_t j = 0; j < t->columns;
				j++, at += t->v_pixel, from += t->n_pixel) {
				const vec held = *(const vec *)at;

				UNROLL_FOR (int k = 0; k < numbers; k++)
					sum[k] += held * *(const vec *)(from + offset[k]);
			}
		}
	UNROLL_FOR (int k = 0; k < numbers; k++)
		*(vec *)(to + k * t->to_number) += sum[k];
}

/* dense_U_N: U units x N numbers. */
#define DENSE(U, N) \
	static void dense_##U##_##N(const struct channel_weight_tile *t, const lam_real *v, \
		const lam_real *n, const int64_t *offset, lam_real *to) \
	{ \
		sum_tile(t, v, n, offset, to, U, N); \
	}
#define ENTRY(U, N) [U][N] = dense_##U##_##N,
#define DEPTHWISE(U, N) \
	static void depthwise_##N(const struct channel_weight_tile *t, const lam_real *v, \
		const lam_real *n, const int64_t *offset, lam_real *to) \
	{ \
		for (int part = 0; part < LAM_LANES; part += VEC) \
			sum_depthwise(t, v + part, n + part, offset, to + part, N); \
	}
#define DEPTHWISE_ENTRY(U, N) [N] = depthwise_##N,

#define UP_TO_3(X, U) X(U, 1) X(U, 2) X(U, 3)
#define UP_TO_6(X, U) UP_TO_3(X, U) X(U, 4) X(U, 5) X(U, 6)
#define UP_TO_8(X, U) UP_TO_6(X, U) X(U, 7) X(U, 8)

#if VEC_REGISTERS / PARTS >= 32
#define WIDE(X, U) UP_TO_8(X, U)
#define TILES(X) UP_TO_8(X, 1) UP_TO_8(X, 2) UP_TO_8(X, 3)
#elif VEC_REGISTERS / PARTS >= 16
#define WIDE(X, U) UP_TO_8(X, U)
#define TILES(X) UP_TO_8(X, 1)
#elif VEC_REGISTERS / PARTS >= 8
#define WIDE(X, U) UP_TO_6(X, U)
#define TILES(X) UP_TO_6(X, 1)
#elif VEC_REGISTERS / PARTS >= 4
#define WIDE(X, U) UP_TO_3(X, U)
#define TILES(X) UP_TO_3(X, 1)
#else
#define WIDE(X, U) X(U, 1)
#define TILES(X) X(1, 1)
#endif

TILES(DENSE)
WIDE(DEPTHWISE, 1)

channel_weight_function *const channel_weight_dense[CHANNEL_WEIGHT_UNITS + 1]
						   [CHANNEL_WEIGHT_NUMBERS + 1] = {TILES(ENTRY)};
channel_weight_function *const channel_weight_depthwise[CHANNEL_WEIGHT_NUMBERS + 1] = {
	WIDE(DEPTHWISE_ENTRY, 1)};
