/* SPDX-License-Identifier: MIT */
/* The buffers and lifetimes of gradients, in the order of backward: from the last call to the
 * first.
 *
 * A slot that several calls read gets its gradient in parts, one from each call. The slot's first
 * reader writes the last part, and then the earlier parts are added to it. */
#include "framework/plan/buffer.h"
#include "framework/plan/list.h"
#include "framework/plan/times.h"

/* The last time at which the gradient of slot `s` is read. */
static int gradient_read(const lam_plan *plan, lam_slot s)
{
	const int producer = plan->slots[s].producer;
	return producer < 0 || plan->calls[producer].late ? lam_time_after_step(plan)
							  : lam_backward_time(plan, producer);
}

/* Adds `part`, which has the shape of `slot`, to the gradient that call `i` writes for its input
 * `k`, from byte `at` on. */
static bool sum_part(lam_plan *plan, int i, int k, int part, lam_slot slot, int64_t at)
{
	if (!lam_plan_room(plan, &plan->sums, plan->sum_count, &plan->sum_room, sizeof *plan->sums))
		return false;
	plan->sums[plan->sum_count++] = (lam_gradient_sum){.call = i,
		.input = k,
		.from = part,
		.to = plan->calls[i].in[k].dx,
		.slot = slot,
		.at = at};
	return true;
}

/* Lists the parts of the gradient of input `k` of call `i` that others write. They will be
 * added to the last part, which call `i` writes. */
static bool sum_parts(lam_plan *plan, int i, int k)
{
	lam_slot s = plan->calls[i].in[k].slot;
	if (plan->slots[s].dy != BUFFER_NONE && !sum_part(plan, i, k, plan->slots[s].dy, s, 0))
		return false;
	for (int c = plan->slots[s].last_consumer; c >= i; c--)
		for (int j = 0; j < plan->calls[c].inputs; j++) {
			const lam_call *call = &plan->calls[c];
			const lam_input *in = &call->in[j];
			if (in->slot != s || in->dx == BUFFER_NONE || (c == i && j == k))
				continue;
			if (!sum_part(plan, i, k, in->dx, in->range ? call->out : s,
				    in->range ? lam_range_begin(plan, call) : 0))
				return false;
		}
	return true;
}

/* Whether call `i` may hand its dy on as the last part of a gradient, to which other parts are then
 * added: nothing may read that part of dy later. */
static bool can_add_to(const lam_plan *plan, int i, int dy)
{
	const lam_call *call = &plan->calls[i];
	return (call->inputs == 1 || lam_call_has(plan, i, LAM_SIDE_BY_SIDE))
		&& lam_buffer_free_after(plan, dy, lam_backward_time(plan, i));
}

/* For a call whose dx is dy, or a part of dy. */
static bool hand_dy_on(lam_plan *plan, int i, int k, bool last_part)
{
	lam_input *in = &plan->calls[i].in[k];
	const lam_slot_info *slot = &plan->slots[in->slot];
	const int now = lam_backward_time(plan, i);
	int dy = plan->slots[plan->calls[i].out].gradient;
	if (lam_call_has(plan, i, LAM_SIDE_BY_SIDE))
		dy = lam_buffer_part(plan, i, dy, lam_side_begin(plan, &plan->calls[i], k),
			lam_slot_bytes(slot), now);
	if (dy == BUFFER_NONE)
		return false;
	if (!last_part || slot->edges == 1 || can_add_to(plan, i, dy)) {
		in->dx = dy;
		return true;
	}
	in->copied = dy;
	in->dx = lam_buffer_new(plan, lam_slot_bytes(slot), now, now);
	return in->dx != BUFFER_NONE;
}

/* For a call whose output is a range of its input: dy is added to that range of the last part. */
static bool add_to_range(lam_plan *plan, int i)
{
	lam_call *call = &plan->calls[i];
	call->in[0].range = true;
	call->in[0].dx = plan->slots[call->out].gradient;
	return call->in[0].dx != BUFFER_NONE;
}

/* For a call that computes dx. */
static bool compute_dx(lam_plan *plan, int i, int k)
{
	lam_call *call = &plan->calls[i];
	const lam_slot_info *slot = &plan->slots[call->in[k].slot], *out = &plan->slots[call->out];
	const int dy = out->gradient, now = lam_backward_time(plan, i);
	const bool over_dy = call->inputs == 1 && lam_call_has(plan, i, LAM_IN_PLACE)
		&& dy != BUFFER_NONE && out->features == slot->features
		&& lam_buffer_free_after(plan, dy, now);
	call->in[k].dx = over_dy ? dy : lam_buffer_new(plan, lam_slot_bytes(slot), now, now);
	return call->in[k].dx != BUFFER_NONE;
}

/* Chooses the buffer into which call `i` writes its part of the gradient of input `k`. */
static bool choose_dx_buffer(lam_plan *plan, int i, int k)
{
	const lam_slot slot = plan->calls[i].in[k].slot;
	lam_slot_info *info = &plan->slots[slot];
	const bool last_part = ++info->edges_met == info->edges;
	const bool done = lam_call_has(plan, i, LAM_HANDS_DY_ON) ? hand_dy_on(plan, i, k, last_part)
		: plan->calls[i].layer_class->begin && !last_part ? add_to_range(plan, i)
								  : compute_dx(plan, i, k);
	if (!done)
		return false;
	const int dx = plan->calls[i].in[k].dx;
	if (!last_part) {
		/* This part is read after the slot's first reader has written the last part. So the
		 * last part must not overwrite it. */
		lam_buffer_use(plan, dx, lam_backward_time(plan, info->first_consumer) + 1);
		return true;
	}
	info->gradient = dx;
	lam_buffer_use(plan, dx, gradient_read(plan, slot));
	return info->edges == 1 || sum_parts(plan, i, k);
}

/* Chooses the buffers into which the caller's gradients of the outputs are written, in a net
 * without a loss. If calls read such an output too, it is the first part of the gradient. */
static bool choose_dy_buffers(lam_plan *plan)
{
	for (int i = 0; i < plan->output_count && !plan->loss_count; i++) {
		const lam_slot s = plan->outputs[i].slot;
		lam_slot_info *slot = &plan->slots[s];
		if (!slot->wants_gradient)
			continue;
		const bool alone = ++slot->edges_met == slot->edges;
		const int last = alone ? gradient_read(plan, s)
				       : lam_backward_time(plan, slot->first_consumer) + 1;
		slot->dy = lam_buffer_new(plan, lam_slot_bytes(slot), lam_dy_time(plan), last);
		if (slot->dy == BUFFER_NONE)
			return false;
		if (alone)
			slot->gradient = slot->dy;
	}
	return true;
}

bool lam_plan_gradients(lam_plan *plan)
{
	if (!choose_dy_buffers(plan))
		return false;
	for (int i = plan->call_count - 1; i >= 0; i--) {
		lam_call *call = &plan->calls[i];
		if (!call->backward)
			continue;
		for (int k = 0; k < call->inputs; k++)
			if (plan->slots[call->in[k].slot].wants_gradient
				&& !choose_dx_buffer(plan, i, k))
				return false;
	}
	return true;
}
