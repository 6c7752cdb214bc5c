/* SPDX-License-Identifier: MIT */
/* Schedules: their option tables, constructors and checks. schedule_rate.c computes rates. */
#include "framework/schedule.h"

#include "framework/base/options.h"
#include "framework/train/schedule_name.h"

#include <math.h>

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

static const lam_option cosine_restarts_options[] = {
	LAM_OPTION(lam_cosine_restarts_options, every, INT, .least = 1, .most = INT_MAX,
		.required = true),
	LAM_OPTION(lam_cosine_restarts_options, multiply, INT, .fallback = 1, .least = 1,
		.most = INT_MAX),
	LAM_OPTION(lam_cosine_restarts_options, least, REAL, .most = INT_MAX),
	LAM_OPTION(lam_cosine_restarts_options, warmup, REAL, .most = 1, .below = true),
	LAM_OPTIONS_END,
};

static const lam_option plateau_options[] = {
	LAM_OPTION(lam_plateau_options, factor, REAL, .fallback = (lam_real)0.1, .most = 1,
		.above = true, .below = true),
	LAM_OPTION(lam_plateau_options, patience, INT, .fallback = 10, .most = INT_MAX),
	LAM_OPTION(lam_plateau_options, threshold, REAL, .fallback = (lam_real)1e-4, .most = 1,
		.below = true),
	LAM_OPTION(lam_plateau_options, cooldown, INT, .most = INT_MAX),
	LAM_OPTION(lam_plateau_options, least, REAL, .most = INT_MAX),
	LAM_OPTION(lam_plateau_options, warmup, REAL, .most = 1, .below = true),
	LAM_OPTIONS_END,
};

/* The points are checked by check_points(). */
static const lam_option piecewise_options[] = {
	LAM_OPTION(lam_piecewise_options, by_epoch, BOOL),
	LAM_OPTIONS_END,
};

/* The members of lam_schedule that hold the options, in the order of their rows. */
#define PLACE(option) offsetof(lam_schedule, option)
static const size_t one_cycle_places[] = {PLACE(peak), PLACE(warmup), PLACE(div), PLACE(final_div)};
static const size_t cosine_places[] = {PLACE(least), PLACE(warmup)};
static const size_t step_decay_places[] = {PLACE(every), PLACE(factor), PLACE(warmup)};
static const size_t cosine_restarts_places[] = {
	PLACE(every), PLACE(multiply), PLACE(least), PLACE(warmup)};
static const size_t plateau_places[] = {PLACE(factor), PLACE(patience), PLACE(threshold),
	PLACE(cooldown), PLACE(least), PLACE(warmup)};
static const size_t piecewise_places[] = {PLACE(by_epoch)};

const lam_value_constructor lam_schedule_constructors[] = {
	[LAM_SCHEDULE_CONSTANT] = {"constant", NULL, 0, NULL},
	[LAM_SCHEDULE_ONE_CYCLE] = {"one_cycle", one_cycle_options, sizeof(lam_one_cycle_options),
		one_cycle_places},
	[LAM_SCHEDULE_COSINE] = {"cosine", cosine_options, sizeof(lam_cosine_options),
		cosine_places},
	[LAM_SCHEDULE_STEP] = {"step_decay", step_decay_options, sizeof(lam_step_decay_options),
		step_decay_places},
	[LAM_SCHEDULE_FUNCTION] = {"schedule_function", NULL, 0, NULL},
	[LAM_SCHEDULE_PIECEWISE] = {"piecewise", piecewise_options, sizeof(lam_piecewise_options),
		piecewise_places},
	[LAM_SCHEDULE_COSINE_RESTARTS] = {"cosine_restarts", cosine_restarts_options,
		sizeof(lam_cosine_restarts_options), cosine_restarts_places},
	[LAM_SCHEDULE_PLATEAU] = {"plateau", plateau_options, sizeof(lam_plateau_options),
		plateau_places},
};

const char *lam_schedule_name(int64_t kind)
{
	return kind >= 0 && kind < LAM_SCHEDULE_INVALID ? lam_schedule_constructors[kind].name
							: NULL;
}

static lam_status check_points(const lam_schedule *s)
{
	if (s->count < 1 || s->count > LAM_SCHEDULE_POINTS)
		return lam_fail(LAM_ERR_ARGUMENT,
			"piecewise: %d points; expected 1 to %d in .points", s->count,
			(int)LAM_SCHEDULE_POINTS);
	const double most = s->by_epoch ? (double)INFINITY : 1;
	for (int i = 0; i < s->count; i++) {
		const double at = (double)s->points[i].at, factor = (double)s->points[i].factor;
		const double before = i ? (double)s->points[i - 1].at : 0;
		if (!isfinite(factor) || factor < 0)
			return lam_fail(LAM_ERR_ARGUMENT,
				"piecewise: point %d has the factor %g; expected at least 0", i,
				factor);
		if (!isfinite(at) || at > most || (i ? at <= before : at < 0))
			return lam_fail(LAM_ERR_ARGUMENT,
				"piecewise: point %d is at %g; expected %s %g%s", i, at,
				i ? "above" : "at least", before,
				s->by_epoch ? "" : ", and at most 1");
	}
	return LAM_OK;
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
	if (s->kind == LAM_SCHEDULE_FUNCTION && !s->function)
		return lam_fail(LAM_ERR_ARGUMENT, "schedule_function: the function is NULL");
	lam_status status = s->kind == LAM_SCHEDULE_PIECEWISE ? check_points(s) : LAM_OK;
	return status ? status : lam_value_check(&lam_schedule_constructors[s->kind], s);
}

static const lam_schedule refused = {.size = sizeof refused, .kind = LAM_SCHEDULE_INVALID};

/* Makes a schedule of the caller's options, which are copied to `options`, of `room` bytes; their
 * mark lies at `named`. */
static lam_schedule made(
	lam_schedule_kind kind, void *options, size_t room, size_t named, const void *given)
{
	lam_schedule s = {.size = sizeof s, .kind = kind};
	if (!lam_take_options("schedule", options, room, sizeof s.size, named, given)
		|| lam_value_construct(&lam_schedule_constructors[kind], options, &s))
		return refused;
	return s;
}

lam_schedule lam_one_cycle_new(const lam_one_cycle_options *given)
{
	lam_one_cycle_options o;
	return made(LAM_SCHEDULE_ONE_CYCLE, &o, sizeof o, offsetof(lam_one_cycle_options, named),
		given);
}

lam_schedule lam_cosine_new(const lam_cosine_options *given)
{
	lam_cosine_options o;
	return made(LAM_SCHEDULE_COSINE, &o, sizeof o, offsetof(lam_cosine_options, named), given);
}

lam_schedule lam_step_decay_new(const lam_step_decay_options *given)
{
	lam_step_decay_options o;
	return made(
		LAM_SCHEDULE_STEP, &o, sizeof o, offsetof(lam_step_decay_options, named), given);
}

lam_schedule lam_cosine_restarts_new(const lam_cosine_restarts_options *given)
{
	lam_cosine_restarts_options o;
	return made(LAM_SCHEDULE_COSINE_RESTARTS, &o, sizeof o,
		offsetof(lam_cosine_restarts_options, named), given);
}

lam_schedule lam_plateau_new(const lam_plateau_options *given)
{
	lam_plateau_options o;
	return made(
		LAM_SCHEDULE_PLATEAU, &o, sizeof o, offsetof(lam_plateau_options, named), given);
}

static lam_real said(lam_real value)
{
	return value == LAM_ZERO ? 0 : value;
}

lam_schedule lam_piecewise_new(const lam_piecewise_options *given)
{
	lam_piecewise_options o;
	lam_schedule s = made(LAM_SCHEDULE_PIECEWISE, &o, sizeof o,
		offsetof(lam_piecewise_options, named), given);
	if (s.kind == LAM_SCHEDULE_INVALID)
		return s;
	for (int i = 0; i < LAM_SCHEDULE_POINTS; i++) {
		s.points[i] = (lam_schedule_point){said(o.points[i].at), said(o.points[i].factor)};
		if (o.points[i].at != 0 || o.points[i].factor != 0)
			s.count = i + 1;
	}
	return check_points(&s) ? refused : s;
}

lam_schedule lam_schedule_function(lam_rate_function function, void *data)
{
	const lam_schedule s = {.size = sizeof s,
		.kind = LAM_SCHEDULE_FUNCTION,
		.function = function,
		.data = data};
	return lam_schedule_check(&s) ? refused : s;
}
