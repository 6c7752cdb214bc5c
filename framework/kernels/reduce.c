/* SPDX-License-Identifier: MIT */
/* Softmax, arg-max and norms, and the table of all reductions. */
#include "framework/kernels/reduce_parts.h"
#include "framework/kernels/vector_math.h"

/* Subtracting the greatest logit keeps exp from overflowing; the sum is then at least 1. A NaN is
 * no greater than anything, but its own exp makes the sum NaN. */
static void softmax(lam_real *p, const lam_real *z, size_t features)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		vec greatest = vec_load(z + l);
		double total[VEC] = {0};
		for (size_t k = 1; k < features; k++)
			greatest = vec_larger(vec_load(z + k * LAM_LANES + l), greatest);
		for (size_t k = 0; k < features;) {
			vec sum = {0};
			for (const size_t end = terms_end(k, features); k < end; k++) {
				const vec e = vec_exp(vec_load(z + k * LAM_LANES + l) - greatest);
				sum += e;
				vec_store(p + k * LAM_LANES + l, e);
			}
			totals_add(total, sum);
		}
		const vec factor = 1 / totals_rounded(total);
		for (size_t k = 0; k < features; k++)
			vec_store(p + k * LAM_LANES + l, vec_load(p + k * LAM_LANES + l) * factor);
	}
}

static void softmax_backward(lam_real *dz, const lam_real *dp, const lam_real *p, size_t features)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		double total[VEC] = {0};
		for (size_t k = 0; k < features;) {
			vec sum = {0};
			for (const size_t end = terms_end(k, features); k < end; k++)
				sum += vec_load(dp + k * LAM_LANES + l)
					* vec_load(p + k * LAM_LANES + l);
			totals_add(total, sum);
		}
		const vec product = totals_rounded(total);
		for (size_t i = l; i < features * LAM_LANES; i += LAM_LANES)
			vec_store(dz + i, vec_load(p + i) * (vec_load(dp + i) - product));
	}
}

static void argmax(int32_t winner[LAM_LANES], const lam_real *x, size_t features)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		vec best = vec_load(x + l);
		vec_mask at = {0};
		for (size_t k = 1; k < features; k++) {
			const vec v = vec_load(x + k * LAM_LANES + l);
			const vec_mask takes = ~(v <= best) & (best == best);
			best = vec_select(takes, v, best);
			at = (takes & ((vec_mask){0} + (int32_t)k)) | (~takes & at);
		}
		for (size_t i = 0; i < VEC; i++)
			winner[l + i] = (int32_t)at[i];
	}
}

/* Squares are summed by chunks of CHUNK vectors, in four sums each. The chunks' sums are added in
 * double, then their elements, then the last values. */
static double sum_squares(const lam_real *x, size_t count)
{
	enum { CHAINS = 4, STEP = CHAINS * VEC };
	double sums[VEC] = {0}, total = 0;
	size_t i = 0;
	while (i + STEP <= count) {
		vec chain[CHAINS] = {{0}};
		for (int k = 0; k < CHUNK && i + STEP <= count; k += CHAINS, i += STEP)
#pragma GCC unroll 4
			for (int c = 0; c < CHAINS; c++) {
				const vec v = vec_load(x + i + (size_t)c * VEC);
				chain[c] += v * v;
			}
		lam_real values[VEC];
		vec_store(values, (chain[0] + chain[1]) + (chain[2] + chain[3]));
		for (int e = 0; e < VEC; e++)
			sums[e] += values[e];
	}
	for (int e = 0; e < VEC; e++)
		total += sums[e];
	for (; i < count; i++)
		total += (double)x[i] * x[i];
	return total;
}

/* Infinities and NaN are the numbers whose exponent bits are all ones. */
static bool all_finite(const lam_real *x, size_t count)
{
	const vec_mask exponent = (vec_mask)vec_splat(INFINITY);
	vec_mask found = {0};
	size_t i = 0;
	for (; i + VEC <= count; i += VEC)
		found |= ((vec_mask)vec_load(x + i) & exponent) == exponent;
	for (; i < count; i++)
		if (!isfinite(x[i]))
			return false;
	for (int e = 0; e < VEC; e++)
		if (found[e])
			return false;
	return true;
}

extern const struct lam_reduce_kernels LAM_KERNEL(reduce_kernels)
	__attribute__((visibility("hidden")));
const struct lam_reduce_kernels LAM_KERNEL(reduce_kernels) = {
	.softmax = softmax,
	.softmax_backward = softmax_backward,
	.cross_entropy_classes = LAM_KERNEL(cross_entropy_classes),
	.cross_entropy_classes_backward = LAM_KERNEL(cross_entropy_classes_backward),
	.cross_entropy_values = LAM_KERNEL(cross_entropy_values),
	.cross_entropy_values_backward = LAM_KERNEL(cross_entropy_values_backward),
	.softmax_places = LAM_KERNEL(softmax_places),
	.cross_entropy_places = LAM_KERNEL(cross_entropy_places),
	.cross_entropy_places_backward = LAM_KERNEL(cross_entropy_places_backward),
	.cross_entropy_mixed = LAM_KERNEL(cross_entropy_mixed),
	.cross_entropy_mixed_backward = LAM_KERNEL(cross_entropy_mixed_backward),
	.sigmoid_cross_entropy = LAM_KERNEL(sigmoid_cross_entropy),
	.sigmoid_cross_entropy_backward = LAM_KERNEL(difference_backward),
	.binary_cross_entropy = LAM_KERNEL(binary_cross_entropy),
	.binary_cross_entropy_backward = LAM_KERNEL(binary_cross_entropy_backward),
	.positive_cross_entropy = LAM_KERNEL(positive_cross_entropy),
	.positive_cross_entropy_backward = LAM_KERNEL(positive_cross_entropy_backward),
	.squared_error = LAM_KERNEL(squared_error),
	.squared_error_backward = LAM_KERNEL(difference_backward),
	.absolute_error = LAM_KERNEL(absolute_error),
	.absolute_error_backward = LAM_KERNEL(absolute_error_backward),
	.huber_error = LAM_KERNEL(huber_error),
	.huber_error_backward = LAM_KERNEL(huber_error_backward),
	.scale_lanes = LAM_KERNEL(scale_lanes),
	.argmax = argmax,
	.argmax_places = LAM_KERNEL(argmax_places),
	.channel_moments = LAM_KERNEL(channel_moments),
	.channel_products = LAM_KERNEL(channel_products),
	.channel_products_gated = LAM_KERNEL(channel_products_gated),
	.channel_dots = LAM_KERNEL(channel_dots),
	.channel_dots_below = LAM_KERNEL(channel_dots_below),
	.sum_products = LAM_KERNEL(sum_products),
	.add_totals = LAM_KERNEL(add_totals),
	.take_totals = LAM_KERNEL(take_totals),
	.lane_sums = LAM_KERNEL(lane_sums),
	.lane_moments = LAM_KERNEL(lane_moments),
	.lane_products = LAM_KERNEL(lane_products),
	.merge_moments = LAM_KERNEL(merge_moments),
	.sum = LAM_KERNEL(row_sum),
	.sum_squares = sum_squares,
	.all_finite = all_finite,
};
