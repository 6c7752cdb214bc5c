/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers: the arguments of a layer's functions during a step. */
#ifndef LAM_PASS_H
#define LAM_PASS_H

#include "epilogue.h"
#include "job.h"
#include "real.h"
#include "shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The mode of a forward, and of the backward after it: in training dropout drops, and batch norm
 * uses the batch's statistics. */
typedef enum lam_mode {
	LAM_EVAL = 0,  /**< evaluation, prediction */
	LAM_TRAIN = 1, /**< training */
} lam_mode;

/** The layout of an activation in memory. */
typedef enum lam_layout {
	LAM_BATCH_LANES = 0, /**< `[block][C][H][W][16 samples]` */
	/** `[sample][ceil(C / 16)][H][W][16 channels]`; lanes beyond the last channel are
	 * undefined, and may be NaN */
	LAM_CHANNEL_LANES = 1,
	/** `[sample][C][H][W]`, each sample padded with undefined values to a multiple of 16 */
	LAM_ROWS = 2,
	/** `[sample][C][H][W]` without gaps, at any alignment: the net's input in the caller's
	 * array */
	LAM_CALLER_ROWS = 3,
} lam_layout;

/** The part of an activation or a gradient that one call may use. Feature f of sample s of the
 * batch is
 *
 *     data[(s / 16) * block + f * 16 + s % 16]
 *
 * In a call for one block, `data` points at that block. Values are plain numbers, never of a vector
 * type.
 *
 * This is LAM_BATCH_LANES, the only layout that a layer gets unless its class asks for others
 * (LAM_ELEMENTWISE, lam_sample_form). In other layouts each sample is a block of its own. */
typedef struct lam_view {
	/** aligned to LAM_ALIGN, except in LAM_CALLER_ROWS; NULL: not kept, or not wanted */
	lam_real *data;
	lam_shape shape;   /**< per sample */
	int64_t features;  /**< the product of the shape */
	int64_t values;    /**< in a block: features x LAM_LANES; or in a sample, with padding */
	int64_t block;     /**< values from one block (or sample) to the next */
	lam_layout layout; /**< the order of the values */
} lam_view;

enum { LAM_MAX_PHASES = 4 /**< the most phases of a job */ };

/** One phase of a job: work cut into numbered units, which may run in any order on any thread. A
 * phase begins when the one before it has ended. Both members depend only on shapes, mode and the
 * number of blocks, never on the number of threads. */
typedef struct lam_phase {
	/** true: blocks x slices units, and a call gets one block. False: as many units as slices,
	 * and a call gets all blocks */
	bool per_block;
	int64_t slices; /**< 1 to INT_MAX; of outputs, rows or parameters, as the layer chooses */
} lam_phase;

/** The arguments of one call, valid only during it. A layer writes only out, dx, dw, state, saved,
 * shared, scratch and loss, and of these only the parts of its block and slices. */
typedef struct lam_pass {
	lam_mode mode;  /**< training or evaluation */
	int phase;      /**< which phase of the job */
	int64_t n;      /**< samples in the batch */
	int64_t blocks; /**< ceil(n / 16); n in layouts where each sample is a block */
	int64_t block;  /**< in a per-block phase: the block's index; otherwise 0 */
	/** in a per-block phase: the number of lanes of this block that hold samples; the others
	 * repeat the last sample. 1 where each sample is a block */
	int64_t real;
	/** the call computes slices [slice, slice_end) of `slices` */
	int64_t slice, slice_end, slices;

	int inputs; /**< 1, except for joins: as many as the class's .min_inputs and .max_inputs
		       allow */
	/** [inputs]; in backward data is NULL unless the class has LAM_KEEP_X */
	const lam_view *x;
	/** backward: the output, if LAM_KEEP_Y; or with `finish`, the output of the epilogue */
	const lam_view *y;
	const lam_view *dy; /**< the gradient of the output, in backward; 0 in idle lanes */
	/** forward: write all of it, idle lanes too; with LAM_IN_PLACE it may be x itself */
	const lam_view *out;
	/** [inputs] the gradients to write, in backward: all values of each. Its data is NULL where
	 * no gradient is wanted. With LAM_IN_PLACE it may be dy itself */
	const lam_view *dx;
	/** forward: a lam_epilogue that this call must apply to its output; only for classes with
	 * LAM_ABSORBS. Backward, only for classes with LAM_GATES: dy is the gradient of what that
	 * epilogue has given */
	int epilogue;
	/** forward: what this call must apply to its output beside the epilogue; NULL: nothing.
	 * Only for classes with LAM_FINISHES; of classes with LAM_GATES only `added`. Backward,
	 * only for these: the same, `added` itself being lost. Then the gradient before the
	 * epilogue must be written over dy, because it is that of `added`, too */
	const lam_finish *finish;

	/** parameters, in the order of lam_plan_param(), in PyTorch's layout */
	const lam_real *const *w;
	/** packed copies that .pack made of them, in the order of lam_plan_packed() */
	const void *const *packed;
	/** gradients, to be overwritten; an entry is NULL where the parameter is frozen */
	lam_real *const *dw;
	/** running statistics, in the order of lam_plan_state(); shared by all blocks */
	lam_real *const *state;

	/** this block's bytes, kept from forward to backward; block 0's if not per block */
	void *saved;
	size_t saved_block; /**< bytes from one block's `saved` to the next block's */
	void *shared;       /**< bytes for all units and phases of this job; lost after it */
	void *scratch;      /**< bytes for this thread during this call */

	/** for random numbers: a key from (seed, training step, layer), to be used with the counter
	 * (row in the whole batch, feature): `row` plus the sample's number here */
	uint64_t key;
	/** losses: the caller's targets from sample 0 of the batch on, int32_t classes or rows of
	 * lam_real; NULL: none */
	const void *targets;
	/** losses: write the sum of this block's samples, without idle lanes; NULL: no targets */
	double *loss;
	/** forward: a backward of this batch may follow, so `saved` must be written: in training,
	 * and in evaluation by lam_net_forward() unless the net is for inference */
	bool backward_may_follow;
	/** losses: the batch's loss is the sum of what all blocks write to `loss`, over this count:
	 * the number of samples; with targets that are classes the sum of the weights of those that
	 * count (lam_target_info), of the whole batch. 0: none counts; then the loss is 0, and the
	 * gradient must be. Each sample's part is multiplied by its weight */
	double count;
	/** losses with LAM_MIXES, mixed samples (framework/augment.h's .mixup): sample s is
	 * share[s] of one of class targets[s] and 1 - share[s] of one of class second[s], so its
	 * loss is that of the first times share[s] and that of the second times the rest; places of
	 * maps likewise. `count` has the weights of both, with these shares. NULL: none is mixed */
	const int32_t *second;
	const lam_real *share; /**< [n], each 0 to 1 */
	/** losses with LAM_WEIGHS_SAMPLES: the weights of the samples, from sample 0 of the batch
	 * on, finite and at least 0; NULL: all 1. What a sample adds to `loss`, and its gradient,
	 * is multiplied by its weight, and is 0 where that is 0, whatever the sample holds */
	const lam_real *weights;
	/** the row of sample 0 in the whole batch: 0, unless the run's samples are a shard of it
	 * (lam_fit(.shards)) */
	int64_t row;
	/** forward for the second time in a step, because the output was not kept
	 * (lam_net_create(.recompute)): write the same bits. `saved` is as the first time left it.
	 * States must stay as they are */
	bool again;
	/** for the library's own layers; NULL: nothing */
	const struct lam_gathered *gathered;
	const struct lam_front *front; /**< likewise */
	const struct lam_taker *taker; /**< likewise */
} lam_pass;

#ifdef __cplusplus
}
#endif
#endif
