/* SPDX-License-Identifier: MIT */
/* Runs of one net, one after the other: each has random numbers of its own, and each is resumed to
 * the same bits. */
#include "tests/files/files.h"
#include "tests/train/resume_problem.h"

enum { ORDERS = 512 };

/* The samples in the order in which one thread reads them. */
static int32_t read_order[8 * ORDERS];
static int reads;

static lam_status noting_read(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self;
	x[0] = (lam_real)index / ORDERS;
	*(int32_t *)target = (int32_t)(index % CLASSES);
	if (reads < 8 * ORDERS)
		read_order[reads++] = (int32_t)index;
	return LAM_OK;
}

static lam_dataset *noting(void)
{
	static const lam_dataset_class class = {
		LAM_DATASET_ABI, .kind = "noting", .read = noting_read};
	return lam_dataset_new(&class, ORDERS, LAM_SHAPE(1),
		(lam_target_info){.type = LAM_CLASSES, .classes = CLASSES});
}

static lam_net *plain_net(uint64_t seed)
{
	return lam_net_create(
		lam_sequential(lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(1), .max_batch = 100, .seed = seed, .threads = 1);
}

/* Notes the orders of a run of two epochs at read_order[at]. */
static void note_run(lam_net *net, const lam_dataset *data, int at)
{
	reads = at * ORDERS;
	check_ok(lam_fit(net, data, NULL, .epochs = 2, .optimizer = lam_sgd(.lr = (lam_real)0.1)));
	check(reads == (at + 2) * ORDERS);
}

static int same_places(int a, int b)
{
	int same = 0;
	for (int i = 0; i < ORDERS; i++)
		same += read_order[a * ORDERS + i] == read_order[b * ORDERS + i];
	return same;
}

/* The orders of two epochs of each of three runs, and of the first run of another net. */
static void orders_are_unlike(void)
{
	enum { OTHER = 6 };
	lam_dataset *data = noting();
	lam_net *net = plain_net(3), *other = plain_net(3);
	const lam_optimizer rule = lam_sgd(.lr = (lam_real)0.1);
	int64_t expected[ORDERS];
	require(data && net && other, "%s", lam_error());
	for (int run = 0; run < OTHER; run += 2)
		note_run(net, data, run);
	for (int a = 0; a < OTHER; a++)
		for (int b = 0; b < a; b++)
			check(same_places(a, b) < 10, "epochs %d and %d: %d samples", a, b,
				same_places(a, b));
	lam_random_permutation(3, 0, ORDERS, expected);
	for (int i = 0; i < ORDERS; i++)
		check(read_order[i] == expected[i], "the first run's order is the seed's");
	note_run(other, data, OTHER);
	check(same_places(0, OTHER) == ORDERS && same_places(1, OTHER + 1) == ORDERS,
		"two new nets");
	/* Steps of the caller's own do not count. */
	check_ok(lam_net_step(other, &rule, (const lam_real[]){1}, (const int32_t[]){0}, 1));
	note_run(other, data, OTHER);
	check(same_places(2, OTHER) == ORDERS && same_places(3, OTHER + 1) == ORDERS,
		"the second run of two nets");
	lam_net_free(other);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* A run that fails has the same random numbers when it is tried again. */
static void a_failed_run_is_not_counted(void)
{
	struct plan plan = {.model = 1, .rule = 3, .seed = 5, .threads = 2};
	uint64_t prints[2];
	lam_dataset *data = stripes(NULL);
	for (int fails = 0; fails < 2; fails++) {
		atomic_int left = 3 * BATCH;
		lam_dataset *failing = stripes(&left);
		lam_net *net = plan_net(&plan);
		lam_report report = {0};
		require(data && failing && net, "%s", lam_error());
		check_ok(plan_fit(&plan, net, data, NULL, &report));
		if (fails) {
			check_ok(lam_net_save(net, file_path("between.npz")));
			check_fails(
				plan_fit(&plan, net, failing, NULL, &report), LAM_ERR_IO, "disk");
			check_ok(lam_net_load_params(net, file_path("between.npz")));
		}
		check_ok(plan_fit(&plan, net, data, NULL, &report));
		prints[fails] = print_of(net, &report);
		lam_net_free(net);
		lam_dataset_free(failing);
	}
	check(prints[0] == prints[1]);
	lam_dataset_free(data);
}

/* Dropout alone makes the loss random: samples and parameters stay as they are. */
static bool note_loss(const lam_progress *progress, void *losses)
{
	((double *)losses)[progress->total_step - 1] = progress->batch_loss;
	return false;
}

static void dropout_is_unlike(void)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = lam_net_create(
		lam_sequential(lam_dropout(.p = (lam_real)0.5), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = SAMPLES, .seed = 3);
	double losses[4][2];
	require(data && net, "%s", lam_error());
	for (int i = 0; i < lam_net_param_count(net); i++)
		lam_param_set_trainable(lam_net_param(net, i), false);
	for (int run = 0; run < 4; run++)
		check_ok(lam_fit(net, data, NULL, .epochs = 2, .no_shuffle = true,
			.optimizer = lam_sgd(.lr = 1), .step_end = note_loss,
			.step_end_data = losses[run]));
	for (int a = 0; a < 8; a++)
		for (int b = 0; b < a; b++)
			check(losses[a / 2][a % 2] != losses[b / 2][b % 2], "steps %d and %d", a,
				b);
	lam_net_free(net);
	lam_dataset_free(data);
}

static bool stop_at(const lam_progress *progress, void *step)
{
	return progress->total_step == *(const int *)step;
}

enum before { NOTHING, FIRST_RUN, FIRST_RUN_RESUMED, MANY_STEPS, BEFORES };

/* A net that has done this before its second run. */
static lam_net *net_after(enum before before, const struct plan *plan, const lam_dataset *data)
{
	struct plan first = *plan;
	lam_report report;
	lam_net *net = plan_net(plan);
	const lam_optimizer rule = rule_of(1);
	static const lam_real x[BATCH * PIXELS];
	static const int32_t classes[BATCH];
	first.step_end = NULL;
	first.checkpoint = before == FIRST_RUN_RESUMED ? file_path("first.npz") : NULL;
	if (before == FIRST_RUN || before == FIRST_RUN_RESUMED)
		check_ok(plan_fit(&first, net, data, data, &report));
	for (int i = 0; i < 5 && before == MANY_STEPS; i++)
		check_ok(lam_net_step(net, &rule, x, classes, BATCH));
	return net;
}

static uint64_t second_run(
	enum before before, const struct plan *plan, const lam_dataset *data, int stop)
{
	struct plan second = *plan;
	lam_report report = {0};
	lam_net *net = net_after(before, plan, data);
	second.step_end = stop_at;
	second.data = &stop;
	check_ok(plan_fit(&second, net, data, data, &report));
	const uint64_t print = print_of(net, &report);
	lam_net_free(net);
	return print;
}

static void second_runs_are_resumed(void)
{
	lam_dataset *data = stripes(NULL);
	struct plan plan = {.model = 0, .rule = 3, .seed = 5, .threads = 2};
	const uint64_t through = second_run(FIRST_RUN, &plan, data, 0);
	check(through != second_run(NOTHING, &plan, data, 0));
	plan.checkpoint = file_path("second.npz");
	for (int stop = 1; stop < STEPS; stop += 2) {
		test_begin("stopped at step %d", stop);
		for (enum before before = 0; before < BEFORES; before++) {
			unlink(plan.checkpoint);
			second_run(FIRST_RUN_RESUMED, &plan, data, stop);
			check(second_run(before, &plan, data, 0) == through, "after %d",
				(int)before);
		}
		test_end();
	}
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(orders_are_unlike),
		TEST(a_failed_run_is_not_counted),
		TEST(dropout_is_unlike),
		TEST(second_runs_are_resumed),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
