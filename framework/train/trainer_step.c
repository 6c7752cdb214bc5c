/* SPDX-License-Identifier: MIT */
/* A step of a run. It is one parallel region: forward, backward, update, and meanwhile the next
 * batch is read. */
#include "framework/train/inside.h"

#include "framework/base/clock.h"
#include "framework/check/examine.h"
#include "framework/files/file.h"
#include "framework/net/arenas.h"
#include "framework/net/run.h"
#include "framework/train/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Repeats the step that failed and examines every array. Both runs change the running statistics,
 * so they are restored before this one and after it. */
static lam_status examine(lam_trainer *trainer, const lam_run *run)
{
	const lam_arena states = lam_net_states(trainer->net);
	lam_copy_reals(states.values, trainer->states_before, states.size);
	lam_status status = trainer->shards.range.all
		? lam_shards_examine(trainer, run)
		: lam_net_examine(trainer->net, run, NULL, NULL, NULL);
	lam_copy_reals(states.values, trainer->states_before, states.size);
	lam_arena_changed(states);
	return status;
}

/* Fails because a number is not finite; the sentence names the layer where it first arose. */
static lam_status say_non_finite(lam_trainer *trainer, const lam_run *run, const char *what)
{
	const int64_t epoch = trainer->state.epochs + 1, step = trainer->state.epoch_step + 1;
	const char *replay = trainer->options.replay;
	char failure[400];
	lam_status status = examine(trainer, run);
	if (status && status != LAM_ERR_NUMERIC)
		return status;
	snprintf(failure, sizeof failure, "lam_fit: epoch %" PRId64 ", step %" PRId64 ": %s", epoch,
		step, status ? lam_error() : what);
	/* What .before_update did is not repeated: a step that is finite without it says nothing.
	 */
	if (!status && trainer->options.before_update)
		return lam_fail(LAM_ERR_NUMERIC, "%s after .before_update", failure);
	if (!replay)
		return lam_fail(LAM_ERR_NUMERIC, "%s", failure);
	if (lam_replay_write(trainer->net, run, replay, epoch, step, failure))
		return lam_fail(LAM_ERR_NUMERIC, "%s; no .replay: %s", failure, lam_error());
	return lam_fail(
		LAM_ERR_NUMERIC, "%s; '%s' replays it", failure, lam_path_text(replay).text);
}

/* Adds the last step to the epoch's sums. */
static void count_step(lam_trainer *trainer, double seconds)
{
	lam_fit_state *state = &trainer->state;
	if (state->epoch_step == 0)
		lam_tallies_clear(trainer->net, LAM_TRAINED);
	if (trainer->shards.range.all)
		lam_shards_tally(trainer, trainer->batch.n);
	else
		lam_tallies_add(
			trainer->net, LAM_TRAINED, trainer->batch.targets, trainer->batch.n);
	state->seen += trainer->batch.n;
	state->steps++;
	state->epoch_step++;
	state->images += trainer->batch.n;
	state->step_seconds += seconds;
	trainer->epoch_images += trainer->batch.n;
	trainer->epoch_step_seconds += seconds;
	trainer->train = lam_tallies_score(trainer->net, LAM_TRAINED);
}

lam_status lam_trainer_step(lam_trainer *trainer)
{
	lam_fit_state *state = &trainer->state;
	const double began = lam_clock_now();
	const bool more = state->steps + 1 < trainer->total_steps;
	lam_status status = lam_shards_hold(&trainer->shards, lam_trainer_rate(trainer));
	if (status)
		return status;
	lam_optimizer optimizer = trainer->options.optimizer;
	optimizer.lr = (lam_real)trainer->lr;
	const lam_run run = {
		.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
		.mode = LAM_TRAIN,
		.n = trainer->batch.n,
		.inputs = trainer->batch.inputs,
		.targets = trainer->batch.targets,
		.optimizer = &optimizer,
		.clip = trainer->options.clip,
		.average = lam_trainer_average(trainer),
		.grad_norm = &trainer->norm,
		.side = more ? lam_loader_begin(trainer->loader) : NULL,
		.of_fit = true,
	};
	const lam_arena states = lam_net_states(trainer->net);
	lam_copy_reals(trainer->states_before, states.values, states.size);
	lam_trainer_profile(trainer, true);
	bool refused = false;
	status = trainer->options.before_update || trainer->shards.range.all
		? lam_trainer_run_halves(trainer, &run, &optimizer, &refused)
		: lam_net_run(trainer->net, &run);
	lam_trainer_profile(trainer, false);
	if (refused) {
		lam_copy_reals(states.values, trainer->states_before, states.size);
		lam_arena_changed(states);
	}
	if (refused)
		return status;
	/* A failure that the ranks have told each other has its sentence. */
	if (status == LAM_ERR_NUMERIC && !trainer->shards.over) {
		char why[400]; /* repeating the step sets other sentences */
		snprintf(why, sizeof why, "%s", lam_error());
		return say_non_finite(trainer, &run, why);
	}
	if (status)
		return status;
	if (!isfinite(lam_net_loss(
		    trainer->net))) /* only if all parameters are frozen: others fail */
		return say_non_finite(trainer, &run, "the loss is not finite");
	count_step(trainer, lam_clock_now() - began);
	if (more)
		lam_loader_take(trainer->loader, &trainer->batch);
	return LAM_OK;
}
