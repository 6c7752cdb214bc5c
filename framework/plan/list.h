/* SPDX-License-Identifier: MIT */
/* The plan as lists that grow, and its first failure: the ground that its other files stand on.
 * Private to plan/. */
#ifndef LAM_PLAN_LIST_H
#define LAM_PLAN_LIST_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Remembers the first failure; `status` is what a function that left a sentence returned. Returns
 * the plan's status. */
lam_status lam_plan_failed(lam_plan *plan, lam_status status);

/* The same for the sentence that a layer left: its kind and path go in front. */
lam_status lam_plan_failed_in(lam_plan *plan, const lam_call *call, lam_status status);

/* Room for one more element behind `count`; false and the plan's status when there is no memory. */
bool lam_plan_room(lam_plan *plan, void *list, int count, int *room, size_t size);

/* "4" + "body" = "4.body"; in memory of its own, NULL when there is none. */
char *lam_plan_path(const char *path, const char *role);

/* A new slot in batch lanes, written by call `producer`; -1 when there is no memory. */
lam_slot lam_plan_slot(lam_plan *plan, lam_shape shape, int producer);

/* How a slot lies that is said to lie so: channel lanes of a vector are rows. */
lam_layout lam_slot_layout(const lam_slot_info *slot, lam_layout layout);

/* Whether there is such a slot. */
bool lam_plan_has_slot(const lam_plan *plan, lam_slot slot);

#pragma GCC visibility pop
#endif
