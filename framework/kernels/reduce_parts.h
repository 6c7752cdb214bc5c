/* SPDX-License-Identifier: MIT */
/* What the reductions share: sums per lane that are kept in double, and the members of reduce.c's
 * table that other files define.
 *
 * Long sums have two steps: up to CHUNK terms are summed in vectors of lam_real, then these sums in
 * double. CHUNK is a constant, so the order of a sum depends only on its length. */
#ifndef LAM_REDUCE_PARTS_H
#define LAM_REDUCE_PARTS_H

#include "framework/kernels/gate_vec.h"
#include "framework/kernels/reduce.h"
#include "framework/kernels/thresholds.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

double LAM_KERNEL(cross_entropy_classes)(lam_real *p, const lam_real *z, const int32_t *classes,
	size_t features, int used, const lam_real *weights, lam_real smoothing);
void LAM_KERNEL(cross_entropy_classes_backward)(lam_real *dz, const lam_real *p,
	const int32_t *classes, size_t features, int used, lam_real smoothing, lam_real scale);
double LAM_KERNEL(cross_entropy_values)(lam_real *p, const lam_real *z, const lam_real *t,
	size_t features, int used, const lam_real *weights, lam_real smoothing);
void LAM_KERNEL(cross_entropy_values_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real smoothing, lam_real scale);

void LAM_KERNEL(softmax_places)(lam_real *p, const lam_real *z, size_t features, size_t places,
	size_t first, size_t end, lam_real *column);
double LAM_KERNEL(cross_entropy_places)(lam_real *p, const lam_real *z,
	const struct lam_place_targets *, size_t first, size_t end, lam_real *column);
void LAM_KERNEL(cross_entropy_places_backward)(lam_real *dz, const lam_real *p,
	const struct lam_place_targets *, size_t first, size_t end, lam_real scale);
double LAM_KERNEL(cross_entropy_mixed)(
	lam_real *p, const lam_real *z, const struct lam_place_targets *, size_t first, size_t end);
void LAM_KERNEL(cross_entropy_mixed_backward)(lam_real *dz, const lam_real *p,
	const struct lam_place_targets *, size_t first, size_t end, lam_real scale);
void LAM_KERNEL(argmax_places)(int32_t *winner, const lam_real *x, size_t features, size_t places,
	size_t first, size_t count);

double LAM_KERNEL(sigmoid_cross_entropy)(lam_real *p, const lam_real *z, const lam_real *t,
	size_t features, int used, const lam_real *weights);
double LAM_KERNEL(binary_cross_entropy)(
	const lam_real *p, const lam_real *t, size_t features, int used, const lam_real *weights);
void LAM_KERNEL(binary_cross_entropy_backward)(lam_real *dp, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real scale);
double LAM_KERNEL(positive_cross_entropy)(lam_real *p, const lam_real *z, const lam_real *t,
	size_t features, int used, const lam_real *weights, lam_real positive);
void LAM_KERNEL(positive_cross_entropy_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real positive, lam_real scale);
double LAM_KERNEL(squared_error)(
	const lam_real *y, const lam_real *t, size_t features, int used, const lam_real *weights);
double LAM_KERNEL(absolute_error)(
	const lam_real *y, const lam_real *t, size_t features, int used, const lam_real *weights);
void LAM_KERNEL(absolute_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
	size_t features, int used, lam_real scale);
double LAM_KERNEL(huber_error)(const lam_real *y, const lam_real *t, size_t features, int used,
	const lam_real *weights, lam_real delta);
void LAM_KERNEL(huber_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
	size_t features, int used, lam_real delta, lam_real scale);
void LAM_KERNEL(difference_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real scale);

void LAM_KERNEL(scale_lanes)(lam_real *x, const lam_real *factors, size_t features);

void LAM_KERNEL(channel_moments)(struct lam_moments *, double before, const lam_real *x,
	size_t channels, size_t plane, int used);
void LAM_KERNEL(channel_products)(double *sum_dy, double *sum_dyx, const lam_real *dy,
	const lam_real *x, const lam_real *mean, const lam_real *factor, size_t channels,
	size_t plane, int used);
void LAM_KERNEL(channel_products_gated)(double *sum_dy, double *sum_dyx, const lam_real *dy,
	const lam_real *x, const lam_real *mean, const lam_real *factor,
	const struct lam_gate *gate, size_t channels, size_t plane, int used);
void LAM_KERNEL(merge_moments)(struct lam_moments *, double before, double center, double apart,
	double square, double count);
void LAM_KERNEL(lane_sums)(double sum[LAM_LANES], const lam_real *x, size_t places);
void LAM_KERNEL(lane_moments)(
	struct lam_moments moments[LAM_LANES], double before, const lam_real *x, size_t places);
void LAM_KERNEL(lane_products)(double sum_dy[LAM_LANES], double sum_dyx[LAM_LANES],
	const lam_real *dy, const lam_real *x, const lam_real *mean, const struct lam_gate *gate,
	size_t places);
double LAM_KERNEL(row_sum)(const lam_real *x, size_t count);
void LAM_KERNEL(channel_dots)(double *sum, const lam_real *dy, const lam_real *x, size_t channels,
	size_t plane, int used);
void LAM_KERNEL(channel_dots_below)(double *sum, const lam_real *dy, const lam_real *x,
	size_t channels, size_t plane, int used);

void LAM_KERNEL(sum_products)(
	double *total, const lam_real *a, const lam_real *b, size_t channels, size_t plane);
void LAM_KERNEL(add_totals)(double *total, const lam_real *x, size_t values);
void LAM_KERNEL(take_totals)(lam_real *x, const double *total, size_t values);

#pragma GCC visibility pop

#define INLINE static inline __attribute__((always_inline))

enum { CHUNK = 32 };

/* Sums of the lanes in double are read and written as vectors: lane by lane, the sum over the lanes
 * took half of the time of batch norm's plane of 4 x 4. */
enum { DOUBLES = VEC_BYTES / (int)sizeof(double) };
typedef double wide __attribute__((vector_size(VEC_BYTES), aligned(8), may_alias));
typedef lam_real narrow __attribute__((vector_size(sizeof(lam_real) * DOUBLES), may_alias));

INLINE void lanes_add(double lanes[LAM_LANES], const vec sum[PARTS])
{
	lam_real values[LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	for (int part = 0; part < PARTS; part++)
		vec_store(values + part * VEC, sum[part]);
	for (int l = 0; l < LAM_LANES; l += DOUBLES)
		*(wide *)(lanes + l) += __builtin_convertvector(
			*(const narrow *)(values + l), wide);
}

/* Totals in double of sums of at most SUM_TERMS terms, for the lanes of one vector. */
INLINE void totals_add(double total[VEC], vec sum)
{
	for (int e = 0; e < VEC; e++)
		total[e] += (double)sum[e];
}

INLINE vec totals_rounded(const double total[VEC])
{
	vec sum = {0};
	for (int e = 0; e < VEC; e++)
		sum[e] = (lam_real)total[e];
	return sum;
}

/* The end of the terms that begin at `first`, of `count`. */
INLINE size_t terms_end(size_t first, size_t count)
{
	return count - first < SUM_TERMS ? count : first + SUM_TERMS;
}

/* The sum over the used lanes, by halves. It overwrites `lanes`. */
INLINE double lanes_total(double lanes[LAM_LANES], int used)
{
	for (int l = used; l < LAM_LANES; l++)
		lanes[l] = 0;
	for (int half = LAM_LANES / 2; half >= DOUBLES; half /= 2)
		for (int l = 0; l < half; l += DOUBLES)
			*(wide *)(lanes + l) += *(const wide *)(lanes + l + half);
	for (int half = DOUBLES / 2; half > 0; half /= 2)
		for (int l = 0; l < half; l++)
			lanes[l] += lanes[l + half];
	return lanes[0];
}

/* The same with a weight for each lane; NULL: 1. A lane of weight 0 adds nothing, whatever it
 * holds. */
INLINE double lanes_weighted(double lanes[LAM_LANES], int used, const lam_real *weights)
{
	for (int l = 0; weights && l < used; l++)
		lanes[l] = weights[l] == 0 ? 0 : lanes[l] * (double)weights[l];
	return lanes_total(lanes, used);
}

#endif
