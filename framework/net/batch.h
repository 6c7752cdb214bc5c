/* SPDX-License-Identifier: MIT */
/* What a layer takes for its batch. Private to the framework. */
#ifndef LAM_NET_BATCH_H
#define LAM_NET_BATCH_H

#include "framework/net/task.h"

/* The samples that a layer is called for, as if they were a batch: those of the run, or of one of
 * its shards. */
struct batch {
	int64_t n, blocks, row;
	int64_t sample, first; /* its first sample and block in the run */
	int64_t block;         /* of these blocks */
	int shard;             /* of this process */
};

static inline struct batch batch_of(
	const lam_walk *walk, const lam_unit *unit, const lam_call *call)
{
	const lam_shard_run *shard = walk->run.shard;
	const int shards = lam_walk_shards(walk);
	struct batch p = {.n = walk->run.n, .block = unit->block};
	if (shards > 1 && (unit->shard != LAM_ALL_SHARDS || !call->gathers)) {
		p.n /= shards;
		const int64_t blocks = lam_call_blocks(call, p.n);
		p.shard = unit->shard != LAM_ALL_SHARDS ? unit->shard : (int)(unit->block / blocks);
		p.block -= unit->shard != LAM_ALL_SHARDS ? 0 : p.shard * blocks;
		p.sample = p.shard * p.n;
		p.first = p.shard * blocks;
	}
	p.blocks = lam_call_blocks(call, p.n);
	p.row = shard ? shard->row + p.sample : 0;
	p.shard += shard ? shard->number : 0;
	return p;
}

/* Adds a loss's part of a pass: targets, weights and the place of its sum. */
static inline void add_loss(lam_pass *pass, const lam_loss_end *loss, const struct batch *p)
{
	const int64_t values = (int64_t)(loss->target_bytes / sizeof(int32_t));
	pass->targets = loss->targets
		? (const unsigned char *)loss->targets + p->sample * (int64_t)loss->target_bytes
		: NULL;
	pass->count = loss->count;
	pass->second = loss->second ? loss->second + p->sample * values : NULL;
	pass->share = loss->share ? loss->share + p->sample : NULL;
	pass->weights = loss->weights ? loss->weights + p->sample : NULL;
	pass->loss = loss->targets ? loss->sums + p->first + p->block : NULL;
}

#endif
