/* SPDX-License-Identifier: MIT */
/* Losses that add one term for each feature, a function of a value and its target: binary
 * cross-entropy on logits and on probabilities, squared, absolute and Huber's error.
 *
 * Each kernel calls the loop `summed` with its term, and backward the loop `sloped` with its slope.
 * Both are constants there, so that the compiler inlines them. */
#include "framework/kernels/reduce_parts.h"
#include "framework/kernels/vector_math.h"

/* Loss of one vector, with the option o if there is one; may write a result for `kept`. */
typedef vec term(vec x, vec t, lam_real o, vec *kept);

INLINE double summed(lam_real *kept, const lam_real *x, const lam_real *t, size_t features,
	int used, const lam_real *weights, lam_real o, term *term)
{
	double lanes[LAM_LANES] = {0};
	for (size_t start = 0; start < features; start += CHUNK) {
		const size_t end = start + CHUNK < features ? start + CHUNK : features;
		vec sum[PARTS];
		for (int part = 0; part < PARTS; part++) {
			vec chain = {0}, result = {0};
			for (size_t k = start; k < end; k++) {
				const size_t i = k * LAM_LANES + (size_t)(part * VEC);
				chain += term(vec_load(x + i), vec_load(t + i), o, &result);
				if (kept)
					vec_store(kept + i, result);
			}
			sum[part] = chain;
		}
		lanes_add(lanes, sum);
	}
	return lanes_weighted(lanes, used, weights);
}

/* Writes p = sigmoid(z) and returns log(1 + e). e = exp(-|z|) gives both. With u = 1 + e, rounded:
 *
 *     p          = (z < 0 ? e : 1) / u
 *     log(1 + e) = log(u) + (e - (u - 1)) / u,   whose second term is what rounding took */
INLINE vec sigmoid_parts(vec z, vec *p)
{
	const vec e = vec_exp(-vec_abs(z)), u = 1 + e;
	*p = vec_select(z < (vec){0}, e, vec_splat(1)) / u;
	return vec_log(u) + (e - (u - 1)) / u;
}

INLINE vec logit_term(vec z, vec t, lam_real o, vec *p)
{
	(void)o;
	const vec zero = {0}, log_term = sigmoid_parts(z, p);
	return vec_select(z < zero, zero, z) - z * t + log_term;
}

INLINE vec probability_term(vec p, vec t, lam_real o, vec *kept)
{
	(void)o, (void)kept;
	return -(t * vec_at_least(vec_log(p), -100) + (1 - t) * vec_at_least(vec_log(1 - p), -100));
}

/* No two of its terms have different signs, so nothing cancels. */
INLINE vec positive_term(vec z, vec t, lam_real positive, vec *p)
{
	const vec zero = {0}, log_term = sigmoid_parts(z, p);
	return positive * t * (vec_select(z < zero, -z, zero) + log_term)
		+ (1 - t) * (vec_select(z < zero, zero, z) + log_term);
}

INLINE vec square_term(vec y, vec t, lam_real o, vec *kept)
{
	(void)o, (void)kept;
	return (y - t) * (y - t);
}

INLINE vec absolute_term(vec y, vec t, lam_real o, vec *kept)
{
	(void)o, (void)kept;
	return vec_abs(y - t);
}

/* NaN is not at most delta, and the other formula keeps it. */
INLINE vec huber_term(vec y, vec t, lam_real delta, vec *kept)
{
	(void)kept;
	const lam_real half = (lam_real)0.5;
	const vec d = y - t, distance = vec_abs(d);
	return vec_select(distance <= delta, half * d * d, delta * (distance - half * delta));
}

double LAM_KERNEL(sigmoid_cross_entropy)(lam_real *p, const lam_real *z, const lam_real *t,
	size_t features, int used, const lam_real *weights)
{
	return summed(p, z, t, features, used, weights, 0, logit_term);
}

double LAM_KERNEL(binary_cross_entropy)(
	const lam_real *p, const lam_real *t, size_t features, int used, const lam_real *weights)
{
	return summed(NULL, p, t, features, used, weights, 0, probability_term);
}

double LAM_KERNEL(positive_cross_entropy)(lam_real *p, const lam_real *z, const lam_real *t,
	size_t features, int used, const lam_real *weights, lam_real positive)
{
	return summed(p, z, t, features, used, weights, positive, positive_term);
}

double LAM_KERNEL(squared_error)(
	const lam_real *y, const lam_real *t, size_t features, int used, const lam_real *weights)
{
	return summed(NULL, y, t, features, used, weights, 0, square_term);
}

double LAM_KERNEL(absolute_error)(
	const lam_real *y, const lam_real *t, size_t features, int used, const lam_real *weights)
{
	return summed(NULL, y, t, features, used, weights, 0, absolute_term);
}

double LAM_KERNEL(huber_error)(const lam_real *y, const lam_real *t, size_t features, int used,
	const lam_real *weights, lam_real delta)
{
	return summed(NULL, y, t, features, used, weights, delta, huber_term);
}

/* Gradient of one vector's loss, with the option o if there is one. */
typedef vec slope(vec x, vec t, lam_real o);

INLINE void sloped(lam_real *dx, const lam_real *x, const lam_real *t, size_t features, int used,
	lam_real o, lam_real scale, slope *slope)
{
	const vec zero = {0};
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec_mask counts = vec_lanes_below(l / VEC, used);
		for (size_t i = (size_t)l; i < features * LAM_LANES; i += LAM_LANES)
			vec_store(dx + i,
				vec_select(counts,
					scale * slope(vec_load(x + i), vec_load(t + i), o), zero));
	}
}

INLINE vec difference_slope(vec x, vec t, lam_real o)
{
	(void)o;
	return x - t;
}

INLINE vec probability_slope(vec p, vec t, lam_real o)
{
	(void)o;
	return (p - t) / vec_at_least(p * (1 - p), (lam_real)1e-12);
}

INLINE vec positive_slope(vec p, vec t, lam_real positive)
{
	return p * (positive * t + (1 - t)) - positive * t;
}

/* d between -delta and delta; a NaN stays. */
INLINE vec huber_slope(vec y, vec t, lam_real delta)
{
	const vec d = y - t, most = vec_splat(delta);
	return vec_select(d > most, most, vec_select(d < -most, -most, d));
}

INLINE vec absolute_slope(vec y, vec t, lam_real o)
{
	(void)o;
	const vec d = y - t, zero = {0}, one = vec_splat(1);
	return vec_select(d > zero, one, vec_select(d < zero, -one, d));
}

/* Of the squared error and of the cross-entropy on logits. */
void LAM_KERNEL(difference_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real scale)
{
	sloped(dz, p, t, features, used, 0, scale, difference_slope);
}

void LAM_KERNEL(binary_cross_entropy_backward)(lam_real *dp, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real scale)
{
	sloped(dp, p, t, features, used, 0, scale, probability_slope);
}

void LAM_KERNEL(positive_cross_entropy_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
	size_t features, int used, lam_real positive, lam_real scale)
{
	sloped(dz, p, t, features, used, positive, scale, positive_slope);
}

void LAM_KERNEL(absolute_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
	size_t features, int used, lam_real scale)
{
	sloped(dy, y, t, features, used, 0, scale, absolute_slope);
}

void LAM_KERNEL(huber_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
	size_t features, int used, lam_real delta, lam_real scale)
{
	sloped(dy, y, t, features, used, delta, scale, huber_slope);
}

void LAM_KERNEL(scale_lanes)(lam_real *x, const lam_real *factors, size_t features)
{
	const vec zero = {0};
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec factor = vec_load(factors + l);
		for (size_t i = (size_t)l; i < features * LAM_LANES; i += LAM_LANES)
			vec_store(
				x + i, vec_select(factor == zero, zero, factor * vec_load(x + i)));
	}
}
