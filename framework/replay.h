/* SPDX-License-Identifier: MIT */
/** \file
 * Repeating a failed step. When lam_fit(..., .replay = "bad.npz") meets a number that is not
 * finite, it writes all that the step depends on. lam_replay() repeats that step call by call and
 * shows what each layer computes. examples/replay.c prints this.
 *
 * The file is also a net, which lam_net_load() reads and numpy.load() opens. Beside the net's
 * arrays it holds
 *
 *     training/replay_x           the batch, [samples][values per sample]
 *     training/replay_targets     its targets
 *     training/replay_sample_weights   the samples' weights, if there are any; then the file is of
 *                                 format 2
 *     training/replay_seed        the net's seed, and
 *     training/replay_pass        its count of training passes: these two give the random numbers
 *     training/replay_epoch       the epoch
 *     training/replay_step        the step in the epoch
 *     training/replay_failure     the error sentence */
#ifndef LAM_REPLAY_H
#define LAM_REPLAY_H

#include "layer.h"
#include "named.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The array that a row describes, in the order of a step. */
typedef enum lam_replay_what {
	LAM_REPLAY_INPUT,          /**< the net's input */
	LAM_REPLAY_PARAM,          /**< a parameter, before its layer's forward */
	LAM_REPLAY_OUTPUT,         /**< a layer's output, with the layers that it has absorbed */
	LAM_REPLAY_LOSS,           /**< the mean over the batch: one value */
	LAM_REPLAY_PARAM_GRADIENT, /**< a parameter's gradient */
	/** the gradient of a layer's input, from its backward; if several layers read that input,
	 * this layer's part */
	LAM_REPLAY_INPUT_GRADIENT,
	/** the gradient of an input that several layers read, after their parts were added; named
	 * after the first of these layers, which runs backward last */
	LAM_REPLAY_SUMMED_GRADIENT,
} lam_replay_what;

/** Figures on an array of the step. Texts are valid during the callback. */
typedef struct lam_replay_row {
	size_t size;
	lam_replay_what what;     /**< which array */
	const char *layer;        /**< the layer, `conv2d "0"`; for the input, the first one */
	const char *param;        /**< "0.weight"; NULL unless the row is about a parameter */
	int64_t count;            /**< values in the batch's samples, or in the parameter */
	int64_t nans, infinities; /**< how many of the values are NaN, and how many infinite */
	double least, most, mean; /**< of the finite values; NaN if there are none */

	/* From the file, the same in every row. */
	const char *failure; /**< lam_fit()'s sentence */
	int64_t epoch, step; /**< from 1 on */
	int64_t samples;     /**< in the batch */
} lam_replay_row;

typedef struct lam_replay_options {
	size_t size;
	const char *path; /**< the file that lam_fit(.replay) wrote */
	LAM_NAMED;
	/** called for each row on the caller's thread; true ends the replay. May be NULL */
	bool (*row)(const lam_replay_row *row, void *data);
	void *row_data; /**< borrowed; handed to `.row` */
	/** the user's own layer classes that the file may name, ending with NULL */
	const lam_layer_class *const *classes;
	int threads; /**< default: OpenMP's; the rows do not depend on it */
	/** the most bytes for a net with the file's batch; default as in lam_net_load(). The batch
	 * itself takes at most as many again */
	size_t memory_limit;
} lam_replay_options;

/** lam_replay("bad.npz", .row = show) repeats the step of a file. It returns
 *
 *   - LAM_ERR_NUMERIC, with a sentence about the first array that is not finite;
 *   - LAM_OK when all arrays are finite, which may happen on another instruction set than the
 *     file's "build", as rounding differs; or when the callback ended the replay;
 *   - LAM_ERR_FORMAT when the file was not written for .replay;
 *   - LAM_ERR_MEMORY when a net for the file's number of samples needs more than .memory_limit;
 *   - other errors of lam_net_load(). */
LAM_MUST_CHECK lam_status lam_replay_with(const lam_replay_options *options);

#ifndef __cplusplus
#define lam_replay(...) \
	lam_replay_with( \
		&(lam_replay_options){.size = sizeof(lam_replay_options), .path = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
