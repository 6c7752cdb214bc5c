/* SPDX-License-Identifier: MIT */
/* The layouts of slots in a net of few samples, and conversions between them. Private to plan/. */
#ifndef LAM_PLAN_LAYOUT_H
#define LAM_PLAN_LAYOUT_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Chooses the layouts of a call's input and of its output, which has shape `out`, and whether the
 * call runs sample by sample. On entry the call has batch lanes. */
void lam_plan_choose_layout(const lam_plan *plan, lam_call *call, const lam_shape *out);

/* Returns `slot` if it has this layout; otherwise emits calls that convert it, and returns their
 * output. */
lam_slot lam_plan_relayout(lam_plan *plan, lam_slot slot, lam_layout to);

#pragma GCC visibility pop
#endif
