/* SPDX-License-Identifier: MIT */
/* The walk of one run: its list of tasks, and the threads that go through it. Private to the
 * framework. */
#ifndef LAM_WALK_H
#define LAM_WALK_H

#include "framework/net/run.h"
#include "framework/net/task.h"
#include "framework/threads/team.h"

#pragma GCC visibility push(hidden)

/* What the parallel part of a run knows. */
typedef struct lam_walk {
	lam_net *net;
	lam_run run;           /* as asked for; what a forward before it left is filled in */
	const lam_task *tasks; /* [task_count] */
	const lam_cut *cuts;   /* of each task */
	int task_count;
	int64_t blocks;              /* of run.n samples */
	uint64_t pass;               /* of the random numbers */
	struct lam_profile *profile; /* that this run counts in; NULL: none */
	int threads; /* of the team, as OpenMP granted it: written by its thread 0 */
	int64_t norm_parts;
	double norm;
	atomic_int failed;  /* the status of the first unit that failed */
	char sentence[512]; /* and its sentence, on its way to the caller's thread */
	lam_team team;
} lam_walk;

/* A unit: which part of a task. */
typedef struct lam_unit {
	const lam_task *task;
	int phase;
	int64_t block; /* 0 when the phase is not per block */
	int64_t slice, slice_end, slices;
	int thread;
} lam_unit;

/* Notes in the net what a run that was checked begins with, and lists its tasks. */
void lam_run_begin(lam_walk *walk, lam_net *net, const lam_run *run);

/* After a run that failed half-way: nothing is left that could be taken for a result. */
void lam_forget_results(lam_net *net);

/* Lists all that walk->run asks for. */
void lam_list_tasks(lam_walk *walk);

/* Says how a task is cut. */
void lam_cut_task(const lam_walk *walk, const lam_task *task, lam_cut *cut);

/* Cuts the tasks, and walks them with up to net->threads threads; the status and sentence of the
 * first unit that failed become the caller's. */
lam_status lam_walk_run(lam_walk *walk);

/* Does one unit; if the walk is profiled, adds its time to the counters of its thread. */
lam_status lam_unit_run(lam_walk *walk, const lam_unit *unit);

#pragma GCC visibility pop
#endif
