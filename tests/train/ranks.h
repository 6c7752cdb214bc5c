/* SPDX-License-Identifier: MIT */
/* Runs a function on ranks that are threads of the test, and keeps what each of them said. */
#ifndef LAM_TESTS_RANKS_H
#define LAM_TESTS_RANKS_H

#include <lamina.h>

#include "tests/kit.h"

#include <pthread.h>

enum { MOST_RANKS = 16 };

struct rank {
	lam_comm *comm;
	int rank, ranks;
	lam_status (*run)(struct rank *self);
	void *data;         /* of the whole test */
	lam_status status;  /* what .run returned, */
	char sentence[512]; /* and the sentence of its thread */
	pthread_t thread;
};

KIT_UNUSED static void *rank_run(void *data)
{
	struct rank *self = data;
	self->status = self->run(self);
	if (self->status)
		snprintf(self->sentence, sizeof self->sentence, "%s", lam_error());
	lam_comm_free(self->comm);
	return NULL;
}

/* Runs `run` on each of `count` ranks at once, and waits for all. */
KIT_UNUSED static bool run_ranks(
	struct rank *ranks, int count, lam_status (*run)(struct rank *self), void *data)
{
	lam_comm *comms[MOST_RANKS];
	if (!check_ok(lam_comm_threads(count, comms)))
		return false;
	for (int r = 0; r < count; r++) {
		ranks[r] = (struct rank){
			.comm = comms[r], .rank = r, .ranks = count, .run = run, .data = data};
		if (pthread_create(&ranks[r].thread, NULL, rank_run, &ranks[r])) {
			printf("cannot start a thread\n");
			exit(TEST_ERROR);
		}
	}
	for (int r = 0; r < count; r++)
		pthread_join(ranks[r].thread, NULL);
	return true;
}

/* Checks that every rank has returned LAM_OK. */
KIT_UNUSED static bool check_ranks(const struct rank *ranks, int count)
{
	bool good = true;
	for (int r = 0; r < count; r++)
		good &= check(ranks[r].status == LAM_OK, "rank %d of %d: %s", r, count,
			ranks[r].sentence);
	return good;
}

#endif
