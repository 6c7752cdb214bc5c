/* SPDX-License-Identifier: MIT */
/* The second half of planning: which jobs each call has, and the buffer and the lifetime of each
 * activation and gradient.
 *
 * Gradients are planned in the order of backward, from the last call to the first. A slot that
 * several calls read gets its gradient in parts, one from each call. The slot's first reader writes
 * the last part, into a buffer of its own, and then the earlier parts are added to it. */
#include "framework/plan/lifetimes.h"

#include "framework/memory.h"
#include "framework/plan/list.h"

static int forward_time(int call)
{
	return call + 1;
}

static int backward_time(const lam_plan *plan, int call)
{
	return 2 * plan->call_count + 1 - call;
}

/* The time at which the caller's dy is written, for a net without a loss. */
static int dy_time(const lam_plan *plan)
{
	return plan->call_count + 1;
}

static int after_step(const lam_plan *plan)
{
	return 2 * plan->call_count + 2;
}

static bool has_flag(const lam_plan *plan, int call, uint32_t flag)
{
	return plan->calls[call].layer_class->flags & flag;
}

static void use_until(lam_plan *plan, int buffer, int time)
{
	if (buffer > BUFFER_INPUT && plan->buffers[buffer].last < time)
		plan->buffers[buffer].last = time;
}

/* Appends a buffer; BUFFER_NONE when memory is short. */
static int new_buffer(lam_plan *plan, int64_t bytes, int first, int last)
{
	if (!lam_plan_room(plan, &plan->buffers, plan->buffer_count, &plan->buffer_room,
		    sizeof *plan->buffers))
		return BUFFER_NONE;
	plan->buffers[plan->buffer_count] = (lam_buffer){
		.bytes = (int64_t)lam_size_align((size_t)bytes), .first = first, .last = last};
	return plan->buffer_count++;
}

/* The bytes of one block or sample of a slot. */
static int64_t slot_bytes(const lam_slot_info *slot)
{
	return lam_slot_values(slot) * (int64_t)sizeof(lam_real);
}

/* Decides which calls run backward, and which slots therefore need a gradient. */
static lam_status choose_jobs(lam_plan *plan)
{
	plan->slots[0].wants_gradient = plan->input_grad && !plan->inference;
	for (int i = 0; i < plan->call_count && !plan->inference; i++) {
		lam_call *call = &plan->calls[i];
		const lam_layer_class *layer_class = call->layer_class;
		bool wanted = false;
		for (int k = 0; k < call->inputs; k++)
			wanted = wanted || plan->slots[call->in[k]].wants_gradient;
		call->gradient = call->params > 0 && layer_class->gradient;
		call->backward = wanted || (call->params > 0 && !call->gradient);
		plan->slots[call->out].wants_gradient = wanted || call->params > 0;
		if (call->backward && !layer_class->backward
			&& !(layer_class->flags & (LAM_VIEW | LAM_PASSES_DY)))
			return lam_fail(LAM_ERR_ARGUMENT,
				"%s has no backward; expected a net with .inference = true",
				lam_call_title(call).text);
		for (int k = 0; k < call->inputs; k++)
			if (call->backward && plan->slots[call->in[k]].wants_gradient)
				plan->slots[call->in[k]].edges++;
	}
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

/* Places the packed copies one after another, and drops those that nothing reads. */
static void place_packed(lam_plan *plan)
{
	for (int i = 0; i < plan->packed_count; i++) {
		lam_packed_copy *copy = &plan->packed[i];
		if (copy->backward_only && !plan->calls[copy->call].backward)
			copy->bytes = 0;
		copy->offset = plan->packed_bytes;
		plan->packed_bytes += copy->bytes;
	}
}

/* The last time at which slot `s` is read. */
static int last_read(const lam_plan *plan, lam_slot s)
{
	const lam_slot_info *slot = &plan->slots[s];
	int last = slot->producer < 0 ? 0 : forward_time(slot->producer);
	if (s == plan->output)
		last = after_step(plan);
	if (slot->producer >= 0 && plan->calls[slot->producer].backward
		&& has_flag(plan, slot->producer, LAM_KEEP_Y)
		&& backward_time(plan, slot->producer) > last)
		last = backward_time(plan, slot->producer);
	return last;
}

static int last_read_by(const lam_plan *plan, int call)
{
	const lam_call *reader = &plan->calls[call];
	if ((reader->backward || reader->gradient) && has_flag(plan, call, LAM_KEEP_X))
		return backward_time(plan, call);
	return forward_time(call);
}

/* Chooses the buffers of activations, in the order of the calls. An output shares its input's
 * buffer if the class allows that and nothing reads the input later. `last` holds the time of the
 * last read of each slot. */
static bool choose_activation_buffers(lam_plan *plan, const int *last)
{
	plan->buffers[BUFFER_INPUT].last = last[0];
	for (int i = 0; i < plan->call_count; i++) {
		lam_call *call = &plan->calls[i];
		lam_slot_info *out = &plan->slots[call->out];
		int x = plan->slots[call->in[0]].buffer;
		bool over_x = x != BUFFER_INPUT && call->inputs == 1
			&& has_flag(plan, i, LAM_IN_PLACE)
			&& out->features == plan->slots[call->in[0]].features
			&& plan->buffers[x].last <= forward_time(i);
		if (over_x || has_flag(plan, i, LAM_VIEW)) {
			out->buffer = x;
			use_until(plan, x, last[call->out]);
		} else {
			out->buffer = new_buffer(
				plan, slot_bytes(out), forward_time(i), last[call->out]);
			if (out->buffer < 0)
				return false;
			plan->buffers[out->buffer].whole = plan->few
				&& out->layout == LAM_BATCH_LANES;
		}
		if (call->saved_bytes) {
			call->saved = new_buffer(plan, call->saved_bytes, forward_time(i),
				call->backward || call->gradient ? backward_time(plan, i)
								 : forward_time(i));
			if (call->saved < 0)
				return false;
			plan->buffers[call->saved].whole = plan->few && !call->by_sample;
		}
		/* An elementwise call that works in place and is the only reader of a convolution:
		 * the convolution applies it as an epilogue. */
		if (over_x && call->layer_class->epilogue
			&& i == plan->slots[call->in[0]].producer + 1
			&& has_flag(plan, i - 1, LAM_ABSORBS)
			&& plan->slots[call->in[0]].consumers == 1) {
			plan->calls[i - 1].epilogue = call->layer_class->epilogue;
			call->absorbed = true;
		}
	}
	return true;
}

/* The last time at which the gradient of slot `s` is read. */
static int gradient_read(const lam_plan *plan, lam_slot s)
{
	int producer = plan->slots[s].producer;
	return producer < 0 ? after_step(plan) : backward_time(plan, producer);
}

/* Lists the parts of the gradient of input `k` of call `i` that other calls write. They will be
 * added to the last part, which call `i` writes. */
static bool sum_parts(lam_plan *plan, int i, int k)
{
	lam_slot s = plan->calls[i].in[k];
	for (int c = plan->call_count - 1; c >= i; c--)
		for (int j = 0; j < plan->calls[c].inputs; j++) {
			int part = plan->calls[c].dx[j];
			if (plan->calls[c].in[j] != s || part == BUFFER_NONE || (c == i && j == k))
				continue;
			if (!lam_plan_room(plan, &plan->sums, plan->sum_count, &plan->sum_room,
				    sizeof *plan->sums))
				return false;
			plan->sums[plan->sum_count++] = (lam_gradient_sum){
				.call = i, .input = k, .from = part, .to = plan->calls[i].dx[k]};
		}
	return true;
}

/* Chooses the buffer into which call `i` writes its part of the gradient of input `k`. */
static bool choose_dx_buffer(lam_plan *plan, int i, int k)
{
	lam_call *call = &plan->calls[i];
	lam_slot_info *slot = &plan->slots[call->in[k]];
	int dy = plan->slots[call->out].gradient;
	int now = backward_time(plan, i);
	bool last_part = ++slot->edges_met == slot->edges;
	bool is_dy = has_flag(plan, i, LAM_VIEW | LAM_PASSES_DY);

	if (is_dy && (!last_part || slot->edges == 1)) {
		call->dx[k] = dy;
	} else if (!is_dy && call->inputs == 1 && has_flag(plan, i, LAM_IN_PLACE)
		&& dy != BUFFER_NONE && plan->slots[call->out].features == slot->features
		&& plan->buffers[dy].last <= now) {
		call->dx[k] = dy;
	} else {
		call->dx[k] = new_buffer(plan, slot_bytes(slot), now, now);
		call->copies_dy[k] = is_dy;
		if (call->dx[k] < 0)
			return false;
	}
	if (!last_part) {
		/* This part is read after the slot's first reader has written the last part. So the
		 * last part must not overwrite it. */
		use_until(plan, call->dx[k], backward_time(plan, slot->first_consumer) + 1);
		return true;
	}
	slot->gradient = call->dx[k];
	use_until(plan, slot->gradient, gradient_read(plan, call->in[k]));
	return slot->edges == 1 || sum_parts(plan, i, k);
}

static bool choose_gradient_buffers(lam_plan *plan)
{
	lam_slot_info *output = &plan->slots[plan->output];
	if (plan->loss < 0 && output->wants_gradient) {
		output->gradient = new_buffer(
			plan, slot_bytes(output), dy_time(plan), gradient_read(plan, plan->output));
		if (output->gradient < 0)
			return false;
	}
	for (int i = plan->call_count - 1; i >= 0; i--) {
		lam_call *call = &plan->calls[i];
		if (!call->backward)
			continue;
		for (int k = 0; k < call->inputs; k++)
			if (plan->slots[call->in[k]].wants_gradient
				&& !choose_dx_buffer(plan, i, k))
				return false;
	}
	return true;
}

lam_status lam_plan_lifetimes(lam_plan *plan)
{
	lam_status status = choose_jobs(plan);
	if (status)
		return plan->status = status;
	place_packed(plan);
	count_scratch(plan);
	int *last = lam_alloc((size_t)plan->slot_count, sizeof *last);
	if (!last)
		return plan->status = LAM_ERR_MEMORY;
	for (int s = 0; s < plan->slot_count; s++)
		last[s] = last_read(plan, s);
	for (int i = 0; i < plan->call_count; i++)
		for (int k = 0; k < plan->calls[i].inputs; k++) {
			int read = last_read_by(plan, i);
			if (last[plan->calls[i].in[k]] < read)
				last[plan->calls[i].in[k]] = read;
		}
	int input = new_buffer(plan, 0, 0, 0);
	bool done = input == BUFFER_INPUT;
	if (done) {
		plan->slots[0].buffer = BUFFER_INPUT;
		done = choose_activation_buffers(plan, last) && choose_gradient_buffers(plan);
	}
	lam_free(last);
	if (!done)
		return plan->status = LAM_ERR_MEMORY;
	return lam_plan_place(plan);
}
