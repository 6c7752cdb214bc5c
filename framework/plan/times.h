/* SPDX-License-Identifier: MIT */
/* The times of a plan (see lam_buffer), and what both halves of planning buffers ask. Private to
 * plan/. */
#ifndef LAM_TIMES_H
#define LAM_TIMES_H

#include "framework/kernels/sizes.h"
#include "framework/plan/inside.h"

static inline int lam_forward_time(int call)
{
	return call + 1;
}

static inline int lam_backward_time(const lam_plan *plan, int call)
{
	return plan->calls[call].backward_at;
}

/* The time at which the caller's dy is written. */
static inline int lam_dy_time(const lam_plan *plan)
{
	return plan->call_count + 1;
}

static inline int lam_time_after_step(const lam_plan *plan)
{
	return plan->end_at;
}

/* The call that computes the forward of call `i`. */
static inline int lam_call_host(const lam_plan *plan, int i)
{
	while (plan->calls[i].absorbed)
		i--;
	return i;
}

/* The flags of classes whose dx is dy or a part of dy, so that backward computes nothing. */
enum { LAM_HANDS_DY_ON = LAM_VIEW | LAM_PASSES_DY | LAM_SIDE_BY_SIDE };

static inline bool lam_call_has(const lam_plan *plan, int call, uint32_t flag)
{
	return plan->calls[call].layer_class->flags & flag;
}

/* The bytes of one block or sample of a slot, padded as rows of the arena are: a gradient of the
 * caller's rows lies there, too. */
static inline int64_t lam_slot_bytes(const lam_slot_info *slot)
{
	return round_up(lam_slot_values(slot), LAM_LANES) * (int64_t)sizeof(lam_real);
}

/* For a class with LAM_SIDE_BY_SIDE: the byte of the output's block (or sample) at which input `k`
 * begins. */
static inline int64_t lam_side_begin(const lam_plan *plan, const lam_call *call, int k)
{
	int64_t bytes = 0;
	for (int i = 0; i < k; i++)
		bytes += lam_slot_bytes(&plan->slots[call->in[i].slot]);
	return bytes;
}

/* For a class with .begin: the byte of the input's block (or sample) at which the output begins. */
static inline int64_t lam_range_begin(const lam_plan *plan, const lam_call *call)
{
	const lam_slot_info *x = &plan->slots[call->in[0].slot];
	return call->layer_class->begin(call->layer, &x->shape) * (int64_t)sizeof(lam_real)
		* (x->layout == LAM_BATCH_LANES ? LAM_LANES : 1);
}

/* Whether call `i` always takes its input's place: nothing else reads that value, in backward
 * neither. */
static inline bool lam_call_replaces(const lam_plan *plan, int i)
{
	const lam_call *call = &plan->calls[i];
	const lam_slot_info *in = &plan->slots[call->in[0].slot], *out = &plan->slots[call->out];
	return call->inputs == 1 && lam_call_has(plan, i, LAM_IN_PLACE)
		&& !lam_call_has(plan, i, LAM_KEEP_X) && in->consumers == 1 && in->producer >= 0
		&& !in->read_after && in->features == out->features
		&& !lam_call_has(plan, in->producer, LAM_KEEP_Y);
}

/* Chooses the buffers of gradients, after those of activations. False: memory is short, and the
 * plan has failed. */
#pragma GCC visibility push(hidden)
bool lam_plan_gradients(lam_plan *plan);
#pragma GCC visibility pop

#endif
