/* SPDX-License-Identifier: MIT */
/* How many threads a run uses: as many as its work is worth, no more than the processors that the
 * process may use, whatever is asked for. A profile says how many there were. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_setaffinity() */
#endif
#define TEST_LIBRARY_THREADS
#include "tests/battery/subjects.h"
#include "tests/kit.h"

#include "framework/net/inside.h"

#include <lamina.h>

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 512, FEATURES = 784, ASKED = 1000, CANNOT_START = 126 };

static lam_real x[BATCH * FEATURES], y[BATCH * 10];
static int32_t labels[BATCH];
static const char *program;

static lam_layer *mlp(int first, int second, int out)
{
	return lam_sequential(lam_affine(.out = first), lam_relu(), lam_affine(.out = second),
		lam_relu(), lam_affine(.out = out), lam_softmax_cross_entropy());
}

static lam_net *tiny(int threads)
{
	return lam_net_create(
		mlp(32, 16, 2), LAM_SHAPE(5), .max_batch = 32, .seed = 1, .threads = threads);
}

static lam_net *large(int threads)
{
	return lam_net_create(mlp(256, 128, 10), LAM_SHAPE(FEATURES), .max_batch = BATCH, .seed = 1,
		.threads = threads);
}

/* The threads of the runs since lam_net_profile_start(). */
static int threads_of(lam_net *net)
{
	lam_profile_total total;
	check_ok(lam_net_profile_stop(net));
	lam_net_profile_total(net, &total, sizeof total);
	check(total.runs > 0);
	return total.threads;
}

static const lam_optimizer *momentum(void)
{
	static lam_optimizer sgd;
	sgd = lam_sgd(.lr = (lam_real)0.01, .momentum = (lam_real)0.9);
	return &sgd;
}

/* The most threads of each way to run a net of n samples, in the order of `ways`. */
enum { WAYS = 6 };
static const char *const ways[WAYS] = {"a step", "three calls", "an evaluation forward",
	"a prediction", "lam_evaluate", "lam_fit"};

static lam_status run(lam_net *net, int way, int64_t n)
{
	lam_score score;
	lam_status status = LAM_OK;
	if (way == 0)
		return lam_net_step(net, momentum(), x, labels, n);
	if (way == 1)
		return lam_net_forward(net, LAM_TRAIN, x, labels, n) || lam_net_backward(net)
				|| lam_net_update(net, momentum())
			? LAM_ERR_STATE
			: LAM_OK;
	if (way == 2)
		return lam_net_forward(net, LAM_EVAL, x, labels, n);
	if (way == 3)
		return lam_net_predict(net, x, n, y);
	lam_dataset *data = lam_dataset_arrays(x, lam_net_input_shape(net), labels, n);
	if (way == 4)
		status = lam_evaluate(net, data, &score);
	else
		status = lam_fit(net, data, NULL, .epochs = 2, .batch = n, .validation = data,
			.optimizer = *momentum());
	lam_dataset_free(data);
	return status;
}

static int used(lam_net *net, int way, int64_t n)
{
	check_ok(lam_net_profile_start(net));
	check_ok(run(net, way, n));
	return threads_of(net);
}

static void a_tiny_net_takes_one_thread(void)
{
	lam_net *net = tiny(2);
	require(net, "%s", lam_error());
	for (int way = 0; way < WAYS; way++)
		for (int64_t n = 1; n <= 32; n += 31)
			check(used(net, way, n) == 1, "%s of %d samples", ways[way], (int)n);
	for (int few = 1; few < 20; few += 5) {
		lam_net *replica = lam_net_replica(net, .max_batch = few);
		check(replica && used(replica, 3, few) == 1, "a replica for %d samples", few);
		lam_net_free(replica);
	}
	lam_net_free(net);
}

/* Layers without products count, too; each alone is worth one thread on small samples. */
static void small_nets_of_all_kinds_take_one_thread(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), lam_batch_norm(),
			lam_relu(), lam_max_pool2d(.kernel = {2}),
			lam_residual(lam_transposed_conv2d(.out = 4, .kernel = {1})),
			lam_zero_pad2d(.pad = {1}), lam_avg_pool2d(.kernel = {2}), lam_gelu(),
			lam_standardize(.mean = {1}, .std = {2}), lam_dropout(.p = (lam_real)0.1),
			lam_global_avg_pool(), lam_flatten(), lam_softmax(),
			lam_mean_squared_error()),
		LAM_SHAPE(1, 8, 8), .max_batch = 16, .threads = 2);
	require(net, "%s", lam_error());
	check_ok(lam_net_profile_start(net));
	check_ok(lam_net_step(net, momentum(), x, x, 16));
	check(threads_of(net) == 1);
	lam_net_free(net);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static void a_large_net_takes_what_it_may(void)
{
#ifdef _OPENMP
	const int most = least(2, lam_processors());
#else
	const int most = 1;
#endif
	lam_net *net = large(2);
	require(net, "%s", lam_error());
	for (int way = 0; way < WAYS; way++)
		check(used(net, way, BATCH) == most, "%s", ways[way]);
	lam_net_free(net);
}

/* A layer whose work nobody has declared may take any time. */
static lam_status copy(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status declare(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	lam_plan_flops(plan, LAM_FORWARD, (double)lam_shape_count(in));
	return LAM_OK;
}

static void ones_own_layers_say_their_work(void)
{
	static const lam_layer_class silent = {LAM_LAYER_ABI, .kind = "silent", .forward = copy},
				     light = {LAM_LAYER_ABI, .kind = "light", .forward = copy,
					     .flags = LAM_LIGHT},
				     said = {LAM_LAYER_ABI, .kind = "said", .forward = copy,
					     .plan = declare};
	const lam_layer_class *const classes[] = {&silent, &light, &said};
	for (int i = 0; i < 3; i++) {
		lam_net *net = lam_net_create(lam_layer_new(classes[i], NULL), LAM_SHAPE(2),
			.max_batch = 64, .threads = 2, .inference = true);
		if (!check(net, "%s", lam_error()))
			continue;
		check_ok(lam_net_profile_start(net));
		check_ok(lam_net_predict(net, x, 64, y));
		const int threads = threads_of(net);
		check(threads == (i ? 1 : least(2, lam_processors())), "%s: %d threads",
			classes[i]->kind, threads);
		lam_net_free(net);
	}
}

/* All built-in layers say how much work they are, or small nets of them would use all threads. */
static void built_in_layers_say_their_work(void)
{
	const lam_shape shapes[] = {LAM_SHAPE(4, 8, 8), LAM_SHAPE(4, 8), LAM_SHAPE(8)};
	const struct subject *subject;
	int met = 0;
	for (int i = 0; (subject = battery_subject(i)); i++) {
		lam_layer *layer = NULL;
		lam_shape out;
		for (int k = 0; k < 3 && !layer; k++) {
			layer = battery_ordinary(subject, shapes[k], &out);
			if (!layer)
				continue;
			lam_net *net = lam_net_create(layer, shapes[k], .max_batch = 16,
				.threads = 2, .input_grad = true);
			check(net, "%s: %s", subject->name, lam_error());
			for (int part = 0; net && part < 3; part++)
				check(isfinite(net->work[part].once)
						&& isfinite(net->work[part].per_sample),
					"%s: part %d", subject->name, part);
			met += net != NULL;
			lam_net_free(net);
		}
		check(layer, "%s has no ordinary input here", subject->name);
	}
	check(met > 20, "%d layers", met);
}

static void no_more_threads_than_processors(void)
{
	lam_net *net = large(ASKED);
	require(net, "%s", lam_error());
	check(net->threads <= lam_processors(), "%d threads in memory", net->threads);
	for (int way = 0; way < WAYS; way++) {
		const int threads = used(net, way, BATCH);
		check(threads <= lam_processors(), "%s: %d threads", ways[way], threads);
	}
	lam_net_free(net);
}

#ifdef __linux__
/* A thread that may use one processor takes one thread. */
static void *step_on_one(void *data)
{
	cpu_set_t set, one;
	int *threads = data;
	if (sched_getaffinity(0, sizeof set, &set))
		return NULL;
	int first = 0;
	while (!CPU_ISSET(first, &set))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	lam_net *net = large(2);
	if (net && !sched_setaffinity(0, sizeof one, &one) && !lam_net_profile_start(net)
		&& !lam_net_step(net, momentum(), x, labels, BATCH)) {
		lam_profile_total total;
		lam_net_profile_total(net, &total, sizeof total);
		*threads = total.threads;
	}
	lam_net_free(net);
	return NULL;
}

static void threads_keep_to_the_callers_processors(void)
{
	int threads = 0;
	pthread_t thread;
	require(!pthread_create(&thread, NULL, step_on_one, &threads));
	pthread_join(thread, NULL);
	check(threads == 1, "%d threads on one processor", threads);
}
#endif

/* Prints the threads of a large net and of the net in memory. */
static int say_threads(void)
{
	lam_net *net = large(0);
	if (!net || lam_net_profile_start(net) || lam_net_step(net, momentum(), x, labels, BATCH))
		return TEST_ERROR;
	printf("%d %d\n", threads_of(net), net->threads);
	lam_net_free(net);
	return kit.failures ? TEST_ERROR : TEST_PASS;
}

/* OpenMP reads its variables when a program starts. */
static void the_environments_number_is_bounded(void)
{
	static const char *const numbers[] = {"1", "2", "1000", "4,3"};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		int ends[2], status = -1, threads = 0, most = 0;
		require(pipe(ends) == 0);
		const pid_t child = fork();
		if (child == 0) {
			dup2(ends[1], STDOUT_FILENO);
			close(ends[0]);
			setenv("OMP_NUM_THREADS", numbers[i], 1);
			execl(program, program, "--say", (char *)NULL);
			_exit(CANNOT_START);
		}
		close(ends[1]);
		FILE *said = fdopen(ends[0], "r");
		const bool whole = said && fscanf(said, "%d %d", &threads, &most) == 2;
		if (said)
			fclose(said);
		waitpid(child, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_START) {
			test_skip("the program cannot start itself again");
			return;
		}
		const int bound = least(atoi(numbers[i]), lam_processors());
		check(whole && status == 0 && threads <= bound && most <= bound,
			"OMP_NUM_THREADS=%s: %d threads, %d in memory, status %d", numbers[i],
			threads, most, status);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_tiny_net_takes_one_thread),
		TEST(small_nets_of_all_kinds_take_one_thread),
		TEST(a_large_net_takes_what_it_may),
		TEST(ones_own_layers_say_their_work),
		TEST(built_in_layers_say_their_work),
		TEST(no_more_threads_than_processors),
#ifdef __linux__
		TEST(threads_keep_to_the_callers_processors),
#endif
		TEST(the_environments_number_is_bounded),
	};
	program = argv[0];
	for (int64_t i = 0; i < BATCH * FEATURES; i++)
		x[i] = (lam_real)(i * 7 % 11) / 11;
	for (int i = 0; i < BATCH; i++)
		labels[i] = i % 2;
	if (argc == 2 && !strcmp(argv[1], "--say"))
		return say_threads();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
