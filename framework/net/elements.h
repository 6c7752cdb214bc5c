/* SPDX-License-Identifier: MIT */
/* Work that treats each value of a block by itself: jobs of elementwise layers without .phases, and
 * copies and sums of gradients. A large block is cut, so that one block keeps all threads busy.
 * Private to the framework. */
#ifndef LAM_ELEMENTS_H
#define LAM_ELEMENTS_H

#include "framework/kernels/sizes.h"
#include "framework/net/walk.h"
#include "framework/plan/times.h"
#include "framework/threads/thresholds.h"

/* Whether a job of a call is such work, and keeps nothing but its values. */
static inline bool elements_job(const lam_call *call, lam_job job, lam_mode mode)
{
	const lam_layer_class *c = call->layer_class;
	const bool eval = job == LAM_FORWARD && mode == LAM_EVAL;
	if (job == LAM_BACKWARD && c->flags & LAM_HANDS_DY_ON)
		return true;
	return c->flags & LAM_ELEMENTWISE && (eval || c->flags & LAM_ELEMENTWISE_TRAINING)
		&& !(c->flags & LAM_ABSORBS) && !c->phases && !c->sample && job != LAM_GRADIENT
		&& call->saved == BUFFER_NONE && !call->params && !call->states
		&& !call->shared[job] && !call->shared_per_block[job];
}

/* The slices of a block of so many values. */
static inline int64_t elements_slices(int64_t values)
{
	return limit(values / LAM_ELEMENTS_SLICE, 1, INT32_MAX);
}

/* The first value of a slice; slices are whole lane blocks. */
static inline int64_t elements_begin(int64_t values, int64_t slice, int64_t slices)
{
	return slice == slices ? values
			       : piece_begin(values / LAM_LANES, slice, slices) * LAM_LANES;
}

/* Narrows a view of a block to the slices of a unit. */
static inline void elements_take(lam_view *view, const lam_unit *unit)
{
	const int64_t begin = elements_begin(view->values, unit->slice, unit->slices);
	view->values = elements_begin(view->values, unit->slice_end, unit->slices) - begin;
	view->data += view->data ? begin : 0;
}

#endif
