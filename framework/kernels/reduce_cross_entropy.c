/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy on logits. With m = max z, z'_k = z_k - m, S = sum_k exp(z'_k), and t' the
 * smoothed targets:
 *
 *     p_k  = exp(z'_k) / S
 *     loss = log S sum_k t'_k - sum_k t'_k z'_k
 *     dz_k = p_k sum_j t'_j - t'_k
 *
 * No logarithm of a probability is taken, so a confident wrong prediction has its full loss. z'_k
 * may lie below the least finite number. exp() is 0 there. The loss is summed from the quarters
 * q_k = z_k / 4 - m / 4, which are exact and always finite, and multiplied by 4 in double. */
#include "framework/kernels/reduce_parts.h"
#include "framework/kernels/vector_math.h"

#define QUARTER ((lam_real)0.25)

/* Writes p of the lanes l to l + VEC - 1, and returns log S. *q_sum = the sum of share q, which is
 * finite if the shares sum to 1. *tq_sum = the sum of t q, or 0 if t is NULL. */
INLINE vec softmax_sums(lam_real *p, const lam_real *z, const lam_real *t, size_t features,
	vec greatest, lam_real share, vec *q_sum, vec *tq_sum)
{
	const vec greatest_quarter = QUARTER * greatest;
	double total[VEC] = {0}, q_total[VEC] = {0}, tq_total[VEC] = {0};
	for (size_t k = 0; k < features;) {
		vec e_sum = {0}, q_part = {0}, tq_part = {0};
		for (const size_t end = terms_end(k, features); k < end; k++) {
			const size_t i = k * LAM_LANES;
			const vec v = vec_load(z + i), e = vec_exp(v - greatest),
				  q = QUARTER * v - greatest_quarter;
			e_sum += e;
			q_part += share * q;
			if (t)
				tq_part += vec_load(t + i) * q;
			vec_store(p + i, e);
		}
		totals_add(total, e_sum);
		totals_add(q_total, q_part);
		totals_add(tq_total, tq_part);
	}
	const vec sum = totals_rounded(total), factor = 1 / sum;
	*q_sum = totals_rounded(q_total);
	*tq_sum = totals_rounded(tq_total);
	for (size_t i = 0; i < features * LAM_LANES; i += LAM_LANES)
		vec_store(p + i, vec_load(p + i) * factor);
	return vec_log(sum);
}

INLINE vec greatest_of(const lam_real *z, size_t features)
{
	vec greatest = vec_load(z);
	for (size_t i = LAM_LANES; i < features * LAM_LANES; i += LAM_LANES)
		greatest = vec_larger(vec_load(z + i), greatest);
	return greatest;
}

double LAM_KERNEL(cross_entropy_classes)(lam_real *p, const lam_real *z, const int32_t *classes,
	size_t features, int used, const lam_real *weights, lam_real smoothing)
{
	/* The logit of each lane's class, taken before p overwrites it. */
	lam_real target[LAM_LANES] = {0};
	for (int l = 0; l < used; l++)
		target[l] = z[(size_t)classes[l] * LAM_LANES + (size_t)l];

	const lam_real share = smoothing / (lam_real)features;
	double lanes[LAM_LANES] = {0};
	vec loss[PARTS]; /* quarters of it */
	for (int part = 0; part < PARTS; part++) {
		const int l = part * VEC;
		const vec greatest = greatest_of(z + l, features);
		vec q_sum, none;
		const vec log_sum = softmax_sums(
			p + l, z + l, NULL, features, greatest, share, &q_sum, &none);
		loss[part] = QUARTER * log_sum
			- (1 - smoothing) * (QUARTER * vec_load(target + l) - QUARTER * greatest);
		if (smoothing != 0)
			loss[part] -= q_sum;
	}
	lanes_add(lanes, loss);
	return 4 * lanes_weighted(lanes, used, weights);
}

void LAM_KERNEL(cross_entropy_classes_backward)(lam_real *dz, const lam_real *p,
	const int32_t *classes, size_t features, int used, lam_real smoothing, lam_real scale)
{
	const lam_real spread = smoothing / (lam_real)features;
	lam_real target[LAM_LANES]; /* p of each lane's class, before dz overwrites it */
	for (int l = 0; l < used; l++)
		target[l] = p[(size_t)classes[l] * LAM_LANES + (size_t)l];

	const vec zero = {0};
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec_mask counts = vec_lanes_below(l / VEC, used);
		for (size_t i = (size_t)l; i < features * LAM_LANES; i += LAM_LANES)
			vec_store(dz + i,
				vec_select(counts, scale * (vec_load(p + i) - spread), zero));
	}
	for (int l = 0; l < used; l++)
		dz[(size_t)classes[l] * LAM_LANES + (size_t)l] = scale
			* (target[l] - (1 - smoothing + spread));
}

/* The sum of the targets of the lanes from t on. */
INLINE vec sum_targets(const lam_real *t, size_t features)
{
	double total[VEC] = {0};
	for (size_t k = 0; k < features;) {
		vec sum = {0};
		for (const size_t end = terms_end(k, features); k < end; k++)
			sum += vec_load(t + k * LAM_LANES);
		totals_add(total, sum);
	}
	return totals_rounded(total);
}

double LAM_KERNEL(cross_entropy_values)(lam_real *p, const lam_real *z, const lam_real *t,
	size_t features, int used, const lam_real *weights, lam_real smoothing)
{
	const lam_real share = smoothing / (lam_real)features;
	double lanes[LAM_LANES] = {0};
	vec loss[PARTS]; /* quarters of it */
	for (int part = 0; part < PARTS; part++) {
		const int l = part * VEC;
		const vec t_sum = sum_targets(t + l, features);
		vec q_sum, tq_sum;
		const vec log_sum = QUARTER
			* softmax_sums(p + l, z + l, t + l, features, greatest_of(z + l, features),
				share, &q_sum, &tq_sum);
		loss[part] = (1 - smoothing) * (t_sum * log_sum - tq_sum);
		if (smoothing != 0)
			loss[part] += smoothing * log_sum - q_sum;
	}
	lanes_add(lanes, loss);
	return 4 * lanes_weighted(lanes, used, weights);
}

void LAM_KERNEL(cross_entropy_values_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real smoothing, lam_real scale)
{
	const lam_real spread = smoothing / (lam_real)features;
	const vec zero = {0};
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec_mask counts = vec_lanes_below(l / VEC, used);
		const vec t_sum = sum_targets(t + l, features);
		const vec smoothed_sum = (1 - smoothing) * t_sum + smoothing;
		for (size_t i = (size_t)l; i < features * LAM_LANES; i += LAM_LANES) {
			const vec smoothed = (1 - smoothing) * vec_load(t + i) + spread;
			vec_store(dz + i,
				vec_select(counts,
					scale * (vec_load(p + i) * smoothed_sum - smoothed), zero));
		}
	}
}
