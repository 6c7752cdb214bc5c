/* SPDX-License-Identifier: MIT */
/* What a plan is: a model as a flat list of calls on slots. Private to the framework; layers and
 * data sets never see it.
 *
 * A slot is a value that flows from one call to others; where it lies is a *buffer*: a range of
 * bytes inside one block's part of the activation arena,
 *
 *     arena   [block][everything that one block of 16 samples needs, buffers sharing bytes when
 *             their lifetimes allow]
 *
 * so that a thread may carry its block through many calls without asking where the other threads
 * are.
 *
 * In a net for inference of less than 16 samples most slots lie by samples (`layout`, which
 * plan/layout.c chooses), and the arena is
 *
 *     [few][everything that one sample needs][what lies in batch lanes, one block] */
#ifndef LAM_PLAN_INSIDE_H
#define LAM_PLAN_INSIDE_H

#include "framework/layer.h"
#include "framework/plan/param.h"
#include "framework/plan/title.h"

#pragma GCC visibility push(hidden)

/* A range of one block's bytes, in use from time `first` to time `last`, both included. Times: 0
 * the input; call i of T runs forward at i + 1 and backward at 2 T + 1 - i; at T + 1 comes the
 * caller's dy; 2 T + 2 is after the step. */
typedef struct lam_buffer {
	int64_t bytes, offset;
	int first, last;
	bool whole; /* in a net of few samples: of all of them, behind what each has of its own */
} lam_buffer;

typedef struct lam_slot_info {
	lam_shape shape;
	int64_t features;
	lam_layout layout;
	int producer;       /* the call that writes it; -1: the net's input */
	int first_consumer; /* the first call that reads it; -1: none */
	int consumers;
	int buffer;          /* BUFFER_INPUT: not in the arena but wherever the batch lies */
	bool wants_gradient; /* something with parameters, or an asked-for input, lies before it */
	int edges;           /* how many calls contribute to its gradient … */
	int edges_met;       /* … and how many of them the backward walk of the plan has met */
	int gradient;        /* buffer of its gradient; BUFFER_NONE: none wanted */
} lam_slot_info;

/* A slot read by several calls gets its gradient in parts: after the backward of `call`, to +=
 * from. */
typedef struct lam_gradient_sum {
	int call, input;
	int from, to; /* buffers */
} lam_gradient_sum;

enum { BUFFER_NONE = -1, BUFFER_INPUT = 0 };

typedef struct lam_packed_copy {
	int call, index;               /* .pack(layer, index, …) */
	int param;                     /* in the net's list */
	int64_t bytes, offset, slices; /* no bytes: not made */
	bool backward_only;
	uint64_t version; /* of the parameter when it was packed; 0: never */
} lam_packed_copy;

typedef struct lam_call {
	lam_layer *layer;
	const lam_layer_class *layer_class;
	char *path; /* "4.body.0": in front of parameter names */
	int inputs;
	lam_slot in[LAM_MAX_INPUTS], out;
	int first_param, params, first_state, states, first_packed, packs;
	lam_layout x_layout, out_layout;
	bool by_sample;          /* its blocks are samples */
	lam_epilogue epilogue;   /* what this call applies for the call after it */
	bool absorbed;           /* its forward is done by the call before it */
	bool backward, gradient; /* whether these jobs run in a training net */
	/* buffer of this call's part of the input's gradient; BUFFER_NONE: not wanted */
	int dx[LAM_MAX_INPUTS];
	bool copies_dy[LAM_MAX_INPUTS]; /* dx is dy, but in a buffer of its own */
	bool owns_layer;                /* the plan made the layer (joins) and frees it */
	int64_t saved_bytes;
	int saved; /* buffer, -1: none */
	int64_t shared[LAM_JOBS], shared_per_block[LAM_JOBS], scratch[LAM_JOBS];
	double flops[LAM_JOBS]; /* per sample */
	const lam_real **w;     /* tables for lam_pass, made once */
	const void **packed;
	lam_real **dw, **state;
} lam_call;

struct lam_plan {
	bool inference, input_grad, direct; /* as lam_net_create() was told */
	/* a net for so few samples that they are computed one at a time: how many; 0: it is not */
	int64_t few;
	const struct lam_plan *like; /* a replica's: the plan of the net whose layers it shares … */
	int like_met;                /* … and how many of its calls this one's have met */
	lam_layer **met; /* the layers so far, containers too: none may be there twice */
	int met_count, met_room;
	lam_call *calls;
	int call_count, call_room;
	lam_slot_info *slots;
	int slot_count, slot_room;
	struct lam_param **params; /* pointers, so that they stay where they are */
	int param_count, param_room;
	struct lam_param **states;
	int state_count, state_room;
	lam_packed_copy *packed;
	int packed_count, packed_room;
	lam_buffer *buffers;
	int buffer_count, buffer_room;
	lam_gradient_sum *sums;
	int sum_count, sum_room;
	int64_t block_bytes; /* one block's part of the arena, or one sample's */
	int64_t whole_bytes; /* the part behind those of few samples */
	int64_t scratch_bytes, packed_bytes;
	int64_t param_values, state_values;
	lam_slot output;
	int loss;          /* call of the loss; -1: none */
	const char *path;  /* while expanding: the path so far, "" at the top */
	int depth;         /* while expanding: how many containers deep */
	int planning;      /* the call whose .plan runs; -1: none */
	lam_status status; /* the first failure */
};

/* The whole plan of a model. `plan` is zeroed but for what lam_net_create() was told; free it with
 * lam_plan_free() also on failure. */
lam_status lam_plan_make(lam_plan *plan, lam_layer *model, lam_shape input);
void lam_plan_free(lam_plan *plan);

/* Whether initialisation in front of this call's output should be He's: the next activation
 * rectifies. */
bool lam_plan_rectified(const lam_plan *plan, int call);

/* What a block of this slot holds, or, if it lies by samples, a sample: values. */
int64_t lam_slot_values(const lam_slot_info *slot);

/* How many blocks `n` samples are to this call. */
int64_t lam_call_blocks(const lam_call *call, int64_t n);

#pragma GCC visibility pop
#endif
