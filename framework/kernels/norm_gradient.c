/* SPDX-License-Identifier: MIT */
/* The gradients of the weights and biases of normalisation within a sample: sums over lanes and
 * blocks. As many weights as a vector has elements are summed side by side. */
#include "framework/kernels/norm_parts.h"
#include "framework/kernels/shuffle.h"

/* Terms of one element: PARTS vectors of BLOCKS blocks, then the elements. */
enum { BLOCKS = SUM_TERMS / LAM_LANES };

/* The sums of dy, and of dy xhat, of one feature over some blocks: an element has at most BLOCKS x
 * PARTS terms. */
INLINE void feature_sums(vec *sum, vec *product, const lam_real *dy, size_t dy_block,
	const lam_real *x, size_t x_block, const struct lam_norm_lanes *lanes, size_t lanes_block,
	size_t blocks)
{
	vec dy_sum = {0}, dyx_sum = {0};
	for (size_t block = 0; block < blocks; block++) {
		UNROLL_FOR (size_t part = 0; part < PARTS; part++) {
			const size_t l = part * VEC;
			const vec d = vec_load(dy + l),
				  apart = (vec_load(x + l) - vec_load(lanes->mean + l))
				- vec_load(lanes->rest + l);
			dy_sum += d;
			dyx_sum += d * (apart * vec_load(lanes->r + l));
		}
		dy += dy_block;
		x += x_block;
		lanes = (const struct lam_norm_lanes *)((const char *)lanes + lanes_block);
	}
	*sum = dy_sum;
	*product = dyx_sum;
}

void LAM_KERNEL(norm_feature_gradients)(lam_real *dw, lam_real *db, const lam_real *dy,
	size_t dy_block, const lam_real *x, size_t x_block, const struct lam_norm_lanes *lanes,
	size_t lanes_block, size_t features, size_t blocks)
{
	for (size_t first = 0; first < features; first += VEC) {
		double total[VEC] = {0}, totals[VEC] = {0};
		for (size_t block = 0; block < blocks; block += BLOCKS) {
			const size_t here = blocks - block < BLOCKS ? blocks - block : BLOCKS;
			vec sum[VEC], product[VEC];
#pragma GCC unroll 1
			for (size_t k = 0; k < VEC; k++) {
				const size_t f = first + k < features ? first + k : features - 1;
				feature_sums(&sum[k], &product[k],
					dy + block * dy_block + f * LAM_LANES, dy_block,
					x + block * x_block + f * LAM_LANES, x_block,
					(const struct lam_norm_lanes *)((const char *)lanes
						+ block * lanes_block),
					lanes_block, here);
			}
			totals_add(total, vec_totals(sum));
			totals_add(totals, vec_totals(product));
		}
		for (size_t k = 0; k < VEC && first + k < features; k++) {
			if (db)
				db[first + k] = (lam_real)total[k];
			if (dw)
				dw[first + k] = (lam_real)totals[k];
		}
	}
}

void LAM_KERNEL(norm_channel_gradients)(lam_real *dw, lam_real *db,
	const struct lam_norm_sums *sums, size_t channels, size_t parts, size_t step)
{
	for (size_t first = 0; first < channels; first += VEC) {
		double total[VEC] = {0}, totals[VEC] = {0};
		for (size_t start = 0; start < parts; start += BLOCKS) {
			const size_t end = parts - start < BLOCKS ? parts : start + BLOCKS;
			vec sum[VEC], product[VEC];
#pragma GCC unroll 1
			for (size_t k = 0; k < VEC; k++) {
				const size_t c = first + k < channels ? first + k : channels - 1;
				sum[k] = product[k] = (vec){0};
				for (size_t i = start; i < end; i++)
					for (size_t l = 0; l < LAM_LANES; l += VEC) {
						sum[k] += vec_load(sums[i * step + c].dy + l);
						product[k] += vec_load(sums[i * step + c].dyx + l);
					}
			}
			totals_add(total, vec_totals(sum));
			totals_add(totals, vec_totals(product));
		}
		for (size_t k = 0; k < VEC && first + k < channels; k++) {
			if (db)
				db[first + k] = (lam_real)total[k];
			if (dw)
				dw[first + k] = (lam_real)totals[k];
		}
	}
}
