/* What the files of the plan share. Private to the framework. */
#ifndef LAM_PLAN_INSIDE_H
#define LAM_PLAN_INSIDE_H

#include "framework/net_inside.h"

#pragma GCC visibility push(hidden)

/* Remembers the first failure; `status` is what a function that left a sentence returned. Returns the plan's status. */
lam_status lam_plan_failed(lam_plan *plan, lam_status status);

/* The same for the sentence that a layer left: its kind and path go in front. */
lam_status lam_plan_failed_in(lam_plan *plan, const lam_call *call, lam_status status);

/* "4" + "body" = "4.body"; in memory of its own, NULL when there is none. */
char *lam_plan_path(const char *path, const char *role);

#pragma GCC visibility pop
#endif
