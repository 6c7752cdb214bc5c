/* SPDX-License-Identifier: MIT */
/* Runs one call of a plan alone, on arrays of its own, so that a check sees all that it reads and
 * writes. Private to the framework. */
#ifndef LAM_ALONE_H
#define LAM_ALONE_H

#include "framework/check/guarded.h"
#include "framework/net/inside.h"

#pragma GCC visibility push(hidden)

/* What a call may reach. */
typedef enum lam_reach {
	REACH_X,       /* [inputs], each [blocks][features][16], as the next three */
	REACH_Y,       /* out, and y in backward */
	REACH_DY,      /* the gradient of out */
	REACH_DX,      /* [inputs] */
	REACH_SAVED,   /* [blocks] */
	REACH_SHARED,  /* [LAM_JOBS] */
	REACH_SCRATCH, /* [LAM_JOBS] */
	REACH_LOSS,    /* [blocks], double */
	REACH_W,       /* [params], as the next one */
	REACH_DW,
	REACH_PACKED, /* [packs] */
	REACH_STATE,  /* [states] */
	REACHES
} lam_reach;

typedef struct lam_alone {
	const lam_net *net;
	const lam_call *call;
	lam_mode mode;
	int64_t n, blocks;
	const void *targets;     /* of all samples; NULL: none */
	const lam_real *weights; /* of all samples; NULL: 1 */
	double divisor;          /* of the loss, lam_pass.count; 0: no target counts */
	lam_guarded *arrays;     /* all of them */
	int first[REACHES], count[REACHES];
	lam_view *views;    /* of x, then of dx: [2 * inputs] */
	const lam_real **w; /* the tables of a lam_pass */
	const void **packed;
	lam_real **dw, **states;
	lam_real *state_start; /* the states, one after another, before each forward */
	unsigned char *own;    /* the layer's own struct, as it was before the first forward */
	bool by_block;         /* a forward of one block needs none of the others */
	bool out_is_x;         /* forward writes its output over its input */
	bool dx_is_dy;         /* backward writes dx over dy */
	bool apart;            /* units run from the last to the first, slice by slice */
} lam_alone;

/* Makes the arrays for call `index`, a layer with a forward. Copies parameters and states from the
 * net. On failure false, and a sentence is set. Free it in any case. */
bool lam_alone_make(lam_alone *a, const lam_net *net, int index, lam_mode mode, int64_t n,
	const void *targets, const lam_real *weights);

/* Copies the states, as the last forward left them, to the net. */
void lam_alone_keep_states(const lam_alone *a);
void lam_alone_free(lam_alone *a);

/* Array `k` of a kind. */
const lam_guarded *lam_alone_array(const lam_alone *a, lam_reach reach, int k);

/* The number of values of a sample of input k, or of the output. */
int64_t lam_alone_features(const lam_alone *a, lam_reach reach, int k);

/* Makes packed copies of parameter k; -1: of all parameters. */
lam_status lam_alone_pack(lam_alone *a, int k);

/* Runs all units of a job; block >= 0: those of this block, if .by_block. A forward first sets the
 * states back. */
lam_status lam_alone_run(lam_alone *a, lam_job job, int64_t block);

/* Runs .gradient and .backward, or does what the plan does in their place. */
lam_status lam_alone_run_backward(lam_alone *a);

/* Whether the class has this job as a function. */
bool lam_alone_has(const lam_alone *a, lam_job job);

#pragma GCC visibility pop
#endif
