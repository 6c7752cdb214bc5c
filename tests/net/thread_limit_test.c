/* SPDX-License-Identifier: MIT */
/* OMP_THREAD_LIMIT grants a program fewer threads than its nets ask for. OpenMP reads it when a
 * program starts, so this one starts itself again with each limit, and checks that the results are
 * bit-identical. */
#include "tests/files/witness.h"
#include "tests/train/fit_problem.h"

#include "framework/net/inside.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASKED = 7, CANNOT_START = 126 };

static const char *program;

static uint64_t mix(uint64_t hash, const void *data, size_t bytes)
{
	for (const unsigned char *at = data; bytes > 0; bytes--)
		hash = (hash ^ *at++) * 0x100000001b3; /* FNV-1a */
	return hash;
}

/* Trains under the current limit, and prints a hash of all results and the number of threads. */
static int train(void)
{
	lam_dataset *data = striped();
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 4, .kernel = {3}, .pad = {1}), lam_batch_norm(),
			lam_relu(), lam_layer_new(&witness_class, NULL),
			lam_max_pool2d(.kernel = {2}), lam_dropout(.p = (lam_real)0.2),
			lam_affine(.out = 20), lam_tanh(), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64, .seed = 7, .threads = ASKED);
	lam_report report;
	if (!data || !net
		|| lam_fit(net, data, &report, .epochs = 2,
			.optimizer = lam_adam(.lr = (lam_real)0.01), .validation = data, .clip = 1,
			.augment = {.shift = 1, .flip = true})) {
		fprintf(stderr, "%s\n", lam_error());
		return TEST_ERROR;
	}
	uint64_t hash = mix(mix(0xcbf29ce484222325, &report.train.loss, sizeof(double)),
		&report.validation.loss, sizeof(double));
	hash = mix(hash, net->values, (size_t)net->plan.param_values * sizeof(lam_real));
	hash = mix(hash, net->states, (size_t)net->plan.state_values * sizeof(lam_real));
	printf("%llx %d\n", (unsigned long long)hash, atomic_load(&most_threads));
	lam_net_free(net);
	lam_dataset_free(data);
	return TEST_PASS;
}

/* Starts the program with this limit (NULL: none) and reads what it prints; false if it cannot be
 * started. */
static bool train_limited(const char *limit, unsigned long long *hash, int *threads)
{
	int ends[2], status = -1;
	if (!check(pipe(ends) == 0))
		return false;
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		if (limit)
			setenv("OMP_THREAD_LIMIT", limit, 1);
		else
			unsetenv("OMP_THREAD_LIMIT");
		unsetenv("OMP_DYNAMIC");
		execl(program, program, "--train", (char *)NULL);
		_exit(CANNOT_START);
	}
	close(ends[1]);
	FILE *said = fdopen(ends[0], "r");
	const bool whole = said && fscanf(said, "%llx %d", hash, threads) == 2;
	if (said)
		fclose(said);
	if (child > 0)
		waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_START)
		return false;
	return check(whole && status == 0, "under the limit %s the program ended with status %d",
		limit ? limit : "(none)", status);
}

static void a_thread_limit_changes_no_bits(void)
{
	static const char *const limits[] = {"1", "2", "3", "5"};
	unsigned long long free_hash, hash;
	int threads;
	if (!train_limited(NULL, &free_hash, &threads)) {
		if (kit.failures == 0)
			test_skip("the program cannot start itself again");
		return;
	}
#ifdef _OPENMP
	check(threads == ASKED, "%d threads of %d", threads, (int)ASKED);
#endif
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (!train_limited(limits[i], &hash, &threads))
			continue;
		check(hash == free_hash, "other bits with at most %s threads", limits[i]);
#ifdef _OPENMP
		check(threads == atoi(limits[i]), "%d threads, and at most %s", threads, limits[i]);
#endif
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(a_thread_limit_changes_no_bits)};
	program = argv[0];
	if (argc == 2 && !strcmp(argv[1], "--train"))
		return train();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
