/* SPDX-License-Identifier: MIT */
/* The second half of planning: jobs, lifetimes and offsets. Private to plan/. */
#ifndef LAM_PLAN_LIFETIMES_H
#define LAM_PLAN_LIFETIMES_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Decides which jobs each call has, and which buffers hold activations and gradients. */
lam_status lam_plan_lifetimes(lam_plan *plan);

/* Gives every buffer its offset. Buffers whose lifetimes do not overlap may share bytes. */
lam_status lam_plan_place(lam_plan *plan);

#pragma GCC visibility pop
#endif
