/* SPDX-License-Identifier: MIT */
/* Begins messages, waits for them, and says what failed. */
#include "exchange/mpi/world.h"

#include <sched.h>
#include <stdio.h>
#include <time.h>

lam_status world_said(struct world *world, int code, const char *what, int partner)
{
	char text[MPI_MAX_ERROR_STRING + 1] = "", with[40] = "";
	int length = 0;
	world->failed = true;
	if (partner >= 0)
		snprintf(with, sizeof with, " with rank %d", partner);
	MPI_Error_string(code, text, &length);
	return lam_fail(LAM_ERR_IO, "MPI's %s%s: %.*s", what, with, length, text);
}

lam_status world_said_longer(struct world *world, int partner)
{
	world->failed = true;
	return lam_fail(LAM_ERR_IO,
		"rank %d has sent more than was expected: the ranks are not at the same step of "
		"one run",
		partner);
}

/* A test of a request has failed. */
static lam_status said_test(struct world *world, int code, int partner)
{
	int class = MPI_SUCCESS;
	MPI_Error_class(code, &class);
	return class == MPI_ERR_TRUNCATE ? world_said_longer(world, partner)
					 : world_said(world, code, "message", partner);
}

/* Tests those requests that are not done. One after the other, so that each failure has its code.
 */
static int test(MPI_Request *requests, MPI_Status *statuses, int count, bool *done)
{
	int code = MPI_SUCCESS;
	*done = true;
	for (int i = 0; i < count && code == MPI_SUCCESS; i++) {
		int over = 1;
		if (requests[i] != MPI_REQUEST_NULL)
			code = MPI_Test(&requests[i], &over, &statuses[i]);
		*done &= over != 0;
	}
	return code;
}

/* Waits a little, `waited` seconds after the wait began. At first the processor is kept, then it is
 * offered to others: other ranks of this machine, and this rank's threads. Where they take it,
 * there are fewer processors than ranks, and this rank sleeps: one that only yields gets the
 * processor back when another's slice is over, not when the message comes. */
static void rest(double waited, bool crowded)
{
	const struct timespec nap = {.tv_nsec = 20000};
	const double keep = 50e-6, offer = 2e-3;
	if (crowded || waited > offer)
		nanosleep(&nap, NULL);
	else if (waited > keep)
		sched_yield();
}

lam_status world_finish(lam_comm *self, MPI_Request *requests, MPI_Status *statuses, int count,
	int partner, double seconds)
{
	/* A turn of so many seconds: another had the processor. So it will be for a while. */
	const double slice = 200e-6, memory = 1;
	struct world *world = lam_comm_state(self);
	const double began = MPI_Wtime();
	for (double before = began, now;; before = now) {
		bool done;
		const int code = test(requests, statuses, count, &done);
		if (code != MPI_SUCCESS)
			return said_test(world, code, partner);
		if (done)
			return LAM_OK;
		now = MPI_Wtime();
		if (now - began > seconds)
			break;
		if (now - before > slice)
			world->crowded = now + memory;
		rest(now - began, now < world->crowded);
	}
	world->failed = true;
	if (partner < 0)
		return lam_fail(LAM_ERR_IO, "not all ranks answered rank %d within %g seconds",
			lam_comm_rank(self), seconds);
	return lam_fail(LAM_ERR_IO, "rank %d did not answer rank %d within %g seconds", partner,
		lam_comm_rank(self), seconds);
}

lam_status world_ask(lam_comm *self, MPI_Request requests[2], MPI_Status statuses[2], int partner,
	double seconds, bool *done)
{
	*done = true;
	if (seconds > 0)
		return world_finish(self, requests, statuses, 2, partner, seconds);
	const int code = test(requests, statuses, 2, done);
	return code == MPI_SUCCESS ? LAM_OK : said_test(lam_comm_state(self), code, partner);
}

lam_status world_begin(struct world *world, int partner, int tag, const void *from, int sent,
	void *to, int wanted, MPI_Request requests[2])
{
	int code = MPI_Irecv(to, wanted, MPI_BYTE, partner, tag, world->comm, &requests[0]);
	if (code == MPI_SUCCESS)
		code = MPI_Isend(from, sent, MPI_BYTE, partner, tag, world->comm, &requests[1]);
	return code == MPI_SUCCESS ? LAM_OK : world_said(world, code, "message", partner);
}

void world_drop(MPI_Request *receive)
{
	if (*receive == MPI_REQUEST_NULL)
		return;
	MPI_Cancel(receive);
	MPI_Request_free(receive);
}

lam_status world_differs(lam_comm *self, int partner, int came, int wanted)
{
	((struct world *)lam_comm_state(self))->failed = true;
	return lam_fail(LAM_ERR_IO,
		"rank %d has sent %d bytes; rank %d expected %d: they are not at the same step of "
		"one run",
		partner, came, lam_comm_rank(self), wanted);
}
