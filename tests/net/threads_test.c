/* SPDX-License-Identifier: MIT */
/* Threads, the library's and the caller's: training runs are bit-identical with any number of
 * either, however many OpenMP grants, and after fork(). */
#include "tests/files/witness.h"
#include "tests/train/fit_problem.h"

#include "framework/net/inside.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static lam_dataset *data;

/* A net with layers that draw random numbers, and layers that sum over samples or blocks. */
static lam_net *net_of(int threads)
{
	return lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), lam_batch_norm(),
			lam_relu(), lam_layer_new(&witness_class, NULL),
			lam_max_pool2d(.kernel = {2}), lam_dropout(.p = (lam_real)0.2),
			lam_residual(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1})), lam_gelu(),
			lam_affine(.out = 20), lam_tanh(), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64, .seed = 7, .threads = threads);
}

/* The results of a run: parameters, running statistics, losses. */
struct result {
	lam_real values[2000];
	size_t count;
	double train, validation;
};

static void keep(struct result *result, lam_net *net, const lam_report *report)
{
	*result = (struct result){
		.train = report->train.loss, .validation = report->validation.loss};
	result->count = copy_params(net, result->values);
	for (int i = 0; i < lam_net_state_count(net); i++) {
		const lam_param *state = lam_net_state(net, i);
		memcpy(result->values + result->count, lam_param_value(state),
			(size_t)state->count * sizeof(lam_real));
		result->count += (size_t)state->count;
	}
}

static bool same(const struct result *a, const struct result *b)
{
	return a->count == b->count && a->count > 0
		&& !memcmp(a->values, b->values, a->count * sizeof(lam_real))
		&& a->train == b->train
		&& (a->validation == b->validation
			|| (isnan(a->validation) && isnan(b->validation)));
}

static lam_status fit(
	lam_net *net, const lam_optimizer *optimizer, int64_t batch, lam_report *report)
{
	return lam_fit(net, data, report, .epochs = 2, .batch = batch, .optimizer = *optimizer,
		.validation = data, .clip = 1, .schedule = lam_one_cycle(.peak = (lam_real)0.02),
		.augment = {.shift = 1, .flip = true});
}

static bool run(int threads, const lam_optimizer *optimizer, int64_t batch, struct result *result)
{
	lam_report report;
	lam_net *net = net_of(threads);
	bool done = check(net != NULL, "%s", lam_error())
		&& check_ok(fit(net, optimizer, batch, &report));
	if (done)
		keep(result, net, &report);
	lam_net_free(net);
	return done;
}

static lam_optimizer momentum(void)
{
	return lam_sgd(.lr = (lam_real)0.05, .momentum = (lam_real)0.9, .nesterov = true);
}

static void runs_do_not_depend_on_threads(void)
{
	static const int counts[] = {2, 3, 4, 7, 16};
	const struct {
		const char *name;
		lam_optimizer optimizer;
		int64_t batch;
	} rows[] = {
		{"sgd", momentum(), 64},
		{"adam", lam_adam(.lr = (lam_real)0.01), 37},
		{"adamw, batches of 1",
			lam_adamw(.lr = (lam_real)0.01, .weight_decay = (lam_real)0.1), 1},
		{"rmsprop", lam_rmsprop(.lr = (lam_real)0.001, .centered = true), 33},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct result first, other;
		test_begin("%s", rows[r].name);
		if (!run(1, &rows[r].optimizer, rows[r].batch, &first))
			continue;
		for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
			if (run(counts[i], &rows[r].optimizer, rows[r].batch, &other))
				check(same(&first, &other), "%d threads train otherwise than 1",
					counts[i]);
	}
}

/* Two concurrent runs, each with two threads, give the same as each alone. */
struct job {
	lam_net *net;
	lam_optimizer optimizer;
	lam_report report;
	lam_status status;
};

static void *do_job(void *argument)
{
	struct job *job = argument;
	job->status = fit(job->net, &job->optimizer, 40, &job->report);
	return NULL;
}

static void two_nets_train_at_once(void)
{
	struct job jobs[2] = {{.net = net_of(2), .optimizer = momentum()},
		{.net = net_of(2), .optimizer = lam_adam(.lr = (lam_real)0.01)}};
	pthread_t threads[2];
	struct result alone, beside;
	for (int i = 0; i < 2; i++)
		require(jobs[i].net && pthread_create(&threads[i], NULL, do_job, &jobs[i]) == 0,
			"%s", lam_error());
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		check(jobs[i].status == LAM_OK);
		keep(&beside, jobs[i].net, &jobs[i].report);
		check(run(1, &jobs[i].optimizer, 40, &alone) && same(&alone, &beside), "net %d", i);
		lam_net_free(jobs[i].net);
	}
}

enum { STEPS = 12 };

static void *do_step(void *argument)
{
	struct job *job = argument;
	job->status = lam_net_step(job->net, &job->optimizer, images, labels, 40);
	job->report.train.loss = lam_net_loss(job->net);
	return NULL;
}

/* Runs each step on a new thread of the caller, which ends after it. */
static bool step_around(int threads, bool around, struct result *result)
{
	struct job job = {.net = net_of(threads), .optimizer = momentum()};
	for (int step = 0; job.net && step < STEPS; step++) {
		pthread_t thread;
		if (!around)
			do_step(&job);
		else if (!check(pthread_create(&thread, NULL, do_step, &job) == 0))
			break;
		else
			pthread_join(thread, NULL);
		check(job.status == LAM_OK);
	}
	if (job.net)
		keep(result, job.net, &job.report);
	lam_net_free(job.net);
	return job.net != NULL;
}

static void a_net_may_go_from_thread_to_thread(void)
{
	struct result stays, goes;
	check(step_around(1, false, &stays) && step_around(2, true, &goes) && same(&stays, &goes));
}

#ifdef _OPENMP
/* Each thread of the caller's parallel region steps a net, once with nested regions of one thread
 * (OpenMP's default), once of two. */
static void nets_may_step_in_regions_of_the_caller(void)
{
	struct result alone;
	require(step_around(1, false, &alone));
	for (int levels = 1; levels <= 2; levels++) {
		struct result inside[3];
		bool done[3] = {false};
		omp_set_max_active_levels(levels);
		atomic_store(&most_threads, 0);
#pragma omp parallel num_threads(3)
#pragma omp for
		for (int i = 0; i < 3; i++)
			done[i] = step_around(2, false, &inside[i]);
		for (int i = 0; i < 3; i++)
			check(done[i] && same(&alone, &inside[i]), "%d levels, thread %d", levels,
				i);
		check(atomic_load(&most_threads) == levels, "%d threads, not %d",
			atomic_load(&most_threads), levels);
	}
	omp_set_max_active_levels(1);
}

/* With dynamic adjustment OpenMP grants as many threads as it likes, often one. The same run with
 * all threads that it asks for is compared, too. */
static void openmp_may_grant_fewer(void)
{
	enum { ASKED = 64 };
	struct result alone, granted, all;
	require(step_around(1, false, &alone));
	omp_set_dynamic(1);
	atomic_store(&most_threads, 0);
	check(step_around(ASKED, false, &granted) && same(&alone, &granted));
	const int fewer = atomic_load(&most_threads);
	omp_set_dynamic(0);
	atomic_store(&most_threads, 0);
	require(step_around(ASKED, false, &all));
	check(same(&granted, &all), "%d threads train otherwise than %d",
		atomic_load(&most_threads), fewer);
	check(fewer < atomic_load(&most_threads) || omp_get_num_procs() >= ASKED,
		"%d threads, and then %d", fewer, atomic_load(&most_threads));
}
#endif

/* Steps the net in a forked child, which sends the result through a pipe. An alarm ends a child
 * that waits for threads that it does not have. */
static bool step_forked(lam_net *net, struct result *result, int *threads)
{
	int ends[2];
	if (!check(pipe(ends) == 0))
		return false;
	pid_t child = fork();
	if (child == 0) {
		alarm(30);
		struct job job = {.net = net, .optimizer = momentum()};
		atomic_store(&most_threads, 0);
		for (int step = 0; step < STEPS; step++)
			do_step(&job);
		keep(result, net, &job.report);
		*threads = atomic_load(&most_threads);
		bool written = job.status == LAM_OK && write(ends[1], threads, sizeof *threads) > 0;
		for (size_t at = 0; written && at < sizeof *result;) {
			ssize_t count = write(ends[1], (char *)result + at, sizeof *result - at);
			written = count > 0;
			at += (size_t)count;
		}
		_exit(!written);
	}
	close(ends[1]);
	bool whole = child > 0 && read(ends[0], threads, sizeof *threads) == sizeof *threads;
	for (size_t at = 0; whole && at < sizeof *result;) {
		ssize_t count = read(ends[0], (char *)result + at, sizeof *result - at);
		whole = count > 0;
		at += (size_t)count;
	}
	close(ends[0]);
	int status = -1;
	if (child > 0)
		waitpid(child, &status, 0);
	return check(whole && status == 0, "the child ended with status %d", status);
}

/* A forked child can use the net that it inherits, with one thread: gcc's OpenMP would wait for the
 * parent's other threads. */
static void a_forked_child_has_one_thread(void)
{
	struct result alone, forked, parent;
	int threads = 0;
	lam_net *net = net_of(2);
	require(net && step_around(1, false, &alone));
	check_ok(lam_net_prepare(net, NULL));
	if (step_forked(net, &forked, &threads)) {
		check(same(&alone, &forked), "the child trains otherwise");
		check(threads == 1, "%d threads in the child", threads);
	}
	struct job job = {.net = net, .optimizer = momentum()};
	for (int step = 0; step < STEPS; step++)
		do_step(&job);
	keep(&parent, net, &job.report);
	check(same(&alone, &parent), "the parent trains otherwise after it");
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(runs_do_not_depend_on_threads),
		TEST(two_nets_train_at_once),
		TEST(a_net_may_go_from_thread_to_thread),
#ifdef _OPENMP
		TEST(nets_may_step_in_regions_of_the_caller),
		TEST(openmp_may_grant_fewer),
#endif
		TEST(a_forked_child_has_one_thread),
	};
	data = striped();
	int result = data ? test_main(tests, sizeof tests / sizeof *tests, argc, argv) : TEST_ERROR;
	lam_dataset_free(data);
	return result;
}
