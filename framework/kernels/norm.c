/* SPDX-License-Identifier: MIT */
/* Normalisation of whole samples, and the list of these kernels. */
#include "framework/kernels/norm_parts.h"

/* y = factor (x - mean) + term for a plane. */
INLINE void map_plane(lam_real *y, const lam_real *x, const vec mean[PARTS],
	const vec factor[PARTS], const vec term[PARTS], size_t plane)
{
	for (size_t i = 0; i < plane * LAM_LANES; i += LAM_LANES)
		UNROLL_FOR (int part = 0; part < PARTS; part++)
			vec_store(y + i + part * VEC,
				(vec_load(x + i + part * VEC) - mean[part]) * factor[part]
					+ term[part]);
}

static void normalize(lam_real *y, const lam_real *x, const struct lam_norm_lanes *lanes,
	const lam_real *w, const lam_real *b, size_t channels, size_t plane)
{
	vec mean[PARTS], r[PARTS], rest[PARTS];
	for (int part = 0; part < PARTS; part++) {
		mean[part] = vec_load(lanes->mean + part * VEC);
		r[part] = vec_load(lanes->r + part * VEC);
		rest[part] = -vec_load(lanes->rest + part * VEC) * r[part];
	}
	for (size_t c = 0; c < channels; c++, x += plane * LAM_LANES, y += plane * LAM_LANES) {
		const lam_real weight = w ? w[c] : 1, bias = b ? b[c] : 0;
		vec factor[PARTS], term[PARTS];
		for (int part = 0; part < PARTS; part++) {
			factor[part] = r[part] * weight;
			term[part] = rest[part] * weight + bias;
		}
		map_plane(y, x, mean, factor, term, plane);
	}
}

static void map_lanes(lam_real *y, const lam_real *x, lam_real mean, lam_real r, lam_real term,
	const lam_real *w, const lam_real *b, size_t values)
{
	for (size_t i = 0; i < values; i += VEC)
		vec_store(y + i,
			((vec_load(x + i) - mean) * r + term) * vec_load(w + i) + vec_load(b + i));
}

extern const struct lam_norm_kernels LAM_KERNEL(norm_kernels) __attribute__((visibility("hidden")));
const struct lam_norm_kernels LAM_KERNEL(norm_kernels) = {
	.moments = LAM_KERNEL(norm_moments),
	.lanes = LAM_KERNEL(norm_lanes),
	.normalize = normalize,
	.sums = LAM_KERNEL(norm_sums),
	.add_sums = LAM_KERNEL(norm_add_sums),
	.totals = LAM_KERNEL(norm_totals),
	.dx = LAM_KERNEL(norm_dx),
	.feature_gradients = LAM_KERNEL(norm_feature_gradients),
	.channel_gradients = LAM_KERNEL(norm_channel_gradients),
	.places = LAM_KERNEL(norm_places),
	.places_backward = LAM_KERNEL(norm_places_backward),
	.channel_lanes = LAM_KERNEL(norm_channel_lanes),
	.channel_lanes_backward = LAM_KERNEL(norm_channel_lanes_backward),
	.map_lanes = map_lanes,
	.window = LAM_KERNEL(norm_window),
	.window_backward = LAM_KERNEL(norm_window_backward),
	.window_lanes = LAM_KERNEL(norm_window_lanes),
};
