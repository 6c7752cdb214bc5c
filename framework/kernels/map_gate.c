/* SPDX-License-Identifier: MIT */
/* The maps of batch norm that apply what follows it: gate.h has the formulas. */
#include "framework/kernels/gate_vec.h"
#include "framework/kernels/map_parts.h"
#include "framework/kernels/vector.h"

/* One vector of a channel: y = f(factor (x - center) + term + added). */
ALWAYS_INLINE void finish(lam_real *y, const lam_real *x, const lam_real *added, bool relu,
	vec center, vec factor, vec term)
{
	vec v = gate_value(vec_load(x) - center, factor, term);
	if (added)
		v += vec_load(added);
	vec_store(y, relu ? vec_at_least(v, 0) : v);
}

/* `adds` and `relu` are constants wherever this is called. */
ALWAYS_INLINE void finish_channels(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, const lam_real *added, bool adds, bool relu,
	size_t channels, size_t plane)
{
	const size_t values = plane * LAM_LANES;
	for (size_t c = 0; c < channels; c++) {
		const vec from = vec_splat(center[c]), factor = vec_splat(a[c]),
			  term = vec_splat(b[c]);
		for (size_t i = c * values; i < (c + 1) * values; i += VEC)
			finish(y + i, x + i, adds ? added + i : NULL, relu, from, factor, term);
	}
}

void LAM_KERNEL(map_channel_finish)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, const lam_real *added, bool relu, size_t channels,
	size_t plane)
{
	if (added && relu)
		finish_channels(y, x, center, a, b, added, true, true, channels, plane);
	else if (added)
		finish_channels(y, x, center, a, b, added, true, false, channels, plane);
	else if (relu)
		finish_channels(y, x, center, a, b, added, false, true, channels, plane);
	else
		finish_channels(y, x, center, a, b, added, false, false, channels, plane);
}

/* The same for sixteen channels in the lanes. */
ALWAYS_INLINE void finish_lanes(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, const lam_real *added, bool adds, bool relu,
	size_t plane)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		const vec from = vec_load(center + l), factor = vec_load(a + l),
			  term = vec_load(b + l);
		for (size_t i = l; i < plane * LAM_LANES; i += LAM_LANES)
			finish(y + i, x + i, adds ? added + i : NULL, relu, from, factor, term);
	}
}

void LAM_KERNEL(map_channel_finish_lanes)(lam_real *y, const lam_real *x, const lam_real *center,
	const lam_real *a, const lam_real *b, const lam_real *added, bool relu, size_t plane)
{
	if (added && relu)
		finish_lanes(y, x, center, a, b, added, true, true, plane);
	else if (added)
		finish_lanes(y, x, center, a, b, added, true, false, plane);
	else if (relu)
		finish_lanes(y, x, center, a, b, added, false, true, plane);
	else
		finish_lanes(y, x, center, a, b, added, false, false, plane);
}

/* The numbers of a channel that dx is computed from. */
struct combination {
	vec center, a, b, c, factor, term;
};

ALWAYS_INLINE void combine(
	lam_real *dx, const lam_real *dy, const lam_real *x, const struct combination *k)
{
	const vec apart = vec_load(x) - k->center,
		  passed = gate_passes(vec_load(dy), gate_value(apart, k->factor, k->term));
	vec_store(dx, passed * k->a + (apart * k->b + k->c));
}

void LAM_KERNEL(map_channel_combine_gated)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
	const struct lam_gate *gate, size_t channels, size_t plane)
{
	const size_t values = plane * LAM_LANES;
	for (size_t channel = 0; channel < channels; channel++) {
		const struct combination k = {vec_splat(center[channel]), vec_splat(a[channel]),
			vec_splat(b[channel]), vec_splat(c[channel]),
			vec_splat(gate->factor[channel]), vec_splat(gate->term[channel])};
		for (size_t i = channel * values; i < (channel + 1) * values; i += VEC)
			combine(dx + i, dy + i, x + i, &k);
	}
}

void LAM_KERNEL(map_channel_combine_gated_lanes)(lam_real *dx, const lam_real *dy,
	const lam_real *x, const lam_real *center, const lam_real *a, const lam_real *b,
	const lam_real *c, const struct lam_gate *gate, size_t plane)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		const struct combination k = {vec_load(center + l), vec_load(a + l),
			vec_load(b + l), vec_load(c + l), vec_load(gate->factor + l),
			vec_load(gate->term + l)};
		for (size_t i = l; i < plane * LAM_LANES; i += LAM_LANES)
			combine(dx + i, dy + i, x + i, &k);
	}
}
