/* The list of work that one run walks, and the walk. Private to the framework. */
#ifndef LAM_WALK_H
#define LAM_WALK_H

#include "framework/net/inside.h"
#include "framework/net/run.h"
#include "framework/threads/team.h"

#pragma GCC visibility push(hidden)

typedef enum lam_work_kind {
	/* the caller's rows into the input slot; in a net of few samples, lane blocks into rows */
	WORK_ROWS_IN,
	WORK_PACK,    /* packed copy `index` of a changed parameter */
	WORK_FORWARD, /* of call `index`, as the next two */
	WORK_GRADIENT,
	WORK_BACKWARD,
	WORK_ROWS_OUT, /* the output slot into the caller's rows */
	WORK_DY_IN,    /* the caller's dy into the output's gradient */
	WORK_SUM,      /* gradient sum `index` */
	/* parameter `index`, as the next two: this backward's gradient onto the sum */
	WORK_ACCUMULATE,
	WORK_NORM,
	WORK_UPDATE,
	WORK_SIDE, /* somebody else's */
} lam_work_kind;

typedef struct lam_work {
	lam_work_kind kind;
	int index;
	int64_t base; /* WORK_NORM: where its partial sums begin */
} lam_work;

/* How a piece of work is cut. */
typedef struct lam_cut {
	int phases;
	lam_phase phase[LAM_MAX_PHASES];
} lam_cut;

/* What the parallel part of a run knows. */
typedef struct lam_walk {
	lam_net *net;
	const lam_run *run;
	const lam_work *work;
	const lam_cut *cuts; /* one per piece of work, asked for once, before the threads come */
	int work_count;
	int64_t blocks;              /* of run->n samples */
	uint64_t pass;               /* of the random numbers */
	struct lam_profile *profile; /* that this run counts in; NULL: none */
	int threads; /* of the team, as OpenMP granted it: written by its thread 0 */
	int64_t norm_parts;
	double norm;
	atomic_int failed;  /* the status of the first unit that failed */
	char sentence[512]; /* and its sentence, on its way to the caller's thread */
	lam_team team;
} lam_walk;

/* A unit: which part of a piece of work. */
typedef struct lam_unit {
	const lam_work *work;
	int phase;
	int64_t block; /* 0 when the phase is not per block */
	int64_t slice, slice_end, slices;
	int thread;
} lam_unit;

/* Walks the list with up to net->threads threads; the status and sentence of the first unit that
 * failed become the caller's. */
lam_status lam_walk_run(lam_walk *walk);

/* Adds forward and backward to the list, as far as the run asks for them. */
void lam_list_pass(lam_walk *walk);

/* After a run that failed half-way: nothing is left that could be taken for a result. */
void lam_forget_results(lam_net *net);

/* The phases of a piece of work, from shapes, mode and blocks alone; returns how many. */
int lam_work_phases(const lam_walk *walk, const lam_work *work, lam_phase *phase);

/* How many blocks the run's samples are to a piece of work. */
int64_t lam_work_blocks(const lam_walk *walk, const lam_work *work);

/* Whether the units of a piece of work share memory beside the activations. */
bool lam_work_shares(const lam_walk *walk, const lam_work *work);

/* Does one unit. */
lam_status lam_unit_run(lam_walk *walk, const lam_unit *unit);

/* Parameters are normed and updated in pieces of this many values. */
enum { LAM_UPDATE_PIECE = 16384 };

static inline int64_t lam_update_pieces(int64_t count)
{
	return (count + LAM_UPDATE_PIECE - 1) / LAM_UPDATE_PIECE;
}

#pragma GCC visibility pop
#endif
