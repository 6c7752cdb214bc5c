/* SPDX-License-Identifier: MIT */
/* The bias gradient of a convolution. */
#include "framework/kernels/conv_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"

enum { CHAINS = 4 }; /* sums side by side, to hide the latency of additions */

/* The sum of SUM_TERMS vecs for each chain is added to *total. */
static void end_chains(vec chain[CHAINS], double *total)
{
	vec row[VEC] = {(chain[0] + chain[1]) + (chain[2] + chain[3])};

	*total += (double)vec_totals(row)[0];
	for (int k = 0; k < CHAINS; k++)
		chain[k] = (vec){0};
}

void conv_bias_gradient(int64_t pixels, const lam_real *dy, int64_t dy_block, int64_t blocks,
	lam_real *db, int64_t begin, int64_t end)
{
	int64_t count = pixels * PARTS;

	for (int64_t channel = begin; channel < end; channel++) {
		vec chain[CHAINS] = {{0}};
		double total = 0;
		int64_t terms = 0; /* of each chain */

		for (int64_t block = 0; block < blocks; block++) {
			const vec *value = (const vec *)(dy + block * dy_block
				+ channel * pixels * LAM_LANES);

			for (int64_t i = 0, stop; i < count; i = stop) {
				stop = least(count, i + CHAINS * (SUM_TERMS - terms));
				terms += ceil_divide(stop - i, CHAINS);
				for (; i + CHAINS <= stop; i += CHAINS)
					for (int k = 0; k < CHAINS; k++)
						chain[k] += value[i + k];
				for (; i < stop; i++)
					chain[0] += value[i];
				if (terms < SUM_TERMS)
					continue;
				end_chains(chain, &total);
				terms = 0;
			}
		}
		end_chains(chain, &total);
		db[channel] = (lam_real)total;
	}
}
