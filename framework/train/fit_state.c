/* SPDX-License-Identifier: MIT */
/* The table of a run's state: its fields are saved, compared and checked through it. */
#include "framework/train/fit_state.h"

#include "framework/files/file.h"
#include "framework/memory.h"
#include "framework/optimizer.h"
#include "framework/train/schedule_name.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define IS_REAL(member) _Generic(((lam_fit_state *)0)->member, double : true, int64_t : false)
#define FIELD(member, same, added, format2) \
	{ \
#member, offsetof(lam_fit_state, member), IS_REAL(member), same, added, format2 \
	}
#define RUN(member) FIELD(member, true, false, false)
#define STANDING(member) FIELD(member, false, false, false)
#define RUN_ADDED(member) FIELD(member, true, true, false)
#define STANDING_ADDED(member) FIELD(member, false, true, false)

/* Fields that are 0 in files of format 1, which lack them. RUN_FORMAT2 is an option that is off
 * when it is 0, STANDING_FORMAT2 what such an option has to remember. */
#define RUN_FORMAT2(member) FIELD(member, true, true, true)
#define STANDING_FORMAT2(member) FIELD(member, false, true, true)

#define NUMBER(i) \
	{ \
		"schedule" #i, offsetof(lam_fit_state, numbers) + (i) * sizeof(double), true, \
			true, true, true \
	}

const lam_fit_field lam_fit_fields[] = {
	RUN(rule),
	RUN(lr),
	RUN(momentum),
	RUN(weight_decay),
	RUN(beta1),
	RUN(beta2),
	RUN(alpha),
	RUN(eps),
	RUN(nesterov),
	RUN(centered),
	RUN(schedule),
	RUN(peak),
	RUN(div),
	RUN(final_div),
	RUN(least),
	RUN(factor),
	RUN(warmup),
	RUN(every),
	RUN(seed),
	RUN(samples),
	RUN(batch),
	RUN(shift),
	RUN(flip),
	RUN(no_shuffle),
	RUN(clip),
	RUN_ADDED(direct),
	RUN_ADDED(validation_samples),
	RUN_ADDED(drop_last),
	RUN_FORMAT2(reflect),
	RUN_FORMAT2(alternate),
	RUN_FORMAT2(crop_height),
	RUN_FORMAT2(crop_width),
	RUN_FORMAT2(cutout),
	RUN_FORMAT2(augment_function),
	RUN_FORMAT2(before_update),
	RUN_FORMAT2(multiply),
	RUN_FORMAT2(plateau_patience),
	RUN_FORMAT2(threshold),
	RUN_FORMAT2(cooldown),
	RUN_FORMAT2(by_epoch),
	NUMBER(0),
	NUMBER(1),
	NUMBER(2),
	NUMBER(3),
	NUMBER(4),
	NUMBER(5),
	NUMBER(6),
	NUMBER(7),
	NUMBER(8),
	NUMBER(9),
	NUMBER(10),
	NUMBER(11),
	NUMBER(12),
	NUMBER(13),
	NUMBER(14),
	NUMBER(15),
	NUMBER(16),
	NUMBER(17),
	NUMBER(18),
	NUMBER(19),
	NUMBER(20),
	NUMBER(21),
	NUMBER(22),
	NUMBER(23),
	NUMBER(24),
	NUMBER(25),
	NUMBER(26),
	NUMBER(27),
	NUMBER(28),
	NUMBER(29),
	NUMBER(30),
	NUMBER(31),
	RUN_FORMAT2(average),
	RUN_FORMAT2(average_warmup),
	RUN_FORMAT2(average_every),
	RUN_FORMAT2(average_power),
	RUN_FORMAT2(lookahead),
	RUN_FORMAT2(keep_best),
	RUN_FORMAT2(mixup),
	RUN_FORMAT2(weights),
	RUN_FORMAT2(validation_weights),
	RUN_FORMAT2(steps_per_epoch),
	RUN_FORMAT2(shards),
	RUN_FORMAT2(parts),
	RUN_FORMAT2(by_sample),
	STANDING_ADDED(first_pass),
	STANDING(epochs),
	STANDING(epoch_step),
	STANDING(steps),
	STANDING(updates),
	STANDING(passes),
	STANDING(seen),
	STANDING(loss_sum),
	STANDING(right_sum),
	STANDING_ADDED(weight_sum),
	STANDING_ADDED(scored),
	STANDING(train_count),
	STANDING(train_loss),
	STANDING(train_accuracy),
	STANDING(validation_count),
	STANDING(validation_loss),
	STANDING(validation_accuracy),
	STANDING_ADDED(validation_iou),
	STANDING(best_epoch),
	STANDING(stale),
	STANDING(best_loss),
	STANDING(best_accuracy),
	STANDING(seconds),
	STANDING(step_seconds),
	STANDING(images),
	STANDING_FORMAT2(plateau_lr),
	STANDING_FORMAT2(plateau_best),
	STANDING_FORMAT2(plateau_stale),
	STANDING_FORMAT2(plateau_cooling),
	{NULL, 0, false, false, false, false},
};

bool lam_fit_field_off(const lam_fit_field *field, const lam_fit_state *state)
{
	return memcmp((const char *)state + field->offset, &(int64_t){0}, sizeof(int64_t)) == 0;
}

bool lam_fit_state_format2(const lam_fit_state *state)
{
	bool needed = false;
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++)
		needed |= field->format2 && !lam_fit_field_off(field, state);
	return needed;
}

/* A field's value for error sentences: kinds by name, numbers as numbers. */
static lam_shown show(const lam_fit_field *field, const lam_fit_state *state)
{
	lam_shown shown;
	const char *at = (const char *)state + field->offset;
	if (field->real) {
		double value;
		memcpy(&value, at, sizeof value);
		snprintf(shown.text, sizeof shown.text, "%.9g", value);
		return shown;
	}
	int64_t value;
	memcpy(&value, at, sizeof value);
	const char *word = NULL;
	if (field->offset == offsetof(lam_fit_state, rule) && value == (lam_rule)value)
		word = lam_rule_name((lam_rule)value);
	else if (field->offset == offsetof(lam_fit_state, schedule))
		word = lam_schedule_name(value);
	if (word)
		snprintf(shown.text, sizeof shown.text, "%s", word);
	else
		snprintf(shown.text, sizeof shown.text, "%" PRId64, value);
	return shown;
}

/* The index of a schedule's number; -1: the field is none. */
static int number_of(const lam_fit_field *field)
{
	const size_t first = offsetof(lam_fit_state, numbers);
	return field->offset < first || field->offset >= first + sizeof((lam_fit_state *)0)->numbers
		? -1
		: (int)((field->offset - first) / sizeof(double));
}

/* Whether a field need not be equal: a function's rates depend on the number of epochs, which may
 * differ; and a run that was begun in batch lanes, as all were in earlier versions, may go on. */
static bool may_differ(
	const lam_fit_field *field, const lam_fit_state *asked, const lam_fit_state *saved)
{
	return !field->same
		|| (field->offset == offsetof(lam_fit_state, by_sample) && !saved->by_sample)
		|| (asked->schedule == LAM_SCHEDULE_FUNCTION && number_of(field) >= 0
			&& asked->numbers[0] != saved->numbers[0]);
}

/* What a field is called in error sentences. */
static lam_shown title(const lam_fit_field *field, const lam_fit_state *state)
{
	lam_shown shown;
	const int number = number_of(field);
	if (number >= 1 && state->schedule == LAM_SCHEDULE_FUNCTION)
		snprintf(shown.text, sizeof shown.text, "learning rate of step %" PRId64,
			lam_rate_step(number - 1, (int64_t)state->numbers[0]));
	else if (number >= 0 && state->schedule == LAM_SCHEDULE_PIECEWISE)
		snprintf(shown.text, sizeof shown.text, "points[%d].%s", number / 2,
			number % 2 ? "factor" : "at");
	else
		snprintf(shown.text, sizeof shown.text, "%s", field->name);
	return shown;
}

bool lam_fit_state_differs(
	const lam_fit_state *asked, const lam_fit_state *saved, lam_fit_difference *difference)
{
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++) {
		/* Both types have eight bytes. Checked options contain no NaN, and no -0 that would
		 * have to equal 0. */
		if (may_differ(field, asked, saved)
			|| memcmp((const char *)asked + field->offset,
				   (const char *)saved + field->offset, sizeof(int64_t))
				== 0)
			continue;
		*difference = (lam_fit_difference){
			title(field, asked), show(field, asked), show(field, saved)};
		return true;
	}
	return false;
}

lam_status lam_fit_state_same(
	const lam_fit_state *asked, const lam_fit_state *saved, const char *path)
{
	lam_fit_difference found;
	return lam_fit_state_differs(asked, saved, &found) ? lam_fail(LAM_ERR_ARGUMENT,
		       "%s: holds another run: its %s is %s; expected %s", lam_path_text(path).text,
		       found.what.text, found.saved.text, found.asked.text)
							   : LAM_OK;
}

int64_t lam_steps_per_epoch(int64_t samples, int64_t batch, bool drop_last)
{
	if (samples < 1 || batch < 1)
		return 0;
	return drop_last ? samples / batch : (samples - 1) / batch + 1;
}

/* Whether a count is valid and so small that it will never overflow. */
static bool is_count(int64_t count)
{
	return count >= 0 && count < INT64_MAX / 2;
}

lam_status lam_fit_state_check(const lam_fit_state *s, const char *path)
{
	const char *wrong = NULL;
	const int64_t own = lam_steps_per_epoch(s->samples, s->batch, s->drop_last != 0),
		      per_epoch = s->steps_per_epoch ? s->steps_per_epoch : own;
	int64_t steps;
	if (per_epoch < 1 || s->batch < 1)
		wrong = "no samples";
	else if (s->epochs < 0 || s->epoch_step < 0 || s->epoch_step >= per_epoch)
		wrong = "a place beyond an epoch";
	else if (__builtin_mul_overflow(s->epochs, per_epoch, &steps)
		|| __builtin_add_overflow(steps, s->epoch_step, &steps) || steps != s->steps)
		wrong = "a number of steps that is not that of its epochs";
	else if (s->seen != s->epoch_step * s->batch)
		wrong = "another number of samples than its steps have seen";
	else if (s->epochs > LAM_MAX_COUNT || !is_count(s->steps) || !is_count(s->updates)
		|| !is_count(s->passes) || !is_count(s->images) || !is_count(s->train_count)
		|| !is_count(s->validation_count) || !is_count(s->scored) || !(s->weight_sum >= 0)
		|| isinf(s->weight_sum))
		wrong = "a count below 0 or beyond reason";
	else if (s->first_pass < 0 || s->first_pass > s->passes)
		wrong = "passes before the run that have not been";
	else if (s->best_epoch < 0 || s->best_epoch > s->epochs || s->stale < 0
		|| s->stale > s->epochs)
		wrong = "a best epoch that has not been";
	else if (s->best_epoch > 0 && isnan(s->best_loss))
		wrong = "a best epoch without a loss";
	else if (!(s->seconds >= 0) || !(s->step_seconds >= 0) || isinf(s->seconds)
		|| isinf(s->step_seconds))
		wrong = "a time below 0";
	else if (!(s->plateau_lr >= 0) || isinf(s->plateau_lr) || isnan(s->plateau_best)
		|| !is_count(s->plateau_stale) || !is_count(s->plateau_cooling))
		wrong = "a plateau beyond reason";
	else if (s->schedule == LAM_SCHEDULE_PLATEAU && s->plateau_lr == 0)
		wrong = "a plateau without its rate";
	return wrong
		? lam_fail(LAM_ERR_FORMAT, "%s: the state of the run contradicts itself: it has %s",
			lam_path_text(path).text, wrong)
		: LAM_OK;
}
