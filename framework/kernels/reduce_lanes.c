/* SPDX-License-Identifier: MIT */
/* Sums of products that keep the lanes apart. */
#include "framework/kernels/reduce_parts.h"

/* The sum over at most SUM_TERMS places. Two sums side by side hide the time that an addition
 * takes. */
INLINE vec sum_piece(const lam_real *a, const lam_real *b, size_t places)
{
	vec even = {0}, odd = {0};
	size_t i = 0;
	for (; i + 2 <= places; i += 2) {
		even += vec_load(a + i * LAM_LANES) * vec_load(b + i * LAM_LANES);
		odd += vec_load(a + (i + 1) * LAM_LANES) * vec_load(b + (i + 1) * LAM_LANES);
	}
	if (i < places)
		even += vec_load(a + i * LAM_LANES) * vec_load(b + i * LAM_LANES);
	return even + odd;
}

void LAM_KERNEL(sum_products)(
	double *total, const lam_real *a, const lam_real *b, size_t channels, size_t plane)
{
	for (size_t c = 0; c < channels;
		c++, total += LAM_LANES, a += plane * LAM_LANES, b += plane * LAM_LANES)
		for (size_t first = 0, end; first < plane; first = end) {
			end = terms_end(first, plane);
			for (size_t l = 0; l < LAM_LANES; l += VEC)
				totals_add(total + l,
					sum_piece(a + first * LAM_LANES + l,
						b + first * LAM_LANES + l, end - first));
		}
}

void LAM_KERNEL(add_totals)(double *total, const lam_real *x, size_t values)
{
	for (size_t i = 0; i < values; i++)
		total[i] += (double)x[i];
}

void LAM_KERNEL(take_totals)(lam_real *x, const double *total, size_t values)
{
	for (size_t i = 0; i < values; i++)
		x[i] = (lam_real)total[i];
}
