/* SPDX-License-Identifier: MIT */
/* The second half of planning. Private to plan/. */
#ifndef LAM_PLAN_LIFETIMES_H
#define LAM_PLAN_LIFETIMES_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Which jobs each call has, and in which buffers activations and gradients lie. */
lam_status lam_plan_lifetimes(lam_plan *plan);

/* Gives every buffer its offset; those whose lifetimes do not meet may share bytes. */
lam_status lam_plan_place(lam_plan *plan);

#pragma GCC visibility pop
#endif
