/* SPDX-License-Identifier: MIT */
/* For nets of few samples: which calls compute one sample at a time, the layout of each slot, and
 * the conversions between layouts.
 *
 * Less than sixteen samples do not fill the lanes. In a net of few samples, a call whose class
 * supports it (LAM_ELEMENTWISE, lam_sample_form; in a net for training also
 * LAM_ELEMENTWISE_TRAINING, lam_sample_training) computes sample by sample, usually with sixteen
 * channels in the lanes. Every other call gets batch lanes. */
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

/* Whether the call is a loop over values in whatever layout they have. */
static bool is_elementwise(const lam_plan *plan, uint32_t flags)
{
	const uint32_t wanted = LAM_ELEMENTWISE
		| (plan->inference ? 0 : (uint32_t)LAM_ELEMENTWISE_TRAINING);
	return (flags & wanted) == wanted && !(flags & LAM_LOSS);
}

/* Whether the call must have batch lanes: score.c reads them, and losses have backward for no other
 * layout. */
static bool needs_batch_lanes(const lam_plan *plan, const lam_layer_class *layer_class)
{
	return (layer_class->flags & LAM_LOSS)
		&& (layer_class->metric != LAM_METRIC_NONE || !plan->inference);
}

/* The layout in which a class with a lam_sample_form reads its input; writes that of its output. */
static lam_layout form_layout(const lam_plan *plan, const lam_call *call, lam_layout *out)
{
	const lam_sample_form *form = call->layer_class->sample;
	const lam_slot_info *given = &plan->slots[call->in[0].slot];
	const lam_sample_training *training = form->training;
	if (!plan->inference && !training)
		return LAM_BATCH_LANES;
	if (!plan->inference && training->layouts)
		return training->layouts(call->layer, &given->shape, given->layout, out);
	if (form->layouts)
		return form->layouts(call->layer, &given->shape, given->layout, out);
	return *out = LAM_CHANNEL_LANES;
}

void lam_plan_choose_layout(const lam_plan *plan, lam_call *call, const lam_shape *out)
{
	const lam_layer_class *layer_class = call->layer_class;
	const lam_slot_info *given = &plan->slots[call->in[0].slot];
	lam_layout x = LAM_BATCH_LANES, y = LAM_BATCH_LANES;
	if (!plan->few || needs_batch_lanes(plan, layer_class))
		return;
	if (layer_class->flags & LAM_VIEW)
		x = y = view_layout(given, out);
	else if (is_elementwise(plan, layer_class->flags))
		x = y = given->layout == LAM_CALLER_ROWS ? LAM_ROWS : given->layout;
	else if (layer_class->sample)
		x = form_layout(plan, call, &y);
	call->by_sample = x != LAM_BATCH_LANES;
	call->x_layout = x;
	call->out_layout = call->by_sample ? y : LAM_BATCH_LANES;
}
