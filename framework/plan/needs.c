/* SPDX-License-Identifier: MIT */
/* What a layer declares in .plan (parameters, packed copies, memory), and what it may ask there. */
#include "framework/base/shown.h"
#include "framework/layer/group.h"
#include "framework/memory.h"
#include "framework/plan/list.h"
#include "framework/plan/names.h"
#include "framework/plan/work.h"

#include <limits.h>

/* In values. Each parameter begins at a multiple of LAM_ALIGN bytes, in float and in double. */
enum { PARAM_ALIGN = LAM_ALIGN / (int)sizeof(float) };

bool lam_plan_inference(const lam_plan *plan)
{
	return plan->inference;
}

lam_layout lam_plan_layout(const lam_plan *plan)
{
	return plan->planning >= 0 ? plan->calls[plan->planning].x_layout : LAM_BATCH_LANES;
}

/* The call whose .plan is running. If there is none, as in .expand, NULL and the plan fails. */
static lam_call *planning_call(lam_plan *plan)
{
	if (plan->planning >= 0)
		return &plan->calls[plan->planning];
	if (!plan->status)
		lam_plan_failed(plan,
			lam_fail(LAM_ERR_ARGUMENT,
				"parameters or memory are declared outside of .plan"));
	return NULL;
}

static bool check_name(lam_plan *plan, const char *name)
{
	const lam_call *call = &plan->calls[plan->planning];
	lam_status status = lam_check_name(name, !*call->path);
	if (status)
		lam_plan_failed_in(plan, call, status);
	return !status;
}

static struct lam_param *new_param(
	lam_plan *plan, const char *name, lam_shape shape, int64_t *values)
{
	const lam_call *call = &plan->calls[plan->planning];
	int64_t count = lam_shape_count(&shape);
	int64_t end;
	if (!check_name(plan, name))
		return NULL;
	if (count < 1 || __builtin_add_overflow(*values, count, &end)
		|| end > LAM_MAX_COUNT - PARAM_ALIGN) {
		lam_fail(LAM_ERR_SHAPE, "parameter %s of shape %s is too large", name,
			lam_shape_text(shape).text);
		lam_plan_failed_in(plan, call, LAM_ERR_SHAPE);
		return NULL;
	}
	struct lam_param *param = lam_alloc(1, sizeof *param);
	if (param)
		param->name = lam_plan_path(call->path, name);
	if (!param || !param->name) {
		lam_free(param);
		lam_plan_failed(plan, LAM_ERR_MEMORY);
		return NULL;
	}
	param->shape = shape;
	param->count = count;
	param->offset = *values;
	param->call = plan->planning;
	*values = (end + PARAM_ALIGN - 1) / PARAM_ALIGN * PARAM_ALIGN;
	return param;
}

/* Declares the next parameter of a call that shares those of an earlier one. */
static int share_param(lam_plan *plan, lam_call *call, const char *name, lam_shape shape)
{
	const lam_call *owner = &plan->calls[call->owner];
	if (call->params >= owner->params)
		return call->params++; /* refused when all are declared */
	const struct lam_param *shared = plan->params[call->first_param + call->params];
	if (!lam_shape_equal(&shared->shape, &shape)) {
		lam_fail(LAM_ERR_SHAPE, "its %s is %s, but it shares %s of %s, which is %s",
			lam_show(name).text, lam_shape_text(shape).text, shared->name,
			lam_call_title(owner).text, lam_shape_text(shared->shape).text);
		lam_plan_failed_in(plan, call, LAM_ERR_SHAPE);
		return -1;
	}
	return call->params++;
}

int lam_plan_param(lam_plan *plan, const char *name, lam_shape shape, lam_param_options options)
{
	lam_call *call = planning_call(plan);
	if (call && !plan->status && call->owner >= 0)
		return share_param(plan, call, name, shape);
	if (!call || plan->status
		|| !lam_plan_room(plan, &plan->params, plan->param_count, &plan->param_room,
			sizeof *plan->params))
		return -1;
	struct lam_param *param = new_param(plan, name, shape, &plan->param_values);
	if (!param)
		return -1;
	param->start = options;
	param->index = call->params;
	param->trainable = true;
	param->rate = param->decay = 1;
	plan->params[plan->param_count++] = param;
	return call->params++;
}

int lam_plan_state(lam_plan *plan, const char *name, lam_shape shape, lam_real initial)
{
	lam_call *call = planning_call(plan);
	if (call && !plan->status && lam_group_members(call->layer) > 1) {
		lam_fail(LAM_ERR_UNSUPPORTED,
			"it is shared (lam_share), and has the state %s, which cannot be; expected "
			"a layer of its own for each place",
			lam_show(name).text);
		lam_plan_failed_in(plan, call, LAM_ERR_UNSUPPORTED);
		return -1;
	}
	if (!call || plan->status
		|| !lam_plan_room(plan, &plan->states, plan->state_count, &plan->state_room,
			sizeof *plan->states))
		return -1;
	struct lam_param *state = new_param(plan, name, shape, &plan->state_values);
	if (!state)
		return -1;
	state->is_state = true;
	state->initial = initial;
	state->index = call->states;
	plan->states[plan->state_count++] = state;
	return call->states++;
}

/* Checks a number of bytes that a layer declares: not negative, and not too large. */
static int64_t checked(lam_plan *plan, int64_t bytes)
{
	if (bytes >= 0 && bytes <= LAM_MAX_COUNT)
		return (int64_t)lam_size_align((size_t)bytes);
	if (!plan->status) {
		lam_fail(LAM_ERR_SHAPE, "needs %lld bytes of memory beside its activations",
			(long long)bytes);
		lam_plan_failed_in(plan, &plan->calls[plan->planning], LAM_ERR_SHAPE);
	}
	return 0;
}

/* Adds bytes that a layer declares to what was declared before. */
static void grow(lam_plan *plan, int64_t *total, int64_t bytes)
{
	*total = checked(plan, *total + checked(plan, bytes));
}

int lam_plan_packed(lam_plan *plan, int param, int64_t bytes, int64_t slices, bool backward_only)
{
	lam_call *call = planning_call(plan);
	if (!call || plan->status)
		return -1;
	if (param < 0 || param >= call->params) {
		lam_fail(LAM_ERR_ARGUMENT,
			"a packed copy of parameter %d; expected one of the %d declared before it",
			param, call->params);
		lam_plan_failed_in(plan, call, LAM_ERR_ARGUMENT);
		return -1;
	}
	if (!lam_plan_room(plan, &plan->packed, plan->packed_count, &plan->packed_room,
		    sizeof *plan->packed))
		return -1;
	plan->packed[plan->packed_count++] = (lam_packed_copy){
		.call = plan->planning,
		.index = call->packs,
		.param = call->first_param + param,
		.bytes = checked(plan, bytes),
		.slices = slices < 1 ? 1 : slices,
		.backward_only = backward_only,
	};
	grow(plan, &plan->packed_bytes, plan->packed[plan->packed_count - 1].bytes);
	return call->packs++;
}

void lam_plan_saved(lam_plan *plan, int64_t bytes)
{
	lam_call *call = planning_call(plan);
	if (call)
		grow(plan, &call->saved_bytes, bytes);
}

void lam_plan_shared(lam_plan *plan, lam_job job, int64_t bytes, int64_t per_block)
{
	lam_call *call = planning_call(plan);
	if (!call)
		return;
	grow(plan, &call->shared[job], bytes);
	grow(plan, &call->shared_per_block[job], per_block);
}

void lam_plan_scratch(lam_plan *plan, lam_job job, int64_t bytes)
{
	lam_call *call = planning_call(plan);
	if (call)
		grow(plan, &call->scratch[job], bytes);
}

void lam_plan_least_samples(lam_plan *plan, int64_t samples)
{
	lam_call *call = planning_call(plan);
	if (call)
		call->least_samples = samples < INT_MAX ? (int)samples : INT_MAX;
}

void lam_plan_flops(lam_plan *plan, lam_job job, double per_sample)
{
	lam_call *call = planning_call(plan);
	if (call)
		call->flops[job] = per_sample;
}

void lam_plan_gathers(lam_plan *plan, bool input)
{
	lam_call *call = planning_call(plan);
	if (!call)
		return;
	call->gathers = true;
	call->gathers_input = input;
}

void lam_plan_late(lam_plan *plan)
{
	lam_call *call = planning_call(plan);
	if (call)
		call->late = true;
}

void lam_plan_work(lam_plan *plan, lam_job job, double sample, double block)
{
	const lam_call *call = planning_call(plan);
	const bool first = call && call->in[0].slot < plan->input_count && !plan->input_grad;
	if (!call || (job != LAM_FORWARD && plan->inference) || (job == LAM_BACKWARD && first))
		return;
	plan->sample_work += sample;
	plan->block_work += block;
}

bool lam_plan_rectified(const lam_plan *plan, int call)
{
	return plan->slots[plan->calls[call].out].rectified;
}

void lam_plan_find_rectified(lam_plan *plan)
{
	for (int i = plan->call_count - 1; i >= 0; i--) {
		const lam_call *call = &plan->calls[i];
		const uint32_t flags = call->layer_class->flags;
		const bool rectifies = (flags & LAM_RECTIFIES)
			|| ((flags & LAM_LOOKS_THROUGH) && plan->slots[call->out].rectified);
		for (int k = 0; k < call->inputs; k++)
			plan->slots[call->in[k].slot].rectified |= rectifies;
	}
}
