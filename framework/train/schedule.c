/* SPDX-License-Identifier: MIT */
#include "framework/schedule.h"

#include "framework/base/options.h"
#include "framework/train/schedule_name.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static double half_cosine(double from, double to, double part)
{
	return to + (from - to) / 2 * (1 + cos(pi * part));
}

/* PyTorch's phases: the first ends at step warmup x steps - 1, the second at steps - 1. Neither
 * must be an integer. */
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

double lam_schedule_rate(
	const lam_schedule *s, double lr, int64_t step, int64_t steps, int64_t steps_per_epoch)
{
	if (!s || s->kind == LAM_SCHEDULE_CONSTANT)
		return lr;
	if (s->kind == LAM_SCHEDULE_ONE_CYCLE)
		return one_cycle(s, step, steps);
	double rising = floor((double)s->warmup * (double)steps), t = (double)step;
	if (s->kind == LAM_SCHEDULE_STEP) {
		if (steps_per_epoch < 1 || s->every < 1)
			return NAN; /* lam_step_decay() and lam_fit() refuse these */
		double rate = lr
			* pow((double)s->factor, (double)(step / steps_per_epoch / s->every));
		return t < rising ? rate * (t + 1) / rising : rate;
	}
	if (t < rising)
		return lr * (t + 1) / rising;
	return half_cosine(lr, (double)s->least, (t - rising) / ((double)steps - rising));
}

static lam_status refuse(const char *kind, const char *option, double given, const char *expected)
{
	return lam_fail(
		LAM_ERR_ARGUMENT, "%s: .%s is %g; expected %s", kind, option, given, expected);
}

const char *lam_schedule_name(int64_t kind)
{
	static const char *const names[] = {"constant", "one_cycle", "cosine", "step_decay"};
	return kind >= 0 && kind < (int64_t)(sizeof names / sizeof *names) ? names[kind] : NULL;
}

lam_status lam_schedule_check(const lam_schedule *s)
{
	if (!s)
		return lam_fail(LAM_ERR_ARGUMENT, "the schedule is NULL");
	if (s->kind == LAM_SCHEDULE_INVALID)
		return LAM_ERR_ARGUMENT; /* the constructor has set the sentence */
	const char *kind = lam_schedule_name(s->kind);
	if (!kind)
		return lam_fail(LAM_ERR_ARGUMENT,
			"schedule kind %d; expected one that lam_one_cycle(…) or its kin made",
			(int)s->kind);
	if (!(s->warmup >= 0 && s->warmup < 1))
		return refuse(
			kind, "warmup", (double)s->warmup, "a part of all steps, 0 to below 1");
	if (s->kind == LAM_SCHEDULE_ONE_CYCLE) {
		if (!(s->peak > 0) || !isfinite(s->peak))
			return refuse(kind, "peak", (double)s->peak, "a finite number above 0");
		if (!(s->div >= 1) || !isfinite(s->div))
			return refuse(kind, "div", (double)s->div, "at least 1");
		if (!(s->final_div >= 1) || !isfinite(s->final_div))
			return refuse(kind, "final_div", (double)s->final_div, "at least 1");
	}
	if (s->kind == LAM_SCHEDULE_COSINE && (!(s->least >= 0) || !isfinite(s->least)))
		return refuse(kind, "least", (double)s->least, "a finite number of at least 0");
	if (s->kind == LAM_SCHEDULE_STEP) {
		if (s->every < 1)
			return refuse(kind, "every", s->every, "a number of epochs, at least 1");
		if (!(s->factor > 0) || !isfinite(s->factor))
			return refuse(kind, "factor", (double)s->factor, "a finite number above 0");
	}
	return LAM_OK;
}

static lam_schedule checked(lam_schedule s)
{
	s.size = sizeof s;
	if (lam_schedule_check(&s))
		return (lam_schedule){.size = sizeof s, .kind = LAM_SCHEDULE_INVALID};
	return s;
}

static const lam_schedule invalid = {.size = sizeof invalid, .kind = LAM_SCHEDULE_INVALID};

static lam_real or_else(lam_real value, lam_real fallback)
{
	return value != 0 ? value : fallback;
}

lam_schedule lam_one_cycle_new(const lam_one_cycle_options *given)
{
	lam_one_cycle_options o;
	if (!lam_take_options("schedule", &o, sizeof o, sizeof o.size, given))
		return invalid;
	return checked((lam_schedule){
		.kind = LAM_SCHEDULE_ONE_CYCLE,
		.peak = o.peak,
		.warmup = or_else(o.warmup, (lam_real)0.3),
		.div = or_else(o.div, (lam_real)25),
		.final_div = or_else(o.final_div, (lam_real)1e4),
	});
}

lam_schedule lam_cosine_new(const lam_cosine_options *given)
{
	lam_cosine_options o;
	if (!lam_take_options("schedule", &o, sizeof o, sizeof o.size, given))
		return invalid;
	return checked(
		(lam_schedule){.kind = LAM_SCHEDULE_COSINE, .least = o.least, .warmup = o.warmup});
}

lam_schedule lam_step_decay_new(const lam_step_decay_options *given)
{
	lam_step_decay_options o;
	if (!lam_take_options("schedule", &o, sizeof o, sizeof o.size, given))
		return invalid;
	return checked((lam_schedule){.kind = LAM_SCHEDULE_STEP,
		.every = o.every,
		.factor = or_else(o.factor, (lam_real)0.1),
		.warmup = o.warmup});
}
