/* SPDX-License-Identifier: MIT */
/* lam_fit() and lam_evaluate() learn a small problem, and every option does what it promises. */
#include "tests/files/files.h"
#include "tests/train/counted.h"
#include "tests/train/fit_problem.h"

static void learns(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(2, 1);
	lam_report report;
	require(net && data, "%s", lam_error());
	require(check_ok(lam_fit(net, data, &report, .epochs = 8, .validation = data,
		.optimizer = lam_adam(.lr = (lam_real)0.02),
		.schedule = lam_cosine(.warmup = (lam_real)0.1))));
	check(report.size == sizeof report && report.stop == LAM_STOP_EPOCHS && report.epochs == 8
		&& report.steps == 8 * 7);
	check(report.train.count == COUNT && report.train.accuracy > 0.9, "%g",
		report.train.accuracy);
	check(report.validation.count == COUNT && report.validation.accuracy > 0.97, "%g",
		report.validation.accuracy);
	check(report.best_epoch > 4 && report.best_loss <= report.validation.loss
		&& report.seconds > 0 && report.images_per_second > 0);
	check(report.train.confusion == NULL && report.validation.classes == CLASSES);

	/* Computes the score again from predictions. */
	lam_score score;
	require(check_ok(lam_evaluate(net, data, &score, .batch = 7)));
	int64_t confusion[CLASSES][CLASSES] = {{0}};
	double loss = 0;
	for (int i = 0; i < COUNT; i++) {
		lam_real p[CLASSES];
		check_ok(lam_net_predict(net, images + i * PIXELS, 1, p));
		int winner = 0;
		for (int k = 1; k < CLASSES; k++)
			winner = p[k] > p[winner] ? k : winner;
		confusion[labels[i]][winner]++;
		loss -= log((double)p[labels[i]]) / COUNT;
	}
	check(score.count == COUNT && score.size == sizeof score && score.classes == CLASSES);
	require(score.confusion && memcmp(score.confusion, confusion, sizeof confusion) == 0,
		"the confusion matrices differ");
	check_near(score.loss, loss, 1e-5);
	check_near(score.loss, report.validation.loss, 1e-9);
	check_near(score.accuracy,
		(double)(confusion[0][0] + confusion[1][1] + confusion[2][2]) / COUNT, 1e-12);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* A run is bit-identical for any number of threads. A second run on the same net differs. */
static void does_not_depend_on_threads(void)
{
	lam_dataset *data = striped();
	lam_real first[PARAMS], other[PARAMS];
	for (int threads = 1; threads <= 4; threads++) {
		lam_net *net = small_net(threads, 9);
		require(net
			&& check_ok(lam_fit(net, data, NULL, .epochs = 2, .batch = 17,
				.optimizer = lam_adam(.lr = (lam_real)0.01),
				.augment = {.shift = 1, .flip = true}, .clip = 1)));
		check(copy_params(net, threads == 1 ? first : other) == PARAMS);
		check(threads == 1 || memcmp(first, other, sizeof first) == 0, "%d threads",
			threads);
		lam_net_free(net);
	}
	lam_dataset_free(data);
}

/* A run does not depend on earlier steps of the net, nor on gradients that they accumulated. */
static void does_not_depend_on_the_nets_past(void)
{
	lam_dataset *data = striped();
	lam_real first[PARAMS], other[PARAMS];
	for (int used = 0; used <= 1; used++) {
		lam_net *net = small_net(1, 9);
		require(net && data, "%s", lam_error());
		if (used)
			check(lam_net_accumulate(net, true) == LAM_OK
					&& lam_net_forward(net, LAM_TRAIN, images, labels, 20)
						== LAM_OK
					&& lam_net_backward(net) == LAM_OK,
				"%s", lam_error());
		check_ok(lam_fit(net, data, NULL, .epochs = 1,
			.optimizer = lam_sgd(.lr = (lam_real)0.1, .momentum = (lam_real)0.9)));
		check(copy_params(net, used ? other : first) == PARAMS);
		lam_net_free(net);
	}
	check(memcmp(first, other, sizeof first) == 0);
	lam_dataset_free(data);
}

/* lam_fit() is bit-identical with this loop. */
static void equals_a_loop_of_ones_own(void)
{
	lam_dataset *data = striped();
	lam_real fitted[PARAMS], looped[PARAMS];
	lam_net *net = small_net(2, 4);
	lam_schedule schedule = lam_one_cycle(.peak = (lam_real)0.05);
	lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1, .momentum = (lam_real)0.9,
		.nesterov = true);
	require(net
		&& check_ok(lam_fit(net, data, NULL, .epochs = 2, .batch = 30, .optimizer = sgd,
			.schedule = schedule)));
	copy_params(net, fitted);
	lam_net_free(net);
	net = small_net(1, 4);
	lam_loader *loader = lam_loader_new(data, .batch = 30, .seed = 4);
	require(net && loader);
	for (int step = 0; step < 14; step++) {
		const lam_batch *batch = lam_loader_next(loader);
		sgd.lr = (lam_real)lam_schedule_rate(&schedule, 0.1, step, 14, 7);
		require(batch
			&& check_ok(lam_net_step(net, &sgd, batch->x, batch->targets, batch->n)));
	}
	copy_params(net, looped);
	check(memcmp(fitted, looped, sizeof fitted) == 0);
	lam_loader_free(loader);
	lam_net_free(net);
	lam_dataset_free(data);
}

struct seen {
	int calls, epochs, stop_at;
	double norm, lr;
	bool in_order;
};

static void note(const lam_progress *p, void *data)
{
	struct seen *seen = data;
	seen->calls++;
	seen->epochs += p->epoch_ended;
	seen->norm = p->gradient_norm;
	seen->lr = p->lr;
	seen->in_order &= p->total_step == seen->calls && p->step == (seen->calls - 1) % 7 + 1
		&& p->epoch == (seen->calls - 1) / 7 + 1 && p->steps == 7 && p->total_steps == 21
		&& p->epochs == 3 && p->epoch_ended == (p->step == 7) && p->size == sizeof *p
		&& (p->validation.count == COUNT) == p->epoch_ended
		&& p->train.count == (p->step < 7 ? p->step * 32 : COUNT);
}

static bool stop_later(const lam_progress *p, void *data)
{
	struct seen *seen = data;
	return p->total_step >= seen->stop_at;
}

static void calls_back(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	struct seen seen = {.in_order = true, .stop_at = 10};
	lam_report report;
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.05);
	check_ok(lam_fit(net, data, &report, .epochs = 3, .validation = data, .optimizer = sgd,
		.progress = note, .progress_data = &seen));
	check(seen.calls == 21 && seen.epochs == 3 && seen.in_order && seen.norm > 0);
	check_near(seen.lr, 0.05, 1e-8);
	check_ok(lam_fit(net, data, &report, .epochs = 3, .optimizer = sgd, .step_end = stop_later,
		.step_end_data = &seen));
	check(report.stop == LAM_STOP_CALLBACK && report.steps == 10 && report.epochs == 1);
	check_ok(lam_fit(net, data, &report, .epochs = 3, .optimizer = sgd, .epoch_end = stop_later,
		.epoch_end_data = &seen));
	check(report.stop == LAM_STOP_CALLBACK && report.steps == 14 && report.epochs == 2);
	check(report.validation.count == 0 && isnan(report.validation.accuracy)
		&& report.best_epoch > 0);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* Rows that are 1 at the sample's class score like class numbers. The class of a soft target is
 * that of its largest value. */
static void soft_targets_score_like_classes(void)
{
	static lam_real rows[COUNT][CLASSES];
	lam_dataset *hard = striped();
	for (int i = 0; i < COUNT; i++)
		for (int k = 0; k < CLASSES; k++)
			rows[i][k] = k == labels[i];
	lam_dataset *soft = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), rows, COUNT,
		.targets = LAM_VALUES, .target_shape = LAM_SHAPE(CLASSES));
	lam_net *nets[2];
	lam_report reports[2];
	for (int i = 0; i < 2; i++) {
		nets[i] = lam_net_create(lam_sequential(lam_affine(.out = CLASSES),
						 lam_softmax_cross_entropy(.soft = i == 1)),
			LAM_SHAPE(1, SIDE, SIDE), .max_batch = 32);
		require(hard && soft && nets[i], "%s", lam_error());
		check_ok(lam_fit(nets[i], i ? soft : hard, &reports[i], .epochs = 2,
			.validation = i ? soft : hard, .optimizer = lam_sgd(.lr = (lam_real)0.05)));
	}
	check_near(reports[1].validation.loss, reports[0].validation.loss, 1e-5);
	check(reports[1].validation.accuracy == reports[0].validation.accuracy
			&& reports[0].validation.accuracy > 0.5
			&& reports[0].validation.accuracy < 1,
		"%g and %g", reports[1].validation.accuracy, reports[0].validation.accuracy);
	check_near(reports[1].train.accuracy, reports[0].train.accuracy, 1.0 / COUNT);
	for (int i = 0; i < COUNT; i++) /* the largest value now belongs to another class */
		for (int k = 0; k < CLASSES; k++)
			rows[i][k] = (lam_real)(k == (labels[i] + 1) % CLASSES ? 0.5 : 0.25);
	lam_score score;
	check_ok(lam_evaluate(nets[1], soft, &score));
	check(score.accuracy < 0.5 && score.count == COUNT, "%g", score.accuracy);
	for (int i = 0; i < 2; i++)
		lam_net_free(nets[i]);
	lam_dataset_free(hard);
	lam_dataset_free(soft);
}

/* With a learning rate near 0 the validation loss never changes, so no epoch beats the first. */
static void loses_patience(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	lam_report report;
	check_ok(lam_fit(net, data, &report, .epochs = 30, .validation = data,
		.optimizer = lam_sgd(.lr = (lam_real)1e-30), .patience = 3));
	check(report.stop == LAM_STOP_PATIENCE && report.epochs == 4 && report.best_epoch == 1,
		"%d epochs", (int)report.epochs);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* One SGD step with learning rate 1 moves the parameters by the clipped norm. */
static void clips(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	lam_real before[PARAMS], after[PARAMS];
	struct seen seen = {.stop_at = 1};
	copy_params(net, before);
	check_ok(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1), .clip = 0.01,
		.progress = note, .progress_data = &seen, .step_end = stop_later,
		.step_end_data = &seen));
	copy_params(net, after);
	double moved = 0;
	for (int i = 0; i < PARAMS; i++)
		moved += (double)(after[i] - before[i]) * (double)(after[i] - before[i]);
	check(seen.norm > 0.02, "the norm is %g", seen.norm);
	check_near(sqrt(moved), 0.01, 1e-6);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* A run that was stopped at any step and resumed is bit-identical. */
static void resumes(void)
{
	lam_dataset *data = striped();
	lam_real through[PARAMS], resumed[PARAMS];
	lam_report report, again;
	const char *path = file_path("run.npz");
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	const lam_schedule schedule = lam_one_cycle(.peak = (lam_real)0.02);
	lam_net *net = small_net(1, 6);
	check_ok(lam_fit(net, data, &report, .epochs = 3, .optimizer = adam, .schedule = schedule,
		.validation = data, .augment = {.shift = 1}));
	copy_params(net, through);
	lam_net_free(net);
	for (int stop = 4; stop <= 25; stop += 7) {
		struct seen seen = {.stop_at = stop};
		net = small_net(2, 6);
		check_ok(lam_fit(net, data, &again, .epochs = 3, .optimizer = adam,
			.schedule = schedule, .validation = data, .augment = {.shift = 1},
			.checkpoint = path, .resume = true, .step_end = stop_later,
			.step_end_data = &seen));
		check(again.steps == (stop < 21 ? stop : 21));
		lam_net_free(net);
	}
	net = small_net(1, 6);
	check_ok(lam_fit(net, data, &again, .epochs = 3, .optimizer = adam, .schedule = schedule,
		.validation = data, .augment = {.shift = 1}, .checkpoint = path, .resume = true));
	copy_params(net, resumed);
	check(memcmp(through, resumed, sizeof through) == 0, "the parameters differ");
	check(again.stop == LAM_STOP_EPOCHS && again.steps == 21
		&& again.train.loss == report.train.loss
		&& again.validation.loss == report.validation.loss
		&& again.best_epoch == report.best_epoch && again.best_loss == report.best_loss);
	check_fails(
		lam_fit(net, data, NULL, .epochs = 3, .optimizer = lam_sgd(.lr = (lam_real)0.01),
			.checkpoint = path, .resume = true),
		LAM_ERR_ARGUMENT, "holds another run: its rule is adam; expected sgd");
	check_fails(lam_fit(net, data, NULL, .epochs = 3, .batch = 8, .optimizer = adam,
			    .schedule = schedule, .augment = {.shift = 1}, .checkpoint = path,
			    .resume = true),
		LAM_ERR_ARGUMENT, "its batch is 32; expected 8");
	lam_net_free(net);
	lam_dataset_free(data);
}

static void allocates_nothing_between_steps(void)
{
	long first = 0;
	count_allocations();
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	check_ok(lam_fit(net, data, NULL, .epochs = 3, .validation = data,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .augment = {.shift = 1}, .clip = 1,
		.average = 0.9, .keep_best = true, .step_end = compare_allocations,
		.step_end_data = &first));
	check(first > 0);
	static lam_real weights[COUNT];
	for (int i = 0; i < COUNT; i++)
		weights[i] = (lam_real)(i % 4);
	lam_dataset *weighted = lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT, .weights = weights);
	first = 0;
	check_ok(lam_fit(net, weighted, NULL, .epochs = 2,
		.optimizer = lam_adam(.lr = (lam_real)0.01), .step_end = compare_allocations,
		.step_end_data = &first));
	check(first > 0);
	lam_dataset_free(weighted);
	lam_net_free(net);
	lam_dataset_free(data);
	lam_set_allocator(NULL);
}

/* A stream that is no terminal gets one line per epoch. */
static void shows_progress(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	FILE *file = tmpfile();
	require(file && net);
	check_ok(lam_fit(net, data, NULL, .epochs = 2, .validation = data,
		.optimizer = lam_sgd(.lr = (lam_real)0.1), .progress = lam_progress_bar,
		.progress_data = file));
	rewind(file);
	char line[256];
	int lines = 0;
	while (fgets(line, sizeof line, file)) {
		char begin[32];
		snprintf(begin, sizeof begin, "epoch %d/2  loss ", ++lines);
		check(strncmp(line, begin, strlen(begin)) == 0 && strstr(line, "validation loss")
				&& strstr(line, "images/s") && !strchr(line, '\033'),
			"%s", line);
	}
	check(lines == 2);
	fclose(file);
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(learns),
		TEST(does_not_depend_on_threads),
		TEST(does_not_depend_on_the_nets_past),
		TEST(equals_a_loop_of_ones_own),
		TEST(calls_back),
		TEST(soft_targets_score_like_classes),
		TEST(loses_patience),
		TEST(clips),
		TEST(resumes),
		TEST(allocates_nothing_between_steps),
		TEST(shows_progress),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
