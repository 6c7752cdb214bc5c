/* SPDX-License-Identifier: MIT */
/* The growing lists of a plan's losses and outputs. Private to plan/. */
#ifndef LAM_OUTPUTS_H
#define LAM_OUTPUTS_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Notes that call `call` is a loss, and that its output is one of the net's; returns its slot, or
 * -1 when memory is short. */
lam_slot lam_plan_add_loss(lam_plan *plan, int call);

/* A copy of the name of an end; NULL for NULL. When memory is short, the plan has failed. */
char *lam_plan_copy_name(lam_plan *plan, const char *name);

#pragma GCC visibility pop
#endif
