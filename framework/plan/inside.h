/* SPDX-License-Identifier: MIT */
/* The plan: a model as a flat list of calls on slots. Private to the framework; layers and data
 * sets never see it.
 *
 * A slot is a value that flows from one call to others. It is stored in a buffer, a range of bytes
 * inside one block's part of the activation arena:
 *
 *     [block][all buffers of one block of 16 samples; they share bytes if their lifetimes allow]
 *
 * So a thread may carry its block through many calls without waiting for other threads.
 *
 * In a net of less than 16 samples, most slots are stored sample by sample, in layouts that
 * plan/layout.c chooses. Then the arena is
 *
 *     [few][all buffers of one sample][all buffers in batch lanes, one block] */
#ifndef LAM_PLAN_INSIDE_H
#define LAM_PLAN_INSIDE_H

#include "framework/layer.h"
#include "framework/plan/param.h"
#include "framework/plan/title.h"

#pragma GCC visibility push(hidden)

/* A range of one block's bytes, in use from time `first` to time `last`, both included. With T
 * calls the times are:
 *
 *     0               the input
 *     i + 1           forward of call i
 *     T + 1           the caller's dy
 *     2 T + 1 - i     backward of call i
 *     2 T + 2         after the step; late gradients (late.h) read what they read until then
 *
 * With .recompute there are more times in backward: one for each job and for each call that is
 * computed again (schedule.c). */
typedef struct lam_buffer {
	int64_t bytes, offset;
	int first, last;
	int inside; /* the buffer that this one is a part of, from byte `at` on; BUFFER_NONE: none
		     */
	int64_t at;
	int parts_last; /* the last time at which a buffer inside this one is in use */
	int divider;    /* the call that made the parts of it; BUFFER_NONE: there are none */
	bool overlap;   /* several calls have made parts of it, which have bytes in common */
	int input;  /* the net's input that it is, or lies in; BUFFER_NONE: it lies in the arena */
	bool whole; /* in a net of few samples: in batch lanes, behind the samples' buffers */
} lam_buffer;

typedef struct lam_slot_info {
	lam_shape shape;
	int64_t features;
	lam_layout layout;
	int producer;       /* the call that writes it; -1: the net's input */
	int first_consumer; /* the first call that reads it; -1: none */
	int last_consumer;  /* only if there is a first */
	int consumers;
	int first_buffer;    /* while planning: the buffer that forward writes */
	int buffer;          /* below input_count: a batch itself, outside the arena */
	bool wants_gradient; /* a parameter before it, or the net's input, needs its gradient */
	bool needed;         /* of these, by the last backward: the rest is frozen */
	bool rectified;      /* see lam_plan_rectified() */
	bool read_after;     /* after the step: it is an output, or watched */
	bool leads;    /* to a loss, or without losses to an output: only such have gradients */
	int dy;        /* buffer of the caller's gradient of it, an output; BUFFER_NONE: none */
	int edges;     /* contributions to its gradient: of calls, and the caller's dy */
	int edges_met; /* how many of these have been planned */
	int gradient;  /* buffer of its gradient; BUFFER_NONE: not wanted */
} lam_slot_info;

/* One addition to the gradient of a slot that several calls read. After the backward of `call`,
 * buffer `from` is added to buffer `to`, or to a range of it. */
typedef struct lam_gradient_sum {
	int call, input;
	int from, to;  /* buffers */
	lam_slot slot; /* that `from` has the shape of */
	int64_t at;    /* the byte of `to` from which on `from` is added */
} lam_gradient_sum;

enum { BUFFER_NONE = -1 };

/* The index of a packed copy that .channel_map makes, of all parameters and states of a call:
 * center, factor and term, each padded to whole lane blocks. */
enum { LAM_CHANNEL_MAP = -1 };

typedef struct lam_packed_copy {
	int call, index;               /* .pack(layer, index, …); or LAM_CHANNEL_MAP */
	int param;                     /* its index in the net's list */
	int64_t bytes, offset, slices; /* bytes 0: nothing reads the copy, so it is not made */
	bool backward_only;
	uint64_t version; /* the parameter's version when it was packed; 0: never */
} lam_packed_copy;

/* Where a value is read: in the buffer that forward, or a lam_again, has written. */
typedef struct lam_source {
	int buffer;
	int again; /* -1: forward has written it */
} lam_source;

/* A call that is computed again during backward, because its output is not kept until then. */
typedef struct lam_again {
	int call;
	int before;       /* it runs just before the jobs of this call's backward */
	int at, last;     /* its time; the last time at which something reads its output */
	int first_source; /* its inputs, in the plan's list */
	int out;          /* buffer */
	bool nothing;     /* a view, absorbed or laid: there is nothing to do */
	bool needed;      /* by this run's backward */
} lam_again;

/* One input of a call. */
typedef struct lam_input {
	lam_slot slot;
	lam_source kept; /* where backward reads it */
	int dx;     /* the buffer of this call's part of the slot's gradient; BUFFER_NONE: none */
	int copied; /* dx is a copy of this buffer, a part of dy; BUFFER_NONE: it is not */
	bool range; /* dx is dy, to be added to a range of the slot's gradient */
} lam_input;

typedef struct lam_call {
	lam_layer *layer;
	const lam_layer_class *layer_class;
	char *path;    /* "4.body.0": parameter names begin with it */
	lam_input *in; /* [inputs] */
	int inputs;
	lam_slot out;
	int first_param, params, first_state, states, first_packed, packs;
	/* What this call applies to its output, of calls behind it (absorb.c): the .channel_map of
	   call `mapped`, the values of slot `added`, the epilogue, the .apply of call `applied`;
	   -1: none. */
	int mapped, applied;
	lam_slot added;
	int map_copy; /* the packed copy that its .channel_map makes; -1: none */
	int number;   /* its index, if conversions between layouts are not counted */
	int owner;    /* the earlier call whose parameters it shares; -1: it has its own */
	int loss;     /* the index of the loss that it is; -1: none */
	int saved;    /* buffer; -1: none */
	int gradient_at, backward_at; /* times */
	lam_source y_kept;            /* where backward reads its output */
	/* Small fields together: a hostile file may ask for very many calls. */
	lam_epilogue epilogue : 4;
	bool gathers : 1, gathers_input : 1; /* as lam_plan_gathers() says */
	bool late : 1; /* as lam_plan_late() says, and nothing speaks against it */
	lam_layout x_layout : 3, out_layout : 3;
	bool by_sample : 1;   /* each of its blocks is a sample */
	bool absorbed : 1;    /* a call before it computes its forward */
	bool fronted : 1;     /* its forward computes its front, too */
	bool front_whole : 1; /* of that, a thread had better compute neighbouring slices at once */
	/* the front that it can compute, too, is so many calls before it (front.c); 0: none. And
	   the slices of a block then */
	unsigned front_before : 3, front_slices : 5;
	bool deferred : 1; /* it is such a front */
	/* of those absorbed, an epilogue; in training that call computes its backward, too */
	bool gated : 1;
	bool gates : 1; /* it computes the backward of an epilogue that it has absorbed */
	/* its inputs lie in its output side by side, or its output lies in its input: forward has
	   nothing to do */
	bool laid : 1;
	bool backward : 1, gradient : 1; /* whether these jobs run in a training net */
	bool owns_layer : 1;             /* the plan made the layer, and frees it */
	int least_samples;               /* in training */
	int64_t saved_bytes;
	int64_t shared[LAM_JOBS], shared_per_block[LAM_JOBS], scratch[LAM_JOBS];
	double flops[LAM_JOBS]; /* per sample */
	const lam_real **w;     /* tables for lam_pass, made once */
	const void **packed;
	lam_real **dw, **state;
} lam_call;

/* A loss of the net. The net's loss is the weighted sum of all. */
typedef struct lam_planned_loss {
	int call;
	lam_real weight;
} lam_planned_loss;

/* An output of the net. */
typedef struct lam_plan_output {
	char *name; /* once the plan is made, never NULL */
	lam_slot slot;
	int loss; /* the index of the loss whose output it is; -1: none */
} lam_plan_output;

/* The part of a parameter's gradient that a call writes which shares the parameter. */
typedef struct lam_gradient_part {
	int call, index; /* dw[index] of this call */
	int64_t offset;  /* in the list of all parts, in values */
} lam_gradient_part;

/* The output of a layer or a container that the net's caller may read after a run. */
typedef struct lam_watched {
	char *path;
	lam_slot slot; /* -1: no layer of this path was met yet */
} lam_watched;

struct lam_plan {
	bool inference, input_grad, direct, recompute; /* options of lam_net_create() */
	int64_t samples; /* the largest batch; 0 where no net is made */
	/* The most samples of a net that computes one at a time; 0 in others. */
	int64_t few;
	double sample_work, block_work; /* of all jobs, by lam_plan_work() */
	const struct lam_plan *like;    /* a replica's source's plan; NULL: this is no replica */
	int like_met;                   /* the call of `like` that the last call here matched */
	lam_layer **met; /* all layers so far, with containers; a layer may be in a net only once */
	int met_count, met_room;
	lam_call *calls;
	int call_count, call_room;
	int most_inputs; /* of a call */
	/* The net's inputs are slots and buffers 0 to input_count - 1. */
	char **input_names; /* once the plan is made, never NULL */
	int input_count, input_room;
	lam_planned_loss *losses; /* in the order of their calls */
	int loss_count, loss_room;
	lam_plan_output *outputs; /* at least one */
	int output_count, output_room;
	lam_watched *watched;
	int watched_count;
	lam_slot_info *slots;
	int slot_count, slot_room;
	struct lam_param **params; /* pointers, as growing the list must not move parameters */
	int param_count, param_room;
	struct lam_param **states;
	int state_count, state_room;
	lam_packed_copy *packed;
	int packed_count, packed_room;
	lam_buffer *buffers;
	int buffer_count, buffer_room;
	lam_gradient_sum *sums;
	int sum_count, sum_room;
	lam_again *agains; /* in the order of their times */
	int again_count, again_room;
	lam_source *sources; /* of their inputs */
	int source_count, source_room;
	int end_at;               /* the time after the step */
	lam_gradient_part *parts; /* those of a parameter together, in the order of the calls */
	int part_count, part_room;
	int64_t part_values;
	int64_t block_bytes; /* one block's (or sample's) part of the arena */
	int64_t whole_bytes; /* one block's part behind the samples', for those in batch lanes */
	int64_t scratch_bytes, packed_bytes;
	int64_t param_values, state_values;
	const char *path;  /* while expanding: the current path, "" at the top */
	int depth;         /* while expanding: the number of containers around */
	int planning;      /* the call whose .plan is running; -1: none */
	lam_status status; /* the first failure */
};

/* Makes the plan of a model. `plan` is zeroed except for the options of lam_net_create(). Free it
 * with lam_plan_free(), even after a failure. */
lam_status lam_plan_make(lam_plan *plan, lam_layer *model, lam_shape input);
void lam_plan_free(lam_plan *plan);

/* For the plan of a net that computes one sample at a time: whether batch lanes would be faster. */
bool lam_plan_prefers_batch_lanes(const lam_plan *plan);

/* Sets the weight of a loss. LAM_ERR_ARGUMENT: it is not finite. LAM_ERR_UNSUPPORTED: the loss has
 * parameters, whose gradients a weight other than 1 would not reach. */
lam_status lam_plan_set_weight(lam_plan *plan, int loss, lam_real weight);

/* The slot of the net's first output. */
lam_slot lam_plan_first_output(const lam_plan *plan);

/* Whether an activation of the ReLU family follows this call on some way, before any layer that is
 * not LAM_LOOKS_THROUGH, so that He's initialisation suits the call. */
bool lam_plan_rectified(const lam_plan *plan, int call);

/* The number of values in a block of this slot, or in a sample where it is stored by samples. */
int64_t lam_slot_values(const lam_slot_info *slot);

/* Whether the net ever runs this job of the call, so that its scratch and shared memory are needed.
 */
bool lam_call_runs(const lam_call *call, lam_job job);

/* The number of blocks of this call for `n` samples. */
int64_t lam_call_blocks(const lam_call *call, int64_t n);

#pragma GCC visibility pop
#endif
