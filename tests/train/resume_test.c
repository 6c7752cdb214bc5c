/* SPDX-License-Identifier: MIT */
/* A run of lam_fit() that is stopped at any step, in any way, and resumed with any number of
 * threads is bit-identical: parameters, running statistics, moments, counts and report. */
#include "tests/files/files.h"
#include "tests/train/resume_problem.h"

#include "framework/files/npz.h"
#include "framework/train/fit_state.h"

/* The test's own random numbers: 0 to most - 1. */
static uint64_t drawn;

static int draw(int most)
{
	return (int)lam_random_below(77, drawn++, (uint64_t)most);
}

/* Freezes every third parameter after step 5, and ends its weight decay after step 8; changes the
 * rate of the others after step 4, and their decay after step 7. Such settings are part of the run,
 * too. */
static void tell(const lam_progress *progress)
{
	for (int i = 0; i < lam_net_param_count(progress->net); i++) {
		if (progress->total_step == 4)
			lam_param_set_rate(lam_net_param(progress->net, i), (lam_real)(i % 3) / 2);
		if (progress->total_step == 7)
			lam_param_set_decay(lam_net_param(progress->net, i), (lam_real)0.3);
	}
	for (int i = 0; i < lam_net_param_count(progress->net); i += 3) {
		if (progress->total_step == 5)
			lam_param_set_trainable(lam_net_param(progress->net, i), false);
		if (progress->total_step == 8)
			lam_param_set_decays(lam_net_param(progress->net, i), false);
	}
}

static bool only_tell(const lam_progress *progress, void *data)
{
	(void)data;
	tell(progress);
	return false;
}

struct stop {
	int64_t at;
	int64_t seen; /* the last step that was done */
};

static bool tell_and_stop(const lam_progress *progress, void *data)
{
	struct stop *stop = data;
	tell(progress);
	stop->seen = progress->total_step;
	return progress->total_step >= stop->at;
}

/* Fills a net with other values, which must not matter when it resumes a run. */
static void spoil(lam_net *net)
{
	for (int i = 0; i < net->plan.param_count; i++) {
		lam_real *values = lam_param_edit(net->plan.params[i]);
		for (int64_t k = 0; k < net->plan.params[i]->count; k++)
			values[k] = 7;
		lam_param_set_trainable(net->plan.params[i], i % 2);
		lam_param_set_rate(net->plan.params[i], 5);
		lam_param_set_decay(net->plan.params[i], 9);
	}
	for (int i = 0; i < net->plan.state_count; i++)
		lam_param_edit(net->plan.states[i])[0] = 3;
}

static bool undisturbed(struct plan plan, uint64_t *print)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = plan_net(&plan);
	lam_report report;
	plan.step_end = only_tell;
	bool good = check(data && net, "%s", lam_error())
		&& check_ok(plan_fit(&plan, net, data, data, &report))
		&& check(report.steps == STEPS && report.stop == LAM_STOP_EPOCHS);
	*print = good ? print_of(net, &report) : 0;
	lam_net_free(net);
	lam_dataset_free(data);
	return good;
}

/* Resumes the run until it is stopped at a random step: by the callback, or by data that cannot be
 * read any more, so that only the last checkpoint of .checkpoint_every is left. True: the run came
 * to its end. */
static bool go_on(struct plan *plan, lam_report *report, uint64_t *print)
{
	atomic_int reads = 1 << 30;
	struct stop stop = {.at = 1 << 30};
	plan->threads = 1 + draw(3);
	plan->every = draw(3) ? 1 + draw(5) : 0;
	if (draw(2))
		stop.at = 1 + draw(STEPS + 2);
	else
		reads = (1 + draw(STEPS)) * BATCH + draw(BATCH);
	plan->step_end = tell_and_stop;
	plan->data = &stop;
	lam_dataset *train = stripes(&reads), *validation = stripes(NULL);
	lam_net *net = plan_net(plan);
	bool ended = true;
	if (check(train && validation && net, "%s", lam_error())) {
		if (file_exists(plan->checkpoint))
			spoil(net);
		lam_status status = plan_fit(plan, net, train, validation, report);
		if (status)
			check_fails(status, LAM_ERR_IO, "the disk has gone");
		else
			check(*report->notice == '\0' && report->stop != LAM_STOP_ERROR
					&& report->steps >= stop.seen,
				"%s", report->notice);
		ended = !status && report->stop == LAM_STOP_EPOCHS;
		*print = print_of(net, report);
	}
	lam_net_free(net);
	lam_dataset_free(train);
	lam_dataset_free(validation);
	return ended;
}

static void come_to_the_same(struct plan plan)
{
	uint64_t through = 0, resumed = 1;
	lam_report report;
	require(undisturbed(plan, &through));
	plan.checkpoint = file_path("run.npz");
	unlink(plan.checkpoint);
	int parts = 1;
	while (!go_on(&plan, &report, &resumed) && kit.failures == 0)
		parts++;
	check(resumed == through, "in %d parts it came to other bits", parts);
	/* Resuming a complete run restores its report and its net at once. */
	plan.step_end = NULL;
	plan.every = 0;
	lam_net *net = plan_net(&plan);
	lam_dataset *data = stripes(NULL);
	require(net && data, "%s", lam_error());
	spoil(net);
	lam_report again;
	check_ok(plan_fit(&plan, net, data, data, &again));
	check(print_of(net, &again) == through, "the report of the complete run is another");
	lam_net_free(net);
	lam_dataset_free(data);
}

static void every_rule_and_schedule(void)
{
	for (int rule = 0; rule < RULES; rule++)
		for (int schedule = 0; schedule < SCHEDULES; schedule++) {
			int model = (rule + schedule) % MODELS;
			test_begin("%s %d, schedule %d, %s", lam_rule_name(rule_of(rule).rule),
				rule, schedule, models[model].name);
			come_to_the_same((struct plan){.model = model,
				.rule = rule,
				.schedule = schedule,
				.seed = 11,
				.threads = 1});
		}
}

static void every_net(void)
{
	for (int model = 0; model < MODELS; model++)
		for (int round = 0; round < 4; round++) {
			test_begin("%s, round %d", models[model].name, round);
			come_to_the_same((struct plan){.model = model,
				.rule = draw(RULES),
				.schedule = draw(SCHEDULES),
				.seed = (uint64_t)draw(1000),
				.threads = 2,
				.average = round % 2 ? 0.8 : 0,
				.average_warmup = round == 3,
				.keep_best = round >= 2});
		}
}

static bool stop_at_two(const lam_progress *progress, void *data)
{
	(void)data;
	return progress->total_step == 2;
}

/* Writes a checkpoint of step 2 with the format number `format`. */
static void write_checkpoint(struct plan plan, int64_t format)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = plan_net(&plan);
	plan.step_end = stop_at_two;
	require(net && data, "%s", lam_error());
	unlink(plan.checkpoint);
	check_ok(plan_fit(&plan, net, data, data, NULL));
	lam_net_free(net);
	lam_dataset_free(data);
	lam_npz *from = lam_npz_open(plan.checkpoint);
	lam_npz_writer *to = lam_npz_create(plan.checkpoint, NULL);
	require(from && to, "%s", lam_error());
	for (int64_t i = 0; i < lam_npz_count(from); i++) {
		const lam_npy *info = lam_npz_info(from, i);
		if (!strcmp(lam_npz_name(from, i), "format")) {
			check_ok(lam_npz_add_int64(to, "format", NULL, &format));
			continue;
		}
		void *bytes = malloc(lam_npy_bytes(info) + 1);
		check_ok(lam_npz_read_bytes(from, i, bytes, lam_npy_bytes(info)));
		check_ok(lam_npz_begin(to, lam_npz_name(from, i), info));
		check_ok(lam_npz_write(to, bytes, lam_npy_bytes(info)));
		check_ok(lam_npz_end(to));
		free(bytes);
	}
	lam_npz_close(from);
	check_ok(lam_npz_finish(to));
}

static lam_status resume_with(const struct plan *plan, lam_report *report)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = plan_net(plan);
	lam_status status = plan_fit(plan, net, data, data, report);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

/* A later format is no damage, so the previous file must not be used instead. */
static void says_when_the_format_is_later(void)
{
	struct plan plan = {.rule = 1, .threads = 1, .checkpoint = file_path("format.npz")};
	lam_report report;
	write_checkpoint(plan, 1);
	check_ok(resume_with(&plan, &report));
	check(report.steps == STEPS && file_exists(file_path("format.npz.previous")));
	write_checkpoint(plan, 3);
	check_fails(resume_with(&plan, NULL), LAM_ERR_UNSUPPORTED,
		"is of format 3; this version of lamina expected 1 to 2");
}

/* A run without options of format 2 is written as before them: older readers resume it. */
static void a_plain_run_is_of_format_1(void)
{
	struct plan plan = {.rule = 1, .threads = 1, .checkpoint = file_path("plain.npz")};
	check_ok(resume_with(&plan, NULL));
	lam_npz *npz = lam_npz_open(plan.checkpoint);
	require(npz != NULL, "%s", lam_error());
	int64_t format = 0;
	check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "format"), &format, 1));
	check(format == 1, "it is of format %d", (int)format);
	for (const lam_fit_field *field = lam_fit_fields; field->name; field++) {
		char name[80];
		snprintf(name, sizeof name, "training/%s", field->name);
		check((lam_npz_find(npz, name) < 0) == field->format2, "%s", field->name);
	}
	lam_npz_close(npz);
}

/* Resumes a run of `saved` with the optimizer `asked`. */
static lam_status resume_rule(lam_optimizer saved, lam_optimizer asked)
{
	const char *path = file_path("rule.npz");
	lam_status status = LAM_OK;
	unlink(path);
	for (int part = 0; part < 2 && !status; part++) {
		const struct plan plan = {.seed = 3, .threads = 1};
		lam_dataset *data = stripes(NULL);
		lam_net *net = plan_net(&plan);
		check(data && net, "%s", lam_error());
		status = lam_fit(net, data, NULL, .epochs = 1 + part, .checkpoint = path,
			.optimizer = part ? asked : saved, .resume = true);
		lam_net_free(net);
		lam_dataset_free(data);
	}
	return status;
}

static void names_another_rule(void)
{
	static const lam_option other_options[] = {
		OWN_RULE_LR, LAM_OWN_OPTION(0, width, .most = 9), LAM_OPTIONS_END};
	lam_rule_class other = lion_class;
	other.name = "lamb";
	other.options = other_options;
	const lam_real lr = (lam_real)0.01;
	const lam_optimizer adam = lam_adam(.lr = lr),
			    lion = lam_optimizer_of(&lion_class, .lr = lr),
			    lamb = lam_optimizer_of(&lamb_class, .lr = lr),
			    trusting = lam_optimizer_of(&lamb_class, .lr = lr, .own = {20}),
			    eager = lam_optimizer_of(&lamb_class, .lr = lr, .beta1 = (lam_real)0.5),
			    wide = lam_optimizer_of(&other, .lr = lr, .own = {1});
	check_ok(resume_rule(lamb, lamb));
	check_fails(resume_rule(lion, lamb), LAM_ERR_ARGUMENT,
		"holds another run: its rule is \"lion\"; expected \"lamb\"");
	check_fails(
		resume_rule(lion, adam), LAM_ERR_ARGUMENT, "its rule is \"lion\"; expected adam");
	check_fails(
		resume_rule(adam, lion), LAM_ERR_ARGUMENT, "its rule is adam; expected \"lion\"");
	check_fails(resume_rule(lamb, trusting), LAM_ERR_ARGUMENT, "its trust is 10; expected 20");
	check_fails(resume_rule(lamb, wide), LAM_ERR_ARGUMENT, "its width is nothing; expected 1");
	check_fails(resume_rule(lamb, eager), LAM_ERR_ARGUMENT, "its beta1 is 0.");
}

/* A file of a caller's own rule is of format 2, with its name and numbers as a text. */
static void a_rule_of_ones_own_is_of_format_2(void)
{
	struct plan plan = {.rule = 8, .threads = 1, .checkpoint = file_path("own.npz")};
	check_ok(resume_with(&plan, NULL));
	lam_npz *npz = lam_npz_open(plan.checkpoint);
	require(npz != NULL, "%s", lam_error());
	int64_t format = 0, rule = 0;
	check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "format"), &format, 1));
	check_ok(lam_npz_read_int64(npz, lam_npz_find(npz, "training/rule"), &rule, 1));
	char *text = lam_npz_read_text(npz, lam_npz_find(npz, "training/rule_text"), 1000);
	check(format == 2 && rule == LAM_RULE_OWN);
	check(text && !strcmp(text, "lamb trust=2"), "%s", text);
	lam_free(text);
	lam_npz_close(npz);
	lam_net *net = lam_net_load(plan.checkpoint);
	check(net != NULL, "%s", lam_error());
	lam_net_free(net);
}

/* A run with another validation set is another run: its losses cannot be compared with the saved
 * best loss. */
static void names_another_validation(const struct plan *plan)
{
	static lam_real other[2 * PIXELS];
	static const int32_t classes[2] = {0, CLASSES - 1};
	lam_dataset *data = stripes(NULL),
		    *two = lam_dataset_arrays(other, LAM_SHAPE(1, SIDE, SIDE), classes, 2);
	lam_net *net = plan_net(plan);
	require(data && two && net, "%s", lam_error());
	check_fails(plan_fit(plan, net, data, NULL, NULL), LAM_ERR_ARGUMENT,
		"holds another run: its validation_samples is 60; expected 0");
	check_fails(plan_fit(plan, net, data, two, NULL), LAM_ERR_ARGUMENT,
		"its validation_samples is 60; expected 2");
	lam_net_free(net);
	lam_dataset_free(two);
	lam_dataset_free(data);
}

/* A net without Winograd's algorithm rounds differently, so the run would not be bit-identical. */
static void names_another_algorithm(const struct plan *plan)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = lam_net_create(models[plan->model].make(), LAM_SHAPE(1, SIDE, SIDE),
		.max_batch = BATCH, .seed = plan->seed, .direct = true);
	require(data && net, "%s", lam_error());
	check_fails(plan_fit(plan, net, data, data, NULL), LAM_ERR_ARGUMENT,
		"holds another run: its direct is 0; expected 1");
	lam_net_free(net);
	lam_dataset_free(data);
}

static void names_another_run(void)
{
	struct plan plan = {.rule = 1, .threads = 1, .checkpoint = file_path("another.npz")};
	write_checkpoint(plan, 1);
	plan.rule = 3;
	check_fails(resume_with(&plan, NULL), LAM_ERR_ARGUMENT,
		"holds another run: its rule is sgd; expected adam");
	plan.rule = 1;
	plan.schedule = 2;
	check_fails(resume_with(&plan, NULL), LAM_ERR_ARGUMENT,
		"its schedule is constant; expected cosine");
	plan.schedule = 0;
	plan.seed = 5;
	check_fails(resume_with(&plan, NULL), LAM_ERR_ARGUMENT, "its seed is 0; expected 5");
	plan.seed = 0;
	names_another_validation(&plan);
	names_another_algorithm(&plan);
	plan.model = 1;
	check_fails(
		resume_with(&plan, NULL), LAM_ERR_ARGUMENT, "holds another architecture: its line");
	lam_net *net = plan_net(&plan);
	check_ok(lam_net_save(net, plan.checkpoint));
	check_fails(resume_with(&plan, NULL), LAM_ERR_ARGUMENT,
		"holds a net alone; expected a checkpoint");
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_rule_and_schedule),
		TEST(every_net),
		TEST(says_when_the_format_is_later),
		TEST(a_plain_run_is_of_format_1),
		TEST(a_rule_of_ones_own_is_of_format_2),
		TEST(names_another_run),
		TEST(names_another_rule),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
