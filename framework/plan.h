/** \file
 * What a layer tells the plan of its needs, once, when a net is created. */
#ifndef LAM_PLAN_H
#define LAM_PLAN_H

#include "pass.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_layer lam_layer;
typedef struct lam_plan lam_plan;

/** A value that flows between calls: the number of a slot; negative: planning failed. */
typedef int lam_slot;

/** How a parameter starts. The first six are what a layer's `.init` option may say. */
typedef enum lam_init {
	LAM_INIT_DEFAULT = 0, /**< He where the next activation rectifies, Xavier otherwise */
	LAM_INIT_HE,          /**< normal, variance 2 / fan_in */
	LAM_INIT_XAVIER,      /**< normal, variance 2 / (fan_in + fan_out) */
	LAM_INIT_FAN_IN,      /**< randn / sqrt(fan_in) */
	LAM_INIT_ZERO,
	LAM_INIT_NORMAL, /**< randn x init_scale */
	LAM_INIT_ONE,    /**< for scales of normalising layers */
} lam_init;

/** A parameter's start, and how large its fans are. */
typedef struct lam_param_options {
	lam_init init;
	lam_real init_scale; /**< for LAM_INIT_NORMAL */
	int64_t fan_in, fan_out;
} lam_param_options;

/* From .plan and from nowhere else, all of them; failures are remembered by the plan, so return
 * values may be ignored until the end. */

/** Declares the next parameter: "weight", "bias"; `shape` is PyTorch's. Returns its index in
 * pass->w and pass->dw. The name has 1 to 64 characters of printable ASCII, no space and none of
 * /\"{}:=; points stand between others alone ("out_proj.weight"). A layer that is the whole model
 * may not name one architecture, format or build, as entries of its file are. Other names are
 * LAM_ERR_ARGUMENT; so for states. */
int lam_plan_param(lam_plan *plan, const char *name, lam_shape shape, lam_param_options options);

/** Declares the next array that is in checkpoints but seen by no optimizer, such as running
 * statistics. Returns its index in pass->state. lam_fit() ends with an error when values of an
 * array that began finite no longer are. */
int lam_plan_state(lam_plan *plan, const char *name, lam_shape shape, lam_real initial);

/** Declares `bytes` for a packed copy of parameter `param`, refilled by .pack whenever the
 * parameter was changed, in `slices` independent slices that write all of it that is read. Returns
 * its index in pass->packed. `backward_only`: .backward alone reads it; not made, and NULL there,
 * in a call whose .backward never runs: in a net for inference, in a first layer with a .gradient.
 * A `param` that was not declared before it is LAM_ERR_ARGUMENT. */
int lam_plan_packed(lam_plan *plan, int param, int64_t bytes, int64_t slices, bool backward_only);

/** Declares `bytes` per block, undefined until they are written, to keep from forward to .gradient
 * and .backward: arg-max, masks, statistics. Forward may write them in evaluation too; then nobody
 * reads them. */
void lam_plan_saved(lam_plan *plan, int64_t bytes);

/** Declares `bytes` that all units and phases of `job` share, plus `per_block` bytes for each block
 * of the batch: undefined until they are written. */
void lam_plan_shared(lam_plan *plan, lam_job job, int64_t bytes, int64_t per_block);

/** Declares `bytes` of scratch per thread for `job`, undefined until they are written. */
void lam_plan_scratch(lam_plan *plan, lam_job job, int64_t bytes);

/** Declares how many floating-point operations `job` takes per sample, a multiply-add being two, by
 * the direct algorithm: what a profile shows. Not declared: 0. */
void lam_plan_flops(lam_plan *plan, lam_job job, double per_sample);

/** Whether the net that is being planned is for inference only. */
bool lam_plan_inference(const lam_plan *plan);

/** From .plan: the layout in which this layer will get x. Other than LAM_BATCH_LANES: as its
 * lam_sample_form asked, whose .pack will fill the packed copies. */
lam_layout lam_plan_layout(const lam_plan *plan);

/* From .expand. They return a negative slot on failure, and pass one on that they are given, so
 * only the last needs to be returned. */

/** Plans a child: emits a call of it, or of what it expands to, on slot `x`. `role` is the child's
 * part of the parameter names ("0", "body"), replaced by its own name if it has one. Returns the
 * slot of its output. */
lam_slot lam_plan_layer(lam_plan *plan, lam_layer *child, lam_slot x, const char *role);

/** Emits a + b and returns the slot of the sum; unequal shapes are LAM_ERR_SHAPE. */
lam_slot lam_plan_add(lam_plan *plan, lam_slot a, lam_slot b);

/** The per-sample shape of a slot; rank 0 for what is no slot. */
lam_shape lam_plan_shape(const lam_plan *plan, lam_slot slot);

#ifdef __cplusplus
}
#endif
#endif
