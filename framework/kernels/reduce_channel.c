/* Sums per channel over the planes and lanes of one block, for batch norm. Within a chunk two chains per part hide the
 * adder's latency. */
#include "framework/kernels/reduce_parts.h"
#include "framework/kernels/shuffle.h"

/* A term of the sum at one place: dy alone, (x - mean)^2, or dy (x - mean) factor. */
typedef vec term(vec x, vec dy, vec mean);

INLINE vec value_term(vec x, vec dy, vec mean)
{
	(void)dy, (void)mean;
	return x;
}

INLINE vec square_term(vec x, vec dy, vec mean)
{
	(void)dy;
	return (x - mean) * (x - mean);
}

INLINE vec product_term(vec x, vec dy, vec mean)
{
	return dy * (x - mean);
}

/* dy may be NULL where the term ignores it. */
INLINE double plane_sum(const lam_real *x, const lam_real *dy, lam_real mean, size_t plane, int real, term *term)
{
	const vec center = vec_splat(mean), none = {0};
	double lanes[LAM_LANES] = {0};
	for (size_t start = 0; start < plane; start += CHUNK) {
		const size_t end = start + CHUNK < plane ? start + CHUNK : plane;
		vec sum[PARTS];
		for (int part = 0; part < PARTS; part++) {
			vec even = {0}, odd = {0};
			size_t i = start * LAM_LANES + (size_t)(part * VEC);
			for (size_t k = start; k + 2 <= end; k += 2, i += 2 * LAM_LANES) {
				even += term(vec_load(x + i), dy ? vec_load(dy + i) : none, center);
				odd += term(vec_load(x + i + LAM_LANES), dy ? vec_load(dy + i + LAM_LANES) : none, center);
			}
			if ((end - start) % 2)
				even += term(vec_load(x + i), dy ? vec_load(dy + i) : none, center);
			sum[part] = even + odd;
		}
		lanes_add(lanes, sum);
	}
	return lanes_total(lanes, real);
}

/* Of feature vectors (one place) and next to those: there the sum over lanes is the work, so as many channels as a vector has elements
 * are summed side by side. */
enum { FEW = 4 };

INLINE void few_places(double *sum, const lam_real *x, const lam_real *dy, const lam_real *mean, const lam_real *factor,
	size_t channels, size_t plane, int real, term *term)
{
	const vec none = {0};
	vec_mask counts[PARTS];
	for (int part = 0; part < PARTS; part++)
		counts[part] = real_lanes(part, real);
	for (size_t first = 0; first < channels; first += VEC) {
		vec row[VEC];
		lam_real totals[VEC];
		UNROLL for (size_t k = 0; k < VEC; k++) {
			const size_t c = first + k < channels ? first + k : channels - 1;
			const vec center = vec_splat(mean ? mean[c] : 0);
			row[k] = none;
			for (size_t i = 0; i < plane; i++)
				UNROLL for (int part = 0; part < PARTS; part++) {
					const size_t at = (c * plane + i) * LAM_LANES + (size_t)(part * VEC);
					row[k] += vec_select(counts[part], term(vec_load(x + at), dy ? vec_load(dy + at) : none, center), none);
				}
		}
		vec_store(totals, vec_totals(row));
		for (size_t k = 0; k < VEC && first + k < channels; k++)
			sum[first + k] += factor ? totals[k] * (double)factor[first + k] : totals[k];
	}
}

void LAM_KERNEL(channel_sum)(double *sum, const lam_real *x, size_t channels, size_t plane, int real)
{
	if (plane <= FEW) {
		few_places(sum, x, NULL, NULL, NULL, channels, plane, real, value_term);
		return;
	}
	for (size_t c = 0; c < channels; c++)
		sum[c] += plane_sum(x + c * plane * LAM_LANES, NULL, 0, plane, real, value_term);
}

void LAM_KERNEL(channel_squares)(double *sum, const lam_real *x, const lam_real *mean, size_t channels, size_t plane, int real)
{
	if (plane <= FEW) {
		few_places(sum, x, NULL, mean, NULL, channels, plane, real, square_term);
		return;
	}
	for (size_t c = 0; c < channels; c++)
		sum[c] += plane_sum(x + c * plane * LAM_LANES, NULL, mean[c], plane, real, square_term);
}

/* dy is read twice; the second time from the cache, a plane being small. */
void LAM_KERNEL(channel_products)(double *sum_dy, double *sum_dyx, const lam_real *dy, const lam_real *x, const lam_real *mean,
	const lam_real *factor, size_t channels, size_t plane, int real)
{
	if (plane <= FEW) {
		few_places(sum_dy, dy, NULL, NULL, NULL, channels, plane, real, value_term);
		few_places(sum_dyx, x, dy, mean, factor, channels, plane, real, product_term);
		return;
	}
	for (size_t c = 0; c < channels; c++) {
		const size_t at = c * plane * LAM_LANES;
		sum_dy[c] += plane_sum(dy + at, NULL, 0, plane, real, value_term);
		sum_dyx[c] += plane_sum(x + at, dy + at, mean[c], plane, real, product_term) * (double)factor[c];
	}
}
