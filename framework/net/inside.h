/* SPDX-License-Identifier: MIT */
/* The net's data: its plan, its memory, and its state between two runs. Private to net/, and to
 * check/; other rooms use net/arenas.h. */
#ifndef LAM_NET_INSIDE_H
#define LAM_NET_INSIDE_H

#include "framework/net/arenas.h"
#include "framework/net/sizes.h"
#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

struct lam_net {
	lam_layer *model;
	lam_plan plan;
	uint64_t seed;
	int64_t max_batch, max_blocks;
	int threads;
	lam_net *source; /* of a replica; NULL: this net owns its parameters */

	lam_real *values; /* parameter arena */
	lam_real *states;
	lam_real *grads;                    /* gradient arena, at the same offsets */
	lam_real *fresh;                    /* while accumulating: gradients of the last backward */
	lam_real *moments[LAM_MAX_MOMENTS]; /* at the same offsets */
	lam_net_sizes sizes;                /* the bytes of the arrays above and of the next row */
	unsigned char *packed, *activations, *shared, *scratch;
	lam_real *input; /* lane blocks of the input when the caller gives rows */
	lam_real *output_rows, *input_grad_rows;
	double *loss_sums;                  /* one per block */
	double *norm_sums;                  /* one per update unit */
	int64_t *confusion[LAM_CONFUSIONS]; /* [classes][classes]; NULL: there was none */
	struct lam_task *tasks;             /* room for the longest list of a run */
	struct lam_cut *cuts;               /* of each task */
	struct lam_share *shares;           /* one per thread */
	lam_view *views;                    /* of a call's inputs and their gradients, per thread */
	int64_t view_stride;                /* from one thread's views to the next's */
	struct lam_profile *profile;        /* NULL: never started */

	/* Slot 0 in this run, and the distance in values of its blocks. */
	const lam_real *input_now;
	int64_t input_block;
	int64_t n;                   /* samples of the last forward */
	lam_mode mode;               /* of the last forward */
	const void *targets;         /* of the last forward */
	void *target_copy;           /* a copy of them, for a backward in a later run */
	size_t target_bytes;         /* per sample */
	lam_target_info target_info; /* with a loss */
	double loss;
	bool fitting, running; /* see use.h */
	bool can_backward;     /* the last run was a forward that a backward may follow */
	bool has_output, has_gradients, has_input_grad;
	bool output_copied, input_grad_copied; /* the row copies are up to date */
	bool accumulate, sum_begun; /* sum_begun: the next backward adds to the gradients */
	lam_rule rule;              /* to which the moments belong */
	int moment_count;
	unsigned moment_layout; /* lam_optimizer_layout() of the moments */
	int64_t updates;        /* steps of the optimizer so far */
	uint64_t passes;        /* training forwards so far, for the key of random numbers */
	uint64_t run_passes;    /* where the next run of lam_fit() begins to count them */
};

/* Initialises every parameter and state. */
void lam_net_initialise(lam_net *net);

#pragma GCC visibility pop
#endif
