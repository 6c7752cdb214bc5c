/* SPDX-License-Identifier: MIT */
/* The second half of planning: which jobs each call has. Buffers follow in arrange.c and
 * gradients.c, places in place.c. */
#include "framework/plan/lifetimes.h"

#include "framework/kernels/sizes.h"
#include "framework/layer/group.h"
#include "framework/memory.h"
#include "framework/plan/list.h"
#include "framework/plan/recompute.h"
#include "framework/plan/times.h"

/* Finds the slots that lead to a loss; in a net without one, to an output. */
static void find_leads(lam_plan *plan)
{
	for (int i = 0; i < plan->output_count; i++)
		if (!plan->loss_count || plan->outputs[i].loss >= 0)
			plan->slots[plan->outputs[i].slot].leads = true;
	for (int i = plan->call_count - 1; i >= 0; i--)
		for (int k = 0; k < plan->calls[i].inputs; k++)
			if (plan->slots[plan->calls[i].out].leads)
				plan->slots[plan->calls[i].in[k].slot].leads = true;
}

/* Decides which calls run backward, and which slots therefore need a gradient. */
static lam_status choose_jobs(lam_plan *plan)
{
	find_leads(plan);
	for (int k = 0; k < plan->input_count; k++)
		plan->slots[k].wants_gradient = plan->input_grad && !plan->inference
			&& plan->slots[k].leads;
	for (int i = 0; i < plan->call_count && !plan->inference; i++) {
		lam_call *call = &plan->calls[i];
		const lam_layer_class *layer_class = call->layer_class;
		bool wanted = false;
		for (int k = 0; k < call->inputs; k++)
			wanted = wanted || plan->slots[call->in[k].slot].wants_gradient;
		const bool leads = plan->slots[call->out].leads;
		call->gradient = leads && call->params > 0 && layer_class->gradient;
		call->backward = leads && (wanted || (call->params > 0 && !call->gradient));
		plan->slots[call->out].wants_gradient = leads && (wanted || call->params > 0);
		if (call->backward && !layer_class->backward
			&& !(layer_class->flags & LAM_HANDS_DY_ON))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s has no backward; expected a net with .inference = true",
				lam_call_title(call).text);
		for (int k = 0; k < call->inputs; k++)
			if (call->backward && plan->slots[call->in[k].slot].wants_gradient)
				plan->slots[call->in[k].slot].edges++;
	}
	for (int i = 0; i < plan->output_count && !plan->loss_count; i++)
		if (plan->slots[plan->outputs[i].slot].wants_gradient)
			plan->slots[plan->outputs[i].slot].edges++;
	return LAM_OK;
}

/* What the inputs and dy of a late gradient may have at most, as a share of the parameter's values:
 * they stay longer than they otherwise would, and a larger batch gains less. */
enum { LATE_SHARE = 4 };

/* Whether a step can update the first parameter of a call late, and should: its gradient is no sum
 * of several calls', and reads x and dy alone. */
static bool stays_late(const lam_plan *plan, const lam_call *call)
{
	if (!call->late || !call->gradient || call->owner >= 0 || plan->recompute
		|| call->saved_bytes > 0)
		return false;
	const struct lam_param *param = plan->params[call->first_param];
	const int64_t sides = plan->slots[call->in[0].slot].features
		+ plan->slots[call->out].features;
	return !param->parts && sides <= param->count / LATE_SHARE / most(1, plan->samples);
}

/* A thread runs one job at a time, so its scratch is as large as the largest job's. */
static void count_scratch(lam_plan *plan)
{
	for (int i = 0; i < plan->call_count; i++)
		for (int job = 0; job < LAM_JOBS; job++) {
			const lam_call *call = &plan->calls[i];
			if (lam_call_runs(call, (lam_job)job)
				&& call->scratch[job] > plan->scratch_bytes)
				plan->scratch_bytes = call->scratch[job];
		}
}

static bool writes_gradient(const lam_call *call)
{
	return call->params > 0 && (call->gradient || call->backward);
}

/* Lists the parts of each shared parameter's gradient. */
static bool list_parts(lam_plan *plan)
{
	for (int p = 0; p < plan->param_count; p++) {
		struct lam_param *param = plan->params[p];
		const lam_call *owner = &plan->calls[param->call];
		param->owner_writes = writes_gradient(owner);
		param->first_part = plan->part_count;
		if (lam_group_members(owner->layer) == 1)
			continue;
		for (int c = param->call + 1; c < plan->call_count; c++) {
			if (plan->calls[c].owner != param->call
				|| !writes_gradient(&plan->calls[c]))
				continue;
			if (!lam_plan_room(plan, &plan->parts, plan->part_count, &plan->part_room,
				    sizeof *plan->parts))
				return false;
			plan->parts[plan->part_count++] = (lam_gradient_part){
				.call = c, .index = param->index, .offset = plan->part_values};
			plan->part_values += round_up(
				param->count, LAM_ALIGN / (int64_t)sizeof(float));
			param->parts++;
		}
	}
	return true;
}

/* Whether something reads a packed copy. */
static bool copy_is_read(const lam_plan *plan, const lam_packed_copy *copy)
{
	const lam_call *call = &plan->calls[copy->call];
	return copy->index == LAM_CHANNEL_MAP ? call->absorbed
					      : call->backward || !copy->backward_only;
}

/* Places the packed copies one after another, and drops those that nothing reads. */
static void place_packed(lam_plan *plan)
{
	plan->packed_bytes = 0; /* before: the bytes of all that were declared */
	for (int i = 0; i < plan->packed_count; i++) {
		lam_packed_copy *copy = &plan->packed[i];
		if (!copy_is_read(plan, copy))
			copy->bytes = 0;
		copy->offset = plan->packed_bytes;
		plan->packed_bytes += copy->bytes;
	}
}

static void find_read_after(lam_plan *plan)
{
	for (int i = 0; i < plan->output_count; i++)
		plan->slots[plan->outputs[i].slot].read_after = true;
	for (int i = 0; i < plan->watched_count; i++)
		plan->slots[plan->watched[i].slot].read_after = true;
}

lam_status lam_plan_lifetimes(lam_plan *plan)
{
	lam_status status = choose_jobs(plan);
	if (status)
		return plan->status = status;
	if (!list_parts(plan))
		return plan->status;
	for (int i = 0; i < plan->call_count; i++)
		plan->calls[i].late = stays_late(plan, &plan->calls[i]);
	count_scratch(plan);
	find_read_after(plan);
	int *last = lam_alloc((size_t)plan->slot_count, sizeof *last);
	if (!last)
		return plan->status = LAM_ERR_MEMORY;
	const bool done = plan->recompute && !plan->inference ? lam_plan_recompute(plan, last)
							      : lam_plan_arrange(plan, NULL, last);
	lam_free(last);
	if (!done)
		return plan->status = LAM_ERR_MEMORY;
	lam_plan_gate(plan);
	place_packed(plan);
	return lam_plan_place(plan);
}
