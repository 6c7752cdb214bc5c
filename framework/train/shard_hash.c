/* SPDX-License-Identifier: MIT */
/* Hashes of what must be equal on all ranks. */
#include "framework/train/shards.h"

#include <string.h>

uint64_t lam_shards_hash(uint64_t hash, const void *data, size_t bytes)
{
	const unsigned char *at = data;
	for (; bytes > 0; at += sizeof(uint64_t)) {
		uint64_t word = 0;
		const size_t count = bytes < sizeof word ? bytes : sizeof word;
		memcpy(&word, at, count);
		hash = (hash ^ word) * 0x100000001b3;
		hash ^= hash >> 29;
		bytes -= count;
	}
	return hash;
}

static uint64_t hash_arena(uint64_t hash, lam_arena arena)
{
	return lam_shards_hash(hash, arena.values, (size_t)arena.size * sizeof(lam_real));
}

uint64_t lam_shards_hash_net(const lam_shards *shards, const lam_net *net)
{
	return lam_shards_alone(shards) || shards->over
		? 0
		: hash_arena(hash_arena(LAM_SHARDS_HASH, lam_net_params(net)), lam_net_states(net));
}
