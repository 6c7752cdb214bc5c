/* SPDX-License-Identifier: MIT */
/* How slots lie in a net of few samples, and the calls that convert them. Private to plan/. */
#ifndef LAM_PLAN_LAYOUT_H
#define LAM_PLAN_LAYOUT_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Fills in the layouts in which a call reads and writes `out`, and whether it does so sample by
 * sample. They are batch lanes before. */
void lam_plan_choose_layout(const lam_plan *plan, lam_call *call, const lam_shape *out);

/* `slot` itself, if it lies in this layout, or else a slot that holds it in that, converted by
 * calls. */
lam_slot lam_plan_relayout(lam_plan *plan, lam_slot slot, lam_layout to);

#pragma GCC visibility pop
#endif
