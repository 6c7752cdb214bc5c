/* SPDX-License-Identifier: MIT */
/* Maps with numbers per channel: standardise, batch norm's normalisation and its backward, learned
 * slopes and scales. */
#include "framework/kernels/map_parts.h"
#include "framework/kernels/vector.h"

void LAM_KERNEL(map_channel_affine)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, size_t channels, size_t plane)
{
	const size_t values = plane * LAM_LANES;
	for (size_t channel = 0; channel < channels; channel++, x += values, y += values) {
		const vec from = vec_splat(center[channel]), factor = vec_splat(a[channel]),
			  term = vec_splat(b[channel]);
		for (size_t i = 0; i < values; i += VEC)
			vec_store(y + i, (vec_load(x + i) - from) * factor + term);
	}
}

void LAM_KERNEL(map_channel_combine)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
	size_t channels, size_t plane)
{
	const size_t values = plane * LAM_LANES;
	for (size_t channel = 0; channel < channels;
		channel++, x += values, dy += values, dx += values) {
		const vec from = vec_splat(center[channel]);
		const vec of_dy = vec_splat(a[channel]), of_x = vec_splat(b[channel]),
			  term = vec_splat(c[channel]);
		for (size_t i = 0; i < values; i += VEC)
			vec_store(dx + i,
				vec_load(dy + i) * of_dy
					+ ((vec_load(x + i) - from) * of_x + term));
	}
}

void LAM_KERNEL(map_channel_affine_lanes)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, size_t groups, size_t plane)
{
	for (size_t group = 0; group < groups;
		group++, center += LAM_LANES, a += LAM_LANES, b += LAM_LANES)
		for (size_t i = 0; i < plane; i++, x += LAM_LANES, y += LAM_LANES)
			for (size_t l = 0; l < LAM_LANES; l += VEC)
				vec_store(y + l,
					(vec_load(x + l) - vec_load(center + l)) * vec_load(a + l)
						+ vec_load(b + l));
}

void LAM_KERNEL(map_channel_combine_lanes)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
	size_t plane)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		const vec from = vec_load(center + l), of_dy = vec_load(a + l),
			  of_x = vec_load(b + l), term = vec_load(c + l);
		for (size_t i = l; i < plane * LAM_LANES; i += LAM_LANES)
			vec_store(dx + i,
				vec_load(dy + i) * of_dy
					+ ((vec_load(x + i) - from) * of_x + term));
	}
}

void LAM_KERNEL(map_channel_scale)(
	lam_real *y, const lam_real *x, const lam_real *factor, size_t channels, size_t plane)
{
	const size_t values = plane * LAM_LANES;
	for (size_t channel = 0; channel < channels; channel++, x += values, y += values)
		for (size_t i = 0; i < values; i += VEC)
			vec_store(y + i, vec_load(x + i) * factor[channel]);
}

ALWAYS_INLINE vec leaky(vec a, vec x, vec slope)
{
	return vec_select(x > vec_splat(0), a, a * slope);
}

void LAM_KERNEL(map_channel_leaky)(lam_real *y, const lam_real *a, const lam_real *x,
	const lam_real *slope, size_t channels, size_t plane)
{
	const size_t values = plane * LAM_LANES;
	for (size_t channel = 0; channel < channels;
		channel++, a += values, x += values, y += values) {
		const vec factor = vec_splat(slope[channel]);
		for (size_t i = 0; i < values; i += VEC)
			vec_store(y + i, leaky(vec_load(a + i), vec_load(x + i), factor));
	}
}

void LAM_KERNEL(map_channel_leaky_lanes)(lam_real *y, const lam_real *a, const lam_real *x,
	const lam_real *slope, size_t groups, size_t plane)
{
	for (size_t group = 0; group < groups; group++, slope += LAM_LANES)
		for (size_t i = 0; i < plane; i++, a += LAM_LANES, x += LAM_LANES, y += LAM_LANES)
			for (size_t l = 0; l < LAM_LANES; l += VEC)
				vec_store(y + l,
					leaky(vec_load(a + l), vec_load(x + l),
						vec_load(slope + l)));
}
