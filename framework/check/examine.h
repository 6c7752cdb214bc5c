/* SPDX-License-Identifier: MIT */
/* Repeats a training step call by call and examines every array. Private to the framework. */
#ifndef LAM_EXAMINE_H
#define LAM_EXAMINE_H

#include "framework/net/run.h"
#include "framework/replay.h"

#pragma GCC visibility push(hidden)

/* Runs forward and backward of `run`, without update, with the random numbers of the net's current
 * pass. Calls `row` (unless it is NULL) for every array, until `row` returns true. The members of
 * the row that describe the bundle's file are copied from `row_of`. LAM_OK if all arrays are
 * finite, otherwise LAM_ERR_NUMERIC and a sentence about the first that is not. After this the net
 * has no results. */
lam_status lam_net_examine(lam_net *net, const lam_run *run, const lam_replay_row *row_of,
	bool (*row)(const lam_replay_row *row, void *data), void *data);

/* Writes the bundle that lam_replay() reads. `failure` is the error sentence. */
lam_status lam_replay_write(const lam_net *net, const lam_run *run, const char *path, int64_t epoch,
	int64_t step, const char *failure);

#pragma GCC visibility pop
#endif
