/* SPDX-License-Identifier: MIT */
/* The profile. The thread that runs a unit times it; the thread that calls the net counts tasks. */
#include "framework/net/profile.h"

#include "framework/base/clock.h"
#include "framework/memory.h"
#include "framework/net/use.h"

#include <string.h>

enum {
	LINE_VALUES = 128 / (int)sizeof(double)
}; /* a cache line and the one that is prefetched with it, so that no two threads share either */

static int place_of(const lam_plan *plan, const lam_task *task)
{
	const int ends = plan->call_count * LAM_PROFILE_JOBS;
	if (lam_task_of_call(task))
		return task->index * LAM_PROFILE_JOBS + (int)task->kind;
	switch (task->kind) {
	case TASK_WEIGHT:
		return plan->losses[task->index].call * LAM_PROFILE_JOBS + LAM_PROFILE_BACKWARD;
	case TASK_SUM:
		return plan->sums[task->index].call * LAM_PROFILE_JOBS + LAM_PROFILE_BACKWARD;
	case TASK_PACK:
		return plan->packed[task->index].call * LAM_PROFILE_JOBS + LAM_PROFILE_PACK;
	case TASK_ACCUMULATE:
	case TASK_NORM:
	case TASK_UPDATE:
		return plan->params[task->index]->call * LAM_PROFILE_JOBS + LAM_PROFILE_UPDATE;
	case TASK_SIDE:
		return ends + LAM_PROFILE_DATA;
	default:
		return ends + LAM_PROFILE_ROWS;
	}
}

/* Counts the values that a job of a call reads and writes: for each sample, with saved values, and
 * once for all samples, of parameters. */
static void call_values(const lam_plan *plan, const lam_call *call, lam_task_kind kind,
	double *per_sample, double *once)
{
	const uint32_t flags = call->layer_class->flags;
	const double out = (double)plan->slots[call->out].features;
	*per_sample = out + (double)call->saved_bytes / LAM_LANES / sizeof(lam_real);
	*once = 0;
	for (int k = 0; k < call->params; k++)
		*once += (double)plan->params[call->first_param + k]->count;
	if (kind != TASK_FORWARD && (flags & LAM_KEEP_Y))
		*per_sample += out;
	for (int k = 0; k < call->inputs; k++) {
		const double in = (double)plan->slots[call->in[k].slot].features;
		if (kind != TASK_BACKWARD || (flags & LAM_KEEP_X))
			*per_sample += in;
		if (kind == TASK_BACKWARD && call->in[k].dx != BUFFER_NONE)
			*per_sample += in;
	}
}

double lam_profile_bytes(const lam_walk *walk, const lam_task *task)
{
	const lam_plan *plan = &walk->net->plan;
	const double value = sizeof(lam_real), n = (double)walk->run.n;
	double per_sample = 0, once = 0;
	switch (task->kind) {
	case TASK_FORWARD:
	case TASK_GRADIENT:
	case TASK_BACKWARD:
		call_values(plan, &plan->calls[task->index], task->kind, &per_sample, &once);
		break;
	case TASK_SUM: {
		const lam_gradient_sum *sum = &plan->sums[task->index];
		per_sample = 3
			* (double)plan->slots[plan->calls[sum->call].in[sum->input].slot].features;
		break;
	}
	case TASK_PACK:
		return (double)plan->params[plan->packed[task->index].param]->count * value
			+ (double)plan->packed[task->index].bytes;
	case TASK_NORM:
		once = (double)plan->params[task->index]->count;
		break;
	case TASK_ACCUMULATE:
		once = 3 * (double)plan->params[task->index]->count;
		break;
	case TASK_UPDATE: /* reads and writes values and moments, reads gradients */
		once = (3 + 2 * walk->net->moment_count) * (double)plan->params[task->index]->count;
		break;
	case TASK_WEIGHT:
		per_sample = 2
			* (double)plan
				  ->slots[plan->calls[plan->losses[task->index].call].in[0].slot]
				  .features;
		break;
	case TASK_ROWS_IN:
		per_sample = 2 * (double)plan->slots[task->index].features;
		break;
	case TASK_ROWS_OUT:
	case TASK_DY_IN:
		per_sample = 2 * (double)plan->slots[plan->outputs[task->index].slot].features;
		break;
	case TASK_SIDE:
		break;
	}
	return (per_sample * n + once) * value;
}

double lam_profile_flops(const lam_walk *walk, const lam_task *task)
{
	return lam_task_of_call(task)
		? (double)walk->run.n * walk->net->plan.calls[task->index].flops[task->kind]
		: 0;
}

lam_status lam_profile_walk(lam_walk *walk)
{
	lam_net *net = walk->net;
	struct lam_profile *profile = net->profile;
	profile->all_runs++;
	profile->all_samples += walk->run.n;
	for (int i = 0; i < walk->task_count; i++) {
		lam_task *task = &net->tasks[i];
		task->place = place_of(&net->plan, task);
		struct lam_profile_count *count = &profile->counts[task->place];
		/* The updates of a layer's parameters count as one run. */
		if (count->last_run != profile->all_runs) {
			count->runs++;
			count->samples += walk->run.n;
		}
		count->last_run = profile->all_runs;
		count->flops += lam_profile_flops(walk, task);
		count->bytes += lam_profile_bytes(walk, task);
	}
	walk->profile = profile;
	const double began = lam_clock_now();
	const lam_status status = lam_walk_run(walk);
	const double took = lam_clock_now() - began;
	profile->wall_seconds += took;
	profile->team_seconds += took * walk->threads;
	profile->team = walk->threads > profile->team ? walk->threads : profile->team;
	return status;
}

lam_status lam_net_profile_start(lam_net *net)
{
	if (!net)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_profile_start: the net is NULL");
	lam_status status = lam_net_expect_idle(net, "lam_net_profile_start");
	if (status)
		return status;
	if (!net->profile) {
		struct lam_profile *profile = lam_alloc(1, sizeof *profile);
		if (!profile)
			return LAM_ERR_MEMORY;
		profile->places = (net->plan.call_count + 1) * LAM_PROFILE_JOBS;
		profile->threads = net->threads;
		profile->stride = (profile->places / LINE_VALUES + 2)
			* LINE_VALUES; /* a whole line between two threads, at any alignment */
		profile->seconds = lam_alloc(
			(size_t)(profile->stride * profile->threads), sizeof *profile->seconds);
		profile->counts = lam_alloc((size_t)profile->places, sizeof *profile->counts);
		if (!profile->seconds || !profile->counts) {
			lam_profile_free(profile);
			return LAM_ERR_MEMORY;
		}
		net->profile = profile;
	}
	struct lam_profile *profile = net->profile;
	memset(profile->seconds, 0,
		(size_t)(profile->stride * profile->threads) * sizeof *profile->seconds);
	memset(profile->counts, 0, (size_t)profile->places * sizeof *profile->counts);
	profile->all_runs = profile->all_samples = 0;
	profile->wall_seconds = profile->team_seconds = 0;
	profile->team = 0;
	profile->on = true;
	return LAM_OK;
}

lam_status lam_net_profile_stop(lam_net *net)
{
	if (!net)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_profile_stop: the net is NULL");
	lam_status status = lam_net_expect_idle(net, "lam_net_profile_stop");
	if (status)
		return status;
	if (!net->profile)
		return lam_fail(LAM_ERR_STATE,
			"lam_net_profile_stop: the profile of this net was never started; expected "
			"lam_net_profile_start() first");
	net->profile->on = false;
	return LAM_OK;
}

void lam_profile_free(struct lam_profile *profile)
{
	if (!profile)
		return;
	lam_free(profile->seconds);
	lam_free(profile->counts);
	lam_free(profile);
}
