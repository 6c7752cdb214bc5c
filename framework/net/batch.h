/* SPDX-License-Identifier: MIT */
/* What a unit's layer takes for its batch: all samples of a run, or those of one of its shards.
 * Private to the framework. */
#ifndef LAM_NET_BATCH_H
#define LAM_NET_BATCH_H

#include "framework/net/walk.h"

struct batch {
	int64_t n, blocks;     /* its samples, and their blocks */
	int64_t row;           /* of its first sample, in the batch of all ranks */
	int64_t sample, first; /* its first sample and block in the run */
	int64_t block;         /* which of its blocks the unit is for */
};

static inline struct batch batch_of(
	const lam_walk *walk, const lam_unit *unit, const lam_call *call)
{
	const lam_shard_run *shard = walk->run.shard;
	const int shards = lam_walk_shards(walk);
	struct batch b = {.n = walk->run.n, .block = unit->block};
	if (shards > 1 && (unit->shard != LAM_ALL_SHARDS || !call->gathers)) {
		b.n /= shards;
		const int64_t blocks = lam_call_blocks(call, b.n);
		const bool of_all = unit->shard == LAM_ALL_SHARDS;
		const int64_t number = of_all ? unit->block / blocks : unit->shard;
		b.block -= of_all ? number * blocks : 0;
		b.sample = number * b.n;
		b.first = number * blocks;
	}
	b.blocks = lam_call_blocks(call, b.n);
	b.row = shard ? shard->row + b.sample : 0;
	return b;
}

/* Adds a loss's part of a pass: targets, weights and the place of its sum. */
static inline void add_loss(lam_pass *pass, const lam_loss_end *loss, const struct batch *batch)
{
	const int64_t values = (int64_t)(loss->target_bytes / sizeof(int32_t));
	pass->targets = loss->targets
		? (const unsigned char *)loss->targets + batch->sample * (int64_t)loss->target_bytes
		: NULL;
	pass->count = loss->count;
	pass->second = loss->second ? loss->second + batch->sample * values : NULL;
	pass->share = loss->share ? loss->share + batch->sample : NULL;
	pass->weights = loss->weights ? loss->weights + batch->sample : NULL;
	pass->loss = loss->targets ? loss->sums + batch->first + batch->block : NULL;
}

#endif
