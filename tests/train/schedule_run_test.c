/* SPDX-License-Identifier: MIT */
/* Schedules in runs of lam_fit(): against loops written by hand, stopped and resumed at every step,
 * refused where another schedule would go on. */
#include "tests/files/files.h"
#include "tests/train/fit_problem.h"

enum { EPOCHS = 4, PER_EPOCH = 7, STEPS = EPOCHS * PER_EPOCH };

static double waves(const lam_schedule_step *step, void *data)
{
	const double most = *(const double *)data;
	return most * (1 + step->lr * sin((double)step->step / (double)step->steps)) / 2;
}

static double most = 0.05, other_most = 0.04;

enum { FUNCTION, PIECEWISE, BY_EPOCH, RESTARTS, PATIENT, PLATEAU, SCHEDULES };

static lam_schedule schedule_of(int number)
{
	switch (number) {
	case FUNCTION:
		return lam_schedule_function(waves, &most);
	case PIECEWISE:
		return lam_piecewise(.points = {{0, LAM_ZERO}, {(lam_real)0.3, 1}, {1, 0}});
	case BY_EPOCH:
		return lam_piecewise(.points = {{1, 1}, {(lam_real)2.5, (lam_real)0.1}},
			.by_epoch = true);
	case RESTARTS:
		return lam_cosine_restarts(.every = 1, .multiply = 2, .least = (lam_real)1e-3,
			.warmup = (lam_real)0.1);
	case PATIENT:
		return lam_plateau(.patience = 1, .threshold = (lam_real)0.999,
			.factor = (lam_real)0.25);
	default: /* only a tenth of the loss is better: the rate falls, rests, and falls */
		return lam_plateau(.patience = LAM_ZERO, .threshold = (lam_real)0.9, .cooldown = 1,
			.factor = (lam_real)0.25, .warmup = (lam_real)0.1);
	}
}

static lam_optimizer optimizer(void)
{
	return lam_sgd(.lr = (lam_real)0.1, .momentum = (lam_real)0.9);
}

/* As PyTorch's ReduceLROnPlateau, with the options of schedule_of(). */
struct by_hand {
	double rate, best;
	int stale, cooling, patience, cooldown;
	lam_real threshold;
};

static void end_epoch(struct by_hand *hand, double loss)
{
	if (loss < hand->best * (1 - (double)hand->threshold)) {
		hand->best = loss;
		hand->stale = 0;
	} else {
		hand->stale++;
	}
	if (hand->cooling > 0) {
		hand->cooling--;
		hand->stale = 0;
	}
	if (hand->stale > hand->patience) {
		hand->rate *= 0.25;
		hand->cooling = hand->cooldown;
		hand->stale = 0;
	}
}

/* The rate of a step, as the comments of framework/schedule.h say it. */
static double rate_by_hand(int number, double lr, int step, double plateau)
{
	const double pi = 3.14159265358979323846, rising = floor((double)(lam_real)0.1 * STEPS);
	const double at = (double)step / STEPS, epoch = (double)step / PER_EPOCH;
	double t = step - rising, period = PER_EPOCH;
	switch (number) {
	case FUNCTION:
		return most * (1 + lr * sin(at)) / 2;
	case PIECEWISE:
		return at < (double)(lam_real)0.3
			? lr * (at / (double)(lam_real)0.3)
			: lr * (1 - (at - (double)(lam_real)0.3) / (1 - (double)(lam_real)0.3));
	case BY_EPOCH:
		return epoch < 1      ? lr
			: epoch < 2.5 ? lr * (1 + (epoch - 1) / 1.5 * ((double)(lam_real)0.1 - 1))
				      : lr * (double)(lam_real)0.1;
	case RESTARTS:
		if (t < 0)
			return lr * (step + 1) / rising;
		for (; t >= period; period *= 2)
			t -= period;
		return (double)(lam_real)1e-3
			+ (lr - (double)(lam_real)1e-3) / 2 * (1 + cos(pi * t / period));
	case PATIENT:
		return plateau;
	default:
		return t < 0 ? plateau * (step + 1) / rising : plateau;
	}
}

/* lam_fit() is bit-identical with the loop of the public functions. */
static void equals_a_loop_of_ones_own(int number)
{
	lam_real fitted[PARAMS], looped[PARAMS];
	lam_dataset *data = striped();
	lam_net *net = small_net(2, 4);
	require(net
		&& check_ok(lam_fit(net, data, NULL, .epochs = EPOCHS, .optimizer = optimizer(),
			.schedule = schedule_of(number), .validation = data)));
	copy_params(net, fitted);
	lam_net_free(net);
	net = small_net(1, 4);
	lam_loader *loader = lam_loader_new(data, .batch = 32, .seed = 4);
	lam_optimizer sgd = optimizer();
	const double lr = (double)sgd.lr;
	struct by_hand hand = {.rate = lr,
		.best = INFINITY,
		.patience = number == PATIENT,
		.cooldown = number == PLATEAU,
		.threshold = (lam_real)(number == PATIENT ? 0.999 : 0.9)};
	require(net && loader);
	for (int step = 0; step < STEPS; step++) {
		const lam_batch *batch = lam_loader_next(loader);
		lam_score score;
		require(batch != NULL);
		sgd.lr = (lam_real)rate_by_hand(number, lr, step, hand.rate);
		check_ok(lam_net_step(net, &sgd, batch->x, batch->targets, batch->n));
		if (step % PER_EPOCH == PER_EPOCH - 1) {
			check_ok(lam_evaluate(net, data, &score));
			end_epoch(&hand, score.loss);
		}
	}
	check(number < PATIENT || hand.rate < lr, "the plateau ends at %g", hand.rate);
	copy_params(net, looped);
	check(memcmp(fitted, looped, sizeof fitted) == 0, "the loop has other bits");
	lam_loader_free(loader);
	lam_net_free(net);
	lam_dataset_free(data);
}

static void every_schedule_equals_a_loop(void)
{
	for (int number = 0; number < SCHEDULES; number++) {
		test_begin("schedule %d", number);
		equals_a_loop_of_ones_own(number);
		test_end();
	}
}

static bool stop_at(const lam_progress *progress, void *data)
{
	return progress->total_step == *(int *)data;
}

static lam_status fit(const lam_dataset *data, int threads, lam_schedule schedule, int epochs,
	const char *path, int stop, lam_real *params)
{
	lam_net *net = small_net(threads, 5);
	lam_status status = lam_fit(net, data, NULL, .epochs = epochs, .optimizer = optimizer(),
		.schedule = schedule, .checkpoint = path, .resume = path != NULL,
		.step_end = stop_at, .step_end_data = &stop);
	if (params)
		copy_params(net, params);
	lam_net_free(net);
	return status;
}

/* Stopped at every step, and once more some steps later, with other numbers of threads. */
static void every_step_resumes(void)
{
	lam_dataset *data = striped();
	const char *path = file_path("schedule.npz");
	for (int number = 0; number < SCHEDULES; number++) {
		test_begin("schedule %d", number);
		lam_real through[PARAMS], resumed[PARAMS];
		check_ok(fit(data, 2, schedule_of(number), EPOCHS, NULL, 0, through));
		for (int stop = 1; stop < STEPS && !kit.failures; stop++) {
			unlink(path);
			check_ok(fit(
				data, 1 + stop % 3, schedule_of(number), EPOCHS, path, stop, NULL));
			check_ok(fit(data, 1, schedule_of(number), EPOCHS, path,
				stop + 1 + stop % 5, NULL));
			check_ok(fit(data, 3, schedule_of(number), EPOCHS, path, 0, resumed));
			check(memcmp(through, resumed, sizeof through) == 0,
				"stopped at step %d, it ends with other bits", stop);
		}
		test_end();
	}
	lam_dataset_free(data);
}

static double not_a_number(const lam_schedule_step *step, void *data)
{
	(void)data;
	return step->step == 3 ? (double)NAN : 0.01;
}

/* Only a run's own schedule resumes it. */
static void another_schedule_is_refused(void)
{
	lam_dataset *data = striped();
	const char *path = file_path("other.npz");
	check_ok(fit(data, 1, schedule_of(FUNCTION), EPOCHS, path, 9, NULL));
	check_fails(fit(data, 1, lam_schedule_function(waves, &other_most), EPOCHS, path, 0, NULL),
		LAM_ERR_ARGUMENT, "holds another run: its learning rate of step 0 is 0.025");
	check_fails(fit(data, 1, schedule_of(PLATEAU), EPOCHS, path, 0, NULL), LAM_ERR_ARGUMENT,
		"its schedule is schedule_function; expected plateau");
	/* Rates depend on the number of epochs, which may differ: nothing is left to compare. */
	check_ok(fit(data, 1, schedule_of(FUNCTION), EPOCHS + 1, path, 12, NULL));
	unlink(path);
	check_ok(fit(data, 1, schedule_of(BY_EPOCH), EPOCHS, path, 9, NULL));
	lam_schedule edited = schedule_of(BY_EPOCH);
	edited.points[1].factor = (lam_real)0.25;
	check_fails(fit(data, 1, edited, EPOCHS, path, 0, NULL), LAM_ERR_ARGUMENT,
		"its points[1].factor is 0.1");
	edited = schedule_of(BY_EPOCH);
	edited.by_epoch = false;
	edited.points[0].at = edited.points[1].at = 1;
	edited.count = 1;
	check_fails(fit(data, 1, edited, EPOCHS, path, 0, NULL), LAM_ERR_ARGUMENT,
		"its by_epoch is 1; expected 0");
	unlink(path);
	check_ok(fit(data, 1, schedule_of(PLATEAU), EPOCHS, path, 9, NULL));
	edited = schedule_of(PLATEAU);
	edited.cooldown = 2;
	check_fails(fit(data, 1, edited, EPOCHS, path, 0, NULL), LAM_ERR_ARGUMENT,
		"its cooldown is 1; expected 2");
	lam_dataset_free(data);
}

static double minus_one(const lam_schedule_step *step, void *data)
{
	(void)data;
	return -1 - 0 * step->lr;
}

static void a_rate_must_be_finite(void)
{
	lam_dataset *data = striped();
	lam_real before[PARAMS], after[PARAMS];
	lam_net *net = small_net(1, 5);
	copy_params(net, before);
	lam_net_free(net);
	check_fails(fit(data, 1, lam_schedule_function(minus_one, NULL), 1, NULL, 0, after),
		LAM_ERR_ARGUMENT,
		"lam_fit: the schedule gave step 0 of 7 the learning rate -1; expected a finite "
		"one of at least 0");
	check(memcmp(before, after, sizeof before) == 0);
	check_fails(fit(data, 1, lam_schedule_function(not_a_number, NULL), 1, NULL, 0, after),
		LAM_ERR_ARGUMENT, "gave step 3 of 7 the learning rate nan");
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_schedule_equals_a_loop),
		TEST(every_step_resumes),
		TEST(another_schedule_is_refused),
		TEST(a_rate_must_be_finite),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
