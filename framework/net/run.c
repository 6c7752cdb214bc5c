/* SPDX-License-Identifier: MIT */
/* Checks a run, lists its tasks, walks them, and records the results. */
#include "framework/base/float_mode.h"
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
	const lam_plan *plan = &net->plan;
	if (!run->targets) {
		if (plan->loss >= 0 && (run->what & LAM_RUN_BACKWARD))
			return lam_fail(LAM_ERR_ARGUMENT,
				"the targets are NULL; expected targets for the loss %s",
				lam_call_title(&plan->calls[plan->loss]).text);
		return LAM_OK;
	}
	return lam_targets_check(net, run->targets, run->n, run->given);
}

static lam_status check_forward(const lam_net *net, const lam_run *run)
{
	if (!run->rows && !run->lanes)
		return lam_fail(LAM_ERR_ARGUMENT, "the input is NULL; expected samples of shape %s",
			lam_shape_text(net->plan.slots[0].shape).text);
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

static lam_status check_backward(const lam_net *net, const lam_run *run)
{
	if (net->plan.inference)
		return lam_fail(LAM_ERR_STATE, "backward in a net that was made for inference");
	if (!(run->what & LAM_RUN_FORWARD) && !net->can_backward)
		return lam_fail(LAM_ERR_STATE,
			"backward without a forward just before it; expected lam_net_forward() "
			"first");
	if (net->plan.loss < 0 && !run->dy_rows)
		return lam_fail(LAM_ERR_STATE,
			"backward of a net without a loss; expected a loss layer at its end or "
			"lam_net_backward_from()");
	if (net->plan.loss >= 0 && run->dy_rows)
		return lam_fail(LAM_ERR_STATE,
			"an output gradient for a net that ends with a loss; expected "
			"lam_net_backward()");
	if (net->plan.loss >= 0 && !(run->what & LAM_RUN_FORWARD) && !net->targets)
		return lam_fail(LAM_ERR_STATE,
			"backward after a forward without targets; expected targets for the loss");
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

static void note_forward(lam_net *net, const lam_walk *walk)
{
	const lam_run *run = &walk->run;
	net->has_output = true;
	net->output_copied = net->input_grad_copied = net->has_input_grad = false;
	net->can_backward = walk->backward_may_follow;
	if (run->targets && net->plan.loss >= 0) {
		double sum = 0;
		int64_t blocks = lam_call_blocks(&net->plan.calls[net->plan.loss], net->n);
		for (int64_t b = 0; b < blocks; b++)
			sum += net->loss_sums[b];
		net->loss = sum / (double)net->n;
	}
}

static void note_backward(lam_net *net)
{
	net->can_backward = false;
	net->has_gradients = true;
	for (int i = 0; i < net->plan.param_count; i++) {
		struct lam_param *param = net->plan.params[i];
		param->summed = param->trainable || (net->sum_begun && param->summed);
	}
	net->sum_begun = net->accumulate;
	net->has_input_grad = net->plan.input_grad;
	net->input_grad_copied = false;
}

static void note_update(lam_net *net)
{
	net->updates++;
	net->sum_begun = false;
	for (int i = 0; i < net->plan.param_count; i++)
		if (net->plan.params[i]->trainable)
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

/* Returns the caller's targets, or a copy if a backward may come in a later call. */
static const void *keep_targets(const lam_walk *walk)
{
	const lam_net *net = walk->net;
	const lam_run *run = &walk->run;
	if (!run->targets || !walk->backward_may_follow || (run->what & LAM_RUN_BACKWARD)
		|| net->plan.loss < 0)
		return run->targets;
	return memcpy(net->target_copy, run->targets, (size_t)run->n * net->target_bytes);
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
		net->targets = keep_targets(walk);
		/* whether the batch is already in the layout of the input slot */
		bool here = net->plan.few ? run->rows != NULL : run->lanes != NULL;
		net->input_now = !here ? net->input : net->plan.few ? run->rows : run->lanes;
		net->input_block = lam_slot_values(&net->plan.slots[0]);
	} else {
		walk->run.n = net->n;
		walk->run.mode = net->mode;
		walk->run.targets = net->targets;
	}
	walk->blocks = lane_blocks(walk->run.n);
	lam_list_tasks(walk);
}

/* Between the runs of lam_fit(), which may rely on all else, others may only evaluate. */
static lam_status check_use(const lam_net *net, const lam_run *run)
{
	const char *what = "a training forward";
	if (run->what == LAM_RUN_FORWARD && run->mode == LAM_EVAL)
		return lam_net_expect_idle(net, "an evaluation forward");
	if (run->what & LAM_RUN_UPDATE)
		what = run->what & LAM_RUN_FORWARD ? "a step" : "an update";
	else if (run->what & LAM_RUN_BACKWARD)
		what = "a backward";
	return run->of_fit ? lam_net_expect_idle(net, what) : lam_net_expect_free(net, what);
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
	net->passes += (run->what & LAM_RUN_FORWARD) && run->mode == LAM_TRAIN;
	lam_run_begin(&walk, net, run);
	const bool profiled = net->profile && net->profile->on;
	lam_status status = profiled ? lam_profile_walk(&walk) : lam_walk_run(&walk);
	if (status) {
		lam_forget_results(net);
		return status;
	}
	if (run->what & LAM_RUN_FORWARD)
		note_forward(net, &walk);
	if (run->what & LAM_RUN_BACKWARD)
		note_backward(net);
	if (run->what & LAM_RUN_UPDATE)
		note_update(net);
	if (run->grad_norm)
		*run->grad_norm = walk.norm;
	return LAM_OK;
}

/* The sums at a run's end, too, are computed in IEEE 754's default float mode. */
lam_status lam_net_run(lam_net *net, const lam_run *run)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_FLUSH);
	lam_status status = check(net, run);
	if (status)
		return status;
	lam_net_set_running(net, true);
	status = run_checked(net, run);
	lam_net_set_running(net, false);
	return status;
}

void lam_run_profile(lam_net *net, bool on)
{
	net->profile->on = on;
}
