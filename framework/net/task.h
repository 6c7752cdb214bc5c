/* SPDX-License-Identifier: MIT */
/* The tasks of a run, and how each is cut. Private to net/, and to check/, which walks them too. */
#ifndef LAM_TASK_H
#define LAM_TASK_H

#include "framework/kernels/sizes.h"
#include "framework/net/inside.h"
#include "framework/threads/thresholds.h"

#pragma GCC visibility push(hidden)

/* The first kinds are the jobs of call `index`, with the same numbers as in lam_job. */
typedef enum lam_task_kind {
	TASK_FORWARD = LAM_FORWARD,
	TASK_BACKWARD = LAM_BACKWARD,
	TASK_GRADIENT = LAM_GRADIENT,
	/* copies the caller's rows of input `index`; in a net of few samples, blocks to rows */
	TASK_ROWS_IN = LAM_JOBS,
	TASK_AGAIN,      /* forward of lam_again `index`, in backward */
	TASK_PACK,       /* makes packed copy `index` of a changed parameter */
	TASK_ROWS_OUT,   /* copies output `index` to the caller's rows */
	TASK_DY_IN,      /* copies the caller's gradient of output `index` */
	TASK_WEIGHT,     /* multiplies the gradient of loss `index` by its weight */
	TASK_SUM,        /* adds a part of a gradient: lam_gradient_sum `index` */
	TASK_PARTS,      /* adds the parts of the gradient of parameter `index`, which is shared */
	TASK_ACCUMULATE, /* adds this backward's gradient of parameter `index` to the sum */
	TASK_SHARDS,     /* adds gradients of parameter `index` from shards before this one */
	TASK_STATES,     /* of shards in one run: notes the statistics that call `index` leaves */
	TASK_WHOLE, /* tells the watcher of a shard that gradients from value `base` on are whole */
	TASK_NORM,  /* sums the squares of the gradient of parameter `index` */
	TASK_MEASURE, /* the part of a rule's sums over each piece of parameter `index` */
	TASK_UPDATE,  /* updates parameter `index` */
	TASK_AVERAGE, /* moves the average of lam_averaged() `index` */
	TASK_SIDE,    /* the caller's lam_side_work, such as reading the next batch */
} lam_task_kind;

typedef struct lam_task {
	lam_task_kind kind;
	int index;
	bool updates; /* TASK_GRADIENT: it updates the call's first parameter, too (late.h) */
	int place;    /* the index of its counters in a profile */
	int64_t base; /* TASK_NORM, TASK_MEASURE: the index of its first partial sum; TASK_WHOLE */
} lam_task;

/* The job of a layer that a task is: TASK_AGAIN is its call's forward; other tasks are themselves.
 */
static inline lam_task lam_task_job(const lam_plan *plan, const lam_task *task)
{
	lam_task job = *task;
	if (task->kind == TASK_AGAIN) {
		job.kind = TASK_FORWARD;
		job.index = plan->agains[task->index].call;
	}
	return job;
}

/* Whether a task is a job of a layer; then its kind is the lam_job. */
static inline bool lam_task_of_call(const lam_task *task)
{
	return (int)task->kind < LAM_JOBS;
}

/* How a task is cut, which depends only on shapes, mode and the number of samples. */
typedef struct lam_cut {
	int phases;
	lam_phase phase[LAM_MAX_PHASES];
	int64_t blocks; /* the number of its blocks for the run's samples */
	bool bag;  /* it depends on no neighbouring task of its kind, so it can be part of a bag */
	bool link; /* its units are whole blocks and share nothing, so it can be part of a chain */
	bool ends, begins; /* of several phases the first can end a chain, the last begin one */
	bool whole;        /* a thread takes all units of its range at once */
	/* Of several shards in one run: it is walked for one after another, together with the
	 * TASK_SHARDS and TASK_STATES behind it. Its blocks are those of one shard. */
	bool by_shard;
} lam_cut;

/* The phases of a call's job, as its class says or by default: at most LAM_MAX_PHASES. Returns
 * their number. */
int lam_call_phases(
	const lam_call *call, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase);

/* The number of units of a phase. */
static inline int64_t lam_cut_units(const lam_cut *cut, int phase)
{
	const lam_phase *p = &cut->phase[phase];
	return p->per_block ? cut->blocks * p->slices : p->slices;
}

/* The number of pieces that norms and updates cut `count` values of a parameter into. */
static inline int64_t lam_update_pieces(int64_t count)
{
	return ceil_divide(count, LAM_UPDATE_PIECE);
}

/* The buffer for the caller's gradient of output `index`, and the slot that it belongs to: the
 * output, or the values that its loss reads. BUFFER_NONE: nothing needs it. */
int lam_dy_buffer(const lam_plan *plan, int index, lam_slot *slot);

/* The largest number of tasks that a run of this plan can have. */
size_t lam_most_tasks(const lam_plan *plan);

#pragma GCC visibility pop
#endif
