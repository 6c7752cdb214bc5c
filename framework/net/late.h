/* SPDX-License-Identifier: MIT */
/* Updates of weights while their gradients are computed (plan/late.h). Private to net/. */
#ifndef LAM_NET_LATE_H
#define LAM_NET_LATE_H

#include "framework/kernels/taker.h"
#include "framework/net/walk.h"
#include "framework/rule.h"

#pragma GCC visibility push(hidden)

/* Whether this run updates a parameter while it computes its gradient, in a TASK_GRADIENT that
 * .updates. Nothing may come between both: a norm of all gradients, which may refuse the step or
 * clip it, a sum of several backwards or of shards, a rule or an update of the caller's. */
bool lam_updates_late(const lam_walk *walk, const struct lam_param *param);

/* Such an update, of which a unit takes its part. */
struct lam_late {
	struct lam_taker taker;
	lam_update update; /* of the whole parameter */
	lam_optimizer own; /* what that points to, where it is not the run's (lam_param_update()) */
};

/* What takes the gradient that a task computes, written to *late; NULL: nothing. */
const struct lam_taker *lam_late_taker(
	const lam_walk *walk, const lam_task *task, struct lam_late *late);

#pragma GCC visibility pop
#endif
