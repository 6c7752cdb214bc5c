/* Runs: what is asked for is checked, becomes a list of work, is walked, and its results are noted.
 */
#include "framework/kernels/float_mode.h"
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "framework/net/optimizer_check.h"
#include "framework/net/profile.h"

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
	lam_target_info info;
	lam_status status = lam_net_targets(net, &info);
	if (status || info.type != LAM_CLASSES)
		return status;
	const int32_t *classes = run->targets;
	for (int64_t i = 0; i < run->n; i++)
		if (classes[i] < 0 || classes[i] >= info.classes)
			return lam_fail(LAM_ERR_ARGUMENT,
				"the target of sample %" PRId64 " is class %" PRId32
				"; expected 0 to %" PRId64,
				i, classes[i], info.classes - 1);
	return LAM_OK;
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
	return check_targets(net, run);
}

static lam_status check_backward(const lam_net *net, const lam_run *run)
{
	if (net->plan.inference)
		return lam_fail(LAM_ERR_STATE, "backward in a net that was made for inference");
	if (!(run->what & LAM_RUN_FORWARD) && !net->can_backward)
		return lam_fail(LAM_ERR_STATE,
			"backward without a training forward just before it; expected "
			"lam_net_forward(net, LAM_TRAIN, …) first");
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

static void add(lam_walk *walk, lam_work_kind kind, int index)
{
	walk->net->work[walk->work_count++] = (lam_work){.kind = kind, .index = index};
}

static bool trains(const lam_net *net, const lam_call *call)
{
	for (int k = 0; k < call->params; k++)
		if (net->plan.params[call->first_param + k]->trainable)
			return true;
	return false;
}

static void list_forward(lam_walk *walk)
{
	lam_net *net = walk->net;
	lam_plan *plan = &net->plan;
	for (int i = 0; i < plan->packed_count; i++) {
		lam_packed_copy *copy = &plan->packed[i];
		uint64_t version = atomic_load(plan->params[copy->param]->version);
		const bool read = copy->bytes
			&& (walk->run->mode == LAM_TRAIN || !copy->backward_only);
		if (read && copy->version != version) {
			add(walk, WORK_PACK, i);
			copy->version = version;
		}
	}
	if (plan->few ? walk->run->lanes != NULL : walk->run->rows != NULL)
		add(walk, WORK_ROWS_IN, 0);
	for (int i = 0; i < plan->call_count; i++)
		if (!(plan->calls[i].layer_class->flags & LAM_VIEW) && !plan->calls[i].absorbed)
			add(walk, WORK_FORWARD, i);
	if (walk->run->y_rows)
		add(walk, WORK_ROWS_OUT, 0);
}

static void list_backward(lam_walk *walk)
{
	const lam_net *net = walk->net;
	const lam_plan *plan = &net->plan;
	if (walk->run->dy_rows && plan->slots[plan->output].gradient != BUFFER_NONE)
		add(walk, WORK_DY_IN, 0);
	int sum = 0;
	for (int i = plan->call_count - 1; i >= 0; i--) {
		const lam_call *call = &plan->calls[i];
		bool arithmetic = !(call->layer_class->flags & (LAM_VIEW | LAM_PASSES_DY))
			|| call->copies_dy[0] || call->copies_dy[1];
		bool trained = trains(net, call);
		bool wants_dx = call->dx[0] != BUFFER_NONE || call->dx[1] != BUFFER_NONE;
		if (call->gradient && trained)
			add(walk, WORK_GRADIENT, i);
		if (call->backward && arithmetic && (wants_dx || trained))
			add(walk, WORK_BACKWARD, i);
		for (; sum < plan->sum_count && plan->sums[sum].call == i; sum++)
			add(walk, WORK_SUM, sum);
	}
	for (int i = 0; i < plan->param_count && net->sum_begun; i++)
		if (plan->params[i]->trainable)
			add(walk, WORK_ACCUMULATE, i);
}

static void list_update(lam_walk *walk)
{
	const lam_plan *plan = &walk->net->plan;
	for (int i = 0; i < plan->param_count && (walk->run->clip > 0 || walk->run->grad_norm); i++)
		if (plan->params[i]->trainable) {
			add(walk, WORK_NORM, i);
			walk->net->work[walk->work_count - 1].base = walk->norm_parts;
			walk->norm_parts += lam_update_pieces(plan->params[i]->count);
		}
	for (int i = 0; i < plan->param_count; i++)
		if (plan->params[i]->trainable)
			add(walk, WORK_UPDATE, i);
}

/* Where this backward's gradients go: the arena itself, or beside it when there is a sum to add
 * them to. */
static void bind_gradients(lam_net *net)
{
	lam_real *grads = net->sum_begun ? net->fresh : net->grads;
	for (int i = 0; i < net->plan.param_count; i++) {
		const struct lam_param *param = net->plan.params[i];
		net->plan.calls[param->call].dw[param->index] = param->trainable
			? grads + param->offset
			: NULL;
	}
}

void lam_list_pass(lam_walk *walk)
{
	if (walk->run->what & LAM_RUN_FORWARD)
		list_forward(walk);
	if (walk->run->what & LAM_RUN_BACKWARD) {
		bind_gradients(walk->net);
		list_backward(walk);
	}
}

static void note_forward(lam_net *net, const lam_walk *walk)
{
	const lam_run *run = walk->run;
	net->has_output = true;
	net->output_copied = net->input_grad_copied = net->has_input_grad = false;
	net->can_backward = run->mode == LAM_TRAIN;
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

/* A run that failed half-way leaves nothing that could be taken for a result. */
void lam_forget_results(lam_net *net)
{
	net->can_backward = net->has_output = net->has_gradients = net->has_input_grad =
		net->sum_begun = false;
	for (int i = 0; i < net->plan.packed_count; i++)
		net->plan.packed[i].version = 0;
}

/* The caller's targets, or a copy when a backward may come after the call that brought them. */
static const void *keep_targets(const lam_net *net, const lam_run *run)
{
	if (!run->targets || run->mode != LAM_TRAIN || (run->what & LAM_RUN_BACKWARD)
		|| net->plan.loss < 0)
		return run->targets;
	return memcpy(net->target_copy, run->targets, (size_t)run->n * net->target_bytes);
}

static lam_status run_checked(lam_net *net, const lam_run *run)
{
	lam_status status = LAM_OK;
	if (run->what & LAM_RUN_FORWARD)
		status = check_forward(net, run);
	if (!status && (run->what & LAM_RUN_BACKWARD))
		status = check_backward(net, run);
	if (!status && (run->what & LAM_RUN_UPDATE))
		status = check_update(net, run);
	if (status)
		return status;

	lam_run now = *run;
	if (run->what & LAM_RUN_FORWARD) {
		net->n = run->n;
		net->targets = keep_targets(net, run);
		/* they lie as the input slot does */
		bool here = net->plan.few ? run->rows != NULL : run->lanes != NULL;
		net->input_now = !here ? net->input : net->plan.few ? run->rows : run->lanes;
		net->input_block = lam_slot_values(&net->plan.slots[0]);
		net->passes += run->mode == LAM_TRAIN;
	} else {
		now.n = net->n;
		now.mode = LAM_TRAIN;
		now.targets = net->targets;
	}
	lam_walk walk = {.net = net,
		.run = &now,
		.work = net->work,
		.blocks = (now.n + LAM_LANES - 1) / LAM_LANES,
		.pass = net->passes};
	if (run->side)
		add(&walk, WORK_SIDE, 0);
	lam_list_pass(&walk);
	if (run->what & LAM_RUN_UPDATE)
		list_update(&walk);
	status = lam_profile_walk(&walk);
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

/* The sums at a run's end follow the caller's rounding no more than what its threads compute. */
lam_status lam_net_run(lam_net *net, const lam_run *run)
{
	const lam_float_mode caller = lam_float_set(LAM_FLOAT_FLUSH);
	lam_status status = run_checked(net, run);
	lam_float_restore(caller);
	return status;
}
