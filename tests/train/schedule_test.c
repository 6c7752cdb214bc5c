/* SPDX-License-Identifier: MIT */
/* Schedules: compared with torch.optim.lr_scheduler (tests/reference/schedules.txt), with warm-up,
 * and with bad options. */
#include "framework/schedule.h"

#include "framework/train/inside.h"

#include "tests/kit.h"

#include <stdlib.h>

/* The options of all constructors. */
static lam_one_cycle_options one;
static lam_cosine_options cosine;
static lam_step_decay_options decay;
static lam_cosine_restarts_options restarts;
static lam_plateau_options plateau;
static lam_piecewise_options piecewise;

static void set(const char *word, double value)
{
	const struct {
		const char *word;
		lam_real *reals[3];
		int *wholes[3];
	} rows[] = {
		{"peak", {&one.peak}, {NULL}},
		{"div", {&one.div}, {NULL}},
		{"final_div", {&one.final_div}, {NULL}},
		{"warmup", {&one.warmup}, {NULL}},
		{"least", {&cosine.least, &restarts.least, &plateau.least}, {NULL}},
		{"factor", {&decay.factor, &plateau.factor}, {NULL}},
		{"threshold", {&plateau.threshold}, {NULL}},
		{"every", {NULL}, {&decay.every, &restarts.every}},
		{"multiply", {NULL}, {&restarts.multiply}},
		{"patience", {NULL}, {&plateau.patience}},
		{"cooldown", {NULL}, {&plateau.cooldown}},
	};
	int point;
	if (sscanf(word, "at%d", &point) == 1)
		piecewise.points[point].at = (lam_real)value;
	else if (sscanf(word, "factor%d", &point) == 1)
		piecewise.points[point].factor = (lam_real)value;
	else if (!strcmp(word, "by_epoch"))
		piecewise.by_epoch = value != 0;
	else
		for (size_t i = 0;; i++) {
			require(i < sizeof rows / sizeof *rows, "unknown word %s", word);
			if (strcmp(word, rows[i].word))
				continue;
			for (int k = 0; k < 3 && rows[i].reals[k]; k++)
				*rows[i].reals[k] = value == 0 ? LAM_ZERO : (lam_real)value;
			for (int k = 0; k < 3 && rows[i].wholes[k]; k++)
				*rows[i].wholes[k] = value == 0 ? LAM_ZERO : (int)value;
			return;
		}
}

static lam_schedule made(const char *name, const char (*word)[32], const double *value, int count)
{
	one = (lam_one_cycle_options){.size = sizeof one};
	cosine = (lam_cosine_options){.size = sizeof cosine};
	decay = (lam_step_decay_options){.size = sizeof decay};
	restarts = (lam_cosine_restarts_options){.size = sizeof restarts};
	plateau = (lam_plateau_options){.size = sizeof plateau};
	piecewise = (lam_piecewise_options){.size = sizeof piecewise};
	for (int i = 0; i < count; i++)
		set(word[i], value[i]);
	return !strcmp(name, "one_cycle")          ? lam_one_cycle_new(&one)
		: !strcmp(name, "cosine")          ? lam_cosine_new(&cosine)
		: !strcmp(name, "step_decay")      ? lam_step_decay_new(&decay)
		: !strcmp(name, "cosine_restarts") ? lam_cosine_restarts_new(&restarts)
		: !strcmp(name, "plateau")         ? lam_plateau_new(&plateau)
						   : lam_piecewise_new(&piecewise);
}

/* A plateau's lines are an epoch's loss and the rate after it. */
static void follows_losses(const lam_schedule *schedule, FILE *file, double lr, int epochs)
{
	lam_fit_state state = {.plateau_lr = lr, .plateau_best = INFINITY};
	for (int epoch = 0; epoch < epochs; epoch++) {
		double loss = 0, expected = 0;
		check(fscanf(file, "%lf %lf", &loss, &expected) == 2);
		lam_plateau_epoch(schedule, &state, loss);
		check_near(lam_schedule_rate(schedule, state.plateau_lr, epoch, epochs, 1),
			expected, 1e-6 * expected);
	}
	check(state.plateau_lr < lr);
}

static void agrees_with_pytorch(void)
{
	enum { MOST = 9 };
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
		if (schedule.kind == LAM_SCHEDULE_PLATEAU)
			follows_losses(&schedule, file, lr, steps);
		for (int step = 0; step < steps && schedule.kind != LAM_SCHEDULE_PLATEAU; step++) {
			double expected = 0;
			check(fscanf(file, "%lf", &expected) == 1);
			check_near(lam_schedule_rate(&schedule, lr, step, steps, per_epoch),
				expected, 1e-6 * expected + 1e-9);
		}
		test_end();
		cases++;
	}
	check(cases == 21, "%d cases", cases);
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

/* Restarts and a plateau rise as the others do; the first period begins after the warm-up. */
static void warms_up_before_restarts(void)
{
	lam_schedule restart = lam_cosine_restarts(.every = 1, .multiply = 2, .warmup = 0.25f),
		     plain = lam_cosine_restarts(.every = 1, .multiply = 2),
		     flat = lam_plateau(.warmup = 0.25f);
	for (int step = 0; step < 10; step++) {
		double expected = 0.5 * (step + 1) / 10;
		check_near(lam_schedule_rate(&restart, 0.5, step, 40, 5), expected, 1e-6);
		check_near(lam_schedule_rate(&flat, 0.5, step, 40, 5), expected, 1e-6);
	}
	for (int step = 10; step < 40; step++) {
		check_near(lam_schedule_rate(&restart, 0.5, step, 40, 5),
			lam_schedule_rate(&plain, 0.5, step - 10, 30, 5), 1e-12);
		check(lam_schedule_rate(&flat, 0.5, step, 40, 5) == 0.5);
	}
}

static double halves(const lam_schedule_step *step, void *data)
{
	check(step->size == sizeof *step && step->steps == 40 && step->steps_per_epoch == 5);
	return step->lr / (double)(2 + step->step / step->steps_per_epoch) + *(double *)data;
}

static void a_function_is_called(void)
{
	double data = 3;
	lam_schedule schedule = lam_schedule_function(halves, &data);
	check_ok(lam_schedule_check(&schedule));
	check(lam_schedule_rate(&schedule, 8, 0, 40, 5) == 8.0 / 2 + 3);
	check(lam_schedule_rate(&schedule, 8, 39, 40, 5) == 8.0 / 9 + 3);
	schedule = lam_schedule_function(NULL, NULL);
	check_fails(lam_schedule_check(&schedule), LAM_ERR_ARGUMENT, "the function is NULL");
}

/* A point that is not behind the one before, or beyond the run; a factor below 0; too many. */
static void refuses_senseless_points(void)
{
	const struct {
		lam_schedule_point points[3];
		bool by_epoch;
		const char *words;
	} rows[] = {
		{{{0, 0}}, false, "piecewise: 0 points; expected 1 to 16 in .points"},
		{{{0, 1}, {0, 2}}, false, "point 1 is at 0; expected above 0, and at most 1"},
		{{{(lam_real)0.5, 1}, {(lam_real)0.25, 2}}, false,
			"point 1 is at 0.25; expected above 0.5"},
		{{{-1, 1}}, false, "point 0 is at -1; expected at least 0"},
		{{{0, 1}, {2, 1}}, false, "point 1 is at 2; expected above 0, and at most 1"},
		{{{0, 1}, {(lam_real)INFINITY, 1}}, true, "point 1 is at inf; expected above 0"},
		{{{(lam_real)NAN, 1}}, true, "point 0 is at nan"},
		{{{0, -1}}, false, "point 0 has the factor -1; expected at least 0"},
		{{{0, 1}, {1, (lam_real)INFINITY}}, false, "point 1 has the factor inf"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		lam_piecewise_options o = {.size = sizeof o, .by_epoch = rows[i].by_epoch};
		memcpy(o.points, rows[i].points, sizeof rows[i].points);
		lam_schedule schedule = lam_piecewise_new(&o);
		check(schedule.kind == LAM_SCHEDULE_INVALID, "row %d was accepted", (int)i);
		check_fails(lam_schedule_check(&schedule), LAM_ERR_ARGUMENT, rows[i].words);
	}
	lam_schedule edited = lam_piecewise(.points = {{0, 1}, {1, LAM_ZERO}});
	check(edited.count == 2 && edited.points[1].factor == 0);
	edited.count = 17;
	check_fails(lam_schedule_check(&edited), LAM_ERR_ARGUMENT, "17 points");
	edited = lam_piecewise(.points = {{0, 0}, {1, 1}});
	check(edited.count == 2 && lam_schedule_rate(&edited, 1, 1, 4, 1) == 0.25);
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
		{lam_cosine_restarts(.least = 0), "cosine_restarts: option every is required"},
		{lam_cosine_restarts(.every = 1, .multiply = LAM_ZERO), "option multiply is 0"},
		{lam_plateau(.factor = 1), "plateau: option factor is 1; expected above 0"},
		{lam_plateau(.patience = -1), "plateau: option patience is -1"},
		{lam_plateau(.threshold = 1), "plateau: option threshold is 1"},
		{lam_plateau(.cooldown = -2), "plateau: option cooldown is -2"},
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
	last = lam_plateau(.factor = 1);
	check_fails(lam_schedule_check(&last), LAM_ERR_ARGUMENT,
		"plateau: option factor is 1; expected above 0 and below 1");
	last = lam_cosine_new(NULL);
	check_fails(lam_schedule_check(&last), LAM_ERR_ARGUMENT, "size");
	check_fails(lam_schedule_check(&(lam_schedule){.kind = 99}), LAM_ERR_ARGUMENT,
		"schedule kind 99");
	check_fails(lam_schedule_check(NULL), LAM_ERR_ARGUMENT, "NULL");
	check(isnan(lam_schedule_rate(
		&(lam_schedule){.kind = LAM_SCHEDULE_STEP, .factor = 1}, 1, 5, 10, 2)));
	last = lam_step_decay(.every = 1);
	check(isnan(lam_schedule_rate(&last, 1, 5, 10, 0)));
	last = lam_cosine_restarts(.every = 1);
	check(isnan(lam_schedule_rate(&last, 1, 5, 10, 0)));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(agrees_with_pytorch),
		TEST(zeroed_leaves_the_rate),
		TEST(warms_up),
		TEST(warms_up_before_restarts),
		TEST(a_function_is_called),
		TEST(refuses_senseless_points),
		TEST(refuses_senseless_options),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
