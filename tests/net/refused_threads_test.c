/* SPDX-License-Identifier: MIT */
/* The system refuses threads: by the number of a user's processes, by the address space, or after
 * some that it has given. Everything goes on with fewer threads, to the same bits. Each case is a
 * child of its own, because OpenMP would end the process.
 *
 * This program's pthread_create() stands before the system's, for OpenMP, too. It refuses a thread
 * when `allowed` are running. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include "tests/files/files.h"
#include "tests/files/witness.h"
#include "tests/train/fit_problem.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

enum { ASKED = 7, ALL = 1 << 20 };

static atomic_int allowed = ALL, running, refusals;

struct start {
	void *(*run)(void *);
	void *data;
};

static void *count_out(void *data)
{
	const struct start start = *(struct start *)data;
	free(data);
	void *result = start.run(start.data);
	atomic_fetch_sub(&running, 1);
	return result;
}

int pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data)
{
	int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	*(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
	struct start *start = malloc(sizeof *start);
	if (!create || !start || atomic_fetch_add(&running, 1) >= atomic_load(&allowed)) {
		atomic_fetch_sub(&running, 1);
		atomic_fetch_add(&refusals, 1);
		free(start);
		return EAGAIN;
	}
	*start = (struct start){run, data};
	const int status = create(thread, attributes, count_out, start);
	if (status) {
		atomic_fetch_sub(&running, 1);
		free(start);
	}
	return status;
}

static uint64_t mix(uint64_t hash, const void *data, size_t bytes)
{
	for (const unsigned char *at = data; bytes > 0; bytes--)
		hash = (hash ^ *at++) * 0x100000001b3; /* FNV-1a */
	return hash;
}

static uint64_t mix_net(uint64_t hash, lam_net *net)
{
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_param *p = lam_net_param(net, i);
		const lam_shape shape = lam_param_shape(p);
		hash = mix(hash, lam_param_value(p),
			(size_t)lam_shape_count(&shape) * sizeof(lam_real));
	}
	return hash;
}

/* What a child says of itself. */
struct said {
	uint64_t hash;
	int threads, refusals;
	lam_status status;
};

/* Calls everything that opens a parallel region or starts a thread: makes a net of several million
 * parameters, prepares it, trains with checkpoints, accumulates, evaluates, predicts. */
static lam_status do_all(const char *checkpoint, struct said *said)
{
	static lam_real y[COUNT * CLASSES];
	lam_dataset *data = striped();
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), lam_relu(),
			lam_layer_new(&witness_class, NULL), lam_affine(.out = 700), lam_tanh(),
			lam_affine(.out = 700), lam_tanh(), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64, .seed = 7, .threads = ASKED);
	lam_net *replica = net ? lam_net_replica(net, .max_batch = 3) : NULL;
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.001);
	lam_score score;
	lam_status status = data && replica ? lam_net_prepare(net, &adam) : LAM_ERR_ARGUMENT;
	if (!status)
		status = lam_fit(net, data, NULL, .epochs = 2, .batch = 64, .optimizer = adam,
			.validation = data, .checkpoint = checkpoint, .checkpoint_every = 1);
	if (!status)
		status = lam_net_accumulate(net, true);
	for (int i = 0; i < 2 && !status; i++) {
		status = lam_net_forward(net, LAM_TRAIN, images, labels, 64);
		if (!status)
			status = lam_net_backward(net);
	}
	if (!status)
		status = lam_net_update(net, &adam);
	if (!status)
		status = lam_evaluate(net, data, &score);
	if (!status)
		status = lam_net_predict(replica, images, COUNT, y);
	if (!status)
		said->hash = mix(mix_net(mix(0xcbf29ce484222325, y, sizeof y), net), &score.loss,
			sizeof score.loss);
	lam_net_free(replica);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

/* Runs a case in a child, and reads what it says. */
static bool in_child(
	lam_status (*run)(const char *, struct said *), bool (*limit)(void), struct said *said)
{
	int ends[2], status = -1;
	const char *path = file_path("refused.npz");
	if (!check(pipe(ends) == 0))
		return false;
	const pid_t child = fork();
	if (child == 0) {
		alarm(300);
		struct said own = {.status = LAM_OK};
		if (limit && !limit())
			_exit(TEST_SKIP);
		own.status = run(path, &own);
		own.threads = atomic_load(&most_threads);
		own.refusals = atomic_load(&refusals);
		if (own.status)
			fprintf(stderr, "%s\n", lam_error());
		_exit(write(ends[1], &own, sizeof own) == sizeof own ? 0 : TEST_ERROR);
	}
	close(ends[1]);
	const bool whole = read(ends[0], said, sizeof *said) == sizeof *said;
	close(ends[0]);
	if (child > 0)
		waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIP) {
		test_skip("the system refuses no thread here");
		return false;
	}
	return check(whole && status == 0, "the child ended with status %d", status)
		&& check(said->status == LAM_OK, "%s", lam_status_text(said->status));
}

static void all_goes_on_with_the_threads_that_there_are(void)
{
	static const int counts[] = {0, 1, 2, 5, 6};
	struct said whole, said;
	if (!in_child(do_all, NULL, &whole))
		return;
#ifdef _OPENMP
	check(whole.threads == ASKED && whole.refusals == 0, "%d threads", whole.threads);
#endif
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		atomic_store(&allowed, counts[i]);
		const bool done = in_child(do_all, NULL, &said);
		atomic_store(&allowed, ALL);
		if (!done)
			continue;
		check(said.hash == whole.hash, "other bits with %d threads", counts[i]);
#ifdef _OPENMP
		/* Fewer if threads of an earlier, larger region have not ended yet. */
		check(said.threads <= counts[i] + 1 && (said.threads > 1 || counts[i] == 0)
				&& said.refusals > 0,
			"%d threads beside the caller's, and %d more", counts[i], said.threads - 1);
#endif
	}
}

static void *end_at_once(void *data)
{
	return data;
}

/* Makes the user one that has no privileges, who may have no more processes than there are. */
static bool limit_processes(void)
{
	pthread_t thread;
	if (getuid() == 0 && setuid(65534))
		return false;
	if (setrlimit(RLIMIT_NPROC, &(struct rlimit){1, 1}))
		return false;
	if (pthread_create(&thread, NULL, end_at_once, NULL) == 0) {
		pthread_join(thread, NULL);
		return false;
	}
	return true;
}

/* Leaves address space for a net, but for no thread's stack. */
static bool limit_memory(void)
{
#ifdef SANITIZED
	return false;
#else
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	const bool read = file && fscanf(file, "%ld", &pages) == 1;
	if (file)
		fclose(file);
	struct rlimit stack;
	if (!read || getrlimit(RLIMIT_STACK, &stack) || stack.rlim_cur < 8 << 20)
		return false;
	const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (7 << 20);
	return setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0;
#endif
}

static lam_status step_some(const char *path, struct said *said)
{
	(void)path;
	lam_net *net = lam_net_create(
		lam_sequential(lam_layer_new(&witness_class, NULL), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64, .threads = ASKED);
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.01);
	lam_status status = net ? lam_net_prepare(net, NULL) : LAM_ERR_MEMORY;
	for (int i = 0; i < 20 && !status; i++)
		status = lam_net_step(net, &sgd, images, labels, 64);
	if (!status)
		said->hash = mix_net(0xcbf29ce484222325, net);
	lam_net_free(net);
	return status;
}

static void the_systems_own_limits_are_survived(void)
{
	static const struct {
		const char *name;
		bool (*limit)(void);
	} rows[] = {{"ulimit -u", limit_processes}, {"ulimit -v", limit_memory}};
	struct said whole, said;
	if (!in_child(step_some, NULL, &whole))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s", rows[i].name);
		if (!in_child(step_some, rows[i].limit, &said))
			continue;
		check(said.hash == whole.hash, "other bits");
		check(said.threads == 1, "%d threads", said.threads);
	}
}

/* A refusal is not for ever: after a while the system is asked again. */
static lam_status step_on(const char *path, struct said *said)
{
	atomic_store(&allowed, 0);
	lam_status status = step_some(path, said);
	if (!status && atomic_load(&most_threads) != 1)
		return LAM_ERR_STATE;
	atomic_store(&allowed, ALL);
	const int asked = atomic_load(&refusals);
	for (int i = 0; i < 60 && !status; i++)
		status = step_some(path, said);
	return status || asked < 3 ? status : LAM_ERR_STATE;
}

static void after_a_while_it_asks_again(void)
{
	struct said said;
	if (in_child(step_on, NULL, &said)) {
#ifdef _OPENMP
		check(said.threads == ASKED, "%d threads", said.threads);
#endif
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(all_goes_on_with_the_threads_that_there_are),
		TEST(the_systems_own_limits_are_survived),
		TEST(after_a_while_it_asks_again),
	};
	for (int i = 0; i < COUNT * PIXELS; i++)
		images[i] = (lam_real)(i * 7 % 13) / 13;
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
