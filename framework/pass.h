/** \file
 * What a layer sees when it is called during a step. */
#ifndef LAM_PASS_H
#define LAM_PASS_H

#include "job.h"
#include "real.h"
#include "shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Whether dropout drops and batch norm looks at the batch. */
typedef enum lam_mode {
	LAM_EVAL = 0,
	LAM_TRAIN = 1,
} lam_mode;

/** How an activation lies in memory. */
typedef enum lam_layout {
	LAM_BATCH_LANES = 0, /**< `[block][C][H][W][16 samples]` */
	/** `[sample][ceil(C / 16)][H][W][16 channels]`; lanes that hold no channel hold anything,
	   NaN too */
	LAM_CHANNEL_LANES = 1,
	/** `[sample][C][H][W]`, each sample filled up with anything to a multiple of 16 values */
	LAM_ROWS = 2,
	/** `[sample][C][H][W]` without a gap, at any alignment: the net's input where the caller
	   has it */
	LAM_CALLER_ROWS = 3,
} lam_layout;

/** An activation or a gradient, as far as one call may touch it. Lanes are plain numbers, never a
 * vector type: feature f of sample s (counted within the batch) is `data[(s / 16) * block + f * 16
 * + s % 16]`. In a call for one block, `data` already points at that block.
 *
 * That is LAM_BATCH_LANES, and the only layout that a layer meets unless its class asks for others
 * (LAM_ELEMENTWISE, lam_sample_form). In those, a sample takes the part of a block. */
typedef struct lam_view {
	/** aligned to LAM_ALIGN (but for LAM_CALLER_ROWS); NULL: was not kept, or is not wanted */
	lam_real *data;
	lam_shape shape;  /**< per sample */
	int64_t features; /**< the product of the shape */
	int64_t values; /**< what one block holds, features x LAM_LANES; or one sample, filled up */
	int64_t block;  /**< values from one block (or sample) to the next */
	lam_layout layout;
} lam_view;

enum { LAM_MAX_PHASES = 4, LAM_MAX_INPUTS = 2 };

/** One phase of a job: work cut into numbered units that may run in any order on any thread. A
 * phase begins when the one before it is done. Both members follow from shapes, mode and the number
 * of blocks alone, never from the number of threads. */
typedef struct lam_phase {
	/** units = blocks x slices, each call sees one block; else units = slices and a call sees
	 * all blocks */
	bool per_block;
	int64_t slices; /**< at least 1; of outputs, rows or parameters, as the layer likes */
} lam_phase;

/** One call. Everything here is valid during the call only; a layer writes nothing but out, dx, dw,
 * state, saved, shared, scratch, loss, and of these only what its block and its slices own. */
typedef struct lam_pass {
	lam_mode mode;
	int phase;      /**< which phase of the job */
	int64_t n;      /**< samples in the batch */
	int64_t blocks; /**< ceil(n / 16); n where a sample takes the part of a block */
	int64_t block;  /**< a per-block phase: which one; else 0 */
	/** a per-block phase: lanes of this block that hold samples of their own; the others repeat
	 * the last sample (1: one sample) */
	int64_t real;
	/** do slices `slice` up to, not including, `slice_end` of `slices` */
	int64_t slice, slice_end, slices;

	int inputs; /**< 1 but for joins */
	/** [inputs]; in backward NULL data unless the class keeps it (LAM_KEEP_X) */
	const lam_view *x;
	const lam_view *y;  /**< backward: the output, if LAM_KEEP_Y */
	const lam_view *dy; /**< backward: gradient of the output; 0 in idle lanes */
	/** forward: write it whole, idle lanes too; may be x itself if LAM_IN_PLACE */
	const lam_view *out;
	/** [inputs] backward: write it whole; NULL data: not wanted; may be dy itself if
	 * LAM_IN_PLACE */
	const lam_view *dx;
	/** forward: a lam_epilogue that this call must apply to its output (classes with
	 * LAM_ABSORBS only) */
	int epilogue;

	/** parameters, in the order of lam_plan_param(), in PyTorch's layout */
	const lam_real *const *w;
	/** what .pack made of them, in the order of lam_plan_packed() */
	const void *const *packed;
	/** gradients, to be overwritten; an entry is NULL where the parameter is frozen */
	lam_real *const *dw;
	/** in the order of lam_plan_state(): running statistics; shared by all blocks */
	lam_real *const *state;

	/** this block's bytes, kept from forward to backward (block 0's when not per block) */
	void *saved;
	size_t saved_block; /**< bytes from one block's saved to the next */
	void *shared;       /**< bytes for all units and phases of this job; not kept after it */
	void *scratch;      /**< bytes for this thread during this call */

	/** random numbers of this call: key (seed, training step, layer); counter: (row in the
	 * batch, feature) */
	uint64_t key;
	/** losses: the caller's targets for sample 0 of the batch (int32_t classes or rows of
	 * lam_real); NULL: none */
	const void *targets;
	/** losses: write this block's sum over its real samples; NULL when there are no targets */
	double *loss;
} lam_pass;

#ifdef __cplusplus
}
#endif
#endif
