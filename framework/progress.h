/** \file
 * How far a run of lam_fit() is, and a bar that shows it. */
#ifndef LAM_PROGRESS_H
#define LAM_PROGRESS_H

#include "evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What callbacks are shown, after every step. Valid during the call only. */
typedef struct lam_progress {
	size_t size;
	lam_net *net;                    /**< may be looked at, evaluated and saved; not stepped */
	int64_t epoch, epochs;           /**< the running epoch, from 1, of so many */
	int64_t step, steps;             /**< steps of this epoch done, of so many */
	int64_t total_step, total_steps; /**< of the whole run */
	bool epoch_ended;                /**< this was its last step, and validation is done */
	/** of this epoch so far: means over what the steps saw, parameters changing */
	lam_score train;
	/** when epoch_ended; count 0 otherwise, and without a validation set */
	lam_score validation;
	double batch_loss;        /**< of this step alone */
	double lr;                /**< of this step */
	double gradient_norm;     /**< L2, over all trainable parameters, before clipping */
	double seconds;           /**< since lam_fit() began */
	double step_seconds;      /**< since the call for the step before */
	double epoch_seconds;     /**< since the epoch began (resumed: since lam_fit() did) */
	double images_per_second; /**< samples trained on per second of this epoch's steps */
	double seconds_left;      /**< until the last epoch ends, if it goes on like this */
} lam_progress;

/** Shows progress in the stream that `file` points at (a FILE *): a bar with loss, accuracy, images
 * per second and time left that is drawn anew ten times a second when that is a terminal, and a
 * line for every epoch in any case. `lam_fit(…, .progress = lam_progress_bar, .progress_data =
 * stderr)`. */
void lam_progress_bar(const lam_progress *progress, void *file);

#ifdef __cplusplus
}
#endif
#endif
