/* SPDX-License-Identifier: MIT */
/* Sums over all shards, in one binary tree: of a rank's own shards, then of the ranks by recursive
 * doubling. In round `distance` a rank's partner has the neighbouring subtree, and both compute the
 * same sum of the two, the lower shards first. */
#include "framework/train/shards.h"

#include "framework/base/float_mode.h"
#include "framework/kernels/sizes.h"
#include "framework/net/arenas.h"

#include <stdio.h>

/* The exchange of a round; a failure ends the run on all ranks. */
static lam_status exchange(
	lam_shards *shards, int distance, const void *own, void *other, size_t bytes)
{
	const int rank = lam_comm_rank(shards->comm);
	char sentence[400];
	const lam_status status = lam_comm_exchange(
		shards->comm, rank ^ distance, own, bytes, other, bytes, shards->seconds);
	if (!status)
		return LAM_OK;
	snprintf(sentence, sizeof sentence, "%s", lam_error());
	shards->over = true;
	lam_comm_fail(shards->comm, sentence);
	return lam_fail(status, "lam_fit: rank %d: %s", rank, sentence);
}

/* Whether this rank's subtree is the lower of the two. */
static bool lower(const lam_shards *shards, int distance)
{
	return !(lam_comm_rank(shards->comm) & distance);
}

lam_status lam_shards_add(lam_shards *shards, double *rows, int64_t count)
{
	const int64_t local = shards->range.count;
	for (int64_t d = 1; d < local; d *= 2)
		for (int64_t s = 0; s + d < local; s += 2 * d)
			for (int64_t i = 0; i < count; i++)
				rows[s * count + i] += rows[(s + d) * count + i];
	const int size = lam_comm_size(shards->comm);
	for (int d = 1; d < size && count > 0; d *= 2) {
		const lam_status status = exchange(
			shards, d, rows, shards->theirs, (size_t)count * sizeof *rows);
		if (status)
			return status;
		for (int64_t i = 0; i < count; i++)
			rows[i] = lower(shards, d) ? rows[i] + shards->theirs[i]
						   : shards->theirs[i] + rows[i];
	}
	return LAM_OK;
}

lam_status lam_shards_add_counts(lam_shards *shards, int64_t *counts, int64_t count)
{
	const int size = lam_comm_size(shards->comm);
	for (int d = 1; d < size && count > 0; d *= 2) {
		const lam_status status = exchange(
			shards, d, counts, shards->confusion[1], (size_t)count * sizeof *counts);
		if (status)
			return status;
		for (int64_t i = 0; i < count; i++)
			counts[i] += shards->confusion[1][i];
	}
	return LAM_OK;
}

/* *to = a + b, as the additions within a step are done: subnormal numbers are flushed to 0. */
static void add_reals(
	lam_real *restrict to, const lam_real *restrict other, bool first, int64_t count)
{
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_FLUSH);
	int64_t i = 0;
	for (; first && i + LAM_LANES <= count; i += LAM_LANES)
		for (int k = 0; k < LAM_LANES; k++)
			to[i + k] = to[i + k] + other[i + k];
	for (; !first && i + LAM_LANES <= count; i += LAM_LANES)
		for (int k = 0; k < LAM_LANES; k++)
			to[i + k] = other[i + k] + to[i + k];
	for (; i < count; i++)
		to[i] = first ? to[i] + other[i] : other[i] + to[i];
}

/* One message of gradients. */
static lam_status add_message(lam_shards *shards, lam_real *values, int64_t count)
{
	const int size = lam_comm_size(shards->comm);
	for (int d = 1; d < size; d *= 2) {
		const lam_status status = exchange(
			shards, d, values, shards->received, (size_t)count * sizeof *values);
		if (status)
			return status;
		add_reals(values, shards->received, lower(shards, d), count);
	}
	return LAM_OK;
}

/* Neighbours in the arena are one range: what lies between two parameters is 0 on all ranks. */
lam_status lam_shards_add_gradients(lam_shards *shards, const lam_net *net)
{
	if (lam_shards_alone(shards))
		return LAM_OK;
	const lam_arena arena = lam_net_params(net);
	lam_real *gradients = lam_net_gradient_arena(net);
	lam_status status = LAM_OK;
	for (int i = 0; i < arena.count && !status;) {
		if (!lam_param_trains(arena.params[i])) {
			i++;
			continue;
		}
		int64_t at = arena.params[i]->offset, end = at;
		for (; i < arena.count && lam_param_trains(arena.params[i]); i++)
			end = arena.params[i]->offset + arena.params[i]->count;
		for (; at < end && !status; at += LAM_SHARD_MESSAGE)
			status = add_message(shards, gradients + at,
				end - at < LAM_SHARD_MESSAGE ? end - at : LAM_SHARD_MESSAGE);
	}
	return status;
}
