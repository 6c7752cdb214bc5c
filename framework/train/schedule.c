/* SPDX-License-Identifier: MIT */
#include "framework/schedule.h"

#include "framework/base/options.h"
#include "framework/train/schedule_name.h"

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

static double step_decay(
	const lam_schedule *s, double lr, int64_t step, int64_t steps, int64_t steps_per_epoch)
{
	if (steps_per_epoch < 1 || s->every < 1)
		return NAN; /* lam_step_decay() and lam_fit() refuse these */
	const double rising = rising_steps(s, steps), t = (double)step;
	const double rate = lr
		* pow((double)s->factor, (double)(step / steps_per_epoch / s->every));
	return t < rising ? rate * (t + 1) / rising : rate;
}

static double cosine(const lam_schedule *s, double lr, int64_t step, int64_t steps)
{
	const double rising = rising_steps(s, steps), t = (double)step;
	if (t < rising)
		return lr * (t + 1) / rising;
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
	case LAM_SCHEDULE_CONSTANT:
	case LAM_SCHEDULE_INVALID:
		break;
	}
	return lr;
}

static const lam_option one_cycle_options[] = {
	LAM_OPTION(lam_one_cycle_options, peak, REAL, .most = INT_MAX, .above = true,
		.required = true),
	LAM_OPTION(lam_one_cycle_options, warmup, REAL, .fallback = (lam_real)0.3, .most = 1,
		.below = true),
	LAM_OPTION(lam_one_cycle_options, div, REAL, .fallback = 25, .least = 1, .most = INT_MAX),
	LAM_OPTION(lam_one_cycle_options, final_div, REAL, .fallback = (lam_real)1e4, .least = 1,
		.most = INT_MAX),
	LAM_OPTIONS_END,
};

static const lam_option cosine_options[] = {
	LAM_OPTION(lam_cosine_options, least, REAL, .most = INT_MAX),
	LAM_OPTION(lam_cosine_options, warmup, REAL, .most = 1, .below = true),
	LAM_OPTIONS_END,
};

static const lam_option step_decay_options[] = {
	LAM_OPTION(
		lam_step_decay_options, every, INT, .least = 1, .most = INT_MAX, .required = true),
	LAM_OPTION(lam_step_decay_options, factor, REAL, .fallback = (lam_real)0.1, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_step_decay_options, warmup, REAL, .most = 1, .below = true),
	LAM_OPTIONS_END,
};

/* The members of lam_schedule that hold the options, in the order of their rows. */
#define PLACE(option) offsetof(lam_schedule, option)
static const size_t one_cycle_places[] = {PLACE(peak), PLACE(warmup), PLACE(div), PLACE(final_div)};
static const size_t cosine_places[] = {PLACE(least), PLACE(warmup)};
static const size_t step_decay_places[] = {PLACE(every), PLACE(factor), PLACE(warmup)};

const lam_value_constructor lam_schedule_constructors[] = {
	[LAM_SCHEDULE_CONSTANT] = {"constant", NULL, 0, NULL},
	[LAM_SCHEDULE_ONE_CYCLE] = {"one_cycle", one_cycle_options, sizeof(lam_one_cycle_options),
		one_cycle_places},
	[LAM_SCHEDULE_COSINE] = {"cosine", cosine_options, sizeof(lam_cosine_options),
		cosine_places},
	[LAM_SCHEDULE_STEP] = {"step_decay", step_decay_options, sizeof(lam_step_decay_options),
		step_decay_places},
};

const char *lam_schedule_name(int64_t kind)
{
	return kind >= 0 && kind < LAM_SCHEDULE_INVALID ? lam_schedule_constructors[kind].name
							: NULL;
}

lam_status lam_schedule_check(const lam_schedule *s)
{
	if (!s)
		return lam_fail(LAM_ERR_ARGUMENT, "the schedule is NULL");
	if (s->kind == LAM_SCHEDULE_INVALID)
		return LAM_ERR_ARGUMENT; /* the constructor has set the sentence */
	if (!lam_schedule_name(s->kind))
		return lam_fail(LAM_ERR_ARGUMENT,
			"schedule kind %d; expected one that lam_one_cycle(…) or its kin made",
			(int)s->kind);
	return lam_value_check(&lam_schedule_constructors[s->kind], s);
}

/* Makes a schedule from a copy of the caller's options; NULL if these could not be copied. */
static lam_schedule made(lam_schedule_kind kind, void *options)
{
	lam_schedule s = {.size = sizeof s, .kind = kind};
	if (!options || lam_value_construct(&lam_schedule_constructors[kind], options, &s))
		return (lam_schedule){.size = sizeof s, .kind = LAM_SCHEDULE_INVALID};
	return s;
}

lam_schedule lam_one_cycle_new(const lam_one_cycle_options *given)
{
	lam_one_cycle_options o;
	return made(LAM_SCHEDULE_ONE_CYCLE,
		lam_take_options("schedule", &o, sizeof o, sizeof o.size,
			offsetof(lam_one_cycle_options, named), given)
			? &o
			: NULL);
}

lam_schedule lam_cosine_new(const lam_cosine_options *given)
{
	lam_cosine_options o;
	return made(LAM_SCHEDULE_COSINE,
		lam_take_options("schedule", &o, sizeof o, sizeof o.size,
			offsetof(lam_cosine_options, named), given)
			? &o
			: NULL);
}

lam_schedule lam_step_decay_new(const lam_step_decay_options *given)
{
	lam_step_decay_options o;
	return made(LAM_SCHEDULE_STEP,
		lam_take_options("schedule", &o, sizeof o, sizeof o.size,
			offsetof(lam_step_decay_options, named), given)
			? &o
			: NULL);
}
