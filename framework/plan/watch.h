/* SPDX-License-Identifier: MIT */
/* Watched values: outputs of layers that the net's caller may read after a run. Their buffers live
 * until the end of the step, so no call overwrites them. Private to plan/ and net/. */
#ifndef LAM_WATCH_H
#define LAM_WATCH_H

#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

/* Watches these paths of layers and containers, a list that ends with NULL; NULL: none. Call it
 * before lam_plan_make(). */
lam_status lam_plan_watch(lam_plan *plan, const char *const *names);

/* The index of a watched path; -1: it is not watched. */
int lam_watch_find(const lam_plan *plan, const char *path);

/* Notes the output of the layer at watched path `index`. `before` is the slot that was noted when
 * the layer began to be planned. A container's output takes the place of its layers'. */
lam_status lam_watch_note(lam_plan *plan, int index, lam_slot before, lam_slot out);

/* Checks that all paths were met, and converts values that lie in the caller's memory. */
lam_status lam_watch_end(lam_plan *plan);

#pragma GCC visibility pop
#endif
