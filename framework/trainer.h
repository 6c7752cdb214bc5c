/* SPDX-License-Identifier: MIT */
/** \file
 * The training loop: epochs, shuffling, augmentation, schedule, validation, checkpoints, callbacks.
 *
 *     lam_report report;
 *     lam_status status = lam_fit(net, train, &report, .epochs = 5, .optimizer = lam_sgd(.lr =
 *         0.1f, .momentum = 0.9f));
 *
 * The result depends on the net (its parameters and seed), the data and the options alone: not on
 * the number of threads, nor on how often the run was stopped and resumed. */
#ifndef LAM_TRAINER_H
#define LAM_TRAINER_H

#include "loader.h"
#include "named.h"
#include "optimizer.h"
#include "profile.h"
#include "progress.h"
#include "schedule.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Why a run ended. */
typedef enum lam_stop {
	LAM_STOP_NOT = 0,  /**< it has not */
	LAM_STOP_EPOCHS,   /**< all epochs are done */
	LAM_STOP_PATIENCE, /**< no better for `.patience` epochs */
	LAM_STOP_CALLBACK, /**< a callback said so */
	LAM_STOP_ERROR,    /**< lam_fit() failed */
} lam_stop;

/** What a run did. A resumed run's report counts what went before, too. */
typedef struct lam_report {
	size_t size;
	int64_t epochs; /**< complete epochs */
	int64_t steps;
	/** of the last epoch, as its steps saw it (parameters changing); no confusion matrix */
	lam_score train;
	/** after the last complete epoch; count 0 without a validation set. Confusion: only if this
	 * call did it */
	lam_score validation;
	/** the epoch, from 1, with the least validation loss (without validation: training loss);
	 * 0: none yet */
	int64_t best_epoch;
	double best_loss, best_accuracy;
	double seconds;           /**< all of it: steps, validation, checkpoints */
	double images_per_second; /**< samples per second of training steps */
	lam_stop stop;
	/** "" as a rule; the sentence when the newest checkpoint was damaged and the run went on
	 * from the previous one */
	char notice[256];
} lam_report;

typedef struct lam_fit_options {
	size_t size;
	size_t report_size; /**< sizeof(lam_report); set by the macro */
	lam_net *net;       /**< must end with a loss */
	const lam_dataset *train;
	lam_report *report; /**< may be NULL; filled on failure, too */
	LAM_NAMED;

	int epochs; /**< required */
	/** samples per step, at most the net's max_batch, which is the default; the last of an
	 * epoch may have fewer */
	int64_t batch;
	const lam_dataset *validation; /**< evaluated after every epoch; NULL: none */
	lam_optimizer optimizer;       /**< required */
	lam_schedule schedule;         /**< default: the optimizer's lr all the time */
	/** > 0: gradients are scaled down so that their L2 norm over all parameters is at most this
	 */
	double clip;
	lam_augment augment; /**< of the training samples */
	bool no_shuffle;
	/** > 0: stop after so many epochs in a row without a lower validation loss (without
	 * validation: training loss) */
	int patience;

	/** file that the run is saved in: also a net for lam_net_load(). NULL: none. The one saved
	 * before it stays beside it as "NAME.previous" */
	const char *checkpoint;
	/** steps from one save to the next; default: once an epoch. The end of the run is always
	 * saved */
	int64_t checkpoint_every;
	/** go on from `checkpoint`: a missing file starts afresh (no save leaves it missing,
	 * wherever it is cut off), a finished run gives its report at once, a damaged file is
	 * passed over for the previous one (the report has a notice). One of another architecture,
	 * optimizer, schedule, batch, seed, `.direct` of the net, number of samples (of training,
	 * of validation, or none there), … is an error that names the difference. What may differ:
	 * `.epochs` (a schedule then counts with the new total), `.patience` (it counts with the
	 * epochs that were no better so far), threads, callbacks and paths. Not noticed are other
	 * data of the same number and shape */
	bool resume;

	/** called after every step; NULL: not */
	void (*progress)(const lam_progress *progress, void *data);
	void *progress_data;
	/** called after every epoch; true stops the run */
	bool (*epoch_end)(const lam_progress *progress, void *data);
	void *epoch_end_data;
	/** called after every step; true stops the run, which can be resumed */
	bool (*step_end)(const lam_progress *progress, void *data);
	void *step_end_data;

	const char
		*replay; /**< file that is written when a loss or a gradient is not finite: all that
			  * this step depended on, for lam_replay(); not that of `.checkpoint`, nor
			  * one that saving it takes ("NAME.previous", "NAME.tmp"). NULL: none */
	/** lam_net_profile() of the training steps is written here at the end; NULL: not measured
	 */
	FILE *profile;
} lam_fit_options;

/** lam_fit(net, train, &report, .epochs = …, …). LAM_OK also when patience or a callback stopped
 * it. LAM_ERR_NUMERIC at the first loss or gradient that is not finite, with the epoch, the step,
 * and the layer and parameter where it came up; parameters and running statistics are those that
 * this step began with. LAM_ERR_NUMERIC, too, when a validation loss is not finite, with the epoch,
 * and when the last update before a checkpoint, an epoch's end or the run's left a trained
 * parameter, a moment or a running statistic that is not (but one that its layer begins at
 * infinity), with its name: no checkpoint takes such a net, the one before stays. Other errors
 * before the first step: LAM_ERR_SHAPE (samples are not the net's input), LAM_ERR_ARGUMENT (targets
 * that the loss does not want, senseless options), LAM_ERR_STATE (a net for inference, a net
 * without a loss). Nothing is allocated between the first step and the last but by checkpoints.
 *
 * Checkpoints are written by a thread of their own from a copy of parameters, statistics and
 * moments, which is taken between two steps and is all that training waits for; the memory for it
 * is there from the start. A checkpoint is synced and read back before it takes its name. When one
 * fails (LAM_ERR_IO, LAM_ERR_MEMORY, LAM_ERR_FORMAT when it does not read back) the run stops at
 * the next one, or at its end, with that sentence (behind the run's own, when that ends with
 * another error): the file at `.checkpoint` is then the last that was good, and `.resume` goes on
 * from it once the cause is gone. However lam_fit() returns, that thread has ended. */
LAM_MUST_CHECK lam_status lam_fit_with(const lam_fit_options *options);

#ifndef __cplusplus
#define lam_fit(...) \
	lam_fit_with(&(lam_fit_options){.size = sizeof(lam_fit_options), \
		.report_size = sizeof(lam_report), \
		.net = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
