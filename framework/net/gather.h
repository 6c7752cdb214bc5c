/* SPDX-License-Identifier: MIT */
/* Weight gradients of several shards at once (plan/gathered.h): where their layers keep what these
 * are made of. Private to the framework. */
#ifndef LAM_NET_GATHER_H
#define LAM_NET_GATHER_H

#include "framework/net/run.h"
#include "framework/net/task.h"
#include "framework/plan/gathered.h"

#pragma GCC visibility push(hidden)

/* Makes room for what `count` shards of at most `samples` samples each gather: of layers where it
 * takes no more memory than the sums that then need not wait. Of others nothing is gathered. */
lam_status lam_gather_init(lam_gather *gather, const lam_net *net, int count, int64_t samples);
void lam_gather_free(lam_gather *gather);

/* Whether a run computes the gradients of a call for several shards at once, or gathers them;
 * `shard` may be NULL. */
bool lam_gathers(const lam_shard_run *shard, const lam_plan *plan, int call);

/* What a job of a call gathers, written to *gathered; NULL: nothing. */
const lam_gathered *lam_gathered_of(const lam_shard_run *shard, const lam_plan *plan,
	const lam_task *job, lam_gathered *gathered);

#pragma GCC visibility pop
#endif
