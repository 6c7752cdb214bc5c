/* SPDX-License-Identifier: MIT */
/* The counters behind a profile. Private to the framework. */
#ifndef LAM_PROFILE_INSIDE_H
#define LAM_PROFILE_INSIDE_H

#include "framework/net/walk.h"
#include "framework/profile.h"

#pragma GCC visibility push(hidden)

/* Seconds by place: place call * LAM_PROFILE_JOBS + job, with the work beside no layer behind the
 * last call. Each thread has counters of its own, in cache lines of its own, added up when they are
 * read. */
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
	int team; /* threads of the largest team that a run had */
};

/* Counts the tasks of the walk, and walks them with the clock on. */
lam_status lam_profile_walk(lam_walk *walk);

/* What a task computes and moves in this walk, as lam_profile_row says. */
double lam_profile_flops(const lam_walk *walk, const lam_task *task);
double lam_profile_bytes(const lam_walk *walk, const lam_task *task);

/* Frees a net's counters; NULL is allowed. */
void lam_profile_free(struct lam_profile *profile);

#pragma GCC visibility pop
#endif
