/* SPDX-License-Identifier: MIT */
/* Sums over the places of sixteen channels that lie in the lanes, [places][16], and over the values
 * of a row. Each lane has sums of its own; CHUNK terms are added in lam_real, the rest in double.
 */
#include "framework/kernels/reduce_parts.h"

enum { SEGMENT = 16 * CHUNK }; /* places whose moments are merged at once: 32 KiB of floats */

/* sum[lane] += sum of a; product[lane] += sum of a (x - center), with a = dy, or a = x - center
 * where dy is NULL. */
INLINE void lane_pairs(double sum[LAM_LANES], double product[LAM_LANES], const lam_real *dy,
	const lam_real *x, const lam_real *center, size_t places)
{
	vec from[PARTS];
	UNROLL_FOR (int part = 0; part < PARTS; part++)
		from[part] = vec_load(center + part * VEC);
	for (size_t start = 0; start < places; start += CHUNK) {
		const size_t end = start + CHUNK < places ? start + CHUNK : places;
		vec sums[PARTS] = {{0}}, products[PARTS] = {{0}};
		for (size_t i = start * LAM_LANES; i < end * LAM_LANES; i += LAM_LANES)
			UNROLL_FOR (int part = 0; part < PARTS; part++) {
				const vec apart = vec_load(x + i + part * VEC) - from[part],
					  a = dy ? vec_load(dy + i + part * VEC) : apart;
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
		lane_pairs(apart, square, NULL, x, center, here);
		for (int lane = 0; lane < LAM_LANES; lane++)
			LAM_KERNEL(merge_moments)
		(&moments[lane], before + (double)start, (double)center[lane], apart[lane],
			square[lane], (double)here);
	}
}

void LAM_KERNEL(lane_products)(double sum_dy[LAM_LANES], double sum_dyx[LAM_LANES],
	const lam_real *dy, const lam_real *x, const lam_real *mean, size_t places)
{
	lane_pairs(sum_dy, sum_dyx, dy, x, mean, places);
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
