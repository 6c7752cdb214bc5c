/* SPDX-License-Identifier: MIT */
/* Sums over samples: of SUM_TERMS at a time, or of shards. */
#include "framework/kernels/affine_outer.h"
#include "framework/kernels/thresholds.h"

#include <string.h>

_Static_assert((int)LAM_AFFINE_SHARD_SAMPLES == (int)SUM_TERMS, "a shard is one sum");

/* Adds the products of all samples: of SUM_TERMS samples at a time, whose sums are added beside
 * the others, SUM_PARTIALS at a time. */
static void sum_samples(outer_function *function, const struct outer *all, int count)
{
	const int64_t most_samples = SUM_PARTIALS * SUM_TERMS;

	if (all->samples <= SUM_TERMS) {
		function(all);
		return;
	}
	for (int i = 0; i < count; i++)
		all->sums[i] = (vec){0};
	for (int64_t first = 0; first < all->samples; first += most_samples) {
		vec partial[OUTER_SUMS] = {{0}}, fresh[OUTER_SUMS] = {{0}};
		const int64_t end = least(all->samples, first + most_samples);

		for (int64_t begin = first; begin < end; begin += SUM_TERMS) {
			struct outer of = *all;

			of.values += begin / LAM_LANES * all->block;
			of.rows += begin * all->row;
			of.samples = least(end - begin, SUM_TERMS);
			of.sums = fresh;
			if (begin > 0)
				of.taker = NULL;
			function(&of);
			for (int i = 0; i < count; i++)
				partial[i] += fresh[i];
		}
		for (int i = 0; i < count; i++)
			all->sums[i] += partial[i];
	}
}

/* Adds the products of each of the shards, and these sums in a binary tree: lower[l] holds that of
 * a left subtree of 2^l shards. */
static void sum_shards(outer_function *function, const struct outer *all,
	const struct lam_affine_shards *shards, int count)
{
	vec lower[LAM_AFFINE_LEVELS][OUTER_SUMS], *const sum = all->sums;
	struct outer of = *all;

	for (int s = 0; s < shards->count; s++) {
		const int64_t blocks = lane_blocks(shards->samples[s]);
		int level = 0;

		of.samples = shards->samples[s];
		function(&of);
		for (; s >> level & 1; level++)
			for (int i = 0; i < count; i++)
				sum[i] = lower[level][i] + sum[i];
		if (s + 1 < shards->count)
			memcpy(lower[level], sum, (size_t)count * sizeof *sum);
		of.values += blocks * of.block;
		of.rows += blocks * LAM_LANES * of.row;
	}
}

void outer_sum(outer_function *function, const struct outer *all,
	const struct lam_affine_shards *shards, int count)
{
	if (shards)
		sum_shards(function, all, shards, count);
	else
		sum_samples(function, all, count);
}
