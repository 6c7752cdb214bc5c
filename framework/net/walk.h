/* SPDX-License-Identifier: MIT */
/* The walk of a run: its list of tasks, and the threads that go through it. Private to the
 * framework. */
#ifndef LAM_WALK_H
#define LAM_WALK_H

#include "framework/net/run.h"
#include "framework/net/task.h"
#include "framework/threads/team.h"

#pragma GCC visibility push(hidden)

/* The data of a run's parallel part. */
typedef struct lam_walk {
	lam_net *net;
	lam_run run; /* as the caller gave it, with the data of an earlier forward filled in */
	const lam_task *tasks; /* [task_count] */
	const lam_cut *cuts;   /* of each task */
	int task_count;
	int64_t blocks;              /* of run.n samples */
	uint64_t pass;               /* for random numbers */
	bool backward_may_follow;    /* after this run's forward */
	struct lam_profile *profile; /* the profile that counts this run; NULL: none */
	int threads;                 /* granted by OpenMP; thread 0 writes it */
	int64_t norm_parts;
	double norm;
	atomic_int failed;  /* the status of the first unit that failed */
	char sentence[512]; /* and its sentence, for the caller's thread */
	lam_team team;
} lam_walk;

/* A unit, or neighbouring ones: slices [slice, slice_end) of the `slices` that a phase has, or that
 * it has in each block. */
typedef struct lam_unit {
	const lam_task *task;
	int phase;
	int64_t block; /* 0 if the phase is not per block */
	int64_t slice, slice_end, slices;
	int thread;
	int shard; /* the shard of several that it is for; LAM_ALL_SHARDS */
} lam_unit;

enum { LAM_ALL_SHARDS = -1 };

/* The shards that a run computes: 1 also where the batch is not cut. */
static inline int lam_walk_shards(const lam_walk *walk)
{
	return walk->run.shard ? walk->run.shard->together : 1;
}

/* Begins a run that was checked: records its input in the net, and lists its tasks. */
void lam_run_begin(lam_walk *walk, lam_net *net, const lam_run *run);

/* Call it after a run that failed: the net then has no results. */
void lam_forget_results(lam_net *net);

/* Whether a run copies its samples of input `k`: they are in another layout than the net's, or a
 * later run reads them. */
bool lam_copies_input(const lam_walk *walk, int k);

/* Lists the tasks of walk->run. */
void lam_list_tasks(lam_walk *walk);

/* The first call, in the order of backward, that the next backward would run and whose class has
 * none after a forward in evaluation; NULL: there is none. */
const lam_call *lam_lacks_eval_backward(lam_net *net);

/* Decides how a task is cut, and how each task of a walk. */
void lam_cut_task(const lam_walk *walk, const lam_task *task, lam_cut *cut);
void lam_cut_tasks(lam_walk *walk);

/* Checks what the classes of a net's layers say of their phases for its largest batch: so many
 * slices that the units of a phase can be counted. */
lam_status lam_check_cuts(const lam_net *net);

/* The phases that `threads` threads would wait for in a walk whose tasks are cut, and the largest
 * number of units in one of them. */
int lam_walk_phases(const lam_walk *walk, int threads, int64_t *units);

/* Walks the tasks as thread `thread` of a team of `threads`; all of them call it at once. */
void lam_walk_all(lam_walk *walk, int thread, int threads);

/* Cuts the tasks, and walks them with as many threads as lam_walk_worth() says. Returns the status
 * of the first unit that failed, with its sentence. */
lam_status lam_walk_run(lam_walk *walk);

/* Runs a unit. If the walk is profiled, adds the unit's time to the counters of its thread. */
lam_status lam_unit_run(lam_walk *walk, const lam_unit *unit);

#pragma GCC visibility pop
#endif
