/* SPDX-License-Identifier: MIT */
/* Sums of gradients over the ranks, in messages. A message whose gradients are whole is exchanged
 * with one partner after another, while backward goes on: the thread that called lam_fit() begins
 * exchanges and looks after them between its units. The order of each sum is that of the tree,
 * whichever message is done first. */
#include "framework/train/inside.h"

#include "framework/base/clock.h"
#include "framework/base/float_mode.h"
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/arenas.h"

#include <stdio.h>

lam_status lam_shards_allocate_sums(lam_shards *shards, lam_arena params)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	const int64_t full = params.size / LAM_SHARD_MESSAGE,
		      slots = lam_comm_begins(shards->comm) ? LAM_SHARD_SLOTS : 1,
		      used = full + 1 < slots ? full + 1 : slots;
	if (lam_shards_alone(shards))
		return LAM_OK;
	sums->stride = full > 0 ? LAM_SHARD_MESSAGE : params.size;
	sums->messages = lam_alloc((size_t)(full + params.count + 1), sizeof *sums->messages);
	/* Frozen parameters leave gaps, so there may be more messages than the size says. */
	sums->received = lam_alloc((size_t)(params.count > 1 ? slots : used) * (size_t)sums->stride,
		sizeof *sums->received);
	while (1 << sums->rounds < lam_comm_size(shards->comm))
		sums->rounds++;
	return sums->messages && sums->received ? LAM_OK : LAM_ERR_MEMORY;
}

/* to += other; `first`: to is the first operand. As the additions within a step are done, subnormal
 * numbers are flushed to 0. */
static void add_reals(lam_real *to, const lam_real *other, bool first, int64_t count)
{
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_FLUSH);
	const int64_t whole = count / LAM_LANES * LAM_LANES;
	lam_kernel()->map.add(to, first ? to : other, first ? other : to, (size_t)whole);
	for (int64_t i = whole; i < count; i++)
		to[i] = first ? to[i] + other[i] : other[i] + to[i];
}

/* Lists the messages of the gradients from `first` to `end`, from the end on. */
static void list(lam_shard_sums *sums, int64_t first, int64_t end)
{
	while (end > first) {
		const int64_t rest = end - first,
			      count = rest < LAM_SHARD_MESSAGE ? rest : LAM_SHARD_MESSAGE;
		end -= count;
		sums->messages[sums->count++] = (lam_shard_message){end, count};
	}
}

static lam_real *received(const lam_shard_sums *sums, int m)
{
	return sums->received + m % LAM_SHARD_SLOTS * sums->stride;
}

/* Keeps the first failure's sentence, and tells the other ranks. */
static void fail(lam_shards *shards, lam_status status)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	sums->failed = lam_shards_break(shards, status);
	snprintf(sums->sentence, sizeof sums->sentence, "%s", lam_error());
}

/* Begins the exchange of message m with the partner of its round. */
static void begin(lam_shards *shards, int m)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	const int slot = m % LAM_SHARD_SLOTS;
	const lam_status status = lam_comm_begin(shards->comm, slot,
		lam_comm_rank(shards->comm) ^ 1 << sums->round[slot],
		sums->gradients + sums->messages[m].first, received(sums, m),
		(size_t)sums->messages[m].count * sizeof(lam_real));
	if (status)
		fail(shards, status);
}

/* Asks for the end of message m's exchange, and adds what the partner has sent in this round, the
 * lower shards first. Seconds 0: does not wait. */
static void ask(lam_shards *shards, int m, double seconds)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	const lam_shard_message *message = &sums->messages[m];
	const int slot = m % LAM_SHARD_SLOTS, distance = 1 << sums->round[slot];
	const void *there = NULL;
	bool done = false;
	if (sums->round[slot] == sums->rounds)
		return;
	lam_status status = lam_comm_look(shards->comm, slot, seconds, &done, &there);
	if (!status && done)
		add_reals(sums->gradients + message->first, there ? there : received(sums, m),
			lam_shards_lower(shards, distance), message->count);
	if (!status && there) /* done at once; with seconds, one that is not is a failure */
		status = lam_comm_finish(shards->comm, slot, shards->seconds, &done);
	if (status)
		fail(shards, status);
	else if (done && ++sums->round[slot] < sums->rounds)
		begin(shards, m);
}

/* Goes on with what can go on, and begins what is whole. */
static void progress(lam_shards *shards)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	for (int m = sums->done; m < sums->begun && !sums->failed; m++)
		ask(shards, m, 0);
	while (sums->done < sums->begun
		&& sums->round[sums->done % LAM_SHARD_SLOTS] == sums->rounds)
		sums->done++;
	while (!sums->failed && sums->begun < sums->count
		&& sums->begun - sums->done < LAM_SHARD_SLOTS
		&& sums->messages[sums->begun].first >= sums->whole) {
		sums->round[sums->begun % LAM_SHARD_SLOTS] = 0;
		begin(shards, sums->begun++);
	}
}

static void whole(void *data, int64_t first)
{
	lam_shards *shards = data;
	shards->gradient_sums.whole = first;
	progress(shards);
}

static void poll(void *data)
{
	static const double pause = 20e-6; /* seconds; asking MPI takes about 1e-6 */
	lam_shards *shards = data;
	lam_shard_sums *sums = &shards->gradient_sums;
	if (sums->done == sums->begun)
		return;
	const double now = lam_clock_now();
	if (now - sums->polled < pause)
		return;
	sums->polled = now;
	progress(shards);
}

const lam_watcher *lam_shards_begin_gradients(lam_shards *shards, const lam_net *net)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	const lam_arena arena = lam_net_params(net);
	if (lam_shards_alone(shards))
		return NULL;
	sums->gradients = lam_net_gradient_arena(net);
	sums->count = sums->begun = sums->done = 0;
	sums->whole = arena.size;
	sums->watcher = (lam_watcher){whole, poll, shards};
	/* Neighbours in the arena are one range: what lies between two parameters is 0 on all
	 * ranks. */
	for (int i = arena.count; i > 0;) {
		if (!lam_param_trains(arena.params[i - 1])) {
			i--;
			continue;
		}
		const int64_t end = arena.params[i - 1]->offset + arena.params[i - 1]->count;
		while (i > 0 && lam_param_trains(arena.params[i - 1]))
			i--;
		list(sums, arena.params[i]->offset, end);
	}
	return lam_comm_begins(shards->comm) ? &sums->watcher : NULL;
}

/* By exchanges that wait. */
static lam_status add_waiting(lam_shards *shards)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	lam_status status = LAM_OK;
	for (int m = 0; m < sums->count && !status; m++)
		for (int round = 0; round < sums->rounds && !status; round++) {
			const lam_shard_message *message = &sums->messages[m];
			status = lam_shards_exchange(shards, 1 << round,
				sums->gradients + message->first, sums->received,
				(size_t)message->count * sizeof(lam_real));
			if (!status)
				add_reals(sums->gradients + message->first, sums->received,
					lam_shards_lower(shards, 1 << round), message->count);
		}
	return status;
}

lam_status lam_shards_end_gradients(lam_shards *shards)
{
	lam_shard_sums *sums = &shards->gradient_sums;
	if (lam_shards_alone(shards))
		return LAM_OK;
	if (!lam_comm_begins(shards->comm))
		return add_waiting(shards);
	sums->whole = 0;
	if (!sums->failed)
		progress(shards);
	while (sums->done < sums->count && !sums->failed) {
		ask(shards, sums->done, shards->seconds);
		if (!sums->failed)
			progress(shards);
	}
	return sums->failed ? lam_fail(sums->failed, "%s", sums->sentence) : LAM_OK;
}
