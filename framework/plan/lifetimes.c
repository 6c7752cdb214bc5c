/* SPDX-License-Identifier: MIT */
/* The second half of planning: which jobs each call has, and the buffer and the lifetime of each
 * activation. Gradients follow in gradients.c, places in place.c. */
#include "framework/plan/lifetimes.h"

#include "framework/kernels/sizes.h"
#include "framework/layer/group.h"
#include "framework/memory.h"
#include "framework/plan/buffer.h"
#include "framework/plan/list.h"
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

bool lam_call_runs(const lam_call *call, lam_job job)
{
	return job == LAM_FORWARD     ? !(call->layer_class->flags & LAM_VIEW)
		: job == LAM_BACKWARD ? call->backward
				      : call->gradient;
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

/* The last time at which slot `s` is read. */
static int last_read(const lam_plan *plan, lam_slot s)
{
	const lam_slot_info *slot = &plan->slots[s];
	int last = slot->producer < 0 ? 0 : lam_forward_time(slot->producer);
	for (int i = 0; i < plan->output_count; i++)
		if (plan->outputs[i].slot == s)
			last = lam_time_after_step(plan);
	for (int i = 0; i < plan->watched_count; i++)
		if (plan->watched[i].slot == s)
			last = lam_time_after_step(plan);
	if (slot->producer >= 0 && plan->calls[slot->producer].backward
		&& lam_call_has(plan, slot->producer, LAM_KEEP_Y)
		&& lam_backward_time(plan, slot->producer) > last)
		last = lam_backward_time(plan, slot->producer);
	return last;
}

static int last_read_by(const lam_plan *plan, int call)
{
	const lam_call *reader = &plan->calls[call];
	if ((reader->backward || reader->gradient) && lam_call_has(plan, call, LAM_KEEP_X))
		return lam_backward_time(plan, call);
	return lam_forward_time(call);
}

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

/* Puts the inputs of a call that sets them side by side into its output, where that is possible. */
static void put_inputs(lam_plan *plan, int i)
{
	lam_call *call = &plan->calls[i];
	bool all = true;
	for (int k = 0; k < call->inputs; k++) {
		const int buffer = plan->slots[call->in[k].slot].buffer;
		const int64_t at = lam_side_begin(plan, call, k);
		const bool inside = lies_inside(plan, call, k, at);
		if (inside)
			lam_buffer_put(plan, i, buffer, plan->slots[call->out].buffer, at);
		all = all && inside;
	}
	call->laid = all;
}

/* The bytes of the outputs that read ranges of slot `s` and outlive it. */
static int64_t ranges_kept(const lam_plan *plan, lam_slot s, const int *last)
{
	int64_t bytes = 0;
	for (int c = plan->slots[s].first_consumer; c < plan->call_count; c++) {
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
static bool put_output(lam_plan *plan, int i, const int *last)
{
	lam_call *call = &plan->calls[i];
	lam_slot_info *out = &plan->slots[call->out];
	const int64_t at = lam_range_begin(plan, call);
	if (!lies_in_input(plan, i, at, last))
		return true;
	out->buffer = lam_buffer_part(plan, i, plan->slots[call->in[0].slot].buffer, at,
		lam_slot_bytes(out), lam_forward_time(i));
	lam_buffer_use(plan, out->buffer, last[call->out]);
	call->laid = true;
	return out->buffer != BUFFER_NONE;
}

/* Gives the output of call `i` a buffer. It shares its input's if the class allows that and nothing
 * reads the input later. `last` holds the time of the last read of each slot. */
static bool choose_output_buffer(lam_plan *plan, int i, const int *last)
{
	lam_call *call = &plan->calls[i];
	lam_slot_info *out = &plan->slots[call->out];
	const lam_slot_info *in = &plan->slots[call->in[0].slot];
	const bool over_x = call->inputs == 1 && lam_call_has(plan, i, LAM_IN_PLACE)
		&& out->features == in->features
		&& lam_buffer_free_after(plan, in->buffer, lam_forward_time(i));
	if (call->layer_class->begin && !put_output(plan, i, last))
		return false;
	if (call->laid)
		return true;
	const int absorbed = lam_plan_absorb(plan, i);
	if (absorbed >= 0) {
		call->absorbed = true;
		out->buffer = plan->slots[call->in[absorbed].slot].buffer;
		lam_buffer_use(plan, out->buffer, last[call->out]);
	} else if (over_x || lam_call_has(plan, i, LAM_VIEW)) {
		out->buffer = in->buffer;
		lam_buffer_use(plan, in->buffer, last[call->out]);
	} else {
		out->buffer = lam_buffer_new(
			plan, lam_slot_bytes(out), lam_forward_time(i), last[call->out]);
		if (out->buffer < 0)
			return false;
		plan->buffers[out->buffer].whole = plan->few && out->layout == LAM_BATCH_LANES;
		if (lam_call_has(plan, i, LAM_SIDE_BY_SIDE))
			put_inputs(plan, i);
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
	for (int i = 0; i < plan->call_count; i++)
		if (!choose_output_buffer(plan, i, last) || !choose_saved_buffer(plan, i))
			return false;
	return true;
}

lam_status lam_plan_lifetimes(lam_plan *plan)
{
	lam_status status = choose_jobs(plan);
	if (status)
		return plan->status = status;
	if (!list_parts(plan))
		return plan->status;
	count_scratch(plan);
	int *last = lam_alloc((size_t)plan->slot_count, sizeof *last);
	if (!last)
		return plan->status = LAM_ERR_MEMORY;
	for (int s = 0; s < plan->slot_count; s++)
		last[s] = last_read(plan, s);
	for (int i = 0; i < plan->call_count; i++)
		for (int k = 0; k < plan->calls[i].inputs; k++) {
			int read = last_read_by(plan, i);
			if (last[plan->calls[i].in[k].slot] < read)
				last[plan->calls[i].in[k].slot] = read;
		}
	const bool done = choose_activation_buffers(plan, last) && lam_plan_gradients(plan);
	lam_free(last);
	if (!done)
		return plan->status = LAM_ERR_MEMORY;
	lam_plan_gate(plan);
	place_packed(plan);
	return lam_plan_place(plan);
}
