/* SPDX-License-Identifier: MIT */
/* Cuts a task into phases and units. */
#include "framework/net/average.h"
#include "framework/net/elements.h"
#include "framework/net/gather.h"

#include <inttypes.h>
#include <limits.h>

/* The phases of a call that runs its class's lam_sample_form. */
static int sample_phases(
	const lam_call *call, lam_job job, lam_mode mode, int64_t samples, lam_phase *phase)
{
	const lam_sample_form *form = call->layer_class->sample;
	const lam_sample_training *training = form->training;
	if (training && training->phases)
		return training->phases(call->layer, job, mode, call->x_layout, samples, phase);
	if (form->phases && job != LAM_GRADIENT)
		return form->phases(call->layer, call->x_layout, samples, phase);
	phase[0] = (lam_phase){job != LAM_GRADIENT, 1};
	return 1;
}

int lam_call_phases(
	const lam_call *call, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	const lam_layer_class *layer_class = call->layer_class;
	if (call->by_sample && layer_class->sample)
		return sample_phases(call, job, mode, blocks, phase);
	if (layer_class->phases)
		return layer_class->phases(call->layer, job, mode, blocks, phase);
	bool sums_over_blocks = job == LAM_GRADIENT
		|| (job == LAM_BACKWARD && call->params > 0 && !layer_class->gradient);
	phase[0] = (lam_phase){!sums_over_blocks, 1};
	return 1;
}

/* Whether forward or backward sums over the samples of a shard, or leaves its running statistics.
 */
static bool sums_samples(const lam_call *call, lam_job job)
{
	return (job == LAM_BACKWARD && call->params > 0 && !call->gradient)
		|| (job == LAM_FORWARD && call->states > 0);
}

static int64_t slot_values(const lam_walk *walk, lam_slot slot)
{
	return lam_slot_values(&walk->net->plan.slots[slot]);
}

/* Several shards in a run: what treats each block by itself, or says that it treats each sample so,
 * takes the blocks of all, and so does what computes the gradients of all. */
static void cut_call(const lam_walk *walk, int index, lam_job job, lam_cut *cut)
{
	const lam_plan *plan = &walk->net->plan;
	const lam_call *call = &plan->calls[index];
	const int shards = lam_walk_shards(walk);
	cut->blocks = lam_call_blocks(call, walk->run.n / shards);
	cut->phases = lam_call_phases(call, job, walk->run.mode, cut->blocks, cut->phase);
	if (call->fronted) {
		cut->phase[0].slices = call->front_slices;
		cut->whole = call->front_whole;
	}
	if (elements_job(call, job, walk->run.mode))
		cut->phase[0].slices = elements_slices(slot_values(walk, call->out));
	const bool apart = !call->shared[job] && !call->shared_per_block[job],
		   several = cut->phases > 1;
	cut->link = !several && apart && cut->phase[0].per_block;
	const bool at_once = job == LAM_GRADIENT
		? lam_gathers(walk->run.shard, plan, index)
		: !sums_samples(call, job) && (cut->link || call->gathers);
	cut->by_shard = shards > 1 && !at_once;
	cut->link &= !cut->by_shard;
	cut->ends = several && cut->phase[0].per_block && !cut->by_shard;
	/* Without a backward what it saves may be overwritten behind it. */
	cut->begins = several && apart && job == LAM_FORWARD && call->backward && !cut->by_shard
		&& call->layer_class->flags & LAM_LAST_BY_BLOCK;
	if (!cut->by_shard)
		cut->blocks *= shards;
}

/* One phase, whose units get all blocks. */
static void cut_bag(lam_cut *cut, int64_t slices)
{
	cut->bag = true;
	cut->phase[0] = (lam_phase){false, slices};
}

static void cut_param(const lam_plan *plan, const lam_task *task, lam_cut *cut)
{
	const struct lam_param *param = plan->params[task->index];
	const bool whole = task->kind == TASK_UPDATE
		&& plan->calls[param->call].layer_class->update;
	cut_bag(cut, whole ? 1 : lam_update_pieces(param->count));
}

/* The blocks, or samples, of a slot. */
static int64_t slot_blocks(const lam_walk *walk, lam_slot slot)
{
	return walk->net->plan.slots[slot].layout == LAM_BATCH_LANES ? walk->blocks : walk->run.n;
}

void lam_cut_task(const lam_walk *walk, const lam_task *task, lam_cut *cut)
{
	const lam_plan *plan = &walk->net->plan;
	lam_slot slot;
	cut->phases = 1;
	cut->phase[0] = (lam_phase){true, 1};
	cut->blocks = walk->blocks;
	cut->bag = cut->by_shard = cut->whole = cut->ends = cut->begins = false;
	cut->link = true;
	switch (task->kind) {
	case TASK_FORWARD:
	case TASK_BACKWARD:
	case TASK_GRADIENT:
		cut_call(walk, task->index, (lam_job)task->kind, cut);
		break;
	case TASK_AGAIN:
		cut_call(walk, plan->agains[task->index].call, LAM_FORWARD, cut);
		break;
	case TASK_PACK:
		cut_bag(cut, plan->packed[task->index].slices);
		break;
	case TASK_PARTS:
	case TASK_ACCUMULATE:
	case TASK_SHARDS:
	case TASK_NORM:
	case TASK_MEASURE:
	case TASK_UPDATE:
		cut_param(plan, task, cut);
		break;
	case TASK_AVERAGE:
		cut_bag(cut, lam_update_pieces(lam_averaged(plan, task->index)->count));
		break;
	case TASK_STATES:
		cut_bag(cut, 1);
		break;
	case TASK_SIDE:
		cut_bag(cut, walk->run.side->units);
		break;
	case TASK_ROWS_OUT:
		cut->blocks = slot_blocks(walk, plan->outputs[task->index].slot);
		break;
	case TASK_DY_IN:
		lam_dy_buffer(plan, task->index, &slot);
		cut->blocks = slot_blocks(walk, slot);
		break;
	case TASK_WHOLE: /* nothing is to be done, but the tasks before it must have ended */
		cut->phases = 0;
		cut->link = false;
		break;
	case TASK_SUM:
		slot = plan->sums[task->index].slot;
		cut->blocks = slot_blocks(walk, slot);
		cut->phase[0].slices = elements_slices(slot_values(walk, slot));
		break;
	default:
		break;
	}
	cut->link = cut->link && !cut->bag;
}

static lam_status check_cut(const lam_call *call, lam_job job, lam_mode mode, int64_t blocks)
{
	lam_phase phase[LAM_MAX_PHASES];
	const int phases = lam_call_phases(call, job, mode, blocks, phase);
	if (phases < 1 || phases > LAM_MAX_PHASES)
		return lam_fail(LAM_ERR_ARGUMENT, "%s: its .phases returned %d; expected 1 to %d",
			lam_call_title(call).text, phases, (int)LAM_MAX_PHASES);
	for (int p = 0; p < phases; p++)
		if (phase[p].slices < 1 || phase[p].slices > INT_MAX)
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s: its .phases gave phase %d %" PRId64
				" slices; expected 1 to %d",
				lam_call_title(call).text, p, phase[p].slices, INT_MAX);
	return LAM_OK;
}

lam_status lam_check_cuts(const lam_net *net)
{
	const int64_t n = net->max_batch;
	lam_status status = LAM_OK;
	for (int i = 0; i < net->plan.call_count && !status; i++) {
		const lam_call *call = &net->plan.calls[i];
		if (call->layer_class->flags & LAM_VIEW)
			continue;
		const int64_t blocks = lam_call_blocks(call, n);
		status = check_cut(call, LAM_FORWARD, LAM_EVAL, blocks);
		if (!status && !net->plan.inference)
			status = check_cut(call, LAM_FORWARD, LAM_TRAIN, blocks);
		if (!status && call->gradient)
			status = check_cut(call, LAM_GRADIENT, LAM_TRAIN, blocks);
		if (!status && call->backward)
			status = check_cut(call, LAM_BACKWARD, LAM_TRAIN, blocks);
	}
	return status;
}

void lam_cut_tasks(lam_walk *walk)
{
	for (int i = 0; i < walk->task_count; i++)
		lam_cut_task(walk, &walk->tasks[i], &walk->net->cuts[i]);
	walk->cuts = walk->net->cuts;
}
