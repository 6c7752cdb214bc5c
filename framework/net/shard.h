/* SPDX-License-Identifier: MIT */
/* A step whose batch is cut into shards: forward and backward of each are a run (lam_shard_run),
 * and the update is one more. Private to the framework.
 *
 *     lam_net_begin_shards(net);
 *     …                               lam_net_run() for each shard: its gradient, added in a tree
 *     lam_net_end_shards(net, sums, counts);
 *     lam_net_run(net, update);
 *
 * Gradients are added in one binary tree over all shards, ((g0 + g1) + (g2 + g3)) + …, each sum of
 * two with the lower shards first. It depends on the number of shards alone. */
#ifndef LAM_NET_SHARD_H
#define LAM_NET_SHARD_H

#include "framework/net/run.h"

#pragma GCC visibility push(hidden)

enum { LAM_SHARD_MESSAGE = 1 << 16 }; /* gradients in a message */

/* Counts the training forward that all shards of a step are together. */
void lam_net_begin_shards(lam_net *net);

/* Notes that the gradient arena holds the gradient of the whole batch, whose losses have these sums
 * and are divided by these counts. The net has no output. */
void lam_net_end_shards(lam_net *net, const double *sums, const double *counts);

/* Whether `shards` shards of `samples` samples each may be one run: they fill whole blocks, for
 * which the net has room, and no parameter is shared. Such a run calls layers as runs of single
 * shards do, in another order: what treats each block by itself goes on from shard to shard, and
 * what sums over samples (gradients, batch norm) is called for one shard after another. So the bits
 * are the same. A large affine layer reads its weight once for all shards. */
bool lam_net_together(const lam_net *net, int64_t shards, int64_t samples);

/* The sum of a loss over the samples of shard `number` of `together` of the last forward, in the
 * order of its blocks. */
double lam_net_loss_sum(const lam_net *net, int loss, int number, int together);

/* How many waiting sums are added to the gradient of a process's shard `number`: the 1s at the end
 * of the number in binary. Shard 3 of 4 has two. */
static inline int lam_shard_levels(int number)
{
	int levels = 0;
	while (number >> levels & 1)
		levels++;
	return levels;
}

/* Where a run writes a gradient, before it is added to others. */
lam_real *lam_shard_gradient(const lam_net *net, const lam_shard_run *shard);

/* What a loss divides its sum over these targets by; n may be 0. */
double lam_net_loss_count_of(
	const lam_net *net, int loss, const lam_run_target *targets, int64_t n);

/* Whether a loss's count may be another than the number of samples. */
bool lam_net_loss_counts(const lam_net *net, int loss, const lam_run_target *targets);

/* The gradients of all parameters, with the layout of the arena. */
lam_real *lam_net_gradient_arena(const lam_net *net);

#pragma GCC visibility pop
#endif
