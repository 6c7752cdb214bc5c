/* SPDX-License-Identifier: MIT */
/* Sums over all shards, in one binary tree: of a rank's own shards, then of the ranks by recursive
 * doubling. In round `distance` a rank's partner has the neighbouring subtree, and both compute the
 * same sum of the two, the lower shards first. */
#include "framework/train/shards.h"

lam_status lam_shards_add(lam_shards *shards, double *rows, int64_t count)
{
	const int64_t local = shards->range.count;
	for (int64_t d = 1; d < local; d *= 2)
		for (int64_t s = 0; s + d < local; s += 2 * d)
			for (int64_t i = 0; i < count; i++)
				rows[s * count + i] += rows[(s + d) * count + i];
	const int size = lam_comm_size(shards->comm);
	for (int d = 1; d < size && count > 0; d *= 2) {
		const lam_status status = lam_shards_exchange(
			shards, d, rows, shards->theirs, (size_t)count * sizeof *rows);
		if (status)
			return status;
		for (int64_t i = 0; i < count; i++)
			rows[i] = lam_shards_lower(shards, d) ? rows[i] + shards->theirs[i]
							      : shards->theirs[i] + rows[i];
	}
	return LAM_OK;
}

lam_status lam_shards_add_counts(lam_shards *shards, int64_t *counts, int64_t count)
{
	const int size = lam_comm_size(shards->comm);
	for (int d = 1; d < size && count > 0; d *= 2) {
		const lam_status status = lam_shards_exchange(
			shards, d, counts, shards->confusion[1], (size_t)count * sizeof *counts);
		if (status)
			return status;
		for (int64_t i = 0; i < count; i++)
			counts[i] += shards->confusion[1][i];
	}
	return LAM_OK;
}
