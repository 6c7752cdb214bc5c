/* SPDX-License-Identifier: MIT */
/* The register tile of the weight gradient, and the sums over elements at its end. */
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vec_own.h"

#if VEC_REGISTERS >= 32
/* Adds the nine sums of some pixels to those of the pixels before. */
ALWAYS_INLINE void slide_store(vec sum[9], vec *sums)
{
	UNROLL_FOR (int b = 0; b < 9; b++) {
		sums[b] += sum[b];
		sum[b] = (vec){0};
	}
}

/* What slides along a row of x: the left and the middle tap of a pixel. */
struct slide {
	const lam_real *from; /* the middle tap of the row's first pixel */
	vec left, middle;
};

/* How many rows ahead a plane is asked for. Depthwise 3x3 of 32 channels of 32x32, 128 samples, on
 * one core of a Zen 5: 1.43 ms without, 1.1 ms with it. */
enum { SLIDE_AHEAD = 3 };

/* A later row lies so many values ahead. */
struct slide_ahead {
	int64_t x, dy;
};

/* Adds the products of pixel j with one row of its taps, and moves on to the next pixel. `right`:
 * whether the right tap lies in x. With stride 1 the middle tap is the right one of the pixel
 * before, with stride 2 the left one is. */
ALWAYS_INLINE void slide_row(
	vec sum[3], struct slide *s, vec value, int64_t j, const int64_t stride, const bool right)
{
	const lam_real *from = s->from + j * stride * LAM_LANES;
	const vec next = right ? *(const vec *)(from + LAM_LANES) : (vec){0};

	if (stride > 1)
		s->middle = *(const vec *)from;
	sum[0] += value * s->left;
	sum[1] += value * s->middle;
	sum[2] += value * next;
	s->left = stride > 1 ? next : s->middle;
	s->middle = next;
}

/* Prefetches what pixel j needs of a later row of dy, and of the rows of x that are new to it. */
ALWAYS_INLINE void slide_fetch(const struct slide row[3], const lam_real *value, int64_t j,
	const struct slide_ahead *ahead, const int64_t stride)
{
	__builtin_prefetch(value + j * LAM_LANES + ahead->dy);
	UNROLL_FOR (int64_t r = 3 - stride; r < 3; r++)
		UNROLL_FOR (int64_t q = 0; q < stride; q++)
			__builtin_prefetch(row[r].from + (j * stride + q) * LAM_LANES + ahead->x);
}

/* Adds the products of a row of dy. The right tap lies in x for the first `inside` pixels: for all
 * of them, or for all but the last. */
ALWAYS_INLINE void slide_along(vec sum[9], struct slide row[3], const lam_real *value,
	int64_t inside, int64_t pixels, vec *sums, const struct slide_ahead *ahead,
	const int64_t stride)
{
	for (int64_t j = 0, end; j < inside;) {
		end = least(inside, j + WEIGHT_BAND_PIXELS - 1);
		for (; j < end; j++) {
			slide_fetch(row, value, j, ahead, stride);
			UNROLL_FOR (int r = 0; r < 3; r++)
				slide_row(sum + 3 * r, &row[r],
					*(const vec *)(value + j * LAM_LANES), j, stride, true);
		}
		if (end < inside)
			slide_store(sum, sums);
	}
	if (inside < pixels)
		UNROLL_FOR (int r = 0; r < 3; r++)
			slide_row(sum + 3 * r, &row[r], *(const vec *)(value + inside * LAM_LANES),
				inside, stride, false);
}

/* Neighbouring pixels share taps, so a value of x is read once instead of three times. */
ALWAYS_INLINE void slide(const lam_conv_geometry *g, int64_t first, int64_t end, const lam_real *x,
	const lam_real *dy, const lam_real *zeros, vec *sums, const int64_t stride)
{
	const int64_t line = g->w * LAM_LANES,
		      inside = least(g->ow, ceil_divide(g->w - 2 + g->pw, stride));
	const struct slide_ahead ahead = {
		SLIDE_AHEAD * g->sh * line, SLIDE_AHEAD * g->ow * LAM_LANES};
	int64_t added = 0; /* pixels since the sums were stored */
	vec sum[9] = {{0}};

	dy += first * g->ow * LAM_LANES;
	for (int64_t row = first * g->sh - g->ph; row < end * g->sh - g->ph;
		row += g->sh, dy += g->ow * LAM_LANES)
		for (int part = 0; part < PARTS; part++) {
			struct slide rows[3];

			if (added + g->ow > WEIGHT_BAND_PIXELS) {
				slide_store(sum, sums);
				added = 0;
			}
			added += g->ow;
			UNROLL_FOR (int r = 0; r < 3; r++) {
				const bool outside = row + r < 0 || row + r >= g->h;
				const lam_real *from = (outside ? zeros : x + (row + r) * line)
					+ part * VEC;

				rows[r].left = g->pw ? (vec){0} : *(const vec *)from;
				rows[r].from = from + (g->pw ? 0 : LAM_LANES);
				rows[r].middle = *(const vec *)rows[r].from;
			}
			slide_along(
				sum, rows, dy + part * VEC, inside, g->ow, sums, &ahead, stride);
		}
	slide_store(sum, sums);
}

void weight_slide(const lam_conv_geometry *g, int64_t first, int64_t end, const lam_real *x,
	const lam_real *dy, const lam_real *zeros, vec *sums)
{
	if (g->sw == 1)
		slide(g, first, end, x, dy, zeros, sums, 1);
	else
		slide(g, first, end, x, dy, zeros, sums, 2);
}
#endif

/* Each sum is a vec, whose elements are sums over the pixels of one lane. The sums of a tile's
 * pixels start at zero and are added to those of the tiles before, so that no sum is long.
 * weight_totals adds the elements up. */
ALWAYS_INLINE void weight_loop(const struct weight_tile *t, const lam_real *x,
	const int64_t *offset, const lam_real *dy, vec *sums, const int outputs, const int taps)
{
	const int64_t values = t->values, dy_channel = t->dy_channel,
		      sums_output = t->sums_output * VEC;
	lam_real *place = (lam_real *)sums;
	int64_t tap[WEIGHT_TAPS];
	vec sum[32], held[WEIGHT_OUTPUTS];

	UNROLL_FOR (int b = 0; b < taps; b++)
		tap[b] = offset[b];
	UNROLL_FOR (int a = 0; a < outputs; a++)
		UNROLL_FOR (int b = 0; b < taps; b++)
			sum[a * taps + b] = vec_own((vec){0});

	for (int64_t i = 0; i < t->rows; i++, x += t->x_row, dy += t->dy_row)
		for (int64_t j = 0; j < values; j += VEC) {
			/* The shorter side is held in registers, the longer side is loaded one by
			 * one. */
			if (outputs <= taps) {
				UNROLL_FOR (int a = 0; a < outputs; a++)
					held[a] = *(const vec *)(dy + a * dy_channel + j);
				UNROLL_FOR (int b = 0; b < taps; b++) {
					vec value = *(const vec *)(x + tap[b] + j);

					if (outputs > 1)
						value = vec_hold(value);
					UNROLL_FOR (int a = 0; a < outputs; a++)
						sum[a * taps + b] += value * held[a];
				}
			} else {
				UNROLL_FOR (int b = 0; b < taps; b++)
					held[b] = *(const vec *)(x + tap[b] + j);
				UNROLL_FOR (int a = 0; a < outputs; a++) {
					vec value = *(const vec *)(dy + a * dy_channel + j);

					if (taps > 1)
						value = vec_hold(value);
					UNROLL_FOR (int b = 0; b < taps; b++)
						sum[a * taps + b] += value * held[b];
				}
			}
		}

	UNROLL_FOR (int a = 0; a < outputs; a++, place = place_hold(place + sums_output))
		UNROLL_FOR (int b = 0; b < taps; b++)
			((vec *)place)[b] += sum[a * taps + b];
}

#define TILE(A, B) \
	static void tile_##A##_##B(const struct weight_tile *t, const lam_real *x, \
		const int64_t *offset, const lam_real *dy, vec *sums) \
	{ \
		weight_loop(t, x, offset, dy, sums, A, B); \
	}
#define ENTRY(A, B) [A][B] = tile_##A##_##B,

/* clang-format off */
#if VEC_REGISTERS >= 32 /* at most 27 sums, 3 held values and 1 loaded value */
#define TILES(X) \
	X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9) \
	X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5) X(2, 6) X(2, 7) X(2, 8) X(2, 9) \
	X(3, 1) X(3, 2) X(3, 3) X(3, 4) X(3, 5) X(3, 6) X(3, 7) X(3, 8) X(3, 9) \
	X(4, 1) X(4, 2) X(4, 3) X(4, 4) X(4, 5) X(4, 6)
#else /* 12 accumulators */
#define TILES(X) \
	X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9) \
	X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5) X(2, 6) \
	X(3, 1) X(3, 2) X(3, 3) X(3, 4) \
	X(4, 1) X(4, 2) X(4, 3)
#endif
/* clang-format on */

TILES(TILE)

weight_function *const weight_functions[WEIGHT_OUTPUTS + 1][WEIGHT_TAPS + 1] = {TILES(ENTRY)};

/* The totals of the first `count` <= VEC sums. */
ALWAYS_INLINE vec some_totals(const vec *sums, int64_t count)
{
	vec row[VEC];

	UNROLL_FOR (int i = 0; i < VEC; i++)
		row[i] = i < count ? sums[i] : (vec){0};
	return vec_totals(row);
}

void weight_totals(vec *sums, int64_t count, double *totals)
{
	for (; count > 0; count -= VEC, sums += VEC, totals += VEC) {
		int64_t here = count < VEC ? count : VEC;
		vec total = some_totals(sums, here);

		for (int i = 0; i < here; i++)
			sums[i] = (vec){0};
		if (here == VEC)
			for (int i = 0; i < VEC; i++)
				totals[i] += (double)total[i];
		else
			for (int i = 0; i < here; i++)
				totals[i] += (double)total[i];
	}
}

void weight_first_totals(const vec *sums, int64_t count, lam_real *totals)
{
	for (; count > 0; count -= VEC, sums += VEC, totals += VEC) {
		int64_t here = count < VEC ? count : VEC;
		vec total = some_totals(sums, here) + (vec){0};

		if (here == VEC)
			*(vec_unaligned *)totals = total;
		else
			for (int i = 0; i < here; i++)
				totals[i] = total[i];
	}
}
