/* SPDX-License-Identifier: MIT */
/* Counts what a task computes and moves, from shapes: for profiles, and for how many threads a run
 * is worth. */
#include "framework/net/average.h"
#include "framework/net/profile.h"
#include "framework/net/shard.h"

/* Counts the values that a job of a call reads and writes: for each sample, with saved values, and
 * once for all samples, of parameters. */
static void call_values(const lam_plan *plan, const lam_call *call, lam_task_kind kind,
	double *per_sample, double *once)
{
	const uint32_t flags = call->layer_class->flags;
	const double out = (double)plan->slots[call->out].features;
	*per_sample = out
		+ (double)call->saved_bytes / (call->by_sample ? 1 : LAM_LANES) / sizeof(lam_real);
	*once = 0;
	for (int k = 0; k < call->params; k++)
		*once += (double)plan->params[call->first_param + k]->count;
	if (kind != TASK_FORWARD && (flags & LAM_KEEP_Y))
		*per_sample += out;
	if (call->added >= 0 && kind == TASK_FORWARD)
		*per_sample += out;
	if (call->added >= 0 && kind == TASK_BACKWARD && call->gates) /* reads y, writes dy */
		*per_sample += 2 * out;
	for (int k = 0; k < call->inputs; k++) {
		const double in = (double)plan->slots[call->in[k].slot].features;
		if (kind != TASK_BACKWARD || (flags & LAM_KEEP_X))
			*per_sample += in;
		if (kind == TASK_BACKWARD && call->in[k].dx != BUFFER_NONE)
			*per_sample += in;
	}
}

/* The same with its front: what lies between them is neither written nor read. */
static void add_call(const lam_plan *plan, const lam_call *call, lam_task_kind kind,
	double *per_sample, double *once)
{
	call_values(plan, call, kind, per_sample, once);
	if (!call->fronted)
		return;
	double front, front_once;
	call_values(plan, call - call->front_before, kind, &front, &front_once);
	*per_sample += front - 2 * (double)plan->slots[call->in[0].slot].features;
	*once += front_once;
}

/* Of the update of a parameter, which reads and writes values and moments, and reads gradients. */
static double update_values(const lam_net *net, int param)
{
	return (3 + 2 * net->moment_count) * (double)net->plan.params[param]->count;
}

/* Of a sample, of what loss `index` reads. */
static double loss_features(const lam_plan *plan, int index)
{
	const lam_call *call = &plan->calls[plan->losses[index].call];
	return (double)plan->slots[call->in[0].slot].features;
}

double lam_profile_bytes(const lam_walk *walk, const lam_task *given)
{
	const lam_plan *plan = &walk->net->plan;
	const lam_task job = lam_task_job(plan, given), *task = &job;
	const double value = sizeof(lam_real), n = (double)walk->run.n;
	double per_sample = 0, once = 0;
	switch (task->kind) {
	case TASK_FORWARD:
	case TASK_GRADIENT:
	case TASK_BACKWARD:
		add_call(plan, &plan->calls[task->index], task->kind, &per_sample, &once);
		if (task->updates)
			once += update_values(walk->net, plan->calls[task->index].first_param);
		break;
	case TASK_SUM:
		per_sample = 3 * (double)plan->slots[plan->sums[task->index].slot].features;
		break;
	case TASK_PACK:
		return (double)plan->params[plan->packed[task->index].param]->count * value
			+ (double)plan->packed[task->index].bytes;
	case TASK_NORM:
		once = (double)plan->params[task->index]->count;
		break;
	case TASK_PARTS:
		once = (1 + 2 * plan->params[task->index]->parts)
			* (double)plan->params[task->index]->count;
		break;
	case TASK_ACCUMULATE:
		once = 3 * (double)plan->params[task->index]->count;
		break;
	case TASK_SHARDS:
		once = (2 + lam_shard_levels(walk->run.shard->number))
			* (double)plan->params[task->index]->count;
		break;
	case TASK_MEASURE: /* reads values and gradients, reads and writes moments */
		once = (2 + 2 * walk->net->moment_count) * (double)plan->params[task->index]->count;
		break;
	case TASK_UPDATE:
		once = update_values(walk->net, task->index);
		break;
	case TASK_AVERAGE:
		once = 3 * (double)lam_averaged(plan, task->index)->count;
		break;
	case TASK_WEIGHT:
		per_sample = 2 * loss_features(plan, task->index);
		break;
	case TASK_ROWS_IN:
		per_sample = 2 * (double)plan->slots[task->index].features;
		break;
	case TASK_ROWS_OUT:
	case TASK_DY_IN:
		per_sample = 2 * (double)plan->slots[plan->outputs[task->index].slot].features;
		break;
	case TASK_AGAIN: /* is a TASK_FORWARD here */
	case TASK_STATES:
	case TASK_WHOLE:
	case TASK_SIDE:
		break;
	}
	return (per_sample * n + once) * value;
}

double lam_profile_flops(const lam_walk *walk, const lam_task *task)
{
	const lam_plan *plan = &walk->net->plan;
	const lam_task job = lam_task_job(plan, task);
	if (!lam_task_of_call(&job))
		return 0;
	const lam_call *call = &plan->calls[job.index];
	const double front = call->fronted ? (call - call->front_before)->flops[job.kind] : 0;
	return (double)walk->run.n * (call->flops[job.kind] + front);
}
