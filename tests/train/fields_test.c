/* SPDX-License-Identifier: MIT */
/* Nets of several inputs and losses in lam_fit() and lam_evaluate(): data sets of fields, scores of
 * each loss, checkpoints and replays. */
#include "tests/files/files.h"
#include "tests/train/ends_problem.h"

#include "framework/files/npz.h"

enum { EPOCHS = 2, STEPS = EPOCHS * ((COUNT - 1) / BATCH + 1) };

static lam_optimizer adam(void)
{
	return lam_adam(.lr = (lam_real)0.01);
}

/* lam_fit() does what a loop over a loader's batches does. */
static void fit_is_the_loop(void)
{
	for (int drop = 0; drop < 2; drop++) {
		test_begin("drop_last = %d", drop);
		static lam_real fitted[VALUES], looped[VALUES];
		const lam_augment augment = {.shift = 1, .flip = true};
		const lam_optimizer rule = adam();
		lam_dataset *data = ends_data(COUNT);
		lam_net *a = ends_net(2), *b = ends_net(1);
		require(data && a && b, "%s", lam_error());
		check_ok(lam_fit(a, data, NULL, .epochs = EPOCHS, .optimizer = rule,
			.augment = augment, .drop_last = drop));
		lam_loader *loader = lam_loader_new(
			data, .batch = BATCH, .seed = 5, .augment = augment, .drop_last = drop);
		require(loader, "%s", lam_error());
		const lam_batch *batch;
		while ((batch = lam_loader_next(loader)) && batch->epoch < EPOCHS)
			check_ok(lam_net_step_io(b, &rule, batch->io, batch->n));
		require(batch, "%s", lam_error());
		const size_t count = copy_ends(a, fitted);
		check(count <= VALUES && count == copy_ends(b, looped));
		check(!memcmp(fitted, looped, count * sizeof *fitted), "they differ");
		lam_loader_free(loader);
		lam_dataset_free(data);
		lam_net_free(a);
		lam_net_free(b);
		test_end();
	}
}

/* A run that changes a loss's weight after its third step, and stops where it is told to. */
struct run {
	int64_t stop_at; /* 0: it goes on */
	const char *checkpoint;
	int threads;
	lam_report report;
	lam_score kind, price; /* of the validation */
	lam_real values[VALUES];
	size_t count;
};

static bool change_and_stop(const lam_progress *progress, void *data)
{
	const struct run *run = data;
	if (progress->total_step == 3)
		check_ok(lam_net_set_loss_weight(progress->net, "price", (lam_real)1.5));
	return progress->total_step == run->stop_at;
}

static void do_run(struct run *run)
{
	lam_dataset *data = ends_data(COUNT), *some = ends_data(30);
	lam_net *net = ends_net(run->threads);
	require(data && some && net, "%s", lam_error());
	check_ok(lam_fit(net, data, &run->report, .epochs = EPOCHS, .optimizer = adam(),
		.validation = some, .clip = 1, .augment = {.shift = 1}, .step_end = change_and_stop,
		.step_end_data = run, .checkpoint = run->checkpoint,
		.checkpoint_every = run->checkpoint ? 4 : 0, .resume = run->checkpoint != NULL));
	check_ok(lam_net_score_of(net, "kind", LAM_VALIDATED, &run->kind));
	check_ok(lam_net_score_of(net, "price", LAM_VALIDATED, &run->price));
	run->count = copy_ends(net, run->values);
	lam_net_free(net);
	lam_dataset_free(data);
	lam_dataset_free(some);
}

static void check_same(const struct run *a, const struct run *b)
{
	check(a->count == b->count && !memcmp(a->values, b->values, a->count * sizeof *a->values),
		"the parameters differ");
	check(a->report.steps == b->report.steps && a->report.train.loss == b->report.train.loss
			&& a->report.validation.loss == b->report.validation.loss
			&& a->report.best_loss == b->report.best_loss
			&& a->report.train.count == b->report.train.count,
		"%.17g %.17g, %.17g %.17g", a->report.train.loss, b->report.train.loss,
		a->report.validation.loss, b->report.validation.loss);
}

static void a_run_does_not_depend_on_threads(void)
{
	static struct run one = {.threads = 1};
	do_run(&one);
	check(one.report.steps == STEPS && isnan(one.report.train.accuracy)
		&& isnan(one.report.best_accuracy) && !one.report.validation.confusion);
	check_near(one.report.validation.loss, one.kind.loss + 1.5 * one.price.loss, 1e-12);
	for (int i = 0; i < 3; i++) {
		static struct run other;
		other = (struct run){.threads = (const int[]){2, 3, 8}[i]};
		test_begin("%d threads", other.threads);
		do_run(&other);
		check_same(&one, &other);
		check(other.kind.accuracy == one.kind.accuracy
			&& other.price.loss == one.price.loss);
		test_end();
	}
}

static void a_run_is_resumed_at_every_step(void)
{
	static struct run through = {.threads = 1}, run;
	do_run(&through);
	for (int64_t at = 1; at <= STEPS; at++) {
		test_begin("at step %d", (int)at);
		const char *path = file_path("run.npz");
		remove(path);
		run = (struct run){.threads = 2, .stop_at = at, .checkpoint = path};
		do_run(&run);
		check(run.report.steps == at);
		run = (struct run){.threads = 3, .checkpoint = path};
		do_run(&run);
		check_same(&through, &run);
		test_end();
	}
}

static bool weigh_and_stop(const lam_progress *progress, void *data)
{
	if (progress->total_step == 2)
		check_ok(lam_net_set_loss_weight(progress->net, "loss", 3));
	return progress->total_step == *(int64_t *)data;
}

static lam_report weighed(const char *path, int64_t stop_at, lam_real *values)
{
	fill_ends();
	lam_report report = {0};
	lam_dataset *data = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), kinds, COUNT);
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH);
	check(data && net, "%s", lam_error());
	check_ok(lam_fit(net, data, &report, .epochs = EPOCHS,
		.optimizer = lam_sgd(.lr = (lam_real)0.1), .step_end = weigh_and_stop,
		.step_end_data = &stop_at, .checkpoint = path, .resume = path != NULL));
	copy_ends(net, values);
	lam_net_free(net);
	lam_dataset_free(data);
	return report;
}

/* The only loss of a net has its changed weight after a resume, too. */
static void a_changed_weight_is_resumed(void)
{
	static lam_real through[VALUES], resumed[VALUES];
	const char *path = file_path("weighed.npz");
	const lam_report whole = weighed(NULL, 0, through);
	remove(path);
	weighed(path, 3, resumed);
	const lam_report rest = weighed(path, 0, resumed);
	check(rest.steps == STEPS && rest.train.loss == whole.train.loss);
	check(!memcmp(through, resumed, sizeof through), "the parameters differ");
}

/* The scores of the losses, counted here. */
static void each_loss_is_scored(void)
{
	static lam_real p[COUNT * CLASSES], y[COUNT];
	lam_dataset *data = ends_data(COUNT);
	lam_net *net = ends_net(2);
	require(data && net, "%s", lam_error());
	check_ok(lam_fit(net, data, NULL, .epochs = 3, .optimizer = adam()));
	lam_score score, kind, price, trained;
	check_ok(lam_net_score_of(net, "kind", LAM_EVALUATED, &kind));
	check(kind.count == 0 && isnan(kind.loss) && !kind.confusion);
	check_ok(lam_evaluate(net, data, &score, .batch = 17));
	check_ok(lam_net_score_of(net, "kind", LAM_EVALUATED, &kind));
	check_ok(lam_net_score_of(net, "price", LAM_EVALUATED, &price));
	check_ok(lam_net_score_of(net, "kind", LAM_TRAINED, &trained));
	check_ok(lam_net_predict_io(net, (const lam_io[]){{"size", sizes}, {"image", images}, {0}},
		COUNT, (const lam_out[]){{"kind", p}, {"price", y}, {0}}));
	int64_t table[CLASSES][CLASSES] = {{0}}, right = 0;
	double entropy = 0, squares = 0;
	for (int i = 0; i < COUNT; i++) {
		int best = 0;
		for (int k = 1; k < CLASSES; k++)
			best = p[i * CLASSES + k] > p[i * CLASSES + best] ? k : best;
		table[kinds[i]][best]++;
		right += best == kinds[i];
		entropy -= log((double)p[i * CLASSES + kinds[i]]) / COUNT;
		squares += pow((double)(y[i] - prices[i]), 2) / COUNT;
	}
	check(kind.size == sizeof kind && kind.count == COUNT && kind.scored == COUNT
		&& kind.classes == CLASSES && !memcmp(kind.confusion, table, sizeof table));
	check_near(kind.accuracy, (double)right / COUNT, 1e-12);
	check_near(kind.loss, entropy, 1e-5);
	check_near(price.loss, squares, 1e-5);
	check(price.count == COUNT && isnan(price.accuracy) && !price.confusion);
	check_near(score.loss, kind.loss + price.loss / 4, 1e-12);
	check(score.count == COUNT && isnan(score.accuracy) && !score.confusion
		&& score.classes == 0 && isnan(score.mean_iou));
	check(trained.count == COUNT && trained.accuracy > 0 && !trained.confusion);
	check_fails(lam_net_score_of(net, "sort", LAM_EVALUATED, &kind), LAM_ERR_ARGUMENT,
		"the net has no loss \"sort\"; it has \"price\", \"kind\"");
	check_fails(lam_net_score_of(net, "kind", (lam_scored)3, &kind), LAM_ERR_ARGUMENT,
		"3 is no score");
	lam_net_free(net);
	lam_dataset_free(data);
}

static bool spoil(const lam_progress *progress, void *data)
{
	(void)data;
	check_ok(lam_net_set_loss_weight(progress->net, "price", 2));
	if (progress->total_step == 2)
		lam_param_edit(lam_net_param(progress->net, 0))[0] = (lam_real)INFINITY;
	return false;
}

struct rows {
	int count;
	double losses[4], gradient;
	int loss_count;
};

static bool note(const lam_replay_row *row, void *data)
{
	struct rows *rows = data;
	rows->count++;
	if (row->what == LAM_REPLAY_LOSS)
		rows->losses[rows->loss_count++ % 4] = row->mean;
	return false;
}

static void a_failed_step_is_replayed(void)
{
	const char *path = file_path("replay.npz");
	char failure[512];
	lam_dataset *data = ends_data(COUNT);
	lam_net *net = ends_net(2);
	require(data && net, "%s", lam_error());
	check(lam_fit(net, data, NULL, .epochs = 1, .optimizer = adam(), .step_end = spoil,
		      .replay = path)
		== LAM_ERR_NUMERIC);
	snprintf(failure, sizeof failure, "%s", lam_error());
	check(strstr(failure, "epoch 1, step 3") != NULL, "%s", failure);
	lam_npz *npz = lam_npz_open(path);
	require(npz, "%s", lam_error());
	static const char *const entries[] = {"x0", "x1", "targets0", "targets1", "weights"};
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		char name[40];
		snprintf(name, sizeof name, "training/replay_%s", entries[i]);
		check(lam_npz_find(npz, name) >= 0, "no %s", name);
	}
	lam_real weights[2] = {0, 0};
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "training/replay_weights"), weights, 2));
	check(weights[0] == 2 && weights[1] == 1);
	lam_npz_close(npz);
	struct rows rows = {0};
	check(lam_replay(path, .row = note, .row_data = &rows) == LAM_ERR_NUMERIC);
	check(strstr(failure, lam_error()) != NULL, "%s, not %s", lam_error(), failure);
	check(rows.count > 10 && rows.loss_count == 2 && isnan(rows.losses[0]));
	lam_net_free(net);
	lam_dataset_free(data);
}

/* The history has four columns of each loss: its scores, without its weight. */
static void each_loss_has_its_history(void)
{
	const char *path = file_path("losses.csv");
	lam_dataset *data = ends_data(COUNT);
	lam_net *net = ends_net(2);
	char line[512];
	require(data && net, "%s", lam_error());
	check_ok(lam_fit(net, data, NULL, .epochs = 1, .validation = data, .optimizer = adam(),
		.history = path));
	FILE *file = fopen(path, "r");
	require(file && fgets(line, sizeof line, file));
	check(strstr(line,
		      ",seconds,train_loss:price,train_accuracy:price,validation_loss:price,"
		      "validation_accuracy:price,train_loss:kind,train_accuracy:kind,"
		      "validation_loss:kind,validation_accuracy:kind\n")
			!= NULL,
		"%s", line);
	lam_score price[2], kind[2];
	double loss[4], share[2];
	for (int k = 0; k < 2; k++) {
		const lam_scored which = k ? LAM_VALIDATED : LAM_TRAINED;
		check_ok(lam_net_score_of(net, "price", which, &price[k]));
		check_ok(lam_net_score_of(net, "kind", which, &kind[k]));
	}
	check(fscanf(file, "1,5,%*f,%*f,,%*f,,%*f,%lf,,%lf,,%lf,%lf,%lf,%lf\n", &loss[0], &loss[1],
		      &loss[2], &share[0], &loss[3], &share[1])
		== 6);
	check(loss[0] == price[0].loss && loss[1] == price[1].loss);
	check(loss[2] == kind[0].loss && loss[3] == kind[1].loss);
	check(share[0] == kind[0].accuracy && share[1] == kind[1].accuracy);
	fclose(file);
	lam_net_free(net);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(fit_is_the_loop),
		TEST(a_run_does_not_depend_on_threads),
		TEST(a_run_is_resumed_at_every_step),
		TEST(a_changed_weight_is_resumed),
		TEST(each_loss_is_scored),
		TEST(each_loss_has_its_history),
		TEST(a_failed_step_is_replayed),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
