/* SPDX-License-Identifier: MIT */
/* Forward and backward of a step in shards, one after the other or all in one run, and the sums of
 * what they give. */
#include "framework/train/inside.h"

#include "framework/check/examine.h"
#include "framework/net/arenas.h"
#include "framework/net/query.h"
#include "framework/train/score.h"

#include <math.h>
#include <string.h>

/* A part of the side work, units from `first` on. */
struct share {
	const lam_side_work *of;
	int64_t first;
};

static lam_status run_share(void *data, int64_t unit)
{
	const struct share *share = data;
	return share->of->run(share->of->data, share->first + unit);
}

/* The run of local shards from k on; `of` is that of the whole step, as without shards. */
struct local_run {
	lam_run run;
	lam_shard_run shard;
	lam_side_work side;
	struct share share;
};

static void prepare(lam_trainer *trainer, const lam_run *of, int64_t k, int64_t together,
	struct local_run *local)
{
	lam_shards *shards = &trainer->shards;
	const lam_shard_range *r = &shards->range;
	const int64_t shard = r->first + k, units = of->side ? of->side->units : 0,
		      begin = units * k / r->count, end = units * (k + together) / r->count,
		      row = lam_shard_begin(of->n, shard, r->all),
		      samples = lam_shard_begin(of->n, shard + together, r->all) - row;
	local->shard = (lam_shard_run){.row = row,
		.counts = shards->counts,
		.number = (int)k,
		.all = (int)r->count,
		.together = (int)together,
		.lower = shards->lower,
		.states_before = trainer->states_before,
		.states = shards->states};
	local->share = (struct share){of->side, begin};
	if (units)
		local->side = (lam_side_work){run_share, &local->share, end - begin,
			of->side->operations * (double)together / (double)r->count};
	local->run = (lam_run){
		.what = samples > 0 ? LAM_RUN_FORWARD | LAM_RUN_BACKWARD : 0,
		.mode = LAM_TRAIN,
		.n = samples,
		.inputs = of->inputs + k * lam_net_input_count(trainer->net),
		.targets = of->targets + k * lam_net_loss_count(trainer->net),
		.side = end > begin ? &local->side : NULL,
		.of_fit = true,
		.shard = &local->shard,
	};
}

/* Adds what a shard's samples count to its row: those of the shard that is `number` of the last
 * run's. Of the tallies of the epoch it uses the room. */
static void record(lam_trainer *trainer, const lam_run *run, int number)
{
	lam_net *net = trainer->net;
	const int losses = lam_net_loss_count(net), together = run->shard->together;
	const int64_t samples = run->n / together;
	double *row = trainer->shards.records + (run->shard->number + number) * losses * LAM_RECORD;
	for (int i = 0; i < losses; i++, row += LAM_RECORD) {
		lam_tally *tally = lam_net_tally(net, i, LAM_TRAINED), kept = *tally;
		*tally = (lam_tally){0};
		lam_tally_add(net, i, LAM_TRAINED, &run->targets[number * losses + i],
			number * lane_blocks(samples), samples);
		row[LAM_RECORD_LOSS] = lam_net_loss_sum(net, i, number, together);
		row[LAM_RECORD_RIGHT] = tally->right;
		row[LAM_RECORD_SCORED] = (double)tally->scored;
		*tally = kept;
	}
}

/* Where this step's shards gather gradients; NULL: they do not, as there are too many or too large
 * ones, or some have no samples. */
static const lam_gather *gather(lam_shards *shards, int64_t n)
{
	const lam_shard_range *r = &shards->range;
	if (!shards->gather.samples || n < r->all)
		return NULL;
	for (int64_t k = 0; k < r->count; k++)
		shards->gather.samples[k] = lam_shard_samples(n, r->first + k, r->all);
	return &shards->gather;
}

/* Runs `together` local shards from k on. Each begins with the running statistics of before the
 * step, and leaves its own in its row. */
static lam_status run_some(lam_trainer *trainer, const lam_run *of, int64_t k, int64_t together,
	const lam_gather *gathering, const lam_watcher *watcher)
{
	lam_shards *shards = &trainer->shards;
	const lam_arena states = lam_net_states(trainer->net);
	const int64_t record_size = lam_net_loss_count(trainer->net) * LAM_RECORD;
	double *row = shards->states + k * states.size;
	struct local_run local;
	memset(row, 0, (size_t)(together * states.size) * sizeof *row);
	memset(shards->records + k * record_size, 0,
		(size_t)(together * record_size) * sizeof *shards->records);
	lam_copy_reals(states.values, trainer->states_before, states.size);
	prepare(trainer, of, k, together, &local);
	local.shard.watcher = watcher;
	local.shard.gather = gathering;
	const lam_status status = lam_net_run(trainer->net, &local.run);
	if (status || local.run.n == 0)
		return status;
	for (int64_t i = 0; i < states.size && together == 1; i++)
		row[i] = (double)states.values[i];
	for (int number = 0; number < together; number++)
		record(trainer, &local.run, number);
	return LAM_OK;
}

/* How many local shards are a run: all where they have as many samples and the net has room. Only
 * in whole batches do one shard's rows follow the other's. */
static int64_t run_length(const lam_trainer *trainer, int64_t n)
{
	const lam_shard_range *r = &trainer->shards.range;
	return n == trainer->state.batch && n % r->all == 0
			&& lam_net_together(trainer->net, r->count, n / r->all)
		? r->count
		: 1;
}

/* What the sums of the losses are divided by. Where it depends on the targets, all ranks count
 * theirs. */
static lam_status count_targets(lam_trainer *trainer, const lam_run *of)
{
	lam_shards *shards = &trainer->shards;
	const lam_shard_range *r = &shards->range;
	const int losses = lam_net_loss_count(trainer->net);
	bool any = false;
	for (int i = 0; i < losses; i++)
		any |= lam_net_loss_counts(trainer->net, i, &of->targets[i]);
	for (int64_t k = 0; k < r->count && any; k++)
		for (int i = 0; i < losses; i++)
			shards->records[k * losses + i] = lam_net_loss_count_of(trainer->net, i,
				&of->targets[k * losses + i],
				lam_shard_samples(of->n, r->first + k, r->all));
	const lam_status status = any ? lam_shards_add(shards, shards->records, losses) : LAM_OK;
	for (int i = 0; i < losses && !status; i++)
		shards->counts[i] = any
			? shards->records[i]
			: lam_net_loss_count_of(trainer->net, i, &of->targets[i], of->n);
	return status;
}

/* The statistics are the means over the shards that have samples. */
static lam_status add_states(lam_trainer *trainer, int64_t n)
{
	lam_shards *shards = &trainer->shards;
	const lam_arena states = lam_net_states(trainer->net);
	const int64_t filled = n < shards->range.all ? n : shards->range.all;
	const lam_status status = lam_shards_add(shards, shards->states, states.size);
	for (int64_t i = 0; i < states.size && !status; i++)
		states.values[i] = (lam_real)(shards->states[i] / (double)filled);
	lam_arena_changed(states);
	return status;
}

static lam_status add_all(lam_trainer *trainer, int64_t n)
{
	lam_shards *shards = &trainer->shards;
	const int losses = lam_net_loss_count(trainer->net);
	lam_status status = lam_shards_add(shards, shards->records, losses * LAM_RECORD);
	if (!status)
		status = add_states(trainer, n);
	if (status)
		return status;
	bool finite = true;
	for (int i = 0; i < losses; i++) {
		shards->sums[i] = shards->records[i * LAM_RECORD + LAM_RECORD_LOSS];
		finite &= isfinite(shards->sums[i]);
	}
	lam_net_end_shards(trainer->net, shards->sums, shards->counts);
	return finite ? LAM_OK : lam_fail(LAM_ERR_NUMERIC, "the loss is not finite");
}

lam_status lam_shards_run(lam_trainer *trainer, const lam_run *of)
{
	lam_shards *shards = &trainer->shards;
	lam_status status = count_targets(trainer, of);
	if (status)
		return status;
	lam_net_begin_shards(trainer->net);
	const lam_gather *gathering = gather(shards, of->n);
	const lam_watcher *watcher = lam_shards_begin_gradients(shards, trainer->net);
	const int64_t together = run_length(trainer, of->n);
	for (int64_t k = 0; k < shards->range.count && !status; k += together)
		status = run_some(trainer, of, k, together, gathering,
			k + together == shards->range.count ? watcher : NULL);
	/* The others wait for this rank's part, whatever it is. */
	const lam_status sent = lam_shards_end_gradients(shards);
	status = sent ? sent : status;
	status = lam_shards_meet(shards, LAM_MEET_STEP, trainer->state.steps, 0, status, NULL);
	if (!status)
		status = add_all(trainer, of->n);
	/* What is not finite is looked for again; but not if one rank has said so. */
	if (status && (status != LAM_ERR_NUMERIC || shards->over)) {
		const lam_arena states = lam_net_states(trainer->net);
		lam_copy_reals(states.values, trainer->states_before, states.size);
		lam_arena_changed(states);
	}
	return status;
}

void lam_shards_tally(lam_trainer *trainer, int64_t n)
{
	const lam_shards *shards = &trainer->shards;
	const double *row = shards->records;
	for (int i = 0; i < lam_net_loss_count(trainer->net); i++, row += LAM_RECORD) {
		lam_tally *tally = lam_net_tally(trainer->net, i, LAM_TRAINED);
		tally->seen += n;
		tally->loss += row[LAM_RECORD_LOSS];
		tally->right += row[LAM_RECORD_RIGHT];
		tally->scored += (int64_t)row[LAM_RECORD_SCORED];
		tally->weight += shards->counts[i];
	}
}

lam_status lam_shards_examine(lam_trainer *trainer, const lam_run *of)
{
	const lam_arena states = lam_net_states(trainer->net);
	lam_status status = LAM_OK;
	for (int64_t k = 0; k < trainer->shards.range.count && !status; k++) {
		struct local_run local;
		prepare(trainer, of, k, 1, &local);
		/* Alone: its gradient is that of the run. */
		local.shard.number = 0;
		local.shard.all = 1;
		lam_copy_reals(states.values, trainer->states_before, states.size);
		if (local.run.n > 0)
			status = lam_net_examine(trainer->net, &local.run, NULL, NULL, NULL);
	}
	return lam_shards_meet(
		&trainer->shards, LAM_MEET_EXAMINE, trainer->state.steps, 0, status, NULL);
}
