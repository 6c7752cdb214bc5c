/* SPDX-License-Identifier: MIT */
/* The rate of a step. Everything is computed in double. */
#include "framework/schedule.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static double half_cosine(double from, double to, double part)
{
	return to + (from - to) / 2 * (1 + cos(pi * part));
}

/* The two phases of PyTorch's schedule: the first ends at step warmup x steps - 1, the second at
 * steps - 1. Neither end has to be an integer. */
static double one_cycle(const lam_schedule *s, int64_t step, int64_t steps)
{
	double peak = (double)s->peak, first = peak / (double)s->div,
	       last = first / (double)s->final_div;
	double top = (double)s->warmup * (double)steps - 1, end = (double)steps - 1,
	       t = (double)step;
	if (t <= top)
		return half_cosine(first, peak, top > 0 ? t / top : 1);
	return half_cosine(peak, last, end > top ? (t - top) / (end - top) : 1);
}

/* The steps of the warm-up, over which the rate rises in a straight line. */
static double rising_steps(const lam_schedule *s, int64_t steps)
{
	return floor((double)s->warmup * (double)steps);
}

/* The rate of a step of the warm-up, before `rate` is reached. */
static double rising_rate(double rate, int64_t step, double rising)
{
	return rate * ((double)step + 1) / rising;
}

static double step_decay(
	const lam_schedule *s, double lr, int64_t step, int64_t steps, int64_t steps_per_epoch)
{
	if (steps_per_epoch < 1 || s->every < 1)
		return NAN; /* lam_step_decay() and lam_fit() refuse these */
	const double rising = rising_steps(s, steps);
	const double rate = lr
		* pow((double)s->factor, (double)(step / steps_per_epoch / s->every));
	return (double)step < rising ? rising_rate(rate, step, rising) : rate;
}

/* Doubles count steps exactly, and no number of epochs overflows them. */
static double cosine_restarts(
	const lam_schedule *s, double lr, int64_t step, int64_t steps, int64_t steps_per_epoch)
{
	if (steps_per_epoch < 1 || s->every < 1 || s->multiply < 1)
		return NAN;
	const double rising = rising_steps(s, steps);
	double t = (double)step - rising, period = (double)s->every * (double)steps_per_epoch;
	if (t < 0)
		return rising_rate(lr, step, rising);
	if (s->multiply == 1)
		t = fmod(t, period);
	for (; t >= period; period *= s->multiply)
		t -= period;
	return half_cosine(lr, (double)s->least, t / period);
}

static double piecewise(
	const lam_schedule *s, double lr, int64_t step, int64_t steps, int64_t steps_per_epoch)
{
	const double at = (double)step / (double)(s->by_epoch ? steps_per_epoch : steps);
	int next = 0;
	while (next < s->count && (double)s->points[next].at <= at)
		next++;
	if (next == 0 || next == s->count) /* before the first point, or behind the last */
		return lr * (double)s->points[next ? next - 1 : 0].factor;
	const lam_schedule_point *from = &s->points[next - 1], *to = &s->points[next];
	const double part = (at - (double)from->at) / ((double)to->at - (double)from->at);
	return lr * ((double)from->factor + part * ((double)to->factor - (double)from->factor));
}

static double plateau(const lam_schedule *s, double lr, int64_t step, int64_t steps)
{
	const double rising = rising_steps(s, steps);
	return (double)step < rising ? rising_rate(lr, step, rising) : lr;
}

static double cosine(const lam_schedule *s, double lr, int64_t step, int64_t steps)
{
	const double rising = rising_steps(s, steps), t = (double)step;
	if (t < rising)
		return rising_rate(lr, step, rising);
	return half_cosine(lr, (double)s->least, (t - rising) / ((double)steps - rising));
}

double lam_schedule_rate(
	const lam_schedule *s, double lr, int64_t step, int64_t steps, int64_t steps_per_epoch)
{
	switch (s ? s->kind : LAM_SCHEDULE_CONSTANT) {
	case LAM_SCHEDULE_ONE_CYCLE:
		return one_cycle(s, step, steps);
	case LAM_SCHEDULE_COSINE:
		return cosine(s, lr, step, steps);
	case LAM_SCHEDULE_STEP:
		return step_decay(s, lr, step, steps, steps_per_epoch);
	case LAM_SCHEDULE_COSINE_RESTARTS:
		return cosine_restarts(s, lr, step, steps, steps_per_epoch);
	case LAM_SCHEDULE_PIECEWISE:
		return piecewise(s, lr, step, steps, steps_per_epoch);
	case LAM_SCHEDULE_PLATEAU:
		return plateau(s, lr, step, steps);
	case LAM_SCHEDULE_FUNCTION:
		return s->function(&(lam_schedule_step){.size = sizeof(lam_schedule_step),
					   .lr = lr,
					   .step = step,
					   .steps = steps,
					   .steps_per_epoch = steps_per_epoch},
			s->data);
	case LAM_SCHEDULE_CONSTANT:
	case LAM_SCHEDULE_INVALID:
		break;
	}
	return lr;
}
