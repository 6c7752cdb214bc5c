/* SPDX-License-Identifier: MIT */
/* The input gradient of normalisation within a sample: sums of each lane, then an affine map of dy
 * and x. */
#include "framework/kernels/norm_parts.h"

struct pair {
	vec sum, product;
};

/* The sums of w dy and of w dy (x - mean) over vectors first … end - 1, in the lanes of one
 * vector. w NULL: 1. */
INLINE struct pair chunk_sums(const lam_real *dy, const lam_real *x, vec mean, const lam_real *w,
	size_t first, size_t end)
{
	vec even = {0}, odd = {0}, even_product = {0}, odd_product = {0};
	size_t k = first, i = first * LAM_LANES;
	for (; k + 2 <= end; k += 2, i += 2 * LAM_LANES) {
		vec a = vec_load(dy + i), b = vec_load(dy + i + LAM_LANES);
		if (w) {
			a *= w[k];
			b *= w[k + 1];
		}
		even += a;
		odd += b;
		even_product += a * (vec_load(x + i) - mean);
		odd_product += b * (vec_load(x + i + LAM_LANES) - mean);
	}
	if (k < end) {
		vec a = vec_load(dy + i);
		if (w)
			a *= w[k];
		even += a;
		even_product += a * (vec_load(x + i) - mean);
	}
	return (struct pair){even + odd, even_product + odd_product};
}

/* The sums of one plane in the lanes from l on. */
INLINE void plane_sums(struct lam_norm_sums *sums, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *lanes, size_t plane, size_t l)
{
	const vec mean = vec_load(lanes->mean + l);
	struct pair of;
	if (plane <= CHUNK) {
		of = chunk_sums(dy + l, x + l, mean, NULL, 0, plane);
	} else {
		double total[VEC] = {0}, totals[VEC] = {0};
		for (size_t first = 0; first < plane; first += CHUNK) {
			of = chunk_sums(dy + l, x + l, mean, NULL, first,
				plane - first < CHUNK ? plane : first + CHUNK);
			totals_add(total, of.sum);
			totals_add(totals, of.product);
		}
		of.sum = totals_rounded(total);
		of.product = totals_rounded(totals);
	}
	vec_store(sums->dy + l, of.sum);
	vec_store(sums->dyx + l,
		(of.product - vec_load(lanes->rest + l) * of.sum) * vec_load(lanes->r + l));
}

void LAM_KERNEL(norm_sums)(struct lam_norm_sums *sums, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *lanes, size_t channels, size_t plane)
{
	for (size_t c = 0; c < channels; c++, dy += plane * LAM_LANES, x += plane * LAM_LANES)
		for (size_t l = 0; l < LAM_LANES; l += VEC)
			plane_sums(&sums[c], dy, x, lanes, plane, l);
}

void LAM_KERNEL(norm_add_sums)(struct lam_norm_totals *totals, const struct lam_norm_sums *sums,
	const lam_real *w, size_t channels)
{
	struct lam_norm_totals own = *totals;
	for (size_t c = 0; c < channels; c++) {
		const double weight = (double)w[c];
		for (int l = 0; l < LAM_LANES; l++) {
			own.dy[l] += weight * (double)sums[c].dy[l];
			own.dyx[l] += weight * (double)sums[c].dyx[l];
		}
	}
	*totals = own;
}

void LAM_KERNEL(norm_totals)(struct lam_norm_totals *totals, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *lanes, const lam_real *w, size_t features)
{
	struct lam_norm_totals own = {{0}, {0}};
	for (size_t first = 0; first < features; first += CHUNK) {
		const size_t end = features - first < CHUNK ? features : first + CHUNK;
		for (size_t l = 0; l < LAM_LANES; l += VEC) {
			const vec mean = vec_load(lanes->mean + l);
			const struct pair of = w
				? chunk_sums(dy + l, x + l, mean, w, first, end)
				: chunk_sums(dy + l, x + l, mean, NULL, first, end);
			totals_add(own.dy + l, of.sum);
			totals_add(own.dyx + l, of.product);
		}
	}
	for (int l = 0; l < LAM_LANES; l++)
		own.dyx[l] = (own.dyx[l] - (double)lanes->rest[l] * own.dy[l])
			* (double)lanes->r[l];
	*totals = own;
}

/* dx = factor dy + (slope (x - mean) + term), with numbers for each lane. */
struct coefficients {
	lam_real slope[LAM_LANES], term[LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

static struct coefficients coefficients_of(
	const struct lam_norm_lanes *lanes, const struct lam_norm_totals *totals, double count)
{
	struct coefficients of;
	const double each = -1 / count;
	for (int l = 0; l < LAM_LANES; l++) {
		const double r = (double)lanes->r[l], slope = each * r * r * totals->dyx[l];
		of.slope[l] = (lam_real)slope;
		of.term[l] = (lam_real)(each * r * totals->dy[l] - slope * (double)lanes->rest[l]);
	}
	return of;
}

void LAM_KERNEL(norm_dx)(lam_real *dx, const lam_real *dy, const lam_real *x,
	const struct lam_norm_lanes *lanes, const struct lam_norm_totals *totals, double count,
	const lam_real *w, size_t channels, size_t plane)
{
	const struct coefficients of = coefficients_of(lanes, totals, count);
	const size_t values = plane * LAM_LANES;
	for (size_t c = 0; c < channels; c++, dx += values, dy += values, x += values) {
		vec factor[PARTS];
		for (int part = 0; part < PARTS; part++)
			factor[part] = vec_load(lanes->r + part * VEC) * (w ? w[c] : 1);
		for (size_t i = 0; i < values; i += LAM_LANES)
			UNROLL_FOR (size_t part = 0; part < PARTS; part++) {
				const size_t l = part * VEC;
				vec_store(dx + i + l,
					vec_load(dy + i + l) * factor[part]
						+ ((vec_load(x + i + l) - vec_load(lanes->mean + l))
								* vec_load(of.slope + l)
							+ vec_load(of.term + l)));
			}
	}
}
