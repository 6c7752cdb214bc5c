/* SPDX-License-Identifier: MIT */
/** \file
 * The step that failed, once more: lam_fit(…, .replay = "bad.npz") writes what it depended on when
 * it meets a number that is not finite, and lam_replay() repeats that step, call by call, and shows
 * what each layer made of it. examples/replay.c prints it.
 *
 * The file is also a net: lam_net_load() reads it, and numpy.load() opens it. Beside the net's
 * arrays it holds the batch
 * ("training/replay_x" as [samples][values of one], "training/replay_targets"),
 * "training/replay_seed" and "training/replay_pass", from which the step's random numbers follow,
 * "training/replay_epoch", "training/replay_step", and the sentence "training/replay_failure". */
#ifndef LAM_REPLAY_H
#define LAM_REPLAY_H

#include "layer.h"
#include "named.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a row is about, in the order of a step. */
typedef enum lam_replay_what {
	LAM_REPLAY_INPUT, /**< of the net */
	LAM_REPLAY_PARAM, /**< a parameter, when its layer is about to run forward */
	/** of a layer, with what it does for the next where that is absorbed (a convolution's ReLU)
	 */
	LAM_REPLAY_OUTPUT,
	LAM_REPLAY_LOSS, /**< the mean over the batch: one value */
	LAM_REPLAY_PARAM_GRADIENT,
	/** of a layer's input, from its backward; where others read that input too, its part */
	LAM_REPLAY_INPUT_GRADIENT,
	/** of a layer's input, when the parts of all who read it have been added; of the first of
	   them, which runs last */
	LAM_REPLAY_SUMMED_GRADIENT,
} lam_replay_what;

/** What an array of the step holds. Texts are valid during the callback. */
typedef struct lam_replay_row {
	size_t size;
	lam_replay_what what;
	const char *layer; /**< `conv2d "0"`: whose; of the input, the first layer */
	const char *param; /**< "0.weight"; NULL where it is about no parameter */
	int64_t count;     /**< values of the batch's samples, or of the parameter */
	int64_t nans, infinities;
	double least, most, mean; /**< of the finite ones; NaN: there are none */

	/* Of the file: the same in every row. */
	const char *failure; /**< what lam_fit said */
	int64_t epoch, step; /**< from 1 on */
	int64_t samples;     /**< in the batch */
} lam_replay_row;

typedef struct lam_replay_options {
	size_t size;
	const char *path;
	LAM_NAMED;
	/** called on the caller's thread; true: enough. NULL: not */
	bool (*row)(const lam_replay_row *row, void *data);
	void *row_data;
	/** layers of one's own that the file may name, ending with NULL */
	const lam_layer_class *const *classes;
	int threads; /**< default: OpenMP's own; the rows do not depend on it */
	/** bytes that the file's net may take for the file's batch, as in lam_net_load(), whose
	 * default it has; the batch takes at most as much again */
	size_t memory_limit;
} lam_replay_options;

/** lam_replay("bad.npz", .row = show). LAM_ERR_NUMERIC and the sentence of the first array that is
 * not finite; LAM_OK when all are (on another instruction set than the file's "build", roundings
 * differ) or the callback had enough; LAM_ERR_FORMAT when the file is none of .replay's; otherwise
 * as lam_net_load(): LAM_ERR_MEMORY when a net for as many samples as the file says would take more
 * than .memory_limit. */
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
