/* SPDX-License-Identifier: MIT */
/* The two loops that read x as vectors of channels: depthwise, and few output planes from many
 * input channels. */
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/vector.h"

/* Does to the sums of a tile at y what follows the products. */
ALWAYS_INLINE void finish_depthwise(
	const struct channel_tile *t, vec *sum, const lam_real *y, const int v, const int pixels)
{
	const int64_t y_pixel = t->y_pixel;

	if (t->resume)
		UNROLL_FOR (int b = 0; b < pixels; b++)
			sum[b] += *(const vec *)(y + b * y_pixel);
	if (t->finish.center) {
		const vec from = *(const vec *)(t->finish.center + v),
			  factor = *(const vec *)(t->finish.factor + v),
			  term = *(const vec *)(t->finish.term + v);

		UNROLL_FOR (int b = 0; b < pixels; b++)
			sum[b] = (sum[b] - from) * factor + term;
	}
	if (t->finish.adds) {
		const lam_real *from = finish_added(&t->finish, y);

		UNROLL_FOR (int b = 0; b < pixels; b++)
			sum[b] += *(const vec *)(from + b * y_pixel);
	}
	if (t->finish.epilogue == LAM_EPILOGUE_RELU)
		UNROLL_FOR (int b = 0; b < pixels; b++)
			sum[b] = vec_at_least(sum[b], 0);
}

/* The least pixels of a tile that add_three_taps() is in: it is half of such a tile's code. */
enum { THREE_LEAST = 5 };

/* Adds the products of three neighbouring taps for neighbouring pixels. Each vector of x is read
 * once for the three sums that need it. Each sum gets its first tap first, as without this. */
ALWAYS_INLINE void add_three_taps(
	vec *sum, const lam_real *x, const lam_real *w, int64_t w_column, const int pixels)
{
	vec held[3];

	UNROLL_FOR (int q = 0; q < 3; q++)
		held[q] = *(const vec *)(w + q * w_column);
	UNROLL_FOR (int b = 0; b < pixels + 2; b++) {
		const vec value = vec_hold(*(const vec *)(x + b * LAM_LANES));

		UNROLL_FOR (int q = 2; q >= 0; q--)
			if (b - q >= 0 && b - q < pixels)
				sum[b - q] += value * held[q];
	}
}

ALWAYS_INLINE void depthwise_tile(const struct channel_tile *t, const lam_real *x,
	const lam_real *w, lam_real *y, const int v, const int pixels)
{
	const lam_real *bias = t->bias;
	const int64_t x_pixel = t->x_pixel, y_pixel = t->y_pixel, x_column = t->x_column,
		      w_column = t->w_column;
	const bool threes = pixels >= THREE_LEAST && x_column == LAM_LANES && x_pixel == LAM_LANES;
	vec sum[CHANNEL_PIXELS];

	x += v;
	w += v;
	y += v;

	UNROLL_FOR (int b = 0; b < pixels; b++)
		sum[b] = bias && !t->resume ? *(const vec *)(bias + v) : (vec){0};
	for (int64_t p = 0; p < t->rows; p++, x += t->x_row, w += t->w_row) {
		const lam_real *x_tap = x, *w_tap = w;

		int64_t left = t->columns;
		for (; threes && left >= 3;
			left -= 3, x_tap += 3 * LAM_LANES, w_tap += 3 * w_column)
			add_three_taps(sum, x_tap, w_tap, w_column, pixels);
		for (; left > 0; left--, x_tap += x_column, w_tap += w_column) {
			vec weight = *(const vec *)w_tap;

			UNROLL_FOR (int b = 0; b < pixels; b++)
				sum[b] += *(const vec *)(x_tap + b * x_pixel) * weight;
		}
	}
	finish_depthwise(t, sum, y, v, pixels);
	UNROLL_FOR (int b = 0; b < pixels; b++)
		*(vec *)(y + b * y_pixel) = sum[b];
}

/* The sums of a tile of few planes. vec_totals() has room for VEC. */
enum { FEW_PIXELS = VEC < CHANNEL_PIXELS ? VEC : CHANNEL_PIXELS };

/* Adds one block's products to the sums. With `idle`, lanes from t->last on may hold any value and
 * are left out. */
ALWAYS_INLINE void add_block(const struct channel_tile *t, vec *sum, const lam_real *x,
	const lam_real *w, const int64_t *at, const bool idle)
{
	UNROLL_FOR (int part = 0; part < PARTS; part++) {
		const vec_mask mask = vec_lanes_below(part, idle ? t->last : LAM_LANES);
		const lam_real *x_row = x + part * VEC, *w_row = w + part * VEC;

		for (int64_t p = 0; p < t->rows; p++, x_row += t->x_row, w_row += t->w_row) {
			const lam_real *x_tap = x_row, *w_tap = w_row;

			for (int64_t q = 0; q < t->columns;
				q++, x_tap += t->x_column, w_tap += t->w_column) {
				vec weight = *(const vec *)w_tap;

				UNROLL_FOR (int b = 0; b < FEW_PIXELS; b++) {
					vec value = *(const vec *)(x_tap + at[b]);

					if (idle)
						value = vec_select(mask, value, (vec){0});
					sum[b] += value * weight;
				}
			}
		}
	}
}

/* A tile of fewer than FEW_PIXELS computes its last pixel several times. */
ALWAYS_INLINE void few_tile(const struct channel_tile *t, const lam_real *x, const lam_real *w,
	lam_real *y, const int64_t *at, int pixels)
{
	vec sum[VEC], total;

	UNROLL_FOR (int b = 0; b < VEC; b++)
		sum[b] = (vec){0};
	for (int64_t c = 0; c < t->blocks; c++, x += t->x_block, w += t->w_block)
		if (c + 1 < t->blocks || t->last == LAM_LANES)
			add_block(t, sum, x, w, at, false);
		else
			add_block(t, sum, x, w, at, true);
	total = vec_totals(sum);
	if (t->resume)
		for (int b = 0; b < pixels; b++)
			total[b] += y[b * t->y_pixel];
	else if (t->bias)
		total += vec_splat(t->bias[0]);
	if (t->finish.center)
		total = (total - vec_splat(t->finish.center[0])) * vec_splat(t->finish.factor[0])
			+ vec_splat(t->finish.term[0]);
	if (t->finish.adds)
		for (int b = 0; b < pixels; b++)
			total[b] += finish_added(&t->finish, y)[b * t->y_pixel];
	if (t->finish.epilogue == LAM_EPILOGUE_RELU)
		total = vec_at_least(total, 0);
	for (int b = 0; b < pixels; b++)
		y[b * t->y_pixel] = total[b];
}

static void few_tiles(
	const struct channel_tile *t, const lam_real *x, const lam_real *w, lam_real *y, int pixels)
{
	int64_t at[FEW_PIXELS];

	for (int b = 0; b < FEW_PIXELS; b++)
		at[b] = least(b, pixels - 1) * t->x_pixel;
	for (int64_t i = 0; i < t->lines; i++)
		for (int64_t j = 0; j < t->tiles; j++)
			few_tile(t, x + i * t->x_line + j * pixels * t->x_pixel, w,
				y + i * t->y_line + j * pixels * t->y_pixel, at, pixels);
}

/* Define the functions for a grid of tiles of P pixels. */
#define DEPTHWISE(P) \
	static void depthwise_##P( \
		const struct channel_tile *t, const lam_real *x, const lam_real *w, lam_real *y) \
	{ \
		for (int64_t i = 0; i < t->lines; i++) \
			for (int64_t j = 0; j < t->tiles; j++) \
				for (int v = 0; v < LAM_LANES; v += VEC) \
					depthwise_tile(t, x + i * t->x_line + j * P * t->x_pixel, \
						w, y + i * t->y_line + j * P * t->y_pixel, v, P); \
	}
#define FEW(P) \
	static void few_##P( \
		const struct channel_tile *t, const lam_real *x, const lam_real *w, lam_real *y) \
	{ \
		few_tiles(t, x, w, y, P); \
	}
#define DEPTHWISE_ENTRY(P) [P] = depthwise_##P,
#define FEW_ENTRY(P) [P] = few_##P,

#define UP_TO_2(X) X(1) X(2)
#define UP_TO_4(X) UP_TO_2(X) X(3) X(4)
#define UP_TO_6(X) UP_TO_4(X) X(5) X(6)
#define UP_TO_8(X) UP_TO_6(X) X(7) X(8)

/* A multiply-add takes four cycles, and two begin in each: eight sums keep both busy. Two layers of
 * groups of 8 channels, 64x32x32, take 0.35 ms of one core with AVX-512, with four sums 0.42. */
#ifdef LAM_SMALL
#define DEPTHWISE_TILES(X) UP_TO_2(X)
#elif VEC_REGISTERS / PARTS >= 32
#define DEPTHWISE_TILES(X) UP_TO_8(X)
#else
#define DEPTHWISE_TILES(X) UP_TO_6(X)
#endif

#if VEC >= 8 && VEC_REGISTERS / PARTS >= 32
#define FEW_TILES(X) UP_TO_8(X)
#elif VEC >= 8
#define FEW_TILES(X) UP_TO_6(X)
#elif VEC >= 4
#define FEW_TILES(X) UP_TO_4(X)
#else
#define FEW_TILES(X) UP_TO_2(X)
#endif

DEPTHWISE_TILES(DEPTHWISE)
FEW_TILES(FEW)

channel_tile_function *const channel_depthwise[CHANNEL_PIXELS + 1] = {
	DEPTHWISE_TILES(DEPTHWISE_ENTRY)};
channel_tile_function *const channel_few[CHANNEL_PIXELS + 1] = {FEW_TILES(FEW_ENTRY)};
