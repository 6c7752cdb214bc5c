/* SPDX-License-Identifier: MIT */
/* How a batch, or a data set that is evaluated, is cut into shards: neighbouring samples, whose
 * numbers differ by one at most. Private to the framework. */
#ifndef LAM_DATA_SHARDS_H
#define LAM_DATA_SHARDS_H

#include "framework/kernels/sizes.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The shards that this rank computes: `count` of `all`, from `first` on. */
typedef struct lam_shard_range {
	int64_t all, first, count;
} lam_shard_range;

/* The first of n samples that is in shard `shard`, floor(n shard / all); the next shard's is its
 * end. `all` is at most 65536. */
static inline int64_t lam_shard_begin(int64_t n, int64_t shard, int64_t all)
{
	return n / all * shard + n % all * shard / all;
}

/* The number of n samples that are in a shard. */
static inline int64_t lam_shard_samples(int64_t n, int64_t shard, int64_t all)
{
	return lam_shard_begin(n, shard + 1, all) - lam_shard_begin(n, shard, all);
}

/* The rows that a loader has for each shard of a batch: whole blocks. */
static inline int64_t lam_shard_rows(int64_t batch, int64_t all)
{
	return lane_blocks(ceil_divide(batch, all)) * LAM_LANES;
}

#pragma GCC visibility pop
#endif
