/* SPDX-License-Identifier: MIT */
/* What a run reports: progress after every step, and a summary at its end. */
#include "framework/train/inside.h"

#include "framework/base/clock.h"
#include "framework/net/run.h"
#include "framework/train/score.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double lam_trainer_seconds(const lam_trainer *trainer)
{
	return trainer->seconds_before + lam_clock_now() - trainer->began;
}

/* Estimated seconds until the last step, at the mean speed of this call so far. */
static double seconds_left(const lam_trainer *trainer, double now)
{
	int64_t done = trainer->state.steps - trainer->steps_before,
		left = trainer->total_steps - trainer->state.steps;
	return (now - trainer->began) / (double)done * (double)left;
}

static double rate(int64_t count, double seconds)
{
	return seconds > 0 ? (double)count / seconds : 0;
}

static lam_progress progress_of(const lam_trainer *trainer, double now)
{
	const lam_fit_options *o = &trainer->options;
	const lam_fit_state *state = &trainer->state;
	return (lam_progress){
		.size = sizeof(lam_progress),
		.net = trainer->net,
		.epoch = state->epochs + !trainer->epoch_ended,
		.epochs = o->epochs,
		.step = trainer->epoch_ended ? trainer->steps_per_epoch : state->epoch_step,
		.steps = trainer->steps_per_epoch,
		.total_step = state->steps,
		.total_steps = trainer->total_steps,
		.epoch_ended = trainer->epoch_ended,
		.train = trainer->train,
		.validation = trainer->epoch_ended ? trainer->validated : lam_score_none(),
		.batch_loss = lam_net_loss(trainer->net),
		.lr = trainer->lr,
		.gradient_norm = trainer->norm,
		.seconds = now - trainer->began,
		.step_seconds = now - trainer->called,
		.epoch_seconds = now - trainer->epoch_began,
		.images_per_second = rate(trainer->epoch_images, trainer->epoch_step_seconds),
		.seconds_left = seconds_left(trainer, now),
	};
}

lam_status lam_trainer_history(lam_trainer *trainer)
{
	if (!trainer->history)
		return LAM_OK;
	return lam_history_add(trainer->history,
		&(lam_history_epoch){
			.epoch = trainer->state.epochs,
			.steps = trainer->state.steps,
			.lr = trainer->lr,
			.train = &trainer->train,
			.validation = &trainer->validated,
			.seconds = lam_trainer_seconds(trainer),
		});
}

bool lam_trainer_show(lam_trainer *trainer)
{
	const lam_fit_options *o = &trainer->options;
	const double now = lam_clock_now();
	const lam_progress progress = progress_of(trainer, now);
	trainer->called = now;
	trainer->within = !trainer->epoch_ended;
	LAM_FLOAT_SCOPE(ours, trainer->caller_mode);
	if (o->progress)
		o->progress(&progress, o->progress_data);
	bool stop = o->step_end && o->step_end(&progress, o->step_end_data);
	if (trainer->epoch_ended && o->epoch_end)
		stop |= o->epoch_end(&progress, o->epoch_end_data);
	return stop;
}

void lam_trainer_show_end(lam_trainer *trainer, lam_status status)
{
	const lam_fit_options *o = &trainer->options;
	char sentence[512];
	if (!o->progress || !trainer->within)
		return;
	snprintf(sentence, sizeof sentence, "%s", lam_error());
	trainer->epoch_ended = false; /* its validation may have failed */
	lam_progress progress = progress_of(trainer, lam_clock_now());
	progress.stopped = true;
	{
		LAM_FLOAT_SCOPE(ours, trainer->caller_mode);
		o->progress(&progress, o->progress_data);
	}
	if (status)
		lam_fail(status, "%s", sentence);
}

void lam_trainer_profile(const lam_trainer *trainer, bool on)
{
	if (trainer->options.profile)
		lam_run_profile(trainer->net, on);
}

/* A score from the state, which may come from a checkpoint. */
static lam_score score_of(int64_t count, double loss, double accuracy, double iou)
{
	lam_score score = lam_score_none();
	if (count > 0) {
		score.count = count;
		score.loss = loss;
		score.accuracy = accuracy;
		score.mean_iou = iou;
	}
	return score;
}

void lam_trainer_report(const lam_trainer *trainer)
{
	const lam_fit_state *s = &trainer->state;
	if (!trainer->options.report)
		return;
	lam_report report = {
		.size = trainer->options.report_size,
		.epochs = s->epochs,
		.steps = s->steps,
		.train = score_of(s->train_count, s->train_loss, s->train_accuracy, NAN),
		.validation = trainer->validated.count
			? trainer->validated
			: score_of(s->validation_count, s->validation_loss, s->validation_accuracy,
				s->validation_iou),
		.best_epoch = s->best_epoch,
		.best_loss = s->best_epoch ? s->best_loss : NAN,
		.best_accuracy = s->best_epoch ? s->best_accuracy : NAN,
		.seconds = lam_trainer_seconds(trainer),
		.images_per_second = rate(s->images, s->step_seconds),
		.stop = trainer->stop,
	};
	memcpy(report.notice, trainer->resumed.notice, sizeof report.notice);
	memcpy(trainer->options.report, &report, trainer->options.report_size);
}
