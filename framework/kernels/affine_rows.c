/* SPDX-License-Identifier: MIT */
/* The rows that an affine map's gradients read, with the samples of dy as rows, and the bias's
 * gradient. */
#include "framework/kernels/affine_weight.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"

int64_t affine_transposed_size(const lam_affine_geometry *g, int64_t blocks)
{
	return blocks * LAM_LANES * affine_vectors(g) * VEC;
}

/* Transposes squares of VEC outputs x VEC lanes, one at a time. */
void affine_transpose(const lam_affine_geometry *g, const lam_real *dy, int64_t block,
	int64_t blocks, lam_real *rows)
{
	for (int64_t panel = 0; panel < affine_panels(g); panel++) {
		int64_t begin = affine_panel_begin(g, panel),
			row = (affine_panel_begin(g, panel + 1) - begin) * VEC;
		lam_real *to = affine_panel_rows(g, rows, blocks, panel) + block * LAM_LANES * row;

		for (int64_t o = 0; o < row; o += VEC)
			for (int part = 0; part < PARTS; part++) {
				int64_t first = begin * VEC + o, left = g->out - first;
				const lam_real *from = dy + first * LAM_LANES + part * VEC;
				vec square[VEC];

				for (int64_t i = 0; i < VEC; i++)
					square[i] = i < left ? *(const vec *)(from + i * LAM_LANES)
							     : (vec){0};
				vec_transpose(square);
				for (int64_t i = 0; i < VEC; i++)
					*(vec *)(to + (part * VEC + i) * row + o) = square[i];
			}
	}
}

/* The sums of VEC outputs, whose rows begin at `from` and are `step` vectors long. */
static vec sum_outputs(const vec *from, int64_t step, int64_t samples)
{
	double totals[VEC] = {0};
	vec result;

	for (int64_t sample = 0, stop; sample < samples; sample = stop) {
		vec sum = {0};

		stop = least(samples, sample + SUM_TERMS);
		for (int64_t s = sample; s < stop; s++)
			sum += from[s * step];
		for (int o = 0; o < VEC; o++)
			totals[o] += (double)sum[o];
	}
	for (int o = 0; o < VEC; o++)
		result[o] = (lam_real)totals[o];
	return result;
}

/* The same of shards, added in a binary tree. */
static vec sum_shards(const vec *from, int64_t step, const struct lam_affine_shards *shards)
{
	vec lower[LAM_AFFINE_LEVELS], sum;
	int s = 0;

	do {
		const int64_t samples = shards->samples[s];
		int level = 0;

		sum = sum_outputs(from, step, samples);
		from += lane_blocks(samples) * LAM_LANES * step;
		for (; s >> level & 1; level++)
			sum = lower[level] + sum;
		lower[level % LAM_AFFINE_LEVELS] = sum;
	} while (++s < shards->count);
	return sum;
}

void affine_bias_gradient(const lam_affine_geometry *g, const lam_real *rows, int64_t samples,
	const struct lam_affine_shards *shards, lam_real *db, int64_t begin, int64_t end)
{
	int64_t blocks = affine_blocks(samples, shards);

	for (int64_t panel = 0; panel < affine_panels(g); panel++) {
		int64_t first = affine_panel_begin(g, panel),
			count = affine_panel_begin(g, panel + 1) - first;
		const vec *from = (const vec *)affine_panel_rows(g, rows, blocks, panel);

		for (int64_t v = 0; v < count; v++) {
			int64_t output = (first + v) * VEC, last = least(end, output + VEC);
			vec sum;

			if (output + VEC <= begin || output >= last)
				continue;
			sum = shards ? sum_shards(from + v, count, shards)
				     : sum_outputs(from + v, count, samples);
			for (int64_t o = most(begin, output); o < last; o++)
				db[o] = sum[o - output];
		}
	}
}
