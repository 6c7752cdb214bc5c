/* SPDX-License-Identifier: MIT */
/* The end of an epoch: validation, and whether it was the best one. */
#include "framework/train/inside.h"
#include "framework/train/score.h"

/* Records whether this epoch was better than all before it. */
static void compare(lam_fit_state *state, const lam_score *score)
{
	if (state->best_epoch == 0 || score->loss < state->best_loss) {
		state->best_epoch = state->epochs;
		state->best_loss = score->loss;
		state->best_accuracy = score->accuracy;
		state->stale = 0;
	} else {
		state->stale++;
	}
}

/* Validates the net and compares this epoch with those before it. */
static lam_status score_epoch(lam_trainer *trainer)
{
	lam_fit_state *state = &trainer->state;
	if (trainer->validation) {
		lam_status status = lam_trainer_validate(trainer);
		if (!status)
			status = lam_trainer_finite_validation(trainer);
		if (status)
			return status;
		state->validation_count = trainer->validated.count;
		state->validation_loss = trainer->validated.loss;
		state->validation_accuracy = trainer->validated.accuracy;
		state->validation_iou = trainer->validated.mean_iou;
	}
	state->train_count = trainer->train.count;
	state->train_loss = trainer->train.loss;
	state->train_accuracy = trainer->train.accuracy;
	state->epochs++;
	state->epoch_step = state->seen = 0;
	const lam_score *score = trainer->validation ? &trainer->validated : &trainer->train;
	compare(state, score);
	lam_plateau_epoch(&trainer->options.schedule, state, score->loss);
	if (state->best_epoch == state->epochs)
		lam_trainer_keep_best(trainer);
	return LAM_OK;
}

lam_status lam_trainer_end_epoch(lam_trainer *trainer)
{
	lam_status status = lam_trainer_finite_net(trainer);
	if (status)
		return status;
	lam_trainer_swap(trainer);
	status = score_epoch(trainer);
	lam_trainer_swap(trainer);
	return status;
}
