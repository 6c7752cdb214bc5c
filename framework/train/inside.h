/* What a run of lam_fit() is made of while it lasts. Private to the framework. */
#ifndef LAM_TRAINER_INSIDE_H
#define LAM_TRAINER_INSIDE_H

#include "framework/data/inside.h"
#include "framework/kernels/float_mode.h"
#include "framework/train/checkpoint.h"
#include "framework/train/fit_state.h"
#include "framework/trainer.h"

#pragma GCC visibility push(hidden)

typedef struct lam_trainer {
	lam_fit_options options;
	lam_net *net;
	lam_loader *loader, *validation; /* validation NULL: there is none */
	lam_lane_batch batch;            /* of the step that comes next */
	lam_fit_state state;
	lam_checkpoint_writer *writer; /* NULL: no checkpoints are asked for */
	lam_resumed resumed;
	/* the net's running statistics as the step found them: a step that fails has moved them */
	lam_real *states_before;
	lam_stop stop;
	lam_float_mode caller_mode; /* in which the callbacks are called */
	int64_t steps_per_epoch, total_steps;

	/* This call alone; resumed runs add it to what the state brought. Times are
	 * lam_clock_now()'s. */
	double began, epoch_began, called;
	double seconds_before;
	int64_t steps_before;
	double epoch_step_seconds;
	int64_t epoch_images;

	/* Of the last step. */
	double lr, norm;
	bool epoch_ended;
	lam_score train, validated;
} lam_trainer;

/* Checks what was asked for, and writes down in the state which run that is. */
lam_status lam_trainer_check(lam_trainer *trainer);

/* LAM_ERR_NUMERIC and a sentence with the first parameter, moment or running statistic that the
 * last update left other than finite: at a run's end there is no later step to notice it, and an
 * infinite moment or variance never shows in a loss. */
lam_status lam_trainer_finite_net(const lam_trainer *trainer);

/* LAM_ERR_NUMERIC and a sentence when the loss of the validation just done is not finite: nothing
 * would ever be less than it. */
lam_status lam_trainer_finite_validation(const lam_trainer *trainer);

/* Shows the last step to the callbacks; true when one of them stops the run. */
bool lam_trainer_show(lam_trainer *trainer);

/* Measures from here on, or not: the steps alone, not what callbacks and validation run. */
void lam_trainer_profile(const lam_trainer *trainer, bool on);

/* What is to be known when it is over, as many bytes as the caller's report has. */
void lam_trainer_report(const lam_trainer *trainer);

/* The time of the whole run, with what went before this call. */
double lam_trainer_seconds(const lam_trainer *trainer);

#pragma GCC visibility pop
#endif
