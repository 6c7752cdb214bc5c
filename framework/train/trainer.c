/* SPDX-License-Identifier: MIT */
/* The training loop: steps (trainer_step.c), epochs, validation, checkpoints.
 *
 * All that the loop needs to go on is in `state` and the net. Random numbers are functions of the
 * state's counts, so a run that restores both goes on bit-identically. */
#include "framework/train/inside.h"

#include "framework/base/clock.h"
#include "framework/base/options.h"
#include "framework/data/fields.h"
#include "framework/files/file.h"
#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/arenas.h"
#include "framework/net/class_names.h"
#include "framework/net/use.h"
#include "framework/random.h"
#include "framework/train/score.h"

#include <math.h>
#include <stdio.h>

/* Whether the run has reached its epochs or exhausted its patience. */
static lam_stop ended(const lam_trainer *trainer)
{
	if (trainer->state.epochs >= trainer->options.epochs)
		return LAM_STOP_EPOCHS;
	bool patient = trainer->options.patience == 0 || trainer->state.epoch_step > 0
		|| trainer->state.stale < trainer->options.patience;
	return patient ? LAM_STOP_NOT : LAM_STOP_PATIENCE;
}

/* The sums of a net's only loss lie in fields of the state. Those of several are entries of their
 * own, which the checkpoint takes from the net. */
static void put_sums(lam_trainer *trainer)
{
	lam_fit_state *state = &trainer->state;
	const bool alone = lam_net_loss_count(trainer->net) == 1 && state->epoch_step > 0;
	const lam_tally none = {0},
			*sums = alone ? lam_net_tally(trainer->net, 0, LAM_TRAINED) : &none;
	state->loss_sum = sums->loss;
	state->right_sum = sums->right;
	state->weight_sum = sums->weight;
	state->scored = sums->scored;
}

/* The sums of a run that was resumed. */
static void take_sums(lam_trainer *trainer)
{
	const lam_fit_state *state = &trainer->state;
	if (lam_net_loss_count(trainer->net) == 1)
		*lam_net_tally(trainer->net, 0, LAM_TRAINED) = (lam_tally){state->seen,
			state->loss_sum, state->right_sum, state->weight_sum, state->scored};
}

static lam_status save(lam_trainer *trainer)
{
	trainer->state.seconds = lam_trainer_seconds(trainer);
	const lam_counts counts = lam_net_counts(trainer->net);
	trainer->state.updates = counts.updates;
	trainer->state.passes = (int64_t)counts.passes;
	put_sums(trainer);
	/* A checkpoint must not know of an epoch that the history has lost. */
	const lam_status status = trainer->history ? lam_history_sync(trainer->history) : LAM_OK;
	return status ? status : lam_checkpoint_write(trainer->writer, &trainer->state);
}

static lam_status train(lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	lam_fit_state *state = &trainer->state;
	lam_shards *shards = &trainer->shards;
	while (trainer->stop == LAM_STOP_NOT) {
		lam_status status = lam_trainer_step(trainer);
		trainer->epoch_ended = state->epoch_step == trainer->steps_per_epoch;
		if (!status && trainer->epoch_ended)
			status = lam_shards_meet(shards, LAM_MEET_EPOCH, state->steps,
				lam_shards_hash_net(shards, trainer->net), LAM_OK, NULL);
		if (!status && trainer->epoch_ended)
			status = lam_trainer_end_epoch(trainer);
		if (!status && trainer->epoch_ended)
			status = lam_shards_hold(shards, lam_trainer_history(trainer));
		if (status)
			return status;
		bool stopped = lam_trainer_show(trainer);
		if (trainer->any_step_end || (trainer->any_epoch_end && trainer->epoch_ended))
			status = lam_shards_meet(
				shards, LAM_MEET_CALLBACK, state->steps, 0, LAM_OK, &stopped);
		if (status)
			return status;
		trainer->stop = ended(trainer);
		if (stopped && trainer->stop == LAM_STOP_NOT)
			trainer->stop = LAM_STOP_CALLBACK;
		bool last = trainer->stop != LAM_STOP_NOT;
		bool due = o->checkpoint_every ? state->steps % o->checkpoint_every == 0
					       : trainer->epoch_ended;
		if (last || (o->checkpoint && due))
			status = lam_trainer_finite_net(trainer);
		if (!status && !shards->held && o->checkpoint && (due || last))
			status = save(trainer);
		status = lam_shards_hold(shards, status);
		if (status)
			return status;
		if (trainer->epoch_ended) {
			trainer->epoch_began = lam_clock_now();
			trainer->epoch_step_seconds = 0;
			trainer->epoch_images = 0;
		}
	}
	return LAM_OK;
}

/* Two runs that save to one file would each undo what the other did. */
static lam_status own_checkpoint(lam_trainer *trainer)
{
	trainer->lock = lam_file_lock_take(trainer->options.checkpoint, true);
	if (trainer->lock)
		return lam_file_tidy(trainer->lock);
	if (lam_error_status() != LAM_ERR_MEMORY)
		lam_fail(lam_error_status(), "lam_fit: .checkpoint %s", lam_error());
	return lam_error_status();
}

/* Allocates everything, and reads the checkpoint. */
static lam_status prepare(lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	const bool cut = trainer->shards.range.all > 0;
	trainer->loader = lam_loader_new_shards(
		&(lam_loader_options){
			.size = sizeof(lam_loader_options),
			.dataset = o->train,
			.batch = trainer->state.batch,
			.augment = o->augment,
			.no_shuffle = o->no_shuffle,
			.drop_last = o->drop_last,
			.steps_per_epoch = o->steps_per_epoch,
		},
		trainer->net,
		cut ? trainer->shards.range : (lam_shard_range){.all = 1, .count = 1});
	if (!trainer->loader)
		return lam_error_status();
	/* As many samples at a time as a shard has, whatever the net has room for: the last bits of
	 * the sums follow them. */
	const int64_t shard = cut ? ceil_divide(trainer->state.batch, trainer->shards.range.all)
				  : 0;
	if (o->validation
		&& !(trainer->validation = lam_evaluate_loader(
			     trainer->net, o->validation, &o->augment, shard)))
		return lam_error_status();
	if (!(trainer->states_before = lam_alloc(
		      (size_t)lam_net_states(trainer->net).size, sizeof *trainer->states_before)))
		return LAM_ERR_MEMORY;
	lam_status status = o->validation ? lam_score_room(trainer->net, LAM_VALIDATED) : LAM_OK;
	if (!status)
		status = lam_shards_allocate(trainer);
	if (!status)
		status = lam_trainer_keep(trainer);
	/* A run begins with moments of 0 and without earlier gradients, whatever the net did
	 * before. */
	lam_net_restart(trainer->net);
	lam_tallies_clear(trainer->net, LAM_VALIDATED);
	lam_tallies_clear(trainer->net, LAM_TRAINED);
	trainer->state.first_pass = (int64_t)lam_net_counts(trainer->net).passes;
	if (!status)
		status = lam_net_prepare(trainer->net, &o->optimizer);
	if (!status && o->checkpoint)
		status = own_checkpoint(trainer);
	if (!status)
		status = lam_shards_describe(trainer);
	if (!status && o->resume)
		status = lam_checkpoint_load(trainer->net, o->checkpoint, &trainer->state,
			trainer->kept, &trainer->resumed);
	return status;
}

/* Finds the place where the run begins or goes on, and opens what it writes. */
static lam_status begin(lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	lam_status status = LAM_OK;
	if (trainer->resumed.found || trainer->resumed.damaged)
		take_sums(trainer);
	if (lam_dataset_class_names(o->train)
		&& (status = lam_net_copy_class_names(
			    trainer->net, lam_dataset_class_names(o->train))))
		return status;
	trainer->stop = ended(trainer);
	trainer->seconds_before = trainer->state.seconds;
	trainer->steps_before = trainer->state.steps;
	if (o->checkpoint && trainer->stop == LAM_STOP_NOT
		&& !(trainer->writer = lam_checkpoint_writer_new(trainer->net, o->checkpoint,
			     trainer->lock, trainer->resumed.damaged, trainer->kept)))
		return lam_error_status();
	if (o->history && trainer->stop == LAM_STOP_NOT
		&& !(trainer->history = lam_history_open(trainer->net, o->history,
			     trainer->resumed.found || trainer->resumed.damaged,
			     trainer->state.epochs)))
		return lam_error_status();
	return LAM_OK;
}

/* The seed of order and augmentation. Runs of one net differ in it, as each begins after the
 * passes of the others. A net's first run has the net's own seed, as all runs of early builds had.
 */
static uint64_t order_seed(const lam_trainer *trainer)
{
	const uint64_t order = UINT64_C(0x6f72646572); /* unlike the number of any layer */
	const uint64_t seed = lam_net_seed(trainer->net);
	const int64_t first = trainer->state.first_pass;
	return first ? lam_random_key(seed, (uint64_t)first, order) : seed;
}

static lam_status first_batch(lam_trainer *trainer)
{
	lam_loader_reseed(trainer->loader, order_seed(trainer));
	lam_status status = lam_loader_seek(
		trainer->loader, trainer->state.epochs, trainer->state.epoch_step);
	if (!status)
		status = lam_first_batch(trainer->net, trainer->loader);
	if (!status)
		lam_loader_take(trainer->loader, &trainer->batch);
	return status;
}

/* Waits for the last checkpoint. The run's own failure goes before the checkpoint's, in the status
 * and in the sentence. */
static lam_status end_checkpoints(lam_trainer *trainer, lam_status status)
{
	char sentence[400];
	snprintf(sentence, sizeof sentence, "%s", lam_error());
	const lam_status saved = lam_checkpoint_wait(trainer->writer);
	return status && saved
		? lam_fail(status, "%s; and the last checkpoint failed: %s", sentence, lam_error())
		: status ? status
			 : saved;
}

/* All steps, from the place where the run begins or goes on. */
static lam_status run(lam_trainer *trainer)
{
	FILE *profile = trainer->options.profile;
	lam_status status = begin(trainer);
	const bool trains = !status && trainer->stop == LAM_STOP_NOT;
	if (trains) {
		lam_net_set_fitting(trainer->net, true);
		status = first_batch(trainer);
	}
	if (trains && !status && profile)
		status = lam_net_profile_start(trainer->net);
	status = lam_shards_meet(
		&trainer->shards, LAM_MEET_BEGIN, trainer->state.steps, 0, status, NULL);
	if (!trains)
		return status;
	if (!status)
		status = train(trainer);
	lam_trainer_show_end(trainer, status);
	if (trainer->writer)
		status = end_checkpoints(trainer, status);
	if (!status && profile)
		status = lam_net_profile(trainer->net, profile);
	lam_net_set_fitting(trainer->net, false);
	/* the loader's memory, which holds the input, will be freed */
	lam_net_forget_input(trainer->net);
	return status;
}

/* Learning rates and scores too are computed in IEEE 754's default float mode. */
lam_status lam_fit_with(const lam_fit_options *given)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_trainer trainer = {.caller_mode = caller,
		.train = lam_score_none(),
		.validated = lam_score_none(),
		.norm = NAN};
	lam_fit_options *o = &trainer.options;
	if (!lam_take_options("lam_fit", o, sizeof *o, offsetof(lam_fit_options, epochs),
		    offsetof(lam_fit_options, named), given))
		return LAM_ERR_ARGUMENT;
	if (o->report
		&& (o->report_size < sizeof o->report->size || o->report_size > sizeof *o->report))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_fit: a report of %zu bytes; expected .report_size to say at most %zu",
			o->report_size, sizeof *o->report);
	trainer.net = o->net;
	trainer.began = trainer.epoch_began = trainer.called = lam_clock_now();
	lam_status status = o->comm ? lam_shards_join(&trainer) : LAM_OK;
	if (!status)
		status = lam_trainer_check(&trainer);
	if (!status)
		status = prepare(&trainer);
	status = lam_shards_start(&trainer, status);
	if (!status)
		status = run(&trainer);
	status = lam_shards_meet(
		&trainer.shards, LAM_MEET_END, trainer.state.steps, 0, status, NULL);
	if (status) {
		trainer.stop = LAM_STOP_ERROR;
	} else {
		lam_trainer_give_result(&trainer);
		lam_net_count_run(trainer.net);
	}
	lam_checkpoint_writer_free(trainer.writer);
	lam_file_lock_give(trainer.lock);
	lam_history_close(trainer.history);
	lam_trainer_report(&trainer);
	lam_loader_free(trainer.validation);
	lam_loader_free(trainer.loader);
	lam_free(trainer.states_before);
	lam_free(trainer.card);
	lam_shards_free(&trainer.shards);
	for (int k = 0; k < LAM_KEPT; k++)
		lam_copy_free(&trainer.kept[k]);
	return status;
}
