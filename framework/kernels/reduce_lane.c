/* SPDX-License-Identifier: MIT */
/* Sums over the places of sixteen channels that lie in the lanes, [places][16], and over the values
 * of a row. Each lane has sums of its own; CHUNK terms are added in lam_real, the rest in double.
 */
#include "framework/kernels/reduce_parts.h"

enum { SEGMENT = 16 * CHUNK }; /* places whose moments are merged at once: 32 KiB of floats */

/* What passes of dy at index `i`; `apart` is x - center there, `part` the vector. */
INLINE vec pass_gate(
	const struct lam_gate *gate, bool stored, vec dy, vec apart, size_t i, int part)
{
	if (!stored)
		return gate_passes(dy,
			gate_value(apart, vec_load(gate->factor + part * VEC),
				vec_load(gate->term + part * VEC)));
	dy = gate_passes(dy, vec_load(gate->y + i));
	vec_store(gate->dy + i, dy);
	return dy;
}

/* sum[lane] += sum of a; product[lane] += sum of a (x - center), with a = dy, or a = x - center
 * where dy is NULL. With a gate, a is what passes of dy; `stored`: it has y. */
INLINE void lane_pairs(double sum[LAM_LANES], double product[LAM_LANES], const lam_real *dy,
	const lam_real *x, const lam_real *center, const struct lam_gate *gate, bool stored,
	size_t places)
{
	vec from[PARTS];
	UNROLL_FOR (int part = 0; part < PARTS; part++)
		from[part] = vec_load(center + part * VEC);
	for (size_t start = 0; start < places; start += CHUNK) {
		const size_t end = start + CHUNK < places ? start + CHUNK : places;
		vec sums[PARTS] = {{0}}, products[PARTS] = {{0}};
		for (size_t i = start * LAM_LANES; i < end * LAM_LANES; i += LAM_LANES)
			UNROLL_FOR (int part = 0; part < PARTS; part++) {
				const size_t at = i + (size_t)(part * VEC);
				const vec apart = vec_load(x + at) - from[part];
				vec a = dy ? vec_load(dy + at) : apart;
				if (gate)
					a = pass_gate(gate, stored, a, apart, at, part);
				sums[part] += a;
				products[part] += a * apart;
			}
		lanes_add(sum, sums);
		lanes_add(product, products);
	}
}

void LAM_KERNEL(lane_sums)(double sum[LAM_LANES], const lam_real *x, size_t places)
{
	for (size_t start = 0; start < places; start += CHUNK) {
		const size_t end = start + CHUNK < places ? start + CHUNK : places;
		vec sums[PARTS] = {{0}};
		for (size_t i = start * LAM_LANES; i < end * LAM_LANES; i += LAM_LANES)
			UNROLL_FOR (int part = 0; part < PARTS; part++)
				sums[part] += vec_load(x + i + part * VEC);
		lanes_add(sum, sums);
	}
}

/* The mean of a segment is its center, so no digits are lost where the deviation is much smaller.
 */
void LAM_KERNEL(lane_moments)(
	struct lam_moments moments[LAM_LANES], double before, const lam_real *x, size_t places)
{
	for (size_t start = 0; start < places; start += SEGMENT, x += SEGMENT * LAM_LANES) {
		const size_t here = places - start < SEGMENT ? places - start : SEGMENT;
		double sum[LAM_LANES] = {0}, apart[LAM_LANES] = {0}, square[LAM_LANES] = {0};
		lam_real center[LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
		LAM_KERNEL(lane_sums)(sum, x, here);
		for (int lane = 0; lane < LAM_LANES; lane++)
			center[lane] = (lam_real)(sum[lane] / (double)here);
		lane_pairs(apart, square, NULL, x, center, NULL, false, here);
		for (int lane = 0; lane < LAM_LANES; lane++)
			LAM_KERNEL(merge_moments)
		(&moments[lane], before + (double)start, (double)center[lane], apart[lane],
			square[lane], (double)here);
	}
}

void LAM_KERNEL(lane_products)(double sum_dy[LAM_LANES], double sum_dyx[LAM_LANES],
	const lam_real *dy, const lam_real *x, const lam_real *mean, const struct lam_gate *gate,
	size_t places)
{
	if (!gate)
		lane_pairs(sum_dy, sum_dyx, dy, x, mean, NULL, false, places);
	else if (gate->y)
		lane_pairs(sum_dy, sum_dyx, dy, x, mean, gate, true, places);
	else
		lane_pairs(sum_dy, sum_dyx, dy, x, mean, gate, false, places);
}

double LAM_KERNEL(row_sum)(const lam_real *x, size_t count)
{
	double total = 0;
	size_t i = 0;
	while (count - i >= VEC) {
		vec sum = {0};
		for (size_t k = 0; k < CHUNK && count - i >= VEC; k++, i += VEC)
			sum += *(const vec_unaligned *)(x + i);
		for (int e = 0; e < VEC; e++)
			total += (double)sum[e];
	}
	for (; i < count; i++)
		total += (double)x[i];
	return total;
}
