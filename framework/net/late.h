/* SPDX-License-Identifier: MIT */
/* Updates of weights while their gradients are computed (plan/late.h). Private to net/. */
#ifndef LAM_NET_LATE_H
#define LAM_NET_LATE_H

#include "framework/net/walk.h"
#include "framework/plan/late.h"
#include "framework/rule.h"

#pragma GCC visibility push(hidden)

/* Whether this run updates the first parameter of call `i` while it computes its gradient. Nothing
 * may come between both: a norm of all gradients, which may refuse the step or clip it, a sum of
 * several backwards, of shards or of calls that share the parameter, a rule or an update of the
 * caller's. */
bool lam_updates_late(const lam_walk *walk, int i);

/* Such an update. */
struct lam_late {
	struct lam_taker taker;
	lam_update update; /* of the whole parameter */
	lam_optimizer own;
};

/* What takes the gradients of a job, written to *late; NULL: nothing. */
const struct lam_taker *lam_late_taker(
	const lam_walk *walk, const lam_task *job, struct lam_late *late);

#pragma GCC visibility pop
#endif
