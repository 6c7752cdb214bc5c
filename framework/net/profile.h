/* SPDX-License-Identifier: MIT */
/* The counters behind a profile. Private to the framework. */
#ifndef LAM_PROFILE_INSIDE_H
#define LAM_PROFILE_INSIDE_H

#include "framework/net/walk.h"
#include "framework/profile.h"

#pragma GCC visibility push(hidden)

/* Seconds by place. A place is call * LAM_PROFILE_JOBS + job; work of no layer comes after the last
 * call. Each thread has its own counters, in its own cache lines; they are added when read. */
struct lam_profile {
	bool on;
	int places, threads;
	int64_t stride;  /* values from one thread's counters to the next */
	double *seconds; /* [threads][stride] */
	struct lam_profile_count {
		int64_t runs, samples, last_run;
		double flops, bytes;
	} * counts; /* [places] */
	int64_t all_runs, all_samples;
	double wall_seconds, team_seconds;
	int team; /* the largest number of threads that a run had */
};

/* Counts the tasks of the walk, and walks them with timing. */
lam_status lam_profile_walk(lam_walk *walk);

/* The operations of a task and the bytes that it moves in this walk, as in lam_profile_row. */
double lam_profile_flops(const lam_walk *walk, const lam_task *task);
double lam_profile_bytes(const lam_walk *walk, const lam_task *task);

/* Frees a net's counters; NULL is allowed. */
void lam_profile_free(struct lam_profile *profile);

#pragma GCC visibility pop
#endif
