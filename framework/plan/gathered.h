/* SPDX-License-Identifier: MIT */
/* Weight gradients of several shards at once. Where one process computes several shards of a batch
 * one after the other (lam_fit(.shards)), a large weight's gradient would be written for each and
 * added to others. Its layer gathers instead what the gradients are made of, and writes their sum
 * in the last shard's run. Private to the library. */
#ifndef LAM_PLAN_GATHERED_H
#define LAM_PLAN_GATHERED_H

#include "framework/plan.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* For .plan, in batch lanes: .gradient heeds pass->gathered. What it gathers of a shard are the
 * lane blocks of its input or of its output, and what it has declared by lam_plan_shared() for
 * each block of the gradient. And forward and backward compute each sample by itself, so that they
 * may be called for the blocks of several shards at once. */
void lam_plan_gathers(lam_plan *plan);

/* If pass->gathered is not NULL, .gradient writes to shard `shard` of `values` what it needs of
 * x and dy. In the last shard's run it writes to dw[0] the sum of the gradients of all, in a binary
 * tree, ((g0 + g1) + (g2 + g3)) + …; in other runs it leaves dw[0] alone. dw[1] and the others are
 * as ever. */
typedef struct lam_gathered {
	int count, shard;       /* the shards of this process, a power of two; and which this is */
	const int64_t *samples; /* [count], at least 1 each */
	lam_real *values;       /* of shard 0; those of shard s begin at s stride */
	int64_t stride;
} lam_gathered;

#pragma GCC visibility pop
#endif
