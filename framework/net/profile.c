/* SPDX-License-Identifier: MIT */
/* The profile. The thread that runs a unit times it; the thread that calls the net counts tasks. */
#include "framework/net/profile.h"
#include "framework/net/average.h"

#include "framework/base/clock.h"
#include "framework/memory.h"
#include "framework/net/use.h"

#include <string.h>

enum {
	LINE_VALUES = 128 / (int)sizeof(double)
}; /* a cache line and the one that is prefetched with it, so that no two threads share either */

static int place_of(const lam_plan *plan, const lam_task *given)
{
	const lam_task job = lam_task_job(plan, given), *task = &job;
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
	case TASK_PARTS:
	case TASK_ACCUMULATE:
	case TASK_SHARDS:
	case TASK_NORM:
	case TASK_MEASURE:
	case TASK_UPDATE:
		return plan->params[task->index]->call * LAM_PROFILE_JOBS + LAM_PROFILE_UPDATE;
	case TASK_AVERAGE:
		return lam_averaged(plan, task->index)->call * LAM_PROFILE_JOBS
			+ LAM_PROFILE_UPDATE;
	case TASK_SIDE:
		return ends + LAM_PROFILE_DATA;
	default:
		return ends + LAM_PROFILE_ROWS;
	}
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
