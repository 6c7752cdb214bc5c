/* SPDX-License-Identifier: MIT */
/* Hashes of what must be equal on all ranks. */
#include "framework/train/shards.h"

#include <string.h>

static uint64_t add_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x100000001b3;
	return hash ^ hash >> 29;
}

/* Word i goes into hash i % LANES: a product waits for the one before it, so several go on at once.
 * At last these are added to the hash as words. The number of bytes is the first word. */
uint64_t lam_shards_hash(uint64_t hash, const void *data, size_t bytes)
{
	enum { LANES = 8, ROUND = LANES * sizeof(uint64_t) };
	const unsigned char *at = data;
	uint64_t words[LANES], lanes[LANES];
	hash = add_word(hash, bytes);
	for (int i = 0; i < LANES; i++)
		lanes[i] = LAM_SHARDS_HASH;
	for (; bytes >= ROUND; at += ROUND, bytes -= ROUND) {
		memcpy(words, at, ROUND);
		for (int i = 0; i < LANES; i++)
			lanes[i] = add_word(lanes[i], words[i]);
	}
	memset(words, 0, sizeof words);
	memcpy(words, at, bytes);
	for (int i = 0; i < LANES; i++)
		hash = add_word(hash, add_word(lanes[i], words[i]));
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
