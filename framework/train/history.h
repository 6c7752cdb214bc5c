/* SPDX-License-Identifier: MIT */
/* The history of a run of lam_fit(): a CSV file with a line for each epoch. Private to the
 * framework. */
#ifndef LAM_HISTORY_H
#define LAM_HISTORY_H

#include "framework/evaluate.h"
#include "framework/net.h"

#pragma GCC visibility push(hidden)

typedef struct lam_history lam_history;

/* An epoch's numbers; those of each loss are the net's tallies. */
typedef struct lam_history_epoch {
	int64_t epoch, steps;
	double lr;
	const lam_score *train, *validation; /* count 0: there was no validation */
	double seconds;
} lam_history_epoch;

/* Begins the file anew, or, of a run that was `resumed`, keeps the lines of its first `epochs`
 * epochs. `path` is borrowed, and locked while the history is open. NULL and a sentence on failure:
 * LAM_ERR_FORMAT if the file is no history, or that of another net; LAM_ERR_STATE if another run
 * writes it; LAM_ERR_IO. */
lam_history *lam_history_open(const lam_net *net, const char *path, bool resumed, int64_t epochs);

/* Appends a line. Allocates nothing. */
lam_status lam_history_add(lam_history *history, const lam_history_epoch *epoch);

/* Waits until all lines are on the disk. */
lam_status lam_history_sync(lam_history *history);

/* NULL is allowed. */
void lam_history_close(lam_history *history);

#pragma GCC visibility pop
#endif
