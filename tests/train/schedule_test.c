/* SPDX-License-Identifier: MIT */
/* Schedules: compared with torch.optim.lr_scheduler (tests/reference/schedules.txt), with warm-up,
 * and with bad options. */
#include "framework/schedule.h"

#include "tests/kit.h"

#include <stdlib.h>

static lam_schedule made(const char *name, const char (*word)[32], const double *value, int count)
{
	lam_one_cycle_options one = {.size = sizeof one};
	lam_cosine_options cosine = {.size = sizeof cosine};
	lam_step_decay_options decay = {.size = sizeof decay};
	for (int i = 0; i < count; i++) {
		if (!strcmp(word[i], "peak"))
			one.peak = (lam_real)value[i];
		else if (!strcmp(word[i], "div"))
			one.div = (lam_real)value[i];
		else if (!strcmp(word[i], "final_div"))
			one.final_div = (lam_real)value[i];
		else if (!strcmp(word[i], "warmup"))
			one.warmup = (lam_real)value[i];
		else if (!strcmp(word[i], "least"))
			cosine.least = (lam_real)value[i];
		else if (!strcmp(word[i], "every"))
			decay.every = (int)value[i];
		else if (check(!strcmp(word[i], "factor"), "unknown word %s", word[i]))
			decay.factor = (lam_real)value[i];
	}
	if (!strcmp(name, "one_cycle"))
		return lam_one_cycle_new(&one);
	return !strcmp(name, "cosine") ? lam_cosine_new(&cosine) : lam_step_decay_new(&decay);
}

static void agrees_with_pytorch(void)
{
	enum { MOST = 8 };
	char path[4096], name[32], word[MOST][32];
	double value[MOST], lr;
	int count, steps, per_epoch, cases = 0;
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/tests/reference/schedules.txt", top ? top : ".");
	FILE *file = fopen(path, "r");
	require(file, "%s cannot be opened", path);
	while (fscanf(file, " schedule %31s %d", name, &count) == 2 && check(count <= MOST)) {
		for (int i = 0; i < count; i++)
			check(fscanf(file, "%31s %lf", word[i], &value[i]) == 2);
		check(fscanf(file, " lr %lf steps %d per_epoch %d", &lr, &steps, &per_epoch) == 3);
		lam_schedule schedule = made(name, (const char(*)[32])word, value, count);
		test_begin("%s, %d steps", name, steps);
		check_ok(lam_schedule_check(&schedule));
		for (int step = 0; step < steps; step++) {
			double expected = 0;
			check(fscanf(file, "%lf", &expected) == 1);
			check_near(lam_schedule_rate(&schedule, lr, step, steps, per_epoch),
				expected, 1e-6 * expected + 1e-9);
		}
		test_end();
		cases++;
	}
	check(cases == 9, "%d cases", cases);
	fclose(file);
}

static void zeroed_leaves_the_rate(void)
{
	lam_schedule constant = {0};
	check_ok(lam_schedule_check(&constant));
	check(lam_schedule_rate(&constant, 0.25, 3, 10, 5) == 0.25);
	check(lam_schedule_rate(NULL, 0.25, 3, 10, 5) == 0.25);
}

/* The rate rises linearly for a quarter of the steps, then follows the schedule over the rest. */
static void warms_up(void)
{
	lam_schedule cosine = lam_cosine(.warmup = 0.25f),
		     decay = lam_step_decay(.every = 1, .warmup = 0.25f);
	const lam_schedule plain = lam_cosine(.least = 0);
	for (int step = 0; step < 10; step++) {
		double expected = 0.5 * (step + 1) / 10;
		check_near(lam_schedule_rate(&cosine, 0.5, step, 40, 20), expected, 1e-6);
		check_near(lam_schedule_rate(&decay, 0.5, step, 40, 20), expected, 1e-6);
	}
	for (int step = 10; step < 40; step++)
		check_near(lam_schedule_rate(&cosine, 0.5, step, 40, 20),
			lam_schedule_rate(&plain, 0.5, step - 10, 30, 20), 1e-12);
	check_near(lam_schedule_rate(&decay, 0.5, 10, 40, 20), 0.5, 1e-12);
	check_near(lam_schedule_rate(&decay, 0.5, 20, 40, 20), 0.05, 1e-7);
}

static void refuses_senseless_options(void)
{
	const struct {
		lam_schedule schedule;
		const char *words;
	} rows[] = {
		{lam_one_cycle(.warmup = 0.5f), "peak"},
		{lam_one_cycle(.peak = -1), "one_cycle: option peak is -1"},
		{lam_one_cycle(.peak = 1, .warmup = 1), "option warmup is 1"},
		{lam_one_cycle(.peak = 1, .div = (lam_real)0.5),
			"option div is 0.5; expected at least 1"},
		{lam_one_cycle(.peak = 1, .final_div = -2), "option final_div is -2"},
		{lam_cosine(.least = -1), "cosine: option least is -1"},
		{lam_cosine(.least = (lam_real)INFINITY), "option least is inf"},
		{lam_cosine(.warmup = (lam_real)NAN), "warmup"},
		{lam_step_decay(.factor = (lam_real)0.5), "step_decay: option every is required"},
		{lam_step_decay(.every = 2, .factor = -1), "option factor is -1"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(rows[i].schedule.kind == LAM_SCHEDULE_INVALID, "row %d (%s) was accepted",
			(int)i, rows[i].words);
	lam_schedule last;
	last = lam_one_cycle(.peak = -1);
	check_fails(lam_schedule_check(&last), LAM_ERR_ARGUMENT,
		"one_cycle: option peak is -1; expected above 0");
	last = lam_step_decay(.factor = (lam_real)0.5);
	check_fails(lam_schedule_check(&last), LAM_ERR_ARGUMENT,
		"step_decay: option every is required");
	last = lam_cosine(.warmup = 2);
	check_fails(lam_schedule_check(&last), LAM_ERR_ARGUMENT,
		"cosine: option warmup is 2; expected at least 0 and below 1");
	last = lam_cosine_new(NULL);
	check_fails(lam_schedule_check(&last), LAM_ERR_ARGUMENT, "size");
	check_fails(lam_schedule_check(&(lam_schedule){.kind = 99}), LAM_ERR_ARGUMENT,
		"schedule kind 99");
	check_fails(lam_schedule_check(NULL), LAM_ERR_ARGUMENT, "NULL");
	check(isnan(lam_schedule_rate(
		&(lam_schedule){.kind = LAM_SCHEDULE_STEP, .factor = 1}, 1, 5, 10, 2)));
	last = lam_step_decay(.every = 1);
	check(isnan(lam_schedule_rate(&last, 1, 5, 10, 0)));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(agrees_with_pytorch),
		TEST(zeroed_leaves_the_rate),
		TEST(warms_up),
		TEST(refuses_senseless_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
