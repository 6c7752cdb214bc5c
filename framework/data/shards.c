/* SPDX-License-Identifier: MIT */
#include "framework/data/shards.h"

#include "framework/random.h"

/* Makes the keys of the parts' orders differ from others. */
#define PART UINT64_C(0x7061727473686172)

void lam_shard_shuffle(
	const lam_shard_range *s, uint64_t seed, uint64_t epoch, int64_t count, int64_t *order)
{
	if (!s->parts)
		lam_random_permutation(seed, epoch, count, order);
	for (int64_t k = s->first; s->parts && k < s->first + s->count; k++)
		lam_random_permutation(lam_random_key(seed, PART, (uint64_t)k), epoch,
			lam_shard_samples(count, k, s->all),
			order + lam_shard_begin(count, k, s->all));
}

int64_t lam_shard_index(const lam_shard_range *s, const lam_shard_place *place)
{
	const int64_t begin = lam_shard_begin(place->count, place->shard, s->all),
		      before = lam_shard_begin(place->n, place->shard, s->all),
		      at = s->parts ? begin + place->first / s->all + place->i
				    : place->first + before + place->i;
	if (!place->order)
		return place->offset + at;
	return s->parts ? begin + place->order[at] : place->order[at];
}
