/* SPDX-License-Identifier: MIT */
/* The plan's growing lists and its first failure, on which the other files of plan/ build. Private
 * to plan/. */
#ifndef LAM_PLAN_LIST_H
#define LAM_PLAN_LIST_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Records `status`, whose sentence is set, as the plan's failure, unless there is one already.
 * Returns the plan's status. */
lam_status lam_plan_failed(lam_plan *plan, lam_status status);

/* As lam_plan_failed(), for a layer's failure: puts the layer's kind and path before the
 * sentence. */
lam_status lam_plan_failed_in(lam_plan *plan, const lam_call *call, lam_status status);

/* Makes room for element `count` of a list. When memory is short, returns false, and the plan has
 * failed. */
bool lam_plan_room(lam_plan *plan, void *list, int count, int *room, size_t size);

/* "4" and "body" give "4.body", in newly allocated memory; NULL when memory is short. */
char *lam_plan_path(const char *path, const char *role);

/* Appends a slot in batch lanes, written by call `producer`; -1 when memory is short. */
lam_slot lam_plan_slot(lam_plan *plan, lam_shape shape, int producer);

/* The layout to use for a slot: rows instead of channel lanes if the slot is a feature vector. */
lam_layout lam_slot_layout(const lam_slot_info *slot, lam_layout layout);

/* Whether there is such a slot. */
bool lam_plan_has_slot(const lam_plan *plan, lam_slot slot);

#pragma GCC visibility pop
#endif
