/* SPDX-License-Identifier: MIT */
/* Runs of several ranks that must fail, on all of them and in time. */
#ifndef LAM_TESTS_SHARDS_WRONG_H
#define LAM_TESTS_SHARDS_WRONG_H

#include "tests/train/shards_run.h"

#include <time.h>

static struct job plain_job(void)
{
	return (struct job){.model = perceptron_model,
		.optimizer = lam_sgd(.lr = (lam_real)0.05),
		.batch = 20,
		.shards = 4,
		.max_batch = 5,
		.threads = 1,
		.epochs = 2,
		.timeout = 30};
}

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* Every rank fails with this status and a sentence that holds `words`, within ten seconds. */
static void fail_all(lam_status (*run)(struct rank *self), void *data, int ranks, lam_status status,
	const char *words)
{
	struct rank rank[MOST_RANKS];
	const double began = now();
	if (!run_ranks(rank, ranks, run, data))
		return;
	for (int r = 0; r < ranks; r++)
		check(rank[r].status == status && strstr(rank[r].sentence, words),
			"rank %d: %d, %s", r, (int)rank[r].status, rank[r].sentence);
	check(now() - began < 10, "%g seconds", now() - began);
}

static void fails_on(struct job *job, int ranks, lam_status status, const char *words)
{
	fail_all(job_run, job, ranks, status, words);
}

#endif
