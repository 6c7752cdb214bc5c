/* SPDX-License-Identifier: MIT */
/* The order of a step, as times, with what is computed again in backward. Private to plan/. */
#ifndef LAM_PLAN_SCHEDULE_H
#define LAM_PLAN_SCHEDULE_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* What becomes of a value that backward reads. */
typedef enum lam_keep {
	LAM_KEPT = 0,       /* it is kept from forward on */
	LAM_AGAIN_ONCE = 1, /* it is computed again when backward first reads it, then kept */
	LAM_AGAIN_EACH = 2, /* it is computed again for each call whose backward reads it */
} lam_keep;

/* Sets the times of all jobs, lists the calls that are computed again, and writes to last[slot]
 * the last time at which something reads what forward has written. keeps[slot] is a lam_keep; NULL:
 * all are kept. False: memory is short, and the plan has failed. */
bool lam_plan_schedule(lam_plan *plan, const char *keeps, int *last);

#pragma GCC visibility pop
#endif
