/* SPDX-License-Identifier: MIT */
/* Instances of the dense loop with outputs in the lanes: one function for every shape that fits
 * this ISA's registers. */
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/vec_own.h"
#include "framework/kernels/vector.h"

/* Adds the products of one tap and one channel: the value of each pixel times each vector of
 * weights (PARTS for each unit). The shorter side of the tile is loaded into registers first. The
 * values of the longer side are loaded one after another. */
ALWAYS_INLINE void add_tap(vec *sum, const lam_real *x, const lam_real *w, int64_t x_pixel,
	const int vectors, const int pixels)
{
	vec held[CHANNEL_PIXELS];

	if (vectors <= pixels) {
		UNROLL_FOR (int a = 0; a < vectors; a++)
			held[a] = *(const vec *)(w + a * VEC);
		UNROLL_FOR (int b = 0; b < pixels; b++) {
			vec value = vec_splat(x[b * x_pixel]);

			UNROLL_FOR (int a = 0; a < vectors; a++)
				sum[b * vectors + a] += value * held[a];
		}
	} else {
		UNROLL_FOR (int b = 0; b < pixels; b++)
			held[b] = vec_splat(x[b * x_pixel]);
		UNROLL_FOR (int a = 0; a < vectors; a++) {
			vec weight = *(const vec *)(w + a * VEC);

			UNROLL_FOR (int b = 0; b < pixels; b++)
				sum[b * vectors + a] += held[b] * weight;
		}
	}
}

ALWAYS_INLINE vec *part(lam_real *y, int64_t y_unit, int a)
{
	return (vec *)(y + a / PARTS * y_unit + a % PARTS * VEC);
}

/* Does to the sums of a tile at y what follows the bias. */
ALWAYS_INLINE void finish_tile(const struct channel_tile *t, vec *sum, const lam_real *y,
	const int64_t y_pixel, const int64_t y_unit, const int vectors, const int pixels)
{
	if (t->finish.center)
		UNROLL_FOR (int a = 0; a < vectors; a++) {
			const vec from = *(const vec *)(t->finish.center + a * VEC),
				  factor = *(const vec *)(t->finish.factor + a * VEC),
				  term = *(const vec *)(t->finish.term + a * VEC);

			UNROLL_FOR (int b = 0; b < pixels; b++)
				sum[b * vectors + a] = (sum[b * vectors + a] - from) * factor
					+ term;
		}
	if (t->finish.adds) {
		lam_real *from = (lam_real *)finish_added(&t->finish, y);

		UNROLL_FOR (int b = 0; b < pixels; b++, from = place_hold(from + y_pixel))
			UNROLL_FOR (int a = 0; a < vectors; a++)
				sum[b * vectors + a] += *part(from, y_unit, a);
	}
	if (t->finish.epilogue == LAM_EPILOGUE_RELU) {
		UNROLL_FOR (int b = 0; b < pixels; b++)
			UNROLL_FOR (int a = 0; a < vectors; a++)
				sum[b * vectors + a] = vec_at_least(sum[b * vectors + a], 0);
	}
}

ALWAYS_INLINE void fill_tile(const struct channel_tile *t, const lam_real *x, const lam_real *w,
	lam_real *y, const int vectors, const int pixels)
{
	const int64_t x_pixel = t->x_pixel, x_inner = t->x_inner, y_pixel = t->y_pixel,
		      y_unit = t->y_unit;
	vec sum[32];

	UNROLL_FOR (int a = 0; a < vectors; a++) {
		vec bias = t->bias && !t->resume ? *(const vec *)(t->bias + a * VEC) : (vec){0};

		UNROLL_FOR (int b = 0; b < pixels; b++)
			sum[b * vectors + a] = vec_own(bias);
	}

	for (int64_t c = 0; c < t->blocks; c++, x += t->x_block, w += t->w_block) {
		const int64_t inner = c + 1 < t->blocks ? t->inner : t->last;
		const lam_real *x_row = x, *w_row = w;

		for (int64_t p = 0; p < t->rows; p++, x_row += t->x_row, w_row += t->w_row) {
			const lam_real *x_column = x_row, *w_column = w_row;

			for (int64_t q = 0; q < t->columns;
				q++, x_column += t->x_column, w_column += t->w_column) {
				const lam_real *x_tap = x_column, *w_tap = w_column;
				int64_t left = inner;

				if (left <= 0)
					continue;
				LOOP_HERE(x_tap, w_tap, left);
				do {
					add_tap(sum, x_tap, w_tap, x_pixel, vectors, pixels);
					x_tap += x_inner;
					w_tap += vectors * VEC;
				} while (--left);
			}
		}
	}

	if (t->resume) {
		lam_real *from = y;

		UNROLL_FOR (int b = 0; b < pixels; b++, from = place_hold(from + y_pixel))
			UNROLL_FOR (int a = 0; a < vectors; a++)
				sum[b * vectors + a] += *part(from, y_unit, a);
	}
	finish_tile(t, sum, y, y_pixel, y_unit, vectors, pixels);
	UNROLL_FOR (int b = 0; b < pixels; b++, y = place_hold(y + y_pixel))
		UNROLL_FOR (int a = 0; a < vectors; a++)
			*part(y, y_unit, a) = sum[b * vectors + a];
}

ALWAYS_INLINE void fill_tiles(const struct channel_tile *t, const lam_real *x, const lam_real *w,
	lam_real *y, const int units, const int pixels)
{
	for (int64_t i = 0; i < t->lines; i++)
		for (int64_t j = 0; j < t->tiles; j++)
			fill_tile(t, x + i * t->x_line + j * pixels * t->x_pixel, w + i * t->w_line,
				y + i * t->y_line + j * pixels * t->y_pixel, units * PARTS, pixels);
}

/* dense_U_P: U units x P pixels. */
#define DENSE(U, P) \
	static void dense_##U##_##P( \
		const struct channel_tile *t, const lam_real *x, const lam_real *w, lam_real *y) \
	{ \
		fill_tiles(t, x, w, y, U, P); \
	}
#define ENTRY(U, P) [U][P] = dense_##U##_##P,

#define UP_TO_3(X, U) X(U, 1) X(U, 2) X(U, 3)
#define UP_TO_6(X, U) UP_TO_3(X, U) X(U, 4) X(U, 5) X(U, 6)
#define UP_TO_8(X, U) UP_TO_6(X, U) X(U, 7) X(U, 8)

#if VEC_REGISTERS / PARTS >= 32 /* a unit is one vec; up to 24 accumulators */
#define TILES(X) UP_TO_8(X, 1) UP_TO_8(X, 2) UP_TO_6(X, 3) UP_TO_6(X, 4)
#elif VEC_REGISTERS / PARTS >= 8 /* a unit is two vecs; or four, with 32 registers */
#define TILES(X) UP_TO_6(X, 1) UP_TO_3(X, 2)
#else /* a unit is four vecs with 16 registers, or eight */
#define TILES(X) UP_TO_3(X, 1) X(2, 1)
#endif

TILES(DENSE)

channel_tile_function *const channel_dense[CHANNEL_UNITS + 1][CHANNEL_PIXELS + 1] = {TILES(ENTRY)};
