/* SPDX-License-Identifier: MIT */
/* A rank of a run in shards, for tests/mpi.sh: trains the net of a job and prints the hash of all
 * that must be equal.
 *
 *     mpi_run JOB[w|tRANKS] THREADS EPOCHS TIMEOUT [CHECKPOINT STOP]
 *
 * JOBw: without overlap, gradients are sent when backward has ended. JOBtRANKS: one process, whose
 * threads are so many ranks. STOP: the steps after which the last rank stops the run; 0: never. */
#include "exchange/mpi/lamina_mpi.h"
#include "tests/train/shards_jobs.h"
#include "tests/train/slow_comm.h"

#include <inttypes.h>

static int threads(struct job *job, int ranks)
{
	struct rank rank[MOST_RANKS];
	if (ranks < 1 || ranks > MOST_RANKS || !run_ranks(rank, ranks, job_run, job)
		|| !check_ranks(rank, ranks))
		return TEST_FAIL;
	for (int r = 1; r < ranks; r++)
		if (!check(job->prints[r] == job->prints[0], "rank %d", r))
			return TEST_FAIL;
	printf("%016" PRIx64 "\n", job->prints[0]);
	return TEST_PASS;
}

/* Rank 1 has freed its end, and waits for the last meeting: rank 0 must not take that for a byte of
 * its own. */
static int left_alone(void)
{
	lam_comm *comm = lam_mpi_world();
	char byte = 0;
	if (comm && lam_comm_rank(comm) == 0) {
		const lam_status status = lam_comm_exchange(comm, 1, NULL, 0, &byte, 1, 1);
		printf("%s\n", status ? lam_error() : "a byte came");
		fflush(stdout);
		lam_comm_fail(comm, "the test is over");
	}
	lam_comm_free(comm);
	return TEST_PASS;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "left") == 0)
		return left_alone();
	if (argc != 5 && argc != 7) {
		fprintf(stderr, "mpi_run: JOB THREADS EPOCHS TIMEOUT [CHECKPOINT STOP], or left\n");
		return TEST_ERROR;
	}
	struct job job = job_of(atoi(argv[1]));
	job.threads = atoi(argv[2]);
	job.epochs = atoi(argv[3]);
	job.timeout = atof(argv[4]);
	job.checkpoint = argc > 5 ? argv[5] : NULL;
	job.stop_at = argc > 5 ? atoi(argv[6]) : 0;
	const char mode = argv[1][strspn(argv[1], "0123456789")];
	if (mode == 't')
		return threads(&job, atoi(strchr(argv[1], 't') + 1));
	lam_comm *comm = lam_mpi_world();
	if (comm && mode == 'w')
		comm = slow_comm(comm, 0, 0, false);
	if (!comm) {
		fprintf(stderr, "mpi_run: %s\n", lam_error());
		return TEST_ERROR;
	}
	struct rank self = {.comm = comm,
		.rank = lam_comm_rank(comm),
		.ranks = lam_comm_size(comm),
		.data = &job};
	job.stopper = self.ranks - 1;
	const lam_status status = job_run(&self);
	if (status)
		fprintf(stderr, "mpi_run: %s\n", lam_error());
	else if (self.rank == 0)
		printf("%016" PRIx64 "\n", job.prints[0]);
	fflush(stdout); /* the next call waits for the other ranks */
	lam_comm_free(comm);
	return status ? TEST_FAIL : TEST_PASS;
}
