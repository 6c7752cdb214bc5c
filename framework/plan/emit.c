/* SPDX-License-Identifier: MIT */
/* Appends a call to the plan: infers the shape of its output, gives it a slot and lets its class
 * declare what it needs. In a replica, the plan of the source net (plan->like) knows the shapes. */
#include "framework/plan/emit.h"

#include "framework/base/failure.h"
#include "framework/kernels/sizes.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/classes.h"
#include "framework/plan/list.h"
#include "framework/plan/outputs.h"

/* As lam_plan_failed_in(), for a failure that a function of the layer's class returned, perhaps
 * without a sentence since lam_failures() was `before`. */
static lam_status failed_calling(lam_plan *plan, const lam_call *call, const char *function,
	lam_status status, uint64_t before)
{
	if (lam_unsaid(status, before))
		return lam_plan_failed(
			plan, lam_fail_unsaid(status, lam_call_title(call).text, function));
	return lam_plan_failed_in(plan, call, status);
}

/* The source net's call of the same layer, if this plan is a replica's. NULL if it is not, or if
 * the plan made the layer. Both plans meet the model's layers in the same order, but may have added
 * different layers between them. */
static const lam_call *known_call(lam_plan *plan, const lam_call *call)
{
	for (int i = plan->like_met; plan->like && !call->owns_layer && i < plan->like->call_count;
		i++)
		if (plan->like->calls[i].layer == call->layer) {
			plan->like_met = i;
			return &plan->like->calls[i];
		}
	return NULL;
}

/* The shapes of a call's inputs, which the caller frees; NULL when memory is short. */
static lam_shape *input_shapes(lam_plan *plan, const lam_call *call)
{
	lam_shape *in = lam_alloc((size_t)call->inputs, sizeof *in);
	if (!in)
		lam_plan_failed(plan, LAM_ERR_MEMORY);
	for (int k = 0; in && k < call->inputs; k++)
		in[k] = plan->slots[call->in[k].slot].shape;
	return in;
}

lam_status lam_plan_infer(lam_plan *plan, const lam_call *call, lam_shape *out)
{
	*out = plan->slots[call->in[0].slot].shape;
	/* A replica's layers must not be checked again, as other threads may be running them; the
	 * source's plan has their shapes. */
	const lam_call *known = known_call(plan, call);
	if (known) {
		*out = plan->like->slots[known->out].shape;
		return LAM_OK;
	}
	if (call->layer_class->check) {
		lam_shape *in = input_shapes(plan, call);
		if (!in)
			return plan->status;
		const uint64_t before = lam_failures();
		lam_status status = call->layer_class->check(call->layer, in, call->inputs, out);
		lam_free(in);
		if (status)
			return failed_calling(plan, call, ".check", status, before);
	}
	if (!lam_shape_valid(out)) {
		lam_fail(LAM_ERR_SHAPE, "the output shape %s is not possible or too large",
			lam_shape_text(*out).text);
		return lam_plan_failed_in(plan, call, LAM_ERR_SHAPE);
	}
	return LAM_OK;
}

lam_slot lam_plan_drop(const lam_call *call)
{
	if (call->owns_layer)
		lam_layer_free(call->layer);
	lam_free(call->path);
	lam_free(call->in);
	return -1;
}

/* The first call that has the parameters which this layer shares; -1: it shares none of an earlier
 * call. */
static int find_owner(const lam_plan *plan, const lam_layer *layer)
{
	for (int i = 0; layer->group && i < plan->call_count - 1; i++)
		if (plan->calls[i].layer->group == layer->group)
			return i;
	return -1;
}

/* Random numbers are drawn by this number, so that they are the same in every layout. */
static int number_of(const lam_plan *plan, int index)
{
	const lam_call *before = index ? &plan->calls[index - 1] : NULL;
	return before ? before->number + (before->layer_class != &lam_relayout_class) : 0;
}

/* A call that shares parameters declares as many as their owner. */
static lam_status check_shared(lam_plan *plan, const lam_call *call)
{
	const lam_call *owner = call->owner < 0 ? NULL : &plan->calls[call->owner];
	if (plan->status || !owner || owner->params == call->params)
		return plan->status;
	lam_fail(LAM_ERR_SHAPE, "it declares %d parameters and shares the %d of %s", call->params,
		owner->params, lam_call_title(owner).text);
	return lam_plan_failed_in(plan, call, LAM_ERR_SHAPE);
}

/* Lets the class of call `index` declare what it needs. */
static lam_status declare_by_class(lam_plan *plan, int index)
{
	const lam_call call = plan->calls[index];
	if (!call.layer_class->plan)
		return check_shared(plan, &plan->calls[index]);
	lam_shape *shapes = input_shapes(plan, &call);
	if (!shapes)
		return plan->status;
	plan->planning = index;
	const uint64_t before = lam_failures();
	lam_status status = call.layer_class->plan(call.layer, shapes, plan);
	plan->planning = -1;
	lam_free(shapes);
	if (status && !plan->status)
		return failed_calling(plan, &call, ".plan", status, before);
	return check_shared(plan, &plan->calls[index]);
}

/* The same, and a copy of what its class's .channel_map gives. */
static lam_status declare_needs(lam_plan *plan, int index)
{
	const lam_status status = declare_by_class(plan, index);
	lam_call *call = &plan->calls[index];
	if (status || !plan->inference || !call->layer_class->channel_map)
		return status;
	if (!lam_plan_room(plan, &plan->packed, plan->packed_count, &plan->packed_room,
		    sizeof *plan->packed))
		return plan->status;
	call->map_copy = plan->packed_count;
	plan->packed[plan->packed_count++] = (lam_packed_copy){
		.call = index,
		.index = LAM_CHANNEL_MAP,
		.param = call->first_param,
		.bytes = 3 * lane_blocks(plan->slots[call->out].shape.dim[0]) * LAM_LANES
			* (int64_t)sizeof(lam_real),
		.slices = 1,
	};
	return LAM_OK;
}

lam_slot lam_plan_emit(lam_plan *plan, const lam_call *asked, lam_shape out)
{
	if (plan->call_count >= LAM_MOST_LAYERS)
		lam_plan_failed(plan,
			lam_fail(LAM_ERR_UNSUPPORTED, "a net of more than %d layers",
				LAM_MOST_LAYERS));
	if (plan->status
		|| !lam_plan_room(plan, &plan->calls, plan->call_count, &plan->call_room,
			sizeof *plan->calls))
		return lam_plan_drop(asked);
	const int index = plan->call_count++;
	lam_call *call = &plan->calls[index];
	*call = (lam_call){
		.layer = asked->layer,
		.layer_class = asked->layer_class,
		.owns_layer = asked->owns_layer,
		.path = asked->path,
		.inputs = asked->inputs,
		.in = asked->in,
		.x_layout = asked->x_layout,
		.out_layout = asked->out_layout,
		.by_sample = asked->by_sample,
		.first_param = plan->param_count,
		.first_state = plan->state_count,
		.first_packed = plan->packed_count,
		.saved = BUFFER_NONE,
		.mapped = -1,
		.added = -1,
		.applied = -1,
		.map_copy = -1,
		.loss = -1,
		.number = number_of(plan, index),
		.owner = find_owner(plan, asked->layer),
	};
	if (call->owner >= 0)
		call->first_param = plan->calls[call->owner].first_param;
	const lam_slot slot = lam_plan_slot(plan, out, index);
	if (slot < 0)
		return -1;
	call->out = slot;
	plan->slots[slot].layout = lam_slot_layout(&plan->slots[slot], call->out_layout);
	for (int k = 0; k < call->inputs; k++) {
		lam_slot_info *info = &plan->slots[call->in[k].slot];
		if (info->first_consumer < 0)
			info->first_consumer = index;
		info->last_consumer = index;
		info->consumers++;
	}
	if (call->inputs > plan->most_inputs)
		plan->most_inputs = call->inputs;
	if (declare_needs(plan, index))
		return -1;
	return asked->layer_class->flags & LAM_LOSS ? lam_plan_add_loss(plan, index) : slot;
}
