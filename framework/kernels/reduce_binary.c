/* SPDX-License-Identifier: MIT */
/* Losses that add one term for each feature, a function of a value and its target: binary
 * cross-entropy on logits and on probabilities, and squared error.
 *
 * Each kernel calls the loop `summed` with its term. The term is a constant there, so that the
 * compiler inlines both. */
#include "framework/kernels/reduce_parts.h"

/* Loss of one vector; may write a result for `kept`. */
typedef vec term(vec x, vec t, vec *kept);

INLINE double summed(
	lam_real *kept, const lam_real *x, const lam_real *t, size_t features, int used, term *term)
{
	double lanes[LAM_LANES] = {0};
	for (size_t start = 0; start < features; start += CHUNK) {
		const size_t end = start + CHUNK < features ? start + CHUNK : features;
		vec sum[PARTS];
		for (int part = 0; part < PARTS; part++) {
			vec chain = {0}, result = {0};
			for (size_t k = start; k < end; k++) {
				const size_t i = k * LAM_LANES + (size_t)(part * VEC);
				chain += term(vec_load(x + i), vec_load(t + i), &result);
				if (kept)
					vec_store(kept + i, result);
			}
			sum[part] = chain;
		}
		lanes_add(lanes, sum);
	}
	return lanes_total(lanes, used);
}

/* e = exp(-|z|) gives both. With u = 1 + e, rounded:
 *
 *     p          = (z < 0 ? e : 1) / u
 *     log(1 + e) = log(u) + (e - (u - 1)) / u,   whose second term is what rounding took
 */
INLINE vec logit_term(vec z, vec t, vec *p)
{
	const vec zero = {0};
	const vec e = vec_exp(-vec_abs(z)), u = 1 + e;
	*p = vec_select(z < zero, e, vec_splat(1)) / u;
	const vec log_term = vec_log(u) + (e - (u - 1)) / u;
	return vec_select(z < zero, zero, z) - z * t + log_term;
}

INLINE vec probability_term(vec p, vec t, vec *kept)
{
	(void)kept;
	return -(t * vec_at_least(vec_log(p), -100) + (1 - t) * vec_at_least(vec_log(1 - p), -100));
}

INLINE vec square_term(vec y, vec t, vec *kept)
{
	(void)kept;
	return (y - t) * (y - t);
}

double LAM_KERNEL(sigmoid_cross_entropy)(
	lam_real *p, const lam_real *z, const lam_real *t, size_t features, int used)
{
	return summed(p, z, t, features, used, logit_term);
}

double LAM_KERNEL(binary_cross_entropy)(
	const lam_real *p, const lam_real *t, size_t features, int used)
{
	return summed(NULL, p, t, features, used, probability_term);
}

double LAM_KERNEL(squared_error)(const lam_real *y, const lam_real *t, size_t features, int used)
{
	return summed(NULL, y, t, features, used, square_term);
}

/* dz = scale (p - t), of the squared error and of the cross-entropy on logits */
void LAM_KERNEL(difference_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real scale)
{
	const vec zero = {0};
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec_mask counts = lanes_in_use(l / VEC, used);
		for (size_t i = (size_t)l; i < features * LAM_LANES; i += LAM_LANES)
			vec_store(dz + i,
				vec_select(
					counts, scale * (vec_load(p + i) - vec_load(t + i)), zero));
	}
}

void LAM_KERNEL(binary_cross_entropy_backward)(lam_real *dp, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real scale)
{
	const vec zero = {0};
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec_mask counts = lanes_in_use(l / VEC, used);
		for (size_t i = (size_t)l; i < features * LAM_LANES; i += LAM_LANES) {
			const vec v = vec_load(p + i),
				  variance = vec_at_least(v * (1 - v), (lam_real)1e-12);
			vec_store(dp + i,
				vec_select(
					counts, scale * ((v - vec_load(t + i)) / variance), zero));
		}
	}
}
