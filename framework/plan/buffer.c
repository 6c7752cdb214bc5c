/* SPDX-License-Identifier: MIT */
#include "framework/plan/buffer.h"

#include "framework/memory.h"
#include "framework/plan/list.h"

int lam_buffer_new(lam_plan *plan, int64_t bytes, int first, int last)
{
	if (!lam_plan_room(plan, &plan->buffers, plan->buffer_count, &plan->buffer_room,
		    sizeof *plan->buffers))
		return BUFFER_NONE;
	plan->buffers[plan->buffer_count] = (lam_buffer){
		.bytes = (int64_t)lam_size_align((size_t)bytes),
		.first = first,
		.last = last,
		.inside = BUFFER_NONE,
		.input = BUFFER_NONE,
		.divider = BUFFER_NONE,
	};
	return plan->buffer_count++;
}

/* Tells the buffers around this one that a part of theirs is in use until `time`. */
static void tell_around(lam_plan *plan, int buffer, int time)
{
	for (int b = plan->buffers[buffer].inside; b != BUFFER_NONE; b = plan->buffers[b].inside)
		if (plan->buffers[b].parts_last < time)
			plan->buffers[b].parts_last = time;
}

int lam_buffer_part(lam_plan *plan, int call, int whole, int64_t at, int64_t bytes, int time)
{
	const int part = lam_buffer_new(plan, bytes, time, time);
	if (part != BUFFER_NONE)
		lam_buffer_put(plan, call, part, whole, at);
	return part;
}

/* Whether some buffer inside `whole` has a byte in common with [at, at + bytes). */
static bool meets_part(const lam_plan *plan, int whole, int64_t at, int64_t bytes)
{
	for (int i = 0; i < plan->buffer_count; i++) {
		const lam_buffer *b = &plan->buffers[i];
		if (b->inside == whole && b->at < at + bytes && at < b->at + b->bytes)
			return true;
	}
	return false;
}

void lam_buffer_put(lam_plan *plan, int call, int buffer, int whole, int64_t at)
{
	lam_buffer *b = &plan->buffers[buffer], *around = &plan->buffers[whole];
	around->overlap = around->overlap
		|| (around->divider != BUFFER_NONE && around->divider != call
			&& meets_part(plan, whole, at, b->bytes));
	b->inside = whole;
	b->at = at;
	b->whole = around->whole;
	around->divider = call;
	tell_around(plan, buffer, b->last > b->parts_last ? b->last : b->parts_last);
}

void lam_buffer_use(lam_plan *plan, int buffer, int time)
{
	if (buffer == BUFFER_NONE || plan->buffers[buffer].last >= time)
		return;
	plan->buffers[buffer].last = time;
	tell_around(plan, buffer, time);
}

bool lam_buffer_of_input(const lam_plan *plan, int buffer)
{
	while (plan->buffers[buffer].inside != BUFFER_NONE)
		buffer = plan->buffers[buffer].inside;
	return buffer < plan->input_count;
}

bool lam_buffer_free_after(const lam_plan *plan, int buffer, int time)
{
	if (lam_buffer_of_input(plan, buffer) || plan->buffers[buffer].parts_last > time)
		return false;
	for (int b = buffer; b != BUFFER_NONE; b = plan->buffers[b].inside)
		if (plan->buffers[b].last > time
			|| (plan->buffers[b].overlap && plan->buffers[b].parts_last > time))
			return false;
	return true;
}

void lam_buffers_close(lam_plan *plan)
{
	for (int i = 0; i < plan->buffer_count; i++) {
		int around = i;
		while (plan->buffers[around].inside != BUFFER_NONE)
			around = plan->buffers[around].inside;
		lam_buffer *b = &plan->buffers[around];
		plan->buffers[i].input = around < plan->input_count ? around : BUFFER_NONE;
		if (b->first > plan->buffers[i].first)
			b->first = plan->buffers[i].first;
		if (b->last < plan->buffers[i].last)
			b->last = plan->buffers[i].last;
	}
}
