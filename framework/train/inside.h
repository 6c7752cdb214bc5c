/* SPDX-License-Identifier: MIT */
/* A run of lam_fit() in memory. Private to the framework. */
#ifndef LAM_TRAINER_INSIDE_H
#define LAM_TRAINER_INSIDE_H

#include "framework/base/float_mode.h"
#include "framework/data/inside.h"
#include "framework/net/run.h"
#include "framework/train/checkpoint.h"
#include "framework/train/fit_state.h"
#include "framework/train/history.h"
#include "framework/train/shards.h"
#include "framework/trainer.h"

#pragma GCC visibility push(hidden)

typedef struct lam_trainer {
	lam_fit_options options;
	lam_net *net;
	lam_loader *loader, *validation; /* validation NULL: no validation set */
	lam_lane_batch batch;            /* of the next step */
	lam_fit_state state;
	lam_file_lock *lock;           /* of .checkpoint, for as long as the run lasts */
	lam_checkpoint_writer *writer; /* NULL: no checkpoints */
	lam_history *history;          /* NULL: none */
	lam_resumed resumed;
	/* The running statistics before the step. If the step fails, it has already changed the
	 * net's. */
	lam_real *states_before;
	lam_copy kept[LAM_KEPT];
	lam_average average; /* of this step: kept[LAM_KEPT_AVERAGE] and the rate */
	lam_shards shards;
	void *card; /* what this rank tells the others of itself; NULL: there are none */
	bool any_step_end, any_epoch_end; /* whether any rank has such a callback */
	lam_stop stop;
	lam_float_mode caller_mode; /* for the callbacks */
	int64_t steps_per_epoch, total_steps;

	/* These count this call only; the state has those of earlier calls. Times are
	 * lam_clock_now()'s. */
	double began, epoch_began, called;
	double seconds_before;
	int64_t steps_before;
	double epoch_step_seconds;
	int64_t epoch_images;

	/* Of the last step. */
	double lr, norm;
	bool epoch_ended;
	bool within; /* .progress was told of a step that was not its epoch's last */
	lam_score train, validated;
} lam_trainer;

/* Checks the options, and describes in the state which run they ask for. */
lam_status lam_trainer_check(lam_trainer *trainer);

/* Describes in the state which schedule the run has, beside the options that many schedules have.
 * LAM_ERR_ARGUMENT and a sentence if a function gives a rate that cannot be used. */
lam_status lam_trainer_describe_schedule(lam_trainer *trainer);

/* Computes the learning rate of the next step. LAM_ERR_ARGUMENT and a sentence if it is negative or
 * not finite. */
lam_status lam_trainer_rate(lam_trainer *trainer);

/* Tells a plateau the loss of an epoch that has ended; other schedules ignore it. */
void lam_plateau_epoch(const lam_schedule *schedule, lam_fit_state *state, double loss);

/* Runs a step in two halves, with .before_update between them, which may edit `optimizer`, the
 * run's. *refused: it failed, and its status is returned; no parameter has changed. */
lam_status lam_trainer_run_halves(
	lam_trainer *trainer, const lam_run *run, lam_optimizer *optimizer, bool *refused);

/* Takes part in .comm, which is not NULL. A failure is the same on all ranks. */
lam_status lam_shards_join(lam_trainer *trainer);

/* Checks the options of shards, and chooses those of this rank. */
lam_status lam_shards_check(lam_trainer *trainer);
lam_status lam_shards_allocate(lam_trainer *trainer);
void lam_shards_free(lam_shards *shards);

/* Notes the run that was asked for, before a checkpoint is read. */
lam_status lam_shards_describe(lam_trainer *trainer);

/* Compares all ranks, whose preparation may have failed with `status`, and gives them rank 0's
 * checkpoint. */
lam_status lam_shards_start(lam_trainer *trainer, lam_status status);

/* Forward and backward of a step: `of` is its run, whose lists of inputs and targets are those of
 * each local shard. The net then has the gradient, the loss and the statistics of the whole batch.
 * LAM_ERR_NUMERIC: the loss is not finite. */
lam_status lam_shards_run(lam_trainer *trainer, const lam_run *of);

/* Adds the last step, of n samples, to the sums of the epoch. */
void lam_shards_tally(lam_trainer *trainer, int64_t n);

/* As lam_net_examine(), for the shards of all ranks. */
lam_status lam_shards_examine(lam_trainer *trainer, const lam_run *of);

/* Validates the net, alone or in shards. */
lam_status lam_trainer_validate(lam_trainer *trainer);

/* Runs the next step, and takes the batch of the step after it. On failure the parameters and
 * running statistics are as before. */
lam_status lam_trainer_step(lam_trainer *trainer);

/* LAM_ERR_NUMERIC and a sentence with the first parameter, moment or running statistic that is not
 * finite after the last update. At a run's end no later step would notice it, and an infinite
 * moment or variance never shows in a loss. */
lam_status lam_trainer_finite_net(const lam_trainer *trainer);

/* LAM_ERR_NUMERIC and a sentence when the last validation's loss is not finite: no later loss could
 * be compared with it. */
lam_status lam_trainer_finite_validation(const lam_trainer *trainer);

/* Ends an epoch whose last step was done: validates the net, and keeps it if it is the best. */
lam_status lam_trainer_end_epoch(lam_trainer *trainer);

/* Allocates the copies of weights that the run keeps. */
lam_status lam_trainer_keep(lam_trainer *trainer);

/* The moving average with the rate of the next step; NULL: the run has none. */
const lam_average *lam_trainer_average(lam_trainer *trainer);

/* Exchanges the net's weights with their average, if the run has one: validation is of the average.
 */
void lam_trainer_swap(lam_trainer *trainer);

/* Keeps the net's weights as the best ones. */
void lam_trainer_keep_best(lam_trainer *trainer);

/* Gives the net the weights with which the run ends. */
void lam_trainer_give_result(lam_trainer *trainer);

/* Adds the epoch that has ended to the history, if there is one. */
lam_status lam_trainer_history(lam_trainer *trainer);

/* Calls the callbacks after a step; true when one of them stops the run. */
bool lam_trainer_show(lam_trainer *trainer);

/* Tells .progress that the run ends within an epoch, if it does. Keeps the sentence of `status`. */
void lam_trainer_show_end(lam_trainer *trainer, lam_status status);

/* Turns the profile on or off, so that it measures the steps but not callbacks and validation. */
void lam_trainer_profile(const lam_trainer *trainer, bool on);

/* Fills in the caller's report, as many bytes as it has. */
void lam_trainer_report(const lam_trainer *trainer);

/* Seconds of the whole run, with those before this call. */
double lam_trainer_seconds(const lam_trainer *trainer);

#pragma GCC visibility pop
#endif
