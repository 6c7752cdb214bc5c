/* SPDX-License-Identifier: MIT */
/* How a batch, or a data set that is evaluated, is cut into shards: neighbouring samples, whose
 * numbers differ by one at most. Private to the framework. */
#ifndef LAM_DATA_SHARDS_H
#define LAM_DATA_SHARDS_H

#include "framework/kernels/sizes.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The shards that this rank computes: `count` of `all`, from `first` on. With `parts` each has a
 * part of the data set, which is cut as a batch is, and takes its samples of every batch from it.
 * The batch is then a multiple of `all`, or the whole set, so that an epoch takes each sample of a
 * part once. */
typedef struct lam_shard_range {
	int64_t all, first, count;
	bool parts;
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

/* A sample of a batch. */
typedef struct lam_shard_place {
	int64_t count;        /* samples of the data set */
	int64_t first, n;     /* the batch begins after so many of an epoch, and has so many */
	int64_t offset;       /* of the data set's first sample, without an order */
	int64_t shard, i;     /* the sample's number in its shard, which is one of all */
	const int64_t *order; /* NULL: the data set's */
} lam_shard_place;

/* Fills in the order of an epoch: of all samples, or of each part of this rank by itself, which
 * depends on the number of its shard. */
void lam_shard_shuffle(
	const lam_shard_range *s, uint64_t seed, uint64_t epoch, int64_t count, int64_t *order);

/* The index of a sample in the data set. */
int64_t lam_shard_index(const lam_shard_range *s, const lam_shard_place *place);

#pragma GCC visibility pop
#endif
