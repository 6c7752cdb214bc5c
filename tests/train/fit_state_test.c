/* SPDX-License-Identifier: MIT */
/* A run's state as read from a file: one that contradicts itself is refused with the reason. */
#include "framework/schedule.h"
#include "framework/train/fit_state.h"

#include "tests/kit.h"

#include <stddef.h>

/* 10 samples in batches of 4 are 3 steps an epoch. Two epochs and one step are done. */
static const lam_fit_state good = {
	.samples = 10,
	.batch = 4,
	.epochs = 2,
	.epoch_step = 1,
	.steps = 7,
	.updates = 7,
	.passes = 7,
	.seen = 4,
	.images = 24,
	.train_count = 10,
	.best_epoch = 1,
	.stale = 1,
	.seconds = 2,
	.step_seconds = 1,
};

#define WHOLE(member, value, words) \
	{ \
#member, offsetof(lam_fit_state, member), value, 0, words \
	}
#define REAL(member, value, words) \
	{ \
#member, offsetof(lam_fit_state, member), 0, value, words \
	}

static const struct row {
	const char *name;
	size_t offset;
	int64_t whole;
	double real; /* 0: the value is `whole` */
	const char *words;
} rows[] = {
	WHOLE(samples, 0, "no samples"),
	WHOLE(batch, 0, "no samples"),
	WHOLE(batch, -4, "no samples"),
	WHOLE(epochs, -1, "beyond an epoch"),
	WHOLE(epoch_step, -1, "beyond an epoch"),
	WHOLE(epoch_step, 3, "beyond an epoch"),
	WHOLE(epochs, 3, "that of its epochs"),
	WHOLE(epochs, INT64_MAX, "that of its epochs"),
	WHOLE(steps, 8, "that of its epochs"),
	WHOLE(seen, 5, "than its steps have seen"),
	WHOLE(updates, -1, "below 0 or beyond reason"),
	WHOLE(updates, INT64_MAX, "beyond reason"),
	WHOLE(passes, INT64_MAX, "beyond reason"),
	WHOLE(first_pass, -1, "passes before the run"),
	WHOLE(first_pass, 8, "passes before the run"),
	WHOLE(images, INT64_MAX - 1, "beyond reason"),
	WHOLE(train_count, -1, "below 0"),
	WHOLE(validation_count, INT64_MIN, "below 0"),
	WHOLE(best_epoch, 3, "a best epoch that has not been"),
	WHOLE(best_epoch, -1, "a best epoch"),
	WHOLE(stale, 3, "a best epoch"),
	REAL(best_loss, (double)NAN, "a best epoch without a loss"),
	WHOLE(schedule, LAM_SCHEDULE_PLATEAU, "a plateau without its rate"),
	REAL(seconds, -1, "a time below 0"),
	REAL(seconds, (double)NAN, "a time"),
	REAL(step_seconds, (double)INFINITY, "a time"),
};

static void contradictions_are_refused(void)
{
	check_ok(lam_fit_state_check(&good, "file"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s, row %zu", rows[i].name, i);
		lam_fit_state state = good;
		memcpy((char *)&state + rows[i].offset,
			rows[i].real != 0 ? (const void *)&rows[i].real : &rows[i].whole,
			sizeof(int64_t));
		check_fails(lam_fit_state_check(&state, "file"), LAM_ERR_FORMAT, rows[i].words);
		test_end();
	}
}

/* Two runs that differ in any field of "which run it is" are told apart, and the field is named. */
static void other_runs_are_told_by_name(void)
{
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++) {
		test_begin("%s", field->name);
		lam_fit_state other = good;
		const double half = 0.5;
		const int64_t many = 77;
		memcpy((char *)&other + field->offset, field->real ? (const void *)&half : &many,
			sizeof many);
		if (field->same)
			check_fails(lam_fit_state_same(&good, &other, "file"), LAM_ERR_ARGUMENT,
				field->name);
		else
			check_ok(lam_fit_state_same(&good, &other, "file"));
		test_end();
	}
}

/* Options of format 2 make a file one of format 2 unless they are off; no other field does. */
static void what_needs_format_2(void)
{
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++) {
		test_begin("%s", field->name);
		lam_fit_state state = {0};
		check(!lam_fit_state_format2(&state) && lam_fit_field_off(field, &state));
		const double half = 0.5;
		const int64_t one = 1;
		memcpy((char *)&state + field->offset, field->real ? (const void *)&half : &one,
			sizeof one);
		check(lam_fit_state_format2(&state) == field->format2);
		check(!field->format2 || field->added, "a file of format 1 must lack it");
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(contradictions_are_refused),
		TEST(other_runs_are_told_by_name), TEST(what_needs_format_2)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
