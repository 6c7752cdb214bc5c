/* SPDX-License-Identifier: MIT */
/* What a net is made of: its plan, its memory, and where it stands between two runs. Private to the
 * framework; what other rooms may know of a net stands in net/arenas.h. */
#ifndef LAM_NET_INSIDE_H
#define LAM_NET_INSIDE_H

#include "framework/net.h"
#include "framework/net/sizes.h"
#include "framework/plan/inside.h"

#pragma GCC visibility push(hidden)

struct lam_net {
	lam_layer *model;
	lam_plan plan;
	uint64_t seed;
	int64_t max_batch, max_blocks;
	int threads;
	lam_net *source; /* a replica's; NULL: this net owns its parameters */

	lam_real *values; /* parameter arena */
	lam_real *states;
	lam_real *grads;                    /* gradient arena, same offsets */
	lam_real *fresh;                    /* while accumulating: this backward's own gradients */
	lam_real *moments[LAM_MAX_MOMENTS]; /* same offsets */
	lam_net_sizes sizes;                /* of these and the next arrays */
	unsigned char *packed, *activations, *shared, *scratch;
	lam_real *input; /* lane blocks of the input when the caller gives rows */
	lam_real *output_rows, *input_grad_rows;
	double *loss_sums;  /* one per block */
	double *norm_sums;  /* one per update unit */
	int64_t *confusion; /* of the last evaluation, [classes][classes]; NULL: there was none */
	struct lam_task *tasks;      /* room for the longest list of one run */
	struct lam_cut *cuts;        /* and for how each of them is cut */
	struct lam_share *shares;    /* one per thread */
	struct lam_profile *profile; /* NULL: never started */

	/* where slot 0 lies in this run, and how far its blocks are apart */
	const lam_real *input_now;
	int64_t input_block;
	int64_t n;           /* samples of the last forward */
	const void *targets; /* of the last forward */
	void *target_copy;   /* room for them, when the backward comes in a run of its own */
	size_t target_bytes; /* per sample */
	double loss;
	bool can_backward; /* the last run was a training forward */
	bool has_output, has_gradients, has_input_grad;
	bool output_copied, input_grad_copied; /* whether the row copies are up to date */
	bool accumulate, sum_begun; /* sum_begun: the next backward adds to the gradients */
	lam_rule rule;              /* whose moments these are */
	int moment_count;
	unsigned moment_layout; /* lam_optimizer_layout() of these */
	int64_t updates;        /* steps of the optimizer so far */
	uint64_t passes;        /* training forwards so far: part of the key of random numbers */
};

/* Gives every parameter and state what it starts with. */
void lam_net_initialise(lam_net *net);

#pragma GCC visibility pop
#endif
