/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers: how a layer declares its needs, once, when a net is created. */
#ifndef LAM_PLAN_H
#define LAM_PLAN_H

#include "pass.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A layer (layer.h), and the plan that its `.plan` is called with. */
typedef struct lam_layer lam_layer;
typedef struct lam_plan lam_plan;

/** The number of a slot: a value that flows between calls. Negative: planning failed. */
typedef int lam_slot;

/** How a parameter is initialised. A layer's `.init` option may be any of the first
 * seven. */
typedef enum lam_init {
	LAM_INIT_DEFAULT = 0, /**< He where the next activation rectifies, Xavier otherwise */
	LAM_INIT_HE,          /**< normal, variance 2 / fan_in */
	LAM_INIT_XAVIER,      /**< normal, variance 2 / (fan_in + fan_out) */
	LAM_INIT_FAN_IN,      /**< randn / sqrt(fan_in) */
	LAM_INIT_ZERO,        /**< 0 in every element */
	LAM_INIT_NORMAL,      /**< randn x init_scale */
	/** each output of a group is the input of the same number: 1 at the middle of the kernel
	 * (at kernel / 2), 0 elsewhere. Outputs beyond the inputs: normal, variance 1 / (3 fan_in),
	 * that of PyTorch's layers. Not for transposed convolutions. As torch.nn.init.dirac_(),
	 * which makes the outputs beyond 0. Zagoruyko and Komodakis, "DiracNets" (2017) */
	LAM_INIT_DIRAC,
	LAM_INIT_ONE,      /**< for scales of normalising layers */
	LAM_INIT_CONSTANT, /**< init_scale, in every element */
} lam_init;

/** A parameter's initialisation, and its fan-in and fan-out. */
typedef struct lam_param_options {
	lam_init init;       /**< the distribution of the initial values */
	lam_real init_scale; /**< for LAM_INIT_NORMAL and LAM_INIT_CONSTANT */
	/** inputs that an output value sums, and output values that an input value enters; 0 counts
	 * as 1 */
	int64_t fan_in, fan_out;
} lam_param_options;

/* The functions from here to lam_plan_layout() are called only from .plan. The plan remembers a
 * failure, so .plan may ignore return values. */

/** Declares the next parameter, as "weight" or "bias", with PyTorch's shape. Returns its index in
 * pass->w and pass->dw.
 *
 * Names of parameters and states have 1 to 64 characters of printable ASCII, without spaces and any
 * of /\"{}:= and with dots only between other characters ("out_proj.weight"). A layer that is the
 * whole model may not use the names "architecture", "format" and "build", which are entries of a
 * net's file. Other names are LAM_ERR_ARGUMENT. */
int lam_plan_param(lam_plan *plan, const char *name, lam_shape shape, lam_param_options options);

/** Declares the next state: an array that is saved but not trained, such as running statistics.
 * Returns its index in pass->state. If `initial` is finite and a value no longer is, lam_fit() ends
 * with an error. */
int lam_plan_state(lam_plan *plan, const char *name, lam_shape shape, lam_real initial);

/** Declares a packed copy, of `bytes` bytes, of the parameter `param`, which must be declared
 * before (LAM_ERR_ARGUMENT). After each change of the parameter .pack fills the copy again, in
 * `slices` independent slices, which together write every byte that is read. Returns its index in
 * pass->packed.
 *
 * `backward_only`: only .backward reads the copy. Then it is not made, and is NULL, where .backward
 * never runs: in a net for inference, and in a first layer that has a .gradient. */
int lam_plan_packed(lam_plan *plan, int param, int64_t bytes, int64_t slices, bool backward_only);

/** Declares `bytes` per block that are kept from forward to .gradient and .backward: indices of
 * maxima, masks, statistics. They are undefined until they are written. Forward may write them in
 * evaluation, too; where pass->backward_may_follow is false, nothing reads them. */
void lam_plan_saved(lam_plan *plan, int64_t bytes);

/** Declares memory that all units and phases of `job` share: `bytes`, plus `per_block` bytes for
 * each block of the batch. It is undefined until it is written. */
void lam_plan_shared(lam_plan *plan, lam_job job, int64_t bytes, int64_t per_block);

/** Declares `bytes` of scratch memory per thread for `job`, undefined until they are written. */
void lam_plan_scratch(lam_plan *plan, lam_job job, int64_t bytes);

/** Declares the floating-point operations of `job` per sample by the direct algorithm, which a
 * profile shows and which decide how many threads a step is worth (LAM_LIGHT). A multiply-add is
 * two. Default: 0, not declared. */
void lam_plan_flops(lam_plan *plan, lam_job job, double per_sample);

/** Declares that a training forward needs at least `samples` samples (default: 1). A smaller batch
 * is refused before the step begins, and a run of lam_fit() whose last batch is smaller before its
 * first step. */
void lam_plan_least_samples(lam_plan *plan, int64_t samples);

/** Whether the net that is being planned is for inference only. */
bool lam_plan_inference(const lam_plan *plan);

/** The layout in which this layer will get x. If it is not LAM_BATCH_LANES, the layer's
 * lam_sample_form has asked for it, and that form's .pack fills the packed copies. */
lam_layout lam_plan_layout(const lam_plan *plan);

/* The functions below are called from .expand and .expand_join. They return a negative slot on
 * failure, and also when they are given one, so .expand need not check slots but only return the
 * last. */

/** Emits the calls of a child on slot `x`. `role` is the child's part of the parameter names ("0",
 * "body"); the child's own name replaces it if there is one. Returns the slot of its output, which
 * must be returned from .expand or given to another of these functions. */
lam_slot lam_plan_layer(lam_plan *plan, lam_layer *child, lam_slot x, const char *role);

/** As lam_plan_layer(), for a join: emits its call on the slots x[inputs]. A layer whose class
 * takes another number of inputs is LAM_ERR_ARGUMENT. A join that has branches of its own, such as
 * lam_concat(a, b), takes one input and gives it to each. */
lam_slot lam_plan_join(
	lam_plan *plan, lam_layer *child, const lam_slot *x, int inputs, const char *role);

/** As lam_plan_join(), for a loss (LAM_LOSS) whose part in the net's loss has this weight.
 * lam_plan_layer() and lam_plan_join() emit losses with weight 1. */
lam_slot lam_plan_loss(lam_plan *plan, lam_layer *child, const lam_slot *x, int inputs,
	const char *role, lam_real weight);

/** Emits a + b and returns the slot of the sum; unequal shapes are LAM_ERR_SHAPE. */
lam_slot lam_plan_add(lam_plan *plan, lam_slot a, lam_slot b);

/** Names a value as an output of the net. A loss's output is one already, under the loss's name. */
void lam_plan_output_as(lam_plan *plan, lam_slot slot, const char *name);

/** Whether the container that is being expanded is the whole model. */
bool lam_plan_outermost(const lam_plan *plan);

/** The per-sample shape of a slot; rank 0 if there is no such slot. */
lam_shape lam_plan_shape(const lam_plan *plan, lam_slot slot);

#ifdef __cplusplus
}
#endif
#endif
