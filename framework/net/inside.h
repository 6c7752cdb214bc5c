/* What a net is made of. Private to the framework; layers and data sets never see it.
 *
 * A net is a flat list of calls on slots. A slot is a value that flows from one call to others;
 * where it lies is a *buffer*: a range of bytes inside one block's part of the activation arena,
 *
 *     arena   [block][everything that one block of 16 samples needs, buffers sharing bytes when
 *             their lifetimes allow]
 *
 * so that a thread may carry its block through many calls without asking where the other threads
 * are.
 *
 * In a net for inference of less than 16 samples most slots lie by samples (`layout`, which
 * plan_layout.c chooses), and the arena is
 *
 *     [few][everything that one sample needs][what lies in batch lanes, one block] */
#ifndef LAM_NET_INSIDE_H
#define LAM_NET_INSIDE_H

#include "framework/net.h"

#include <stdatomic.h>

#pragma GCC visibility push(hidden)

enum { LAM_MOST_BATCH = 1 << 24 }; /* samples per step */

struct lam_param {
	lam_net *net;
	char *name;
	lam_shape shape;
	lam_param_options start;
	lam_real initial;      /* states: every element */
	int64_t offset, count; /* in values, in its arena (parameters or states) */
	int call;              /* which call declared it */
	int index;             /* the how-manieth of that call */
	bool is_state, trainable, decays;
	lam_real *value, *grad;
	atomic_uint_fast64_t *version; /* counts edits; a replica points at its source's */
	atomic_uint_fast64_t own_version;
};

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
	int64_t shared_bytes, scratch_bytes, packed_bytes;
	int64_t param_values, state_values;
	lam_slot output;
	int loss;          /* call of the loss; -1: none */
	const char *path;  /* while expanding: the path so far, "" at the top */
	int depth;         /* while expanding: how many containers deep */
	int planning;      /* the call whose .plan runs; -1: none */
	lam_status status; /* the first failure */
};

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
	unsigned char *packed, *activations, *shared, *scratch;
	lam_real *input; /* lane blocks of the input when the caller gives rows */
	lam_real *output_rows, *input_grad_rows;
	double *loss_sums;  /* one per block */
	double *norm_sums;  /* one per update unit */
	int64_t *confusion; /* of the last evaluation, [classes][classes]; NULL: there was none */
	struct lam_work *work;       /* room for the longest list of one run */
	struct lam_cut *cuts;        /* and for how each piece of it is cut */
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

/* Where buffer `buffer` of block 0 lies. */
lam_real *lam_net_buffer(const lam_net *net, int buffer);

/* Where block 0 (or sample 0) of a value lies, and how many values it is to the next. */
typedef struct lam_place {
	lam_real *data; /* NULL: nowhere */
	int64_t block;
} lam_place;

/* The place of a buffer: BUFFER_INPUT's is where the input of this run, or of the last one, lies,
 * and is not to be written. */
lam_place lam_net_place(const lam_net *net, int buffer);

/* The first n samples of what lies there in this layout, as rows. */
void lam_place_to_rows(
	lam_real *rows, lam_place place, int64_t features, int64_t n, lam_layout layout);

/* LAM_ERR_MEMORY and a sentence when the planned net would need more than `limit` bytes; 0: no
 * limit. To be called before anything of that size is allocated, when plan, batch, threads and
 * target_bytes are known. */
lam_status lam_net_check_memory(const lam_net *net, size_t limit);

/* Makes the moments that this optimizer needs, zeroed if the rule is another than before. */
lam_status lam_net_moments(lam_net *net, const lam_optimizer *optimizer);

/* The whole plan of a model. `plan` is zeroed but for what lam_net_create() was told; free it with
 * lam_plan_free() also on failure. */
lam_status lam_plan_make(lam_plan *plan, lam_layer *model, lam_shape input);
void lam_plan_free(lam_plan *plan);

/* Its second half: which jobs each call has, and in which buffers activations and gradients lie. */
lam_status lam_plan_lifetimes(lam_plan *plan);

/* A new buffer; BUFFER_NONE when there is no memory. */
int lam_plan_buffer(lam_plan *plan, int64_t bytes, int first, int last);

/* Gives every buffer its offset; those whose lifetimes do not meet may share bytes. */
lam_status lam_plan_place(lam_plan *plan);

/* Whether initialisation in front of this call's output should be He's: the next activation
 * rectifies. */
bool lam_plan_rectified(const lam_plan *plan, int call);

/* A list that grows: room for one more element behind `count`; false and the plan's status when
 * there is no memory. */
bool lam_plan_room(lam_plan *plan, void *list, int count, int *room, size_t size);

/* The join that lam_plan_add() emits: out = a + b. */
extern const lam_layer_class lam_add_class;

/* The conversions between layouts that the plan inserts. */
extern const lam_layer_class lam_relayout_class;

/* What a block of this slot holds, or, if it lies by samples, a sample: values. */
int64_t lam_slot_values(const lam_slot_info *slot);

/* How many blocks `n` samples are to this call. */
int64_t lam_call_blocks(const lam_call *call, int64_t n);

/* `conv2d "3"`: how a call is named in sentences. */
typedef struct lam_call_name {
	char text[160];
} lam_call_name;
lam_call_name lam_call_title(const lam_call *call);

#pragma GCC visibility pop
#endif
