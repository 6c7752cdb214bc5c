/* In a net of few samples: which calls compute one sample at a time, how each slot lies, and what
 * is converted in between.
 *
 * Sixteen samples fill the lanes; one does not. In a net for inference of less than 16, a call
 * whose class can (LAM_ELEMENTWISE, lam_sample_form) works sample by sample, as a rule with sixteen
 * channels in the lanes; every other gets batch lanes. */
#include "framework/layer/inside.h"
#include "framework/plan/inside.h"

int64_t lam_slot_values(const lam_slot_info *slot)
{
	int64_t channels = slot->shape.dim[0], round = LAM_LANES - 1;
	switch (slot->layout) {
	case LAM_BATCH_LANES:
		return slot->features * LAM_LANES;
	case LAM_CHANNEL_LANES:
		return (channels + round) / LAM_LANES * LAM_LANES * (slot->features / channels);
	case LAM_ROWS:
		return (slot->features + round) / LAM_LANES * LAM_LANES;
	default:
		return slot->features;
	}
}

int64_t lam_call_blocks(const lam_call *call, int64_t n)
{
	return call->by_sample ? n : (n + LAM_LANES - 1) / LAM_LANES;
}

/* Channels of one place each: channel lanes are then rows. */
static bool is_vector(const lam_slot_info *slot)
{
	return slot->features == slot->shape.dim[0];
}

void lam_plan_lay_out(lam_plan *plan, lam_slot slot, lam_layout layout)
{
	lam_slot_info *info = &plan->slots[slot];
	info->layout = layout == LAM_CHANNEL_LANES && is_vector(info) ? LAM_ROWS : layout;
}

/* One conversion; all are from rows or to rows. */
static lam_slot convert(lam_plan *plan, lam_slot slot, lam_layout to)
{
	lam_layer *layer = plan->status ? NULL : lam_layer_new(&lam_relayout_class, NULL);
	char *path = layer ? lam_plan_path(plan->path, "relayout") : NULL;
	if (!path) {
		lam_layer_free(layer);
		return lam_plan_failed(plan, LAM_ERR_MEMORY), -1;
	}
	lam_layout from = plan->slots[slot].layout;
	return lam_plan_call(plan, layer, true, &slot, 1, path,
		&(lam_call_layout){from, to, from != LAM_BATCH_LANES && to != LAM_BATCH_LANES});
}

lam_slot lam_plan_relayout(lam_plan *plan, lam_slot slot, lam_layout to)
{
	lam_layout from = plan->slots[slot].layout;
	if (to == LAM_CHANNEL_LANES && is_vector(&plan->slots[slot]))
		to = LAM_ROWS;
	if (from == to || (from == LAM_ROWS && to == LAM_CALLER_ROWS))
		return slot;
	bool rows = from == LAM_ROWS || from == LAM_CALLER_ROWS || to == LAM_ROWS;
	slot = rows ? slot : convert(plan, slot, LAM_ROWS);
	return slot < 0 ? slot : convert(plan, slot, to);
}

/* A view is its input under another shape. Channel lanes stay what they are while the channels do.
 */
static lam_layout view_layout(const lam_slot_info *in, const lam_shape *out)
{
	return in->layout == LAM_CHANNEL_LANES && out->dim[0] != in->shape.dim[0] ? LAM_ROWS
										  : in->layout;
}

lam_call_layout lam_plan_choose_layout(
	const lam_plan *plan, const lam_layer *layer, const lam_slot *in, const lam_shape *out)
{
	const lam_layer_class *layer_class = layer->layer_class;
	const lam_slot_info *x = &plan->slots[in[0]];
	lam_call_layout layout = {LAM_BATCH_LANES, LAM_BATCH_LANES, false};
	const bool scored = (layer_class->flags & LAM_LOSS)
		&& layer_class->metric != LAM_METRIC_NONE; /* score.c reads lanes */
	if (!plan->few || scored)
		return layout;
	if (layer_class->flags & LAM_VIEW)
		layout.x = layout.out = view_layout(x, out);
	else if ((layer_class->flags & LAM_ELEMENTWISE) && !(layer_class->flags & LAM_LOSS))
		layout.x = layout.out = x->layout == LAM_CALLER_ROWS ? LAM_ROWS : x->layout;
	else if (layer_class->sample && layer_class->sample->layouts)
		layout.x = layer_class->sample->layouts(layer, &x->shape, x->layout, &layout.out);
	else if (layer_class->sample)
		layout.x = layout.out = LAM_CHANNEL_LANES;
	layout.by_sample = layout.x != LAM_BATCH_LANES;
	if (!layout.by_sample)
		layout.out = LAM_BATCH_LANES;
	return layout;
}
