/* SPDX-License-Identifier: MIT */
/* Gradients of several shards at once. Where one process computes several shards of a batch
 * (lam_fit(.shards)), a large weight's gradient would be written for each and added to others. If
 * they are one run, its layer computes the sum of all in one call. If they run one after the other,
 * it gathers what the gradients are made of, and writes their sum in the last shard's run. Private
 * to the library. */
#ifndef LAM_PLAN_GATHERED_H
#define LAM_PLAN_GATHERED_H

#include "framework/plan.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* For .plan, in batch lanes: .gradient heeds pass->gathered. What it gathers of a shard is
 * what it has declared by lam_plan_shared() for each block of the gradient, behind the lane blocks
 * of its input if `input` says so. And forward and backward compute each sample by itself, so that
 * they may be called for the blocks of several shards at once. */
void lam_plan_gathers(lam_plan *plan, bool input);

/* If pass->gathered is not NULL, .gradient writes to dw the sums of the gradients of all shards of
 * this process, in a binary tree, ((g0 + g1) + (g2 + g3)) + … Without `values` the pass has the
 * blocks of all of them. Otherwise it has those of shard `shard`, of which .gradient writes to
 * `values` what it needs; it writes dw in the last shard's run, and leaves it alone in others. */
typedef struct lam_gathered {
	int count, shard;       /* the shards of this process, a power of two; and which this is */
	const int64_t *samples; /* [count], at least 1 each */
	lam_real *values;       /* as lam_plan_gathers() says; or NULL */
} lam_gathered;

#pragma GCC visibility pop
#endif
