/* SPDX-License-Identifier: MIT */
/* The moving average of a run: which values it is of, and one unit of it. Private to net/. */
#ifndef LAM_NET_AVERAGE_H
#define LAM_NET_AVERAGE_H

#include "framework/net/walk.h"

#pragma GCC visibility push(hidden)

/* What TASK_AVERAGE `index` averages: a parameter, or behind them a running statistic. */
static inline const struct lam_param *lam_averaged(const lam_plan *plan, int index)
{
	return index < plan->param_count ? plan->params[index]
					 : plan->states[index - plan->param_count];
}

/* Moves pieces of the average towards the values. */
void lam_average_unit(const lam_walk *walk, const lam_unit *unit);

#pragma GCC visibility pop
#endif
