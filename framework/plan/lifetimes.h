/* SPDX-License-Identifier: MIT */
/* The second half of planning: jobs, lifetimes and offsets. Private to plan/. */
#ifndef LAM_PLAN_LIFETIMES_H
#define LAM_PLAN_LIFETIMES_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Decides which jobs each call has, and which buffers hold activations and gradients. */
lam_status lam_plan_lifetimes(lam_plan *plan);

/* Chooses times and buffers of activations and gradients, without their places. keeps[slot] says
 * what is computed again, see lam_plan_schedule(); last[slot_count] is room. False: memory is
 * short. */
bool lam_plan_arrange(lam_plan *plan, const char *keeps, int *last);

/* Lets a call before call `i` compute it (absorb.c). Returns the input of call `i` that is the
 * other's output, and whose buffer must be that of call `i`'s output, too; -1: none can. */
int lam_plan_absorb(lam_plan *plan, int i);

/* Lets call `i` compute the call before it, if it has asked for that (front.c) and nothing else
 * reads what lies between them. */
void lam_plan_choose_front(lam_plan *plan, int i);

/* Once gradients have buffers: chooses the hosts that compute the backward of an epilogue, too. */
void lam_plan_gate(lam_plan *plan);

/* Gives every buffer its offset. Buffers whose lifetimes do not overlap may share bytes. */
lam_status lam_plan_place(lam_plan *plan);

#pragma GCC visibility pop
#endif
