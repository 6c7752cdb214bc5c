/* SPDX-License-Identifier: MIT */
/* Moments of each lane, and what they normalise. A moment is summed as batch norm's: in segments
 * around a mean of their own, which are merged in double. */
#include "framework/kernels/norm_parts.h"

enum { SEGMENT = 4 * CHUNK }; /* vectors of a segment */

/* Adds x - center and its square, over the vectors first … end - 1, to the lanes' totals. */
INLINE void add_apart(double apart[LAM_LANES], double square[LAM_LANES],
	const lam_real center[LAM_LANES], const lam_real *x, size_t stride, size_t first,
	size_t end)
{
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		const vec from = vec_load(center + l);
		vec even = {0}, odd = {0}, even_square = {0}, odd_square = {0};
		const lam_real *at = x + first * stride + l;
		size_t k = first;
		for (; k + 2 <= end; k += 2, at += 2 * stride) {
			const vec a = vec_load(at) - from, b = vec_load(at + stride) - from;
			even += a;
			odd += b;
			even_square += a * a;
			odd_square += b * b;
		}
		if (k < end) {
			const vec a = vec_load(at) - from;
			even += a;
			even_square += a * a;
		}
		totals_add(apart + l, even + odd);
		totals_add(square + l, even_square + odd_square);
	}
}

/* The mean of each lane over a few vectors. */
INLINE void find_center(lam_real center[LAM_LANES], const lam_real *x, size_t count, size_t stride)
{
	const lam_real share = 1 / (lam_real)count;
	for (size_t l = 0; l < LAM_LANES; l += VEC) {
		vec even = {0}, odd = {0};
		const lam_real *at = x + l;
		size_t k = 0;
		for (; k + 2 <= count; k += 2, at += 2 * stride) {
			even += vec_load(at);
			odd += vec_load(at + stride);
		}
		if (k < count)
			even += vec_load(at);
		vec_store(center + l, (even + odd) * share);
	}
}

/* Merges the moments of `before` values with those of `count` more, as add_moments() in
 * reduce_channel.c. */
INLINE void merge(struct lam_norm_moments *m, double before, const lam_real center[LAM_LANES],
	const double apart[LAM_LANES], const double square[LAM_LANES], double count)
{
	const double each = 1 / count, share = count / (before + count), weight = before * share;
	if (before == 0)
		for (int l = 0; l < LAM_LANES; l++) {
			m->origin[l] = (double)center[l];
			m->mean[l] = m->squares[l] = 0;
		}
	for (int l = 0; l < LAM_LANES; l++) {
		const double own = apart[l] * each,
			     step = ((double)center[l] - m->origin[l]) + own - m->mean[l];
		m->mean[l] += step * share;
		m->squares[l] += square[l] - apart[l] * own + step * step * weight;
	}
}

void LAM_KERNEL(norm_moments)(
	struct lam_norm_moments *m, double before, const lam_real *x, size_t count, size_t stride)
{
	for (size_t first = 0, here; first < count; first += here, x += here * stride) {
		lam_real center[LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
		double apart[LAM_LANES] = {0}, square[LAM_LANES] = {0};
		here = count - first < SEGMENT ? count - first : SEGMENT;
		find_center(center, x, here < CHUNK ? here : CHUNK, stride);
		for (size_t k = 0; k < here; k += CHUNK)
			add_apart(apart, square, center, x, stride, k,
				here - k < CHUNK ? here : k + CHUNK);
		merge(m, before + (double)first, center, apart, square, (double)here);
	}
}

void LAM_KERNEL(norm_lanes)(
	struct lam_norm_lanes *lanes, const struct lam_norm_moments *m, double count, lam_real eps)
{
	const double each = 1 / count;
	for (int l = 0; l < LAM_LANES; l++) {
		lanes->mean[l] = (lam_real)(m->origin[l] + m->mean[l]);
		lanes->rest[l] = (lam_real)(m->origin[l] - (double)lanes->mean[l] + m->mean[l]);
		lanes->r[l] = (lam_real)(m->squares[l] * each);
	}
	for (int l = 0; l < LAM_LANES; l += VEC)
		vec_store(lanes->r + l, 1 / vec_sqrt(vec_load(lanes->r + l) + eps));
}
