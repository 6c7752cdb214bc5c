/* SPDX-License-Identifier: MIT */
/* For nets of few samples: which calls compute one sample at a time, the layout of each slot, and
 * the conversions between layouts.
 *
 * Less than sixteen samples do not fill the lanes. In a net for inference of less than 16, a call
 * whose class supports it (LAM_ELEMENTWISE, lam_sample_form) computes sample by sample, usually
 * with sixteen channels in the lanes. Every other call gets batch lanes. */
#include "framework/plan/layout.h"

#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "framework/plan/classes.h"
#include "framework/plan/emit.h"
#include "framework/plan/list.h"

/* Emits one conversion, either from rows or to rows. */
static lam_slot convert(lam_plan *plan, lam_slot slot, lam_layout to)
{
	lam_call call = {
		.layer = plan->status ? NULL : lam_layer_new(&lam_relayout_class, NULL),
		.layer_class = &lam_relayout_class,
		.owns_layer = true,
		.inputs = 1,
		.x_layout = plan->slots[slot].layout,
		.out_layout = to,
	};
	call.by_sample = call.x_layout != LAM_BATCH_LANES && to != LAM_BATCH_LANES;
	call.path = call.layer ? lam_plan_path(plan->path, "relayout") : NULL;
	call.in = call.path ? lam_alloc(1, sizeof *call.in) : NULL;
	if (!call.in) {
		lam_plan_failed(plan, LAM_ERR_MEMORY);
		return lam_plan_drop(&call);
	}
	call.in[0] = (lam_input){.slot = slot, .dx = BUFFER_NONE, .copied = BUFFER_NONE};
	return lam_plan_emit(plan, &call, plan->slots[slot].shape);
}

lam_slot lam_plan_relayout(lam_plan *plan, lam_slot slot, lam_layout to)
{
	lam_layout from = plan->slots[slot].layout;
	to = lam_slot_layout(&plan->slots[slot], to);
	if (from == to || (from == LAM_ROWS && to == LAM_CALLER_ROWS))
		return slot;
	bool rows = from == LAM_ROWS || from == LAM_CALLER_ROWS || to == LAM_ROWS;
	slot = rows ? slot : convert(plan, slot, LAM_ROWS);
	return slot < 0 ? slot : convert(plan, slot, to);
}

/* The layout of the output of a view. It can keep channel lanes if the number of channels stays the
 * same. */
static lam_layout view_layout(const lam_slot_info *in, const lam_shape *out)
{
	return in->layout == LAM_CHANNEL_LANES && out->dim[0] != in->shape.dim[0] ? LAM_ROWS
										  : in->layout;
}

void lam_plan_choose_layout(const lam_plan *plan, lam_call *call, const lam_shape *out)
{
	const lam_layer_class *layer_class = call->layer_class;
	const lam_slot_info *given = &plan->slots[call->in[0].slot];
	lam_layout x = LAM_BATCH_LANES, y = LAM_BATCH_LANES;
	const bool scored = (layer_class->flags & LAM_LOSS)
		&& layer_class->metric != LAM_METRIC_NONE; /* score.c reads lanes */
	if (!plan->few || scored)
		return;
	if (layer_class->flags & LAM_VIEW)
		x = y = view_layout(given, out);
	else if ((layer_class->flags & LAM_ELEMENTWISE) && !(layer_class->flags & LAM_LOSS))
		x = y = given->layout == LAM_CALLER_ROWS ? LAM_ROWS : given->layout;
	else if (layer_class->sample && layer_class->sample->layouts)
		x = layer_class->sample->layouts(call->layer, &given->shape, given->layout, &y);
	else if (layer_class->sample)
		x = y = LAM_CHANNEL_LANES;
	call->by_sample = x != LAM_BATCH_LANES;
	call->x_layout = x;
	call->out_layout = call->by_sample ? y : LAM_BATCH_LANES;
}
