/* SPDX-License-Identifier: MIT */
/* One run of a net: what lam_net_forward, _step, _predict and lam_fit have in common. Private to
 * the framework. */
#ifndef LAM_RUN_H
#define LAM_RUN_H

#include "framework/net.h"
#include "framework/net/targets.h"
#include "framework/threads/side_work.h"

#pragma GCC visibility push(hidden)

enum {
	LAM_RUN_FORWARD = 1,
	LAM_RUN_BACKWARD = 2,
	LAM_RUN_UPDATE = 4,
};

/* Samples for one input. One of both members is given. */
typedef struct lam_run_input {
	const lam_real *rows; /* [n][input shape] */
	/* lane blocks [ceil(n / 16)][input shape][16], whose idle lanes repeat the last sample;
	 * read-only, must stay until the backward */
	const lam_real *lanes;
} lam_run_input;

/* Targets for one loss. */
typedef struct lam_run_target {
	const void *data;        /* must stay until the backward; NULL: none */
	lam_targets_given given; /* what is known about their type */
	/* Mixed classes, as in lam_pass; NULL: none are. They must have been checked. */
	const int32_t *second;
	const lam_real *share;
	const lam_real *weights; /* [n], of the samples; must stay as `data`; NULL: all 1 */
} lam_run_target;

/* A moving average that an update moves towards the new parameters and the statistics, frozen
 * parameters too: average += rate (value - average). Rate 1 copies. `back`: the values are then set
 * to the average. */
typedef struct lam_average {
	lam_real *params, *states; /* with the layout of the net's arenas */
	lam_real rate;
	bool back;
} lam_average;

/* Who sends parts of a gradient while backward computes others. Both are called by the thread that
 * calls lam_net_run(), between its units. */
typedef struct lam_watcher {
	/* Gradients are whole from value `first` of the arena on, to where they were already. */
	void (*whole)(void *data, int64_t first);
	void (*poll)(void *data); /* again and again */
	void *data;
} lam_watcher;

/* Where the layers that gather (plan/gathered.h) keep what the gradients of all shards of this
 * process are made of, if these run one after the other. */
typedef struct lam_gather {
	lam_real *values;
	int64_t *offsets; /* [calls], of its values; negative: it does not gather */
	int64_t *samples; /* [count] of this step's batch */
	int count;        /* shards */
} lam_gather;

/* A run that is forward and backward of shards of a batch, whose other shards are other runs, on
 * this machine or others. Their gradients are added in a binary tree (net/shard.h). Without a
 * forward the shard has no samples, and its gradient is 0. */
typedef struct lam_shard_run {
	int64_t row;          /* of its first sample, in the batch */
	const double *counts; /* for each loss, what the whole batch's sum is divided by */
	/* Shard `number` of `all` of this process, a power of two; its runs are in order. Or, with
	 * `together` above 1, all of them in one run (lam_net_together()); `number` is then 0. */
	int number, all, together;
	/* Sums of the shards before that wait for this one's: arrays of the layout of the gradient
	 * arena, one for each level of the tree of `all`. The last shard's sum is in the arena. */
	lam_real *const *lower;
	/* With `together`: the running statistics that every shard begins with, which the arena
	 * has; and [all][statistics], what each leaves. */
	const lam_real *states_before;
	double *states;
	const lam_watcher *watcher; /* NULL: none */
	const lam_gather *gather;   /* NULL: each gradient is written and added */
} lam_shard_run;

typedef struct lam_run {
	unsigned what;
	lam_mode mode;
	int64_t n; /* samples, 1 to max_batch */
	/* forward in evaluation: a backward may follow in a later run, unless the net is for
	 * inference. After one in training it always may */
	bool backward_may_follow;
	const lam_run_input *inputs;   /* forward: one for each of the net's inputs */
	const lam_run_target *targets; /* one for each loss; NULL: none */
	/* Forward: output i is also written to y_rows[i], [n][output shape]; NULL: to none. */
	lam_real *const *y_rows;
	/* Backward: the gradients of the outputs, or with losses of what these read; entries may be
	 * NULL, which are zeros. NULL: from the losses. */
	const lam_real *const *dy_rows;
	const lam_optimizer *optimizer; /* update */
	double clip; /* > 0: the largest L2 norm of all gradients; larger ones are scaled down */
	const lam_average *average; /* of an update; NULL: none */
	double *grad_norm;          /* receives the norm before clipping; may be NULL */
	const lam_side_work *side;  /* NULL: none */
	bool of_fit;                /* lam_fit()'s own: others may not change its net */
	const lam_shard_run *shard; /* NULL: the run's samples are the whole batch */
} lam_run;

/* Whether its update comes behind a norm of all gradients. */
static inline bool lam_run_norms(const lam_run *run)
{
	return run->clip > 0 || run->grad_norm;
}

/* Does everything that `what` lists, in one parallel region, after the checks that the public
 * functions promise. */
lam_status lam_net_run(lam_net *net, const lam_run *run);

/* Sets whether a profile that was started counts the runs from here on. */
void lam_run_profile(lam_net *net, bool on);

#pragma GCC visibility pop
#endif
