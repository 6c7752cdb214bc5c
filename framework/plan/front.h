/* SPDX-License-Identifier: MIT */
/* Fronts. In nets for inference a call may compute the call before it, its front, with all that
 * this one has absorbed, piece by piece while it reads it. Then the value between them is in no
 * buffer, and threads meet once instead of twice. Nothing else may read that value. Private to the
 * library. */
#ifndef LAM_PLAN_FRONT_H
#define LAM_PLAN_FRONT_H

#include "framework/pass.h"
#include "framework/plan.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* For .plan: the layer that may be the call's front. Its output, with what it may absorb, is the
 * call's only input, in the same layout. NULL: none, or the net is not for inference. */
const lam_layer *lam_plan_front(const lam_plan *plan);

/* For .plan: the call takes that layer as its front, if nothing else reads what lies between them.
 * Then forward has one phase of `slices` slices for each block, and `bytes` of scratch. `whole`:
 * each call for some of the slices computes all of the front, so a thread had better compute its
 * slices in one call. */
void lam_plan_take_front(lam_plan *plan, int64_t bytes, int64_t slices, bool whole);

/* In a pass of such a forward, whose x then holds nothing: the front, and its pass. */
typedef struct lam_front {
	const lam_layer *layer;
	const lam_pass *pass;
} lam_front;

#pragma GCC visibility pop
#endif
