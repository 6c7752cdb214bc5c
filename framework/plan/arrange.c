/* SPDX-License-Identifier: MIT */
/* The buffer and the lifetime of each activation. */
#include "framework/kernels/sizes.h"
#include "framework/plan/buffer.h"
#include "framework/plan/lifetimes.h"
#include "framework/plan/schedule.h"
#include "framework/plan/times.h"

/* Whether the values of input `k` end without padding, so that the next input can follow. In batch
 * lanes they always do. */
static bool ends_whole(const lam_plan *plan, const lam_call *call, int k)
{
	const lam_slot_info *x = &plan->slots[call->in[k].slot];
	const int64_t values = x->layout == LAM_CHANNEL_LANES ? x->shape.dim[0] : x->features;
	return x->layout == LAM_BATCH_LANES || values % LAM_LANES == 0;
}

/* Whether the buffer of input `k` of a call can lie inside the buffer of the call's output, from
 * byte `at` on, so that the call need not copy it. */
static bool lies_inside(const lam_plan *plan, const lam_call *call, int k, int64_t at)
{
	const lam_slot_info *x = &plan->slots[call->in[k].slot], *out = &plan->slots[call->out];
	const lam_buffer *buffer = &plan->buffers[x->buffer];
	const int64_t bytes = lam_slot_bytes(x);
	bool fits = k == call->inputs - 1 || ends_whole(plan, call, k);
	for (int i = 0; i < k; i++)
		fits = fits && ends_whole(plan, call, i);
	return !lam_buffer_of_input(plan, x->buffer) && buffer->inside == BUFFER_NONE
		&& x->buffer != out->buffer && buffer->bytes == bytes && x->layout == out->layout
		&& fits && at % LAM_ALIGN == 0 && at + bytes <= plan->buffers[out->buffer].bytes;
}

/* Puts the inputs of a call that sets them side by side into its output, where that is possible.
 * Returns whether all are there. What forward wrote stays where it is if the call runs again. */
static bool put_inputs(lam_plan *plan, int i, const lam_again *again)
{
	lam_call *call = &plan->calls[i];
	bool all = true;
	for (int k = 0; k < call->inputs; k++) {
		const int buffer = plan->slots[call->in[k].slot].buffer;
		const int64_t at = lam_side_begin(plan, call, k);
		const bool inside = (!again || plan->sources[again->first_source + k].again >= 0)
			&& lies_inside(plan, call, k, at);
		if (inside)
			lam_buffer_put(plan, i, buffer, plan->slots[call->out].buffer, at);
		all = all && inside;
	}
	return all;
}

/* The bytes of the outputs that read ranges of slot `s` and outlive it. */
static int64_t ranges_kept(const lam_plan *plan, lam_slot s, const int *last)
{
	int64_t bytes = 0;
	for (int c = plan->slots[s].first_consumer; c <= plan->slots[s].last_consumer; c++) {
		const lam_call *call = &plan->calls[c];
		if (call->in[0].slot == s && call->layer_class->begin && last[call->out] > last[s])
			bytes += lam_slot_bytes(&plan->slots[call->out]);
	}
	return bytes;
}

/* Whether the output of call `i`, a range of its input, can lie in the input's buffer from byte
 * `at` on. If it outlives the input, it keeps all of its buffer: then ranges must be at least half
 * of it. */
static bool lies_in_input(const lam_plan *plan, int i, int64_t at, const int *last)
{
	const lam_call *call = &plan->calls[i];
	const lam_slot s = call->in[0].slot;
	const lam_slot_info *x = &plan->slots[s], *out = &plan->slots[call->out];
	const int64_t bytes = lam_slot_bytes(x), channel = x->features / x->shape.dim[0];
	const bool in_lanes = x->layout != LAM_CHANNEL_LANES
		|| at % (channel * LAM_LANES * (int64_t)sizeof(lam_real)) == 0;
	return x->layout == out->layout && in_lanes && at % LAM_ALIGN == 0
		&& at + lam_slot_bytes(out) <= bytes
		&& (last[call->out] <= last[s] || 2 * ranges_kept(plan, s, last) >= bytes);
}

/* Gives the output of call `i`, a range of its input, a place in the input's buffer if it can. */
static bool put_output(lam_plan *plan, int i, int now, const int *last, bool *laid)
{
	const lam_call *call = &plan->calls[i];
	lam_slot_info *out = &plan->slots[call->out];
	const int64_t at = lam_range_begin(plan, call);
	if (!lies_in_input(plan, i, at, last))
		return true;
	out->buffer = lam_buffer_part(
		plan, i, plan->slots[call->in[0].slot].buffer, at, lam_slot_bytes(out), now);
	lam_buffer_use(plan, out->buffer, last[call->out]);
	*laid = true;
	return out->buffer != BUFFER_NONE;
}

/* The input in whose place a call before call `i` computes it; -1: none. */
static int absorbed_input(lam_plan *plan, int i, const lam_again *again)
{
	if (again)
		return plan->calls[i].absorbed ? 0 : -1;
	const int absorbed = lam_plan_absorb(plan, i);
	plan->calls[i].absorbed = absorbed >= 0;
	return absorbed;
}

/* Gives the output of call `i`, at time `now`, a buffer. It shares its input's if the class allows
 * that and nothing reads the input later. `last` holds the time of the last read of each slot;
 * `again` is NULL in forward. Sets whether the output lies in its input, or the inputs in it. */
static bool choose_output_buffer(
	lam_plan *plan, int i, int now, const lam_again *again, const int *last, bool *laid)
{
	const lam_call *call = &plan->calls[i];
	lam_slot_info *out = &plan->slots[call->out];
	const lam_slot_info *in = &plan->slots[call->in[0].slot];
	const bool over_x = call->inputs == 1 && lam_call_has(plan, i, LAM_IN_PLACE)
		&& out->features == in->features && lam_buffer_free_after(plan, in->buffer, now);
	*laid = false;
	if (call->layer_class->begin && !put_output(plan, i, now, last, laid))
		return false;
	if (*laid)
		return true;
	const int absorbed = absorbed_input(plan, i, again);
	if (absorbed >= 0) {
		out->buffer = plan->slots[call->in[absorbed].slot].buffer;
		lam_buffer_use(plan, out->buffer, last[call->out]);
	} else if (over_x || lam_call_has(plan, i, LAM_VIEW)) {
		out->buffer = in->buffer;
		lam_buffer_use(plan, in->buffer, last[call->out]);
	} else {
		out->buffer = lam_buffer_new(plan, lam_slot_bytes(out), now, last[call->out]);
		if (out->buffer < 0)
			return false;
		plan->buffers[out->buffer].whole = plan->few && out->layout == LAM_BATCH_LANES;
		if (lam_call_has(plan, i, LAM_SIDE_BY_SIDE))
			*laid = put_inputs(plan, i, again);
	}
	return true;
}

static bool choose_saved_buffer(lam_plan *plan, int i)
{
	lam_call *call = &plan->calls[i];
	if (!call->saved_bytes)
		return true;
	call->saved = lam_buffer_new(plan, call->saved_bytes, lam_forward_time(i),
		call->backward || call->gradient ? lam_backward_time(plan, i)
						 : lam_forward_time(i));
	if (call->saved < 0)
		return false;
	plan->buffers[call->saved].whole = plan->few && !call->by_sample;
	return true;
}

/* Chooses the buffers of activations, in the order of the calls. */
static bool choose_activation_buffers(lam_plan *plan, const int *last)
{
	for (int k = 0; k < plan->input_count; k++) {
		if (lam_buffer_new(plan, 0, 0, last[k]) != k)
			return false;
		plan->slots[k].buffer = k;
	}
	for (int i = 0; i < plan->call_count; i++) {
		bool laid;

		if (!choose_output_buffer(plan, i, lam_forward_time(i), NULL, last, &laid))
			return false;
		plan->calls[i].laid = laid;
		lam_plan_choose_front(plan, i);
		if (!choose_saved_buffer(plan, i))
			return false;
	}
	return true;
}

static void find_buffer(const lam_plan *plan, lam_source *source, lam_slot slot)
{
	source->buffer = source->again < 0 ? plan->slots[slot].first_buffer
					   : plan->agains[source->again].out;
}

/* Chooses the buffers of what is computed again, in that order. Meanwhile each slot has the buffer
 * that it was last written to; at the end that of forward. */
static bool choose_again_buffers(lam_plan *plan, int *last)
{
	for (int s = 0; s < plan->slot_count; s++)
		plan->slots[s].first_buffer = plan->slots[s].buffer;
	for (int a = 0; a < plan->again_count; a++) {
		lam_again *again = &plan->agains[a];
		const lam_call *call = &plan->calls[again->call];
		bool laid;
		for (int k = 0; k < call->inputs; k++)
			find_buffer(
				plan, &plan->sources[again->first_source + k], call->in[k].slot);
		last[call->out] = again->last;
		if (!choose_output_buffer(plan, again->call, again->at, again, last, &laid))
			return false;
		again->nothing = laid || call->absorbed
			|| lam_call_has(plan, again->call, LAM_VIEW);
		again->out = plan->slots[call->out].buffer;
		/* What forward saves it writes again, even if no backward of its own reads it. */
		if (call->saved_bytes)
			lam_buffer_use(plan, call->saved, again->at);
	}
	for (int i = 0; i < plan->call_count; i++) {
		lam_call *call = &plan->calls[i];
		for (int k = 0; k < call->inputs; k++)
			find_buffer(plan, &call->in[k].kept, call->in[k].slot);
		find_buffer(plan, &call->y_kept, call->out);
	}
	for (int s = 0; s < plan->slot_count; s++)
		plan->slots[s].buffer = plan->slots[s].first_buffer;
	return true;
}

/* Forgets the buffers that were chosen before. */
static void reset(lam_plan *plan)
{
	plan->buffer_count = plan->sum_count = 0;
	for (int s = 0; s < plan->slot_count; s++) {
		lam_slot_info *slot = &plan->slots[s];
		slot->buffer = slot->gradient = slot->dy = BUFFER_NONE;
		slot->edges_met = 0;
	}
	for (int i = 0; i < plan->call_count; i++) {
		lam_call *call = &plan->calls[i];
		call->laid = call->absorbed = call->gated = call->gates = false;
		call->fronted = call->deferred = false;
		call->added = -1;
		call->epilogue = LAM_EPILOGUE_NONE;
		call->saved = BUFFER_NONE;
		for (int k = 0; k < call->inputs; k++) {
			call->in[k].dx = call->in[k].copied = BUFFER_NONE;
			call->in[k].range = false;
		}
	}
}

bool lam_plan_arrange(lam_plan *plan, const char *keeps, int *last)
{
	reset(plan);
	return lam_plan_schedule(plan, keeps, last) && choose_activation_buffers(plan, last)
		&& choose_again_buffers(plan, last) && lam_plan_gradients(plan);
}
