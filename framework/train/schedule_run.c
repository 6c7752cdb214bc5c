/* SPDX-License-Identifier: MIT */
/* A schedule in a run of lam_fit(): what of it identifies the run, the rate of a step, and what a
 * plateau remembers. */
#include "framework/train/inside.h"

#include <inttypes.h>
#include <math.h>

/* The smallest change of the rate that a plateau makes, as PyTorch's. */
static const double least_change = 1e-8;

/* A function is code of the caller's, which runs in the caller's float mode. */
static double rate_of(const lam_trainer *trainer, double lr, int64_t step)
{
	const lam_schedule *s = &trainer->options.schedule;
	const bool function = s->kind == LAM_SCHEDULE_FUNCTION;
	LAM_FLOAT_SCOPE(ours, function ? trainer->caller_mode : LAM_FLOAT_IEEE);
	return lam_schedule_rate(s, lr, step, trainer->total_steps, trainer->steps_per_epoch);
}

static lam_status check_rate(const lam_trainer *trainer, double rate, int64_t step)
{
	if (rate >= 0 && isfinite((lam_real)rate))
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"lam_fit: the schedule gave step %" PRId64 " of %" PRId64
		" the learning rate %g; expected a finite one of at least 0",
		step, trainer->total_steps, rate);
}

lam_status lam_trainer_describe_schedule(lam_trainer *trainer)
{
	const lam_schedule *s = &trainer->options.schedule;
	const double lr = (double)trainer->options.optimizer.lr;
	lam_fit_state *state = &trainer->state;
	if (s->kind == LAM_SCHEDULE_COSINE_RESTARTS)
		state->multiply = s->multiply;
	if (s->kind == LAM_SCHEDULE_PIECEWISE) {
		state->by_epoch = s->by_epoch;
		for (int i = 0; i < s->count; i++) {
			state->numbers[2 * i] = (double)s->points[i].at;
			state->numbers[2 * i + 1] = (double)s->points[i].factor;
		}
	}
	if (s->kind == LAM_SCHEDULE_PLATEAU) {
		state->plateau_patience = s->patience;
		state->cooldown = s->cooldown;
		state->threshold = (double)s->threshold;
		state->plateau_lr = lr;
		state->plateau_best = (double)INFINITY;
	}
	if (s->kind != LAM_SCHEDULE_FUNCTION)
		return LAM_OK;
	state->numbers[0] = (double)trainer->total_steps;
	for (int i = 0; i < LAM_SCHEDULE_RATES; i++) {
		const int64_t step = lam_rate_step(i, trainer->total_steps);
		const double rate = rate_of(trainer, lr, step);
		lam_status status = check_rate(trainer, rate, step);
		if (status)
			return status;
		/* As float, so that another mathematical library seldom makes another run of it;
		 * -0 becomes 0. */
		state->numbers[1 + i] = (double)((float)rate + 0.0f);
	}
	return LAM_OK;
}

lam_status lam_trainer_rate(lam_trainer *trainer)
{
	const lam_fit_state *state = &trainer->state;
	const bool plateau = trainer->options.schedule.kind == LAM_SCHEDULE_PLATEAU;
	const double lr = plateau ? state->plateau_lr : (double)trainer->options.optimizer.lr;
	trainer->lr = rate_of(trainer, lr, state->steps);
	return check_rate(trainer, trainer->lr, state->steps);
}

void lam_plateau_epoch(const lam_schedule *s, lam_fit_state *state, double loss)
{
	if (s->kind != LAM_SCHEDULE_PLATEAU)
		return;
	if (loss < state->plateau_best * (1 - (double)s->threshold)) {
		state->plateau_best = loss;
		state->plateau_stale = 0;
	} else {
		state->plateau_stale++;
	}
	if (state->plateau_cooling > 0) {
		state->plateau_cooling--;
		state->plateau_stale = 0;
	}
	if (state->plateau_stale <= s->patience)
		return;
	const double rate = fmax(state->plateau_lr * (double)s->factor, (double)s->least);
	if (state->plateau_lr - rate > least_change)
		state->plateau_lr = rate;
	state->plateau_cooling = s->cooldown;
	state->plateau_stale = 0;
}
