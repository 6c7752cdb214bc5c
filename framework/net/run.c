/* SPDX-License-Identifier: MIT */
/* Checks a run, lists its tasks, walks them, and records the results. */
#include "framework/base/float_mode.h"
#include "framework/base/shown.h"
#include "framework/kernels/sizes.h"
#include "framework/net/arenas.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/profile.h"
#include "framework/net/query.h"
#include "framework/net/use.h"

#include <inttypes.h>
#include <string.h>

static lam_status check_targets(const lam_net *net, const lam_run *run)
{
	if (!net->plan.loss_count && run->targets && run->targets->data)
		return lam_fail(LAM_ERR_STATE,
			"targets for a net without a loss; expected a loss layer at its end");
	for (int i = 0; i < net->plan.loss_count; i++) {
		const lam_run_target *target = run->targets ? &run->targets[i] : NULL;
		if (target && target->data) {
			lam_status status = lam_targets_check(
				net, i, target->data, run->n, target->given);
			if (!status && target->weights)
				status = lam_weights_check(net, i, target->weights, run->n);
			if (status)
				return status;
		} else if (target && target->weights) {
			return lam_fail(LAM_ERR_ARGUMENT,
				"weights of samples, but the targets of the loss %s are NULL; "
				"expected both",
				lam_net_loss_title(net, i).text);
		} else if (run->what & LAM_RUN_BACKWARD) {
			return lam_fail(LAM_ERR_ARGUMENT,
				"the targets are NULL; expected targets for the loss %s",
				lam_net_loss_title(net, i).text);
		}
	}
	return LAM_OK;
}

static lam_status check_inputs(const lam_net *net, const lam_run *run)
{
	const lam_plan *plan = &net->plan;
	for (int k = 0; k < plan->input_count; k++)
		if (!run->inputs[k].rows && !run->inputs[k].lanes)
			return lam_fail(LAM_ERR_ARGUMENT,
				"the input%s%s%s is NULL; expected samples of shape %s",
				plan->input_count > 1 ? " \"" : "",
				plan->input_count > 1 ? lam_show(plan->input_names[k]).text : "",
				plan->input_count > 1 ? "\"" : "",
				lam_shape_text(plan->slots[k].shape).text);
	return LAM_OK;
}

static lam_status check_forward(const lam_net *net, const lam_run *run)
{
	lam_status status = check_inputs(net, run);
	if (status)
		return status;
	if (run->mode != LAM_EVAL && run->mode != LAM_TRAIN)
		return lam_fail(LAM_ERR_ARGUMENT, "mode %d; expected LAM_EVAL or LAM_TRAIN",
			(int)run->mode);
	if (run->mode == LAM_TRAIN && net->plan.inference)
		return lam_fail(
			LAM_ERR_STATE, "a training forward in a net that was made for inference");
	if (run->n < 1 || run->n > net->max_batch)
		return lam_fail(LAM_ERR_ARGUMENT,
			"a batch of %" PRId64 " samples; expected 1 to %" PRId64 " (.max_batch)",
			run->n, net->max_batch);
	lam_call_name layer;
	int64_t least;
	if (run->mode == LAM_TRAIN && lam_net_too_few(net, run->n, &layer, &least))
		return lam_fail(LAM_ERR_ARGUMENT,
			"a training batch of %" PRId64 " sample%s, but %s needs at least %" PRId64
			" (a larger batch, or LAM_EVAL)",
			run->n, run->n == 1 ? "" : "s", layer.text, least);
	return check_targets(net, run);
}

static lam_status check_backward(lam_net *net, const lam_run *run)
{
	if (net->plan.inference)
		return lam_fail(LAM_ERR_STATE, "backward in a net that was made for inference");
	if (!(run->what & LAM_RUN_FORWARD) && !net->can_backward)
		return lam_fail(LAM_ERR_STATE,
			"backward without a forward just before it; expected lam_net_forward() "
			"first");
	if (!net->plan.loss_count && !run->dy_rows)
		return lam_fail(LAM_ERR_STATE,
			"backward of a net without a loss; expected a loss layer at its end or "
			"lam_net_backward_from()");
	for (int i = 0; i < net->plan.loss_count && !run->dy_rows; i++)
		if (!(run->what & LAM_RUN_FORWARD) && !net->losses[i].targets)
			return lam_fail(LAM_ERR_STATE,
				"backward after a forward without targets; expected targets for "
				"the loss %s",
				lam_net_loss_title(net, i).text);
	const lam_call *lacks = !(run->what & LAM_RUN_FORWARD) && net->mode == LAM_EVAL
		? lam_lacks_eval_backward(net)
		: NULL;
	if (lacks)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"%s has no backward after a forward in evaluation (its class lacks "
			"LAM_EVAL_BACKWARD); expected lam_net_forward(net, LAM_TRAIN, …) first",
			lam_call_title(lacks).text);
	return LAM_OK;
}

static lam_status check_update(lam_net *net, const lam_run *run)
{
	if (net->plan.inference)
		return lam_fail(LAM_ERR_STATE, "update of a net that was made for inference");
	if (!(run->what & LAM_RUN_BACKWARD) && !net->has_gradients)
		return lam_fail(
			LAM_ERR_STATE, "update without gradients; expected a backward first");
	lam_status status = lam_optimizer_check(run->optimizer);
	return status ? status : lam_net_moments(net, run->optimizer);
}

/* The mean of each loss that had targets. The net's loss is their weighted sum, if all had. */
static void note_losses(lam_net *net)
{
	double all = 0;
	bool complete = net->plan.loss_count > 0;
	for (int i = 0; i < net->plan.loss_count; i++) {
		const lam_planned_loss *planned = &net->plan.losses[i];
		lam_loss_end *loss = &net->losses[i];
		complete = complete && loss->targets;
		if (!loss->targets)
			continue;
		double sum = 0;
		const int64_t blocks = lam_call_blocks(&net->plan.calls[planned->call], net->n);
		for (int64_t b = 0; b < blocks; b++)
			sum += loss->sums[b];
		loss->value = loss->count > 0 ? sum / loss->count : 0;
		all += (double)planned->weight * loss->value;
	}
	net->loss = complete ? all : net->loss;
}

static void note_forward(lam_net *net, const lam_walk *walk)
{
	net->has_output = true;
	net->has_input_grad = false;
	for (int i = 0; i < net->plan.output_count; i++)
		net->outputs[i].copied = false;
	for (int i = 0; i < net->plan.watched_count; i++)
		net->watched[i].copied = false;
	net->can_backward = walk->backward_may_follow;
	note_losses(net);
}

static void note_backward(lam_net *net, const lam_run *run)
{
	net->can_backward = false;
	net->has_gradients = true;
	for (int i = 0; i < net->plan.param_count; i++) {
		struct lam_param *param = net->plan.params[i];
		param->summed = param->trainable || (net->sum_begun && param->summed);
	}
	net->sum_begun = net->accumulate && !run->shard;
	net->has_input_grad = net->plan.input_grad;
	for (int k = 0; k < net->plan.input_count; k++)
		net->inputs[k].grad_copied = false;
}

static void note_update(lam_net *net, const lam_average *average)
{
	net->updates++;
	net->sum_begun = false;
	for (int i = 0; i < net->plan.param_count; i++)
		if (lam_param_trains(net->plan.params[i]) || (average && average->back))
			atomic_fetch_add(net->plan.params[i]->version, 1);
}

/* A run that failed must leave nothing that looks like a result. */
void lam_forget_results(lam_net *net)
{
	net->can_backward = net->has_output = net->has_gradients = net->has_input_grad =
		net->sum_begun = false;
	for (int i = 0; i < net->plan.packed_count; i++)
		net->plan.packed[i].version = 0;
}

static double count_of(const lam_loss_end *loss, const lam_run_target *given, int64_t n)
{
	return loss->second
		? lam_mixed_count(&loss->info, given->data, given->second, given->share, n)
		: lam_target_count(&loss->info, given->data, given->weights, n);
}

/* Notes the caller's targets, or a copy of them if a backward may come in a later call; and their
 * count, before the run, so that a block's backward need not wait for the other blocks' forward. */
static void keep_targets(const lam_walk *walk)
{
	const lam_net *net = walk->net;
	const lam_run *run = &walk->run;
	for (int i = 0; i < net->plan.loss_count; i++) {
		lam_loss_end *loss = &net->losses[i];
		const lam_run_target none = {0}, *given = run->targets ? &run->targets[i] : &none;
		const bool copies = walk->backward_may_follow && !(run->what & LAM_RUN_BACKWARD);
		loss->targets = given->data;
		loss->second = given->second;
		loss->share = given->share;
		loss->weights = loss->targets ? given->weights : NULL;
		if (loss->targets && copies)
			loss->targets = memcpy(loss->target_copy, loss->targets,
				(size_t)run->n * loss->target_bytes);
		if (loss->weights && copies)
			loss->weights = memcpy(loss->weight_copy, loss->weights,
				(size_t)run->n * sizeof *loss->weights);
		if (loss->targets)
			loss->count = run->shard ? run->shard->counts[i]
				: walk->backward_may_follow && loss->divisor > 0
				? loss->divisor
				: count_of(loss, given, run->n);
	}
}

/* Notes where each input's samples are: the caller's, if they are in the layout of its slot. */
static void place_inputs(const lam_walk *walk)
{
	const lam_net *net = walk->net;
	for (int k = 0; k < net->plan.input_count; k++) {
		const lam_run_input *given = &walk->run.inputs[k];
		const lam_real *as_given = net->plan.few ? given->rows : given->lanes;
		net->inputs[k].now = lam_copies_input(walk, k) ? net->inputs[k].blocks : as_given;
	}
}

void lam_run_begin(lam_walk *walk, lam_net *net, const lam_run *run)
{
	*walk = (lam_walk){.net = net, .tasks = net->tasks, .pass = net->passes};
	walk->run = *run;
	if (run->what & LAM_RUN_FORWARD) {
		net->n = run->n;
		net->mode = run->mode;
		walk->backward_may_follow = !net->plan.inference
			&& (run->mode == LAM_TRAIN || run->backward_may_follow);
		keep_targets(walk);
		place_inputs(walk);
	} else {
		walk->run.n = net->n;
		walk->run.mode = net->mode;
	}
	walk->blocks = lane_blocks(walk->run.n);
	lam_list_tasks(walk);
}

/* Between the runs of lam_fit(), which may rely on all else, others may only evaluate. */
static lam_status check_use(lam_net *net, const lam_run *run)
{
	const char *what = "a training forward";
	if (run->what == LAM_RUN_FORWARD && run->mode == LAM_EVAL)
		return lam_net_expect_idle(net, "an evaluation forward");
	if (run->what & LAM_RUN_UPDATE)
		what = run->what & LAM_RUN_FORWARD ? "a step" : "an update";
	else if (run->what & LAM_RUN_BACKWARD)
		what = "a backward";
	lam_status status = run->of_fit ? lam_net_expect_idle(net, what)
					: lam_net_expect_free(net, what);
	return status ? status : lam_net_expect_alone(net, what);
}

/* Whether the run changes parameters or states, which replicas of the net have, too. */
static bool changes(const lam_run *run)
{
	return run->what & LAM_RUN_UPDATE
		|| (run->what & LAM_RUN_FORWARD && run->mode == LAM_TRAIN);
}

static lam_status check(lam_net *net, const lam_run *run)
{
	lam_status status = check_use(net, run);
	if (!status && (run->what & LAM_RUN_FORWARD))
		status = check_forward(net, run);
	if (!status && (run->what & LAM_RUN_BACKWARD))
		status = check_backward(net, run);
	if (!status && (run->what & LAM_RUN_UPDATE))
		status = check_update(net, run);
	return status;
}

static lam_status run_checked(lam_net *net, const lam_run *run)
{
	lam_walk walk;
	net->passes += (run->what & LAM_RUN_FORWARD) && run->mode == LAM_TRAIN && !run->shard;
	lam_run_begin(&walk, net, run);
	const bool profiled = net->profile && net->profile->on;
	lam_status status = profiled ? lam_profile_walk(&walk) : lam_walk_run(&walk);
	if (run->what & LAM_RUN_FORWARD && run->mode == LAM_TRAIN)
		lam_arena_changed(lam_net_states(net));
	if (status) {
		lam_forget_results(net);
		/* It may have updated some parameters, of which replicas have packed copies. */
		if (run->what & LAM_RUN_UPDATE)
			lam_arena_changed(lam_net_params(net));
		return status;
	}
	if (run->what & LAM_RUN_FORWARD)
		note_forward(net, &walk);
	if (run->what & LAM_RUN_BACKWARD)
		note_backward(net, run);
	if (run->what & LAM_RUN_UPDATE)
		note_update(net, run->average);
	if (run->grad_norm)
		*run->grad_norm = walk.norm;
	return LAM_OK;
}

/* The sums at a run's end, too, are computed in IEEE 754's default float mode. */
lam_status lam_net_run(lam_net *net, const lam_run *run)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_FLUSH);
	lam_status status = check(net, run);
	if (!status && changes(run))
		status = lam_net_begin_change(net);
	if (status)
		return status;
	lam_net_set_running(net, true);
	status = run_checked(net, run);
	lam_net_set_running(net, false);
	if (changes(run))
		lam_net_end_change(net);
	return status;
}

void lam_run_profile(lam_net *net, bool on)
{
	net->profile->on = on;
}
