/* SPDX-License-Identifier: MIT */
/* Which values of a net for training are computed again in backward. Private to plan/. */
#ifndef LAM_PLAN_RECOMPUTE_H
#define LAM_PLAN_RECOMPUTE_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* As lam_plan_arrange(), with the choice of what is computed again. */
bool lam_plan_recompute(lam_plan *plan, int *last);

#pragma GCC visibility pop
#endif
