/* SPDX-License-Identifier: MIT */
#ifndef LAM_PARAM_UNIT_H
#define LAM_PARAM_UNIT_H

#include "framework/net/walk.h"

#pragma GCC visibility push(hidden)

/* Runs units of a parameter's sum of parts, accumulation, norm, a rule's sums, or update. */
lam_status lam_run_param(const lam_walk *walk, const lam_unit *unit);

/* The update of all values of a parameter. Its optimizer may be written to `own`. */
lam_update lam_param_update(
	const lam_walk *walk, const struct lam_param *param, lam_optimizer *own);

/* Adds pieces of a parameter's gradients in the tree of shards (TASK_SHARDS). */
void lam_shard_unit(const lam_walk *walk, const lam_unit *unit);

/* Keeps the running statistics that a call has left for one of several shards (TASK_STATES). */
void lam_shard_states_unit(const lam_walk *walk, const lam_unit *unit);

#pragma GCC visibility pop
#endif
