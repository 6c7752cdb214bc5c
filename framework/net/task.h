/* SPDX-License-Identifier: MIT */
/* The tasks that one run walks, and how each is cut. Private to net/ and to who walks them. */
#ifndef LAM_TASK_H
#define LAM_TASK_H

#include "framework/net/inside.h"

#pragma GCC visibility push(hidden)

/* The jobs of call `index` come first, under their own numbers. */
typedef enum lam_task_kind {
	TASK_FORWARD = LAM_FORWARD,
	TASK_BACKWARD = LAM_BACKWARD,
	TASK_GRADIENT = LAM_GRADIENT,
	/* the caller's rows into the input slot; in a net of few samples, lane blocks into rows */
	TASK_ROWS_IN = LAM_JOBS,
	TASK_PACK,     /* packed copy `index` of a changed parameter */
	TASK_ROWS_OUT, /* the output slot into the caller's rows */
	TASK_DY_IN,    /* the caller's dy into the output's gradient */
	TASK_SUM,      /* gradient sum `index` */
	/* parameter `index`, as the next two: this backward's gradient onto the sum */
	TASK_ACCUMULATE,
	TASK_NORM,
	TASK_UPDATE,
	TASK_SIDE, /* somebody else's */
} lam_task_kind;

typedef struct lam_task {
	lam_task_kind kind;
	int index;
	int place;    /* in the counters of a profile, when there is one */
	int64_t base; /* TASK_NORM: where its partial sums begin */
} lam_task;

/* Whether a task is a job of a layer: its kind is the lam_job then. */
static inline bool lam_task_of_call(const lam_task *task)
{
	return (int)task->kind < LAM_JOBS;
}

/* How a task is cut. Follows from shapes, mode and the number of samples alone. */
typedef struct lam_cut {
	int phases;
	lam_phase phase[LAM_MAX_PHASES];
	int64_t blocks; /* that the run's samples are to it */
	bool bag;  /* its units depend on nothing beside it, and neither do they on its kind's */
	bool link; /* its units are whole blocks and share nothing: a part of a chain */
} lam_cut;

/* Units of one of its phases. */
static inline int64_t lam_cut_units(const lam_cut *cut, int phase)
{
	const lam_phase *p = &cut->phase[phase];
	return p->per_block ? cut->blocks * p->slices : p->slices;
}

/* Parameters are normed and updated in pieces of this many values. */
enum { LAM_UPDATE_PIECE = 16384 };

static inline int64_t lam_update_pieces(int64_t count)
{
	return (count + LAM_UPDATE_PIECE - 1) / LAM_UPDATE_PIECE;
}

/* The longest list that one run of this plan can have. */
size_t lam_most_tasks(const lam_plan *plan);

#pragma GCC visibility pop
#endif
