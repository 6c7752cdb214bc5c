/* SPDX-License-Identifier: MIT */
/* Which calls compute the call before them. */
#include "framework/plan/front.h"

#include "framework/layer/inside.h"
#include "framework/plan/buffer.h"
#include "framework/plan/lifetimes.h"
#include "framework/plan/times.h"

/* Whether a call of this class might be absorbed by the one before it (absorb.c), but for sums. */
static bool may_be_absorbed(const lam_call *call)
{
	const lam_layer_class *c = call->layer_class;
	return call->inputs == 1 && (c->channel_map || c->epilogue || c->apply);
}

/* The call that may be the front of the one whose .plan is running; -1: none. */
static int find_front(const lam_plan *plan)
{
	const lam_call *call = plan->planning < 0 ? NULL : &plan->calls[plan->planning];
	if (!call || !plan->inference || call->inputs > 1)
		return -1;
	int i = plan->slots[call->in[0].slot].producer;
	while (i >= 0 && may_be_absorbed(&plan->calls[i]))
		i = plan->slots[plan->calls[i].in[0].slot].producer;
	const lam_call *front = i < 0 ? NULL : &plan->calls[i];
	return front && front->by_sample == call->by_sample && front->out_layout == call->x_layout
		? i
		: -1;
}

const lam_layer *lam_plan_front(const lam_plan *plan)
{
	const int i = find_front(plan);
	return i < 0 ? NULL : plan->calls[i].layer;
}

/* What the bits of front_before and front_slices hold. */
enum { MOST_BEFORE = 7, MOST_SLICES = 31 };

void lam_plan_take_front(lam_plan *plan, int64_t bytes, int64_t slices, bool whole)
{
	const int front = find_front(plan);
	lam_call *call = &plan->calls[plan->planning];
	if (front < 0 || plan->planning - front > MOST_BEFORE || slices > MOST_SLICES)
		return;
	if (bytes > call->scratch[LAM_FORWARD])
		lam_plan_scratch(plan, LAM_FORWARD, bytes - call->scratch[LAM_FORWARD]);
	call->front_before = (unsigned)(plan->planning - front) & MOST_BEFORE;
	call->front_slices = (unsigned)slices & MOST_SLICES;
	call->front_whole = whole;
}

/* All calls between the front and call `i` must be the front's own. Others might have overwritten
 * its input, which it reads only now. */
void lam_plan_choose_front(lam_plan *plan, int i)
{
	lam_call *call = &plan->calls[i], *front = call - call->front_before;
	const lam_slot_info *x = &plan->slots[call->in[0].slot];
	if (front == call || x->producer != i - 1
		|| lam_call_host(plan, x->producer) != i - (int)call->front_before
		|| x->consumers > 1 || x->read_after)
		return;
	call->fronted = front->deferred = true;
	lam_buffer_use(plan, plan->slots[front->in[0].slot].buffer, lam_forward_time(i));
	plan->buffers[x->buffer].bytes = 0;
}
