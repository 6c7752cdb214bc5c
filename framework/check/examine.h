/* A step of training call by call, with a look at every array on the way. Private to the framework.
 */
#ifndef LAM_EXAMINE_H
#define LAM_EXAMINE_H

#include "framework/net/run.h"
#include "framework/replay.h"

#pragma GCC visibility push(hidden)

/* Runs forward and backward of `run` (no update) under the random numbers of the net's current
 * pass, and calls `row` (unless NULL) until it returns true. Members of the row that are the file's
 * come from `row_of`. LAM_ERR_NUMERIC with the sentence of the first array that is not finite;
 * LAM_OK if all are. The net has no results after it. */
lam_status lam_net_examine(lam_net *net, const lam_run *run, const lam_replay_row *row_of,
	bool (*row)(const lam_replay_row *row, void *data), void *data);

/* Writes what lam_replay() needs. `failure`: the sentence. */
lam_status lam_replay_write(const lam_net *net, const lam_run *run, const char *path, int64_t epoch,
	int64_t step, const char *failure);

#pragma GCC visibility pop
#endif
