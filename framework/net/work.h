/* SPDX-License-Identifier: MIT */
/* How much work a run is, and so how many threads it uses. Private to net/.
 *
 * Work is counted in operations, from shapes alone: those that layers declare by lam_plan_flops(),
 * and some for each byte that a task must read or write. Sixty are about a nanosecond of one core
 * with AVX2. */
#ifndef LAM_WORK_H
#define LAM_WORK_H

#include "framework/net/walk.h"

#pragma GCC visibility push(hidden)

/* Counts the work of a net's forward, backward and update. The net is complete; its lists of tasks
 * are overwritten. */
void lam_net_count_work(lam_net *net);

/* The threads that this run is worth, up to net->threads.
 *
 * A run takes one thread or its net's team. The team is what a whole step of so many samples is
 * worth, or a prediction if that is more. So forward, backward and update in three calls have the
 * same team, which gcc's OpenMP can keep. */
int lam_walk_worth(const lam_walk *walk);

/* The most threads that a run of this net can be worth. */
int lam_net_worth(const lam_net *net);

#pragma GCC visibility pop
#endif
