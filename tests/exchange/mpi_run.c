/* SPDX-License-Identifier: MIT */
/* A rank of a run in shards, for tests/mpi.sh: trains the net of a job and prints the hash of all
 * that must be equal.
 *
 *     mpi_run JOB THREADS EPOCHS TIMEOUT [CHECKPOINT STOP]
 *
 * STOP: the steps after which the last rank stops the run; 0: never. */
#include "exchange/mpi/lamina_mpi.h"
#include "tests/train/shards_jobs.h"

#include <inttypes.h>

int main(int argc, char **argv)
{
	if (argc != 5 && argc != 7) {
		fprintf(stderr, "mpi_run: JOB THREADS EPOCHS TIMEOUT [CHECKPOINT STOP]\n");
		return TEST_ERROR;
	}
	struct job job = job_of(atoi(argv[1]));
	job.threads = atoi(argv[2]);
	job.epochs = atoi(argv[3]);
	job.timeout = atof(argv[4]);
	job.checkpoint = argc > 5 ? argv[5] : NULL;
	job.stop_at = argc > 5 ? atoi(argv[6]) : 0;
	lam_comm *comm = lam_mpi_world();
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
	lam_comm_free(comm);
	return status ? TEST_FAIL : TEST_PASS;
}
