/* SPDX-License-Identifier: MIT */
/* How the ranks speak: their meetings, so that one rank's failure ends the run of all with its
 * sentence, and exchanges and broadcasts, whose own failure ends it, too. */
#include "framework/train/shards.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the ranks know of each other; two of them are merged into one. */
struct word {
	int64_t least_place, most_place, least_step, most_step;
	uint64_t least_hash, most_hash;
	int64_t stop;
	int64_t rank, status; /* of the lowest rank that has failed; rank -1: none has */
};

static void merge(struct word *own, const struct word *other)
{
#define LOWER(member) own->member = own->member < other->member ? own->member : other->member
#define HIGHER(member) own->member = own->member > other->member ? own->member : other->member
	LOWER(least_place);
	HIGHER(most_place);
	LOWER(least_step);
	HIGHER(most_step);
	LOWER(least_hash);
	HIGHER(most_hash);
	HIGHER(stop);
	if (other->rank >= 0 && (own->rank < 0 || other->rank < own->rank)) {
		own->rank = other->rank;
		own->status = other->status;
	}
}

lam_status lam_shards_hold(lam_shards *shards, lam_status status)
{
	if (!status || lam_shards_alone(shards) || shards->over)
		return status;
	if (!shards->held)
		snprintf(shards->held_sentence, sizeof shards->held_sentence, "%s", lam_error());
	shards->held = shards->held ? shards->held : status;
	return LAM_OK;
}

lam_status lam_shards_break(lam_shards *shards, lam_status status)
{
	const int rank = lam_comm_rank(shards->comm);
	char sentence[512];
	snprintf(sentence, sizeof sentence, "%s",
		shards->held ? shards->held_sentence : lam_error());
	shards->over = true;
	lam_comm_fail(shards->comm, sentence);
	return shards->held ? lam_fail(shards->held, "rank %d: %s", rank, sentence)
			    : lam_fail(status, "lam_fit: rank %d: %s", rank, sentence);
}

lam_status lam_shards_exchange(
	lam_shards *shards, int distance, const void *own, void *other, size_t bytes)
{
	const lam_status status = lam_comm_exchange(shards->comm,
		lam_comm_rank(shards->comm) ^ distance, own, bytes, other, bytes, shards->seconds);
	return status ? lam_shards_break(shards, status) : LAM_OK;
}

/* Every rank gets the failing rank's sentence. */
static lam_status share(lam_shards *shards, const struct word *word)
{
	char sentence[sizeof shards->held_sentence] = "";
	if (word->rank == lam_comm_rank(shards->comm))
		memcpy(sentence, shards->held_sentence, sizeof sentence);
	lam_status status = lam_comm_broadcast(
		shards->comm, (int)word->rank, sentence, sizeof sentence, shards->seconds);
	if (status)
		return lam_shards_break(shards, status);
	shards->over = true;
	sentence[sizeof sentence - 1] = 0;
	return lam_fail((lam_status)word->status, "rank %" PRId64 ": %s", word->rank, sentence);
}

static lam_status differ(lam_shards *shards, const struct word *word)
{
	shards->over = true;
	if (word->least_step == word->most_step && word->least_place != word->most_place)
		return lam_fail(LAM_ERR_STATE,
			"lam_fit: after %" PRId64
			" steps the ranks are at different places of the run; expected the same "
			"calls on all",
			word->least_step);
	if (word->least_step != word->most_step)
		return lam_fail(LAM_ERR_STATE,
			"lam_fit: the ranks are not at the same step: one has done %" PRId64
			", another %" PRId64 "; expected the same calls on all",
			word->least_step, word->most_step);
	return lam_fail(LAM_ERR_STATE,
		"lam_fit: the ranks' parameters differ after %" PRId64
		" steps; expected callbacks that do the same on all ranks, and one build of lamina",
		word->least_step);
}

lam_status lam_shards_meet(lam_shards *shards, lam_meeting place, int64_t step, uint64_t hash,
	lam_status status, bool *stop)
{
	if (lam_shards_alone(shards) || shards->over)
		return status;
	lam_shards_hold(shards, status);
	const int rank = lam_comm_rank(shards->comm), size = lam_comm_size(shards->comm);
	struct word word = {.least_place = place,
		.most_place = place,
		.least_step = step,
		.most_step = step,
		.least_hash = hash,
		.most_hash = hash,
		.stop = stop && *stop,
		.rank = shards->held ? rank : -1,
		.status = shards->held};
	for (int distance = 1; distance < size; distance *= 2) {
		struct word other;
		const lam_status failed = lam_shards_exchange(
			shards, distance, &word, &other, sizeof word);
		if (failed)
			return failed;
		merge(&word, &other);
	}
	if (word.rank >= 0)
		return share(shards, &word);
	if (word.least_place != word.most_place || word.least_step != word.most_step
		|| word.least_hash != word.most_hash)
		return differ(shards, &word);
	if (stop)
		*stop = word.stop;
	return LAM_OK;
}

lam_status lam_shards_spread(lam_shards *shards, void *data, size_t bytes)
{
	if (lam_shards_alone(shards))
		return LAM_OK;
	const lam_status status = lam_comm_broadcast(shards->comm, 0, data, bytes, shards->seconds);
	return status ? lam_shards_break(shards, status) : LAM_OK;
}
