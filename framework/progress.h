/* SPDX-License-Identifier: MIT */
/** \file
 * How far a run of lam_fit() is, and a bar that shows it. */
#ifndef LAM_PROGRESS_H
#define LAM_PROGRESS_H

#include "evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What callbacks receive after every step. Valid only during the call. */
typedef struct lam_progress {
	size_t size;
	lam_net *net;                    /**< lam_fit() says what may be done to it */
	int64_t epoch, epochs;           /**< the running epoch, from 1, and their number */
	int64_t step, steps;             /**< steps done in this epoch, and their number */
	int64_t total_step, total_steps; /**< steps done in the whole run, and their number */
	bool epoch_ended; /**< this step was the epoch's last, and validation is done */
	/** the epoch's score so far: means over its steps, during which the parameters changed */
	lam_score train;
	/** count is 0 unless epoch_ended and there is a validation set */
	lam_score validation;
	double batch_loss;    /**< of this step alone */
	double lr;            /**< of this step */
	double gradient_norm; /**< L2, over all trainable parameters, before clipping */
	double seconds;       /**< since lam_fit() began */
	double step_seconds;  /**< since the previous call */
	double epoch_seconds; /**< since the epoch began, or since lam_fit() did if it resumed the
				 epoch */
	double images_per_second; /**< samples trained on per second of this epoch's steps */
	double seconds_left;      /**< until the last epoch ends, at the mean speed so far */
	/** `.progress` alone: the run was stopped or has failed within an epoch. This is the last
	 * call; no step was done since the one before */
	bool stopped;
} lam_progress;

/** Shows progress in the stream `file` (a FILE *): a line for every epoch. On a terminal also a bar
 * with loss, accuracy, images per second and time left, drawn ten times a second. The line of an
 * epoch that is not completed is ended, too.
 *
 * Neither takes more than one line of the terminal, whose width is asked for each time (COLUMNS, or
 * 80, if the terminal does not say it). Where there is little room the bar gets shorter; then
 * images per second, time left, accuracy, the bar, and the loss are left out, in this order. A net
 * of several losses has their weighted sum first, then the first four by name, each with its
 * accuracy if it has one; with little room they are left out as the accuracy is. With
 * TERM=dumb there is no bar. With NO_COLOR (not empty) no escape sequence is written.
 *
 *     lam_fit(…, .progress = lam_progress_bar, .progress_data = stderr) */
void lam_progress_bar(const lam_progress *progress, void *file);

#ifdef __cplusplus
}
#endif
#endif
