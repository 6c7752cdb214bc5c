/* SPDX-License-Identifier: MIT */
/* The net's data: its plan, its memory, and its state between two runs. Private to net/, and to
 * check/; other rooms use net/arenas.h. */
#ifndef LAM_NET_INSIDE_H
#define LAM_NET_INSIDE_H

#include "framework/base/names.h"
#include "framework/net/arenas.h"
#include "framework/net/run.h"
#include "framework/net/sizes.h"
#include "framework/plan/inside.h"

#include <stdatomic.h>

#pragma GCC visibility push(hidden)

/* An input of the net, an output, and a loss: memory at the net's ends. */
typedef struct lam_input_end {
	lam_real *blocks; /* lane blocks when the caller gives rows, or rows when it gives lanes */
	const lam_real *now; /* the input of this run */
	int64_t block;       /* values from one of its blocks to the next */
	lam_real *grad_rows; /* NULL: there are none */
	bool grad_copied;    /* grad_rows is up to date */
} lam_input_end;

typedef struct lam_output_end {
	lam_real *rows;
	bool copied; /* rows is up to date */
} lam_output_end;

/* Rows of a watched value. */
typedef struct lam_value_end {
	lam_real *rows;
	bool copied; /* rows is up to date */
} lam_value_end;

typedef struct lam_loss_end {
	lam_target_info info;
	size_t target_bytes;   /* per sample */
	const void *targets;   /* of the last forward; NULL: it had none */
	const int32_t *second; /* of mixed samples, as in lam_pass; NULL: none are */
	const lam_real *share;
	void *target_copy;       /* a copy of them, for a backward in a later run */
	const lam_real *weights; /* of the samples of the last forward; NULL: all 1 */
	lam_real *weight_copy;   /* as target_copy */
	double *sums;            /* one per block */
	double count;            /* that the sums of the last forward with targets are divided by */
	double divisor;          /* to take its place where a backward may follow; 0: none */
	double value;            /* the mean of the last forward that had targets; NaN before */
	lam_real made_weight;    /* as the net was made */
	lam_tally tallies[LAM_SCORES];
	int64_t *confusion[LAM_SCORES]; /* [classes][classes]; NULL: there was none */
} lam_loss_end;

struct lam_net {
	lam_layer *model;
	lam_plan plan;
	uint64_t seed;
	int64_t max_batch, max_blocks;
	int threads;
	lam_net *source;        /* of a replica; NULL: this net owns its parameters */
	bool owns_model;        /* a replica that has a copy of its source's */
	lam_names *class_names; /* NULL: none */

	lam_real *values; /* parameter arena */
	lam_real *states;
	lam_real *grads;                    /* gradient arena, at the same offsets */
	lam_real *parts;                    /* of gradients of shared parameters */
	lam_real *fresh;                    /* while accumulating: gradients of the last backward */
	lam_real *moments[LAM_MAX_MOMENTS]; /* at the same offsets */
	/* The work of forward, backward and update (net/work.h): operations for each sample and
	 * once, and phases for max_batch samples. */
	struct lam_net_work {
		double per_sample, once;
		int phases;
	} work[3];
	lam_net_sizes sizes; /* the bytes of the arrays above and of the next row */
	unsigned char *packed, *activations, *shared, *scratch;
	/* Memory of the ends, one part for each. */
	unsigned char *input, *output_rows, *input_grad_rows, *target_copy, *value_rows;
	lam_input_end *inputs;   /* [plan.input_count] */
	lam_output_end *outputs; /* [plan.output_count] */
	lam_loss_end *losses;    /* [plan.loss_count] */
	lam_value_end *watched;  /* [plan.watched_count] */
	/* Room for what lam_net_step_io() and its kin hand to a run. */
	lam_run_input *run_inputs;
	lam_run_target *run_targets;
	lam_real **run_y;
	const lam_real **run_dy;
	double *norm_sums;               /* one per update unit */
	struct lam_task *tasks;          /* room for the longest list of a run */
	struct lam_cut *cuts;            /* of each task */
	struct lam_thread_share *shares; /* one per thread */
	lam_view *views;                 /* of a call's inputs and their gradients, per thread */
	int64_t view_stride;             /* from one thread's views to the next's */
	struct lam_profile *profile;     /* NULL: never started */

	int64_t n;     /* samples of the last forward */
	lam_mode mode; /* of the last forward */
	double loss;   /* the weighted sum of the losses */
	bool fitting;  /* see use.h */
	lam_running running;
	/* Of a net and its replicas, in the net: the one that lam_fit() trains, and whether one
	 * changes parameters or states. */
	_Atomic(lam_net *) fitter;
	atomic_bool stepping;
	bool can_backward; /* the last run was a forward that a backward may follow */
	bool has_output, has_gradients, has_input_grad;
	bool accumulate, sum_begun;       /* sum_begun: the next backward adds to the gradients */
	lam_rule rule;                    /* to which the moments belong */
	const lam_rule_class *rule_class; /* only compared */
	char *rule_text;                  /* with LAM_RULE_OWN: lam_optimizer_text() */
	int moment_count;
	unsigned moment_layout;   /* lam_optimizer_layout() of the moments */
	int rule_sums;            /* how many a rule has for each parameter */
	double *sum_parts, *sums; /* [update units][rule_sums], [parameters][rule_sums] */
	int64_t sum_bytes;        /* of both */
	int64_t updates;          /* steps of the optimizer so far */
	uint64_t passes;          /* training forwards so far, for the key of random numbers */
	uint64_t run_passes;      /* where the next run of lam_fit() begins to count them */
};

/* Whether a backward adds to a parameter's gradient. One that was frozen until now is in no sum. */
static inline bool lam_net_adds(const lam_net *net, const struct lam_param *param)
{
	return net->sum_begun && param->summed;
}

/* Initialises every parameter and state. */
void lam_net_initialise(lam_net *net);

#pragma GCC visibility pop
#endif
