/* SPDX-License-Identifier: MIT */
/* What the pooling loops share, and the members of pool.c's table that other files define. With
 * LAM_SMALL there are no max pools' loops for windows that overlap: `any` computes the same. */
#ifndef LAM_POOL_PARTS_H
#define LAM_POOL_PARTS_H

#include "framework/kernels/pool_window.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

void LAM_KERNEL(pool_max_forward)(
	lam_real *y, void *index, const lam_real *x, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_max_backward)(
	lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_average_forward)(
	lam_real *y, const lam_real *x, const struct lam_pool_geometry *);
void LAM_KERNEL(pool_average_backward)(
	lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *);

#pragma GCC visibility pop

/* A sum over any number of terms: `sum` has at most SUM_TERMS of them, `total` the others. */
struct long_sum {
	vec sum[PARTS];
	double total[LAM_LANES];
	int terms;
};

ALWAYS_INLINE void long_sum_end(struct long_sum *s)
{
	for (int l = 0; l < LAM_LANES; l++)
		s->total[l] += (double)s->sum[l / VEC][l % VEC];
	for (int part = 0; part < PARTS; part++)
		s->sum[part] = (vec){0};
	s->terms = 0;
}

/* Call it after a term was added to each sum[part]. */
ALWAYS_INLINE void long_sum_next(struct long_sum *s)
{
	if (++s->terms == SUM_TERMS)
		long_sum_end(s);
}

/* Where the taps of a window lie: `row` and `column` are the steps, in values, from one tap to the
 * next down and along. `width` is the number of taps in a row. */
struct taps {
	int64_t row, column, width;
};

/* The most windows that reach into a cell along one axis, for kernels that go cell by cell. */
enum { REACH = 3 };

/* Prefetches the tile three rows of tiles ahead into the second cache. The loop alternates between
 * the rows of a tile, which the processor's own prefetching does not follow. */
ALWAYS_INLINE void fetch_ahead(const lam_real *corner, int64_t row, int64_t height, int64_t width)
{
#pragma GCC unroll 3
	for (int64_t p = 3 * height; p < 4 * height; p++)
#pragma GCC unroll 3
		for (int64_t q = 0; q < width; q++)
#pragma GCC unroll 2
			for (int64_t line = 0; line < LAM_LANES;
				line += LAM_ALIGN / (int)sizeof(lam_real))
				__builtin_prefetch(corner + p * row + q * LAM_LANES + line, 0, 2);
}

/* Writes zero to the positions `from` to `to` - 1 of one row. */
static inline void clear_positions(lam_real *row, int64_t from, int64_t to)
{
	const vec zero = {0};
	for (int64_t i = from * LAM_LANES; i < to * LAM_LANES; i += VEC)
		vec_store(row + i, zero);
}

#endif
