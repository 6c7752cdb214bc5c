/* SPDX-License-Identifier: MIT */
/* What the callbacks of lam_fit() may do to the net that it trains. */
#include "tests/train/acts.h"

static void do_act(const lam_progress *progress, const struct act *act)
{
	if (!act)
		return;
	const lam_status status = act->act(progress->net);
	if (act->in_callback)
		check(status == LAM_OK, "%s", lam_error());
	else
		check(refused(act, status, IN_FIT), "%d: %s", (int)status, lam_error());
}

static void show(const lam_progress *progress, void *act)
{
	do_act(progress, act);
}

static bool end_step(const lam_progress *progress, void *act)
{
	do_act(progress, act);
	return false;
}

/* Trains with a callback of each kind that does this. The moments of the run are fewer than those
 * of the acts. */
static uint64_t train_with(const struct act *act)
{
	const char *path = file_path("owned.npz");
	const struct plan plan = {.model = 0, .rule = 1, .seed = 7, .threads = 2};
	lam_net *net = plan_net(&plan);
	lam_report report = {0};
	unlink(path);
	check_ok(lam_fit(net, data, &report, .epochs = EPOCHS, .optimizer = rule_of(plan.rule),
		.validation = data, .checkpoint = path, .checkpoint_every = 1, .progress = show,
		.progress_data = (void *)act, .step_end = end_step, .step_end_data = (void *)act,
		.epoch_end = end_step, .epoch_end_data = (void *)act));
	check(report.steps == STEPS && report.stop == LAM_STOP_EPOCHS);
	const uint64_t print = print_of(net, &report);
	/* The run has ended: all is allowed again. */
	check_ok(step(net));
	check_ok(begin_sums(net));
	lam_net_free(net);
	net = plan_net(&plan);
	check_ok(lam_fit(net, data, &report, .epochs = EPOCHS, .optimizer = rule_of(plan.rule),
		.validation = data, .checkpoint = path, .resume = true));
	check(print_of(net, &report) == print, "the checkpoint holds another net");
	lam_net_free(net);
	return print;
}

static void callbacks_do_what_they_may(void)
{
	require(begin());
	const uint64_t alone = train_with(NULL);
	for (int i = 0; i < ACTS; i++) {
		test_begin("%s", acts[i].name);
		check((train_with(&acts[i]) != alone) == acts[i].changes, "the run's bits");
		test_end();
	}
	lam_dataset_free(data);
}

/* What a callback changes in a step of its own. */
static bool change(const lam_progress *progress, void *stop)
{
	static lam_status (*const changes[])(lam_net *) = {freeze, edit, end_decay, load, edit};
	const int64_t done = progress->total_step;
	if (done % 3 == 0 && done / 3 <= 5)
		check_ok(changes[done / 3 - 1](progress->net));
	return done == *(const int64_t *)stop;
}

static void changes_are_part_of_the_run(void)
{
	require(begin());
	int64_t never = 0;
	uint64_t through = 0;
	for (int64_t stop = STEPS; stop > 0; stop--) {
		struct plan plan = {.rule = 4, .seed = 3, .threads = 2, .step_end = change};
		lam_report report = {0};
		plan.checkpoint = file_path("changed.npz");
		plan.data = &stop;
		unlink(plan.checkpoint);
		for (int part = 0; part < 2; part++) {
			lam_net *net = plan_net(&plan);
			check_ok(plan_fit(&plan, net, data, data, &report));
			if (stop == STEPS)
				through = print_of(net, &report);
			else if (part == 1)
				check(print_of(net, &report) == through, "stopped at step %d",
					(int)stop);
			lam_net_free(net);
			plan.data = &never;
		}
	}
	lam_dataset_free(data);
}

/* A run that fails gives the net back. */
static void a_failed_run_gives_the_net_back(void)
{
	atomic_int reads = 2 * BATCH;
	const struct plan plan = {.seed = 1};
	lam_report report;
	require(begin());
	lam_dataset *fails = stripes(&reads);
	for (int i = 0; i < 2; i++) { /* in a step, then before the first */
		lam_net *net = plan_net(&plan);
		check_fails(plan_fit(&plan, net, fails, NULL, &report), LAM_ERR_IO, "disk");
		check_ok(step(net));
		check_ok(evaluate(net));
		lam_net_free(net);
	}
	lam_dataset_free(fails);
	lam_dataset_free(data);
}

/* A callback trains another net, evaluates, and finds the validation's matrix as it was. */
static bool train_another(const lam_progress *progress, void *seed)
{
	const struct plan plan = {.model = 1, .seed = *(uint64_t *)seed};
	lam_net *other = plan_net(&plan);
	lam_report report;
	int64_t before[CLASSES * CLASSES], sum = 0;
	memcpy(before, progress->validation.confusion, sizeof before);
	check_ok(plan_fit(&plan, other, data, NULL, &report));
	check_ok(lam_evaluate(progress->net, data, &(lam_score){0}, .batch = 5));
	check(memcmp(before, progress->validation.confusion, sizeof before) == 0);
	for (int i = 0; i < CLASSES * CLASSES; i++)
		sum += before[i];
	check(sum == progress->validation.count && !lam_net_output(progress->net));
	lam_net_free(other);
	return false;
}

static void another_net_may_be_trained(void)
{
	static const lam_real few[5 * PIXELS];
	uint64_t seed = 5;
	lam_report report = {0};
	const struct plan plan = {.seed = 1};
	require(begin());
	lam_dataset *zeros = lam_dataset_arrays(few, LAM_SHAPE(1, SIDE, SIDE), labels, 5);
	lam_net *net = plan_net(&plan);
	require(zeros && net, "%s", lam_error());
	check_ok(lam_fit(net, data, &report, .epochs = 2, .optimizer = rule_of(1),
		.validation = zeros, .epoch_end = train_another, .epoch_end_data = &seed));
	int64_t sum = 0;
	for (int i = 0; i < CLASSES * CLASSES && report.validation.confusion; i++)
		sum += report.validation.confusion[i];
	check(sum == 5, "%d samples", (int)sum);
	lam_net_free(net);
	lam_dataset_free(zeros);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(callbacks_do_what_they_may),
		TEST(changes_are_part_of_the_run),
		TEST(a_failed_run_gives_the_net_back),
		TEST(another_net_may_be_trained),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
