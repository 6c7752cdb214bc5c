/* SPDX-License-Identifier: MIT */
/* Hashes of what must be equal on all ranks. */
#include "framework/train/shards.h"

#include <string.h>

/* FNV-1a's step with a word. The shift brings high bits down, into which alone a product carries.
 */
static uint64_t add_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x100000001b3;
	return hash ^ hash >> 29;
}

/* Word i goes into hash i % HASHES, because a product waits for the one before it: eight go on at
 * once. The last words are filled up with zeros; so the number of bytes is hashed, too. At the end
 * the hashes are added as words. */
uint64_t lam_shards_hash(uint64_t hash, const void *data, size_t bytes)
{
	enum { HASHES = 8, ROUND = HASHES * sizeof(uint64_t) };
	const unsigned char *at = data;
	uint64_t words[HASHES], hashes[HASHES];
	hash = add_word(hash, bytes);
	for (int i = 0; i < HASHES; i++)
		hashes[i] = LAM_SHARDS_HASH;
	for (; bytes >= ROUND; at += ROUND, bytes -= ROUND) {
		memcpy(words, at, ROUND);
		for (int i = 0; i < HASHES; i++)
			hashes[i] = add_word(hashes[i], words[i]);
	}
	memset(words, 0, sizeof words);
	if (bytes > 0)
		memcpy(words, at, bytes);
	for (int i = 0; i < HASHES; i++)
		hash = add_word(hash, add_word(hashes[i], words[i]));
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
