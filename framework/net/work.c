/* SPDX-License-Identifier: MIT */
#include "framework/net/work.h"

#include "framework/net/profile.h"
#include "framework/threads/region.h"

#include <math.h>

/* What a byte counts, in operations: 20 are moved in a nanosecond. In layers without products the
 * arithmetic is counted by bytes, too; a step of batch norm, GELU, tanh, dropout and pooling takes
 * 8 in a nanosecond. */
enum { MOVED_BYTE = 3, LIGHT_BYTE = 6 };

/* The operations that a byte of this task stands for. What nobody has declared may take any time.
 */
static double byte_cost(const lam_plan *plan, const lam_task *given)
{
	const lam_task job = lam_task_job(plan, given), *task = &job;
	if (task->kind == TASK_UPDATE) {
		const lam_layer_class *c = plan->calls[plan->params[task->index]->call].layer_class;
		return c->update && !(c->flags & LAM_LIGHT) ? INFINITY : MOVED_BYTE;
	}
	if (!lam_task_of_call(task))
		return MOVED_BYTE;
	const lam_call *call = &plan->calls[task->index];
	const uint32_t flags = call->layer_class->flags;
	if (call->flops[task->kind] > 0)
		return MOVED_BYTE;
	const bool copies = task->kind == TASK_BACKWARD
		&& (flags & (LAM_VIEW | LAM_PASSES_DY | LAM_SIDE_BY_SIDE));
	return copies || (flags & LAM_LIGHT) ? LIGHT_BYTE : INFINITY;
}

static void add_task(struct lam_net_work *work, lam_walk *walk, const lam_task *task)
{
	const double cost = byte_cost(&walk->net->plan, task);
	if (isinf(cost)) {
		work->once = INFINITY;
		return;
	}
	const int64_t n = walk->run.n;
	walk->run.n = 0;
	const double once = cost * lam_profile_bytes(walk, task);
	walk->run.n = 1;
	work->per_sample += cost * lam_profile_bytes(walk, task) - once
		+ lam_profile_flops(walk, task);
	work->once += once;
	walk->run.n = n;
}

/* The parts of a step, in the order of net->work. */
static const unsigned parts[] = {LAM_RUN_FORWARD, LAM_RUN_BACKWARD, LAM_RUN_UPDATE};
enum { FORWARD, BACKWARD, UPDATE };

/* Lets the lists of runs have the tasks at the net's ends, or no longer. */
static void mark_ends(lam_net *net, lam_real *rows)
{
	for (int i = 0; i < net->plan.input_count; i++)
		net->run_inputs[i] = (lam_run_input){.rows = rows};
	for (int i = 0; i < net->plan.output_count; i++)
		net->run_y[i] = rows;
}

void lam_net_count_work(lam_net *net)
{
	mark_ends(net, (lam_real *)net->activations);
	for (int p = FORWARD; p <= (net->plan.inference ? FORWARD : UPDATE); p++) {
		lam_walk walk = {.net = net, .tasks = net->tasks};
		walk.run = (lam_run){.what = parts[p],
			.mode = net->plan.inference ? LAM_EVAL : LAM_TRAIN,
			.n = net->max_batch,
			.inputs = net->run_inputs,
			.y_rows = net->run_y};
		walk.blocks = lane_blocks(walk.run.n);
		lam_list_tasks(&walk);
		lam_cut_tasks(&walk);
		for (int i = 0; i < walk.task_count; i++) /* an update makes packed copies stale */
			add_task(&net->work[walk.tasks[i].kind == TASK_PACK ? UPDATE : p], &walk,
				&walk.tasks[i]);
		int64_t units;
		net->work[p].phases = lam_walk_phases(&walk, net->threads, &units);
	}
	mark_ends(net, NULL);
	for (int i = 0; i < net->plan.packed_count; i++)
		net->plan.packed[i].version = 0; /* the list counted them as packed */
}

/* The operations of the parts in `what` for n samples, and the phases of these parts. */
static double operations(const lam_net *net, unsigned what, int64_t n, int *phases)
{
	double sum = 0;
	*phases = 0;
	for (int p = FORWARD; p <= UPDATE; p++)
		if (what & parts[p]) {
			sum += net->work[p].per_sample * (double)n + net->work[p].once;
			*phases += net->work[p].phases;
		}
	return sum;
}

/* The team of a net for runs of n samples, with other work beside them, of phases with at most
 * `units` units. */
static int team_of(const lam_net *net, int64_t n, double beside, int64_t units)
{
	int phases;
	const double forward = operations(net, LAM_RUN_FORWARD, n, &phases);
	const int predicts = lam_region_worth(forward, phases, units);
	const double step = operations(
		net, LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE, n, &phases);
	const int steps = net->plan.inference ? 1 : lam_region_worth(step + beside, phases, units);
	return predicts > steps ? predicts : steps;
}

int lam_walk_worth(const lam_walk *walk)
{
	const lam_net *net = walk->net;
	if (net->threads == 1)
		return 1;
	int phases;
	int64_t units;
	const double beside = walk->run.side ? walk->run.side->operations : 0,
		     own = operations(net, walk->run.what, walk->run.n, &phases) + beside;
	phases = lam_walk_phases(walk, net->threads, &units);
	if (lam_region_worth(own, phases, units) < 2)
		return 1;
	int team = team_of(net, walk->run.n, beside, units);
	team = team > 2 ? team : 2;
	return team < net->threads ? team : net->threads;
}

int lam_net_worth(const lam_net *net)
{
	if (net->threads == 1)
		return 1;
	const int team = team_of(net, net->max_batch, 0, INT64_MAX);
	return team < net->threads ? team : net->threads;
}
