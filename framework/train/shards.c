/* SPDX-License-Identifier: MIT */
/* The options of a run in shards, and its memory. */
#include "framework/train/inside.h"

#include "framework/data/fields.h"
#include "framework/memory.h"
#include "framework/net/query.h"
#include "framework/net/use.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

static bool is_power_of_two(int64_t n)
{
	return n > 0 && (n & (n - 1)) == 0;
}

/* Only rank 0 has files and shows progress. */
static void leave_to_rank_0(lam_fit_options *o)
{
	o->checkpoint = o->history = NULL;
	o->checkpoint_every = 0;
	o->resume = false;
	o->progress = NULL;
}

lam_status lam_shards_join(lam_trainer *trainer)
{
	lam_fit_options *o = &trainer->options;
	lam_shards *shards = &trainer->shards;
	const int size = lam_comm_size(o->comm);
	if (!is_power_of_two(size))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .comm has %d ranks; expected a power of two: 1, 2, 4, …", size);
	shards->comm = o->comm;
	shards->seconds = o->timeout > 0 && !isinf(o->timeout) ? o->timeout : 300;
	if (lam_comm_rank(o->comm) > 0)
		leave_to_rank_0(o);
	return LAM_OK;
}

/* Every batch takes as many samples from each part, so that an epoch takes all of them once. */
static lam_status check_parts(const lam_fit_options *o)
{
	const int64_t count = lam_dataset_count(o->train);
	if (count == LAM_ENDLESS)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_fit: .parts of an endless data set; expected one with a count");
	if (o->batch < count && o->batch % o->shards != 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .parts with a .batch of %" PRId64
			" and %d .shards; expected a multiple",
			o->batch, o->shards);
	if (o->augment.mixup > 0)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_fit: .parts with .mixup, which mixes any two samples; expected one "
			"of them");
	return LAM_OK;
}

lam_status lam_shards_check(lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	lam_shards *shards = &trainer->shards;
	const int size = lam_comm_size(o->comm);
	if (!(o->timeout >= 0) || isinf(o->timeout))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .timeout is %g; expected seconds, or 0 for 300", o->timeout);
	if (!o->comm && o->timeout > 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .timeout without .comm; expected ranks to wait for");
	if (o->comm && !o->shards)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .comm without .shards; expected how many parts a batch has, at "
			"least one for each of %d ranks",
			size);
	if (o->parts && !o->shards)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .parts without .shards; expected how many parts there are");
	if (!o->shards)
		return LAM_OK;
	if (!is_power_of_two(o->shards) || o->shards > LAM_MAX_SHARDS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .shards is %d; expected a power of two, 1 to %d", o->shards,
			(int)LAM_MAX_SHARDS);
	if (o->shards < size)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: .shards is %d for %d ranks; expected at least one for each",
			o->shards, size);
	if (o->replay)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_fit: .replay with .shards; expected one of them: a replay holds a "
			"whole batch");
	if (size > 1 && o->train && lam_dataset_in_order(o->train))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_fit: .comm with a stream that is read in order (.next); expected one "
			"that is a function of its index (.read)");
	const int64_t local = o->shards / size;
	shards->range = (lam_shard_range){
		o->shards, local * lam_comm_rank(o->comm), local, o->parts};
	return o->parts ? check_parts(o) : LAM_OK;
}

static bool make(void *at, int64_t rows, int64_t columns, size_t size)
{
	void **to = at;
	size_t all;
	if (!lam_size_multiply((size_t)rows, (size_t)columns, &all)) {
		lam_fail(LAM_ERR_MEMORY, "out of memory: sums of %" PRId64 " shards", rows);
		return false;
	}
	return (*to = lam_alloc(all, size)) != NULL;
}

lam_status lam_shards_allocate(lam_trainer *trainer)
{
	lam_shards *shards = &trainer->shards;
	const lam_net *net = trainer->net;
	const int64_t local = shards->range.count, losses = lam_net_loss_count(net),
		      params = lam_net_params(net).size, states = lam_net_states(net).size,
		      record = losses * LAM_RECORD;
	if (!shards->range.all)
		return LAM_OK;
	int levels = 0;
	/* Blank, so that the system gives no memory for sums that need not wait. */
	for (int64_t n = 1; n < local; n *= 2, levels++)
		if (!(shards->lower[levels] = lam_alloc_blank((size_t)params, sizeof(lam_real))))
			return LAM_ERR_MEMORY;
	if (lam_gather_init(&shards->gather, net, (int)local,
		    lam_shard_samples(
			    trainer->state.batch, shards->range.all - 1, shards->range.all))
		|| lam_shards_allocate_sums(shards, lam_net_params(net))
		|| !make(&shards->states, local, states, sizeof(double))
		|| !make(&shards->records, local, record, sizeof(double))
		|| !make(&shards->theirs, 1, states > record ? states : record, sizeof(double))
		|| !make(&shards->sums, 1, losses, sizeof(double))
		|| !make(&shards->counts, 1, losses, sizeof(double)))
		return LAM_ERR_MEMORY;
	const int64_t entries = trainer->options.validation ? lam_shards_confusion_stride(net) : 0;
	return make(&shards->confusion[0], losses, entries, sizeof(int64_t))
			&& make(&shards->confusion[1], losses, entries, sizeof(int64_t))
		? LAM_OK
		: LAM_ERR_MEMORY;
}

void lam_shards_free(lam_shards *shards)
{
	for (int level = 0; level < LAM_SHARD_LEVELS; level++)
		lam_free(shards->lower[level]);
	lam_gather_free(&shards->gather);
	lam_free(shards->gradient_sums.messages);
	lam_free(shards->gradient_sums.received);
	lam_free(shards->states);
	lam_free(shards->records);
	lam_free(shards->theirs);
	lam_free(shards->sums);
	lam_free(shards->counts);
	lam_free(shards->confusion[0]);
	lam_free(shards->confusion[1]);
}
