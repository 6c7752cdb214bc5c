/* SPDX-License-Identifier: MIT */
/* A transport by MPI. No call of it waits within MPI: what was begun is tested until its time is
 * over, since a rank that has died or hangs would never end a waiting call. */
#include <mpi.h>

#include "exchange/mpi/lamina_mpi.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

/* A message's length is an int. */
enum { MOST_BYTES = 1 << 30, TAG = 7 };

struct world {
	MPI_Comm comm;
	bool finalizes; /* lam_comm_free() ends MPI */
	bool failed;    /* messages may be on their way for ever */
	double crowded; /* until then (MPI_Wtime()), others want this processor too */
	struct {
		MPI_Request requests[2]; /* what comes, what goes */
		MPI_Status statuses[2];
		int partner, bytes; /* bytes 0: the slot is free */
	} slots[LAM_COMM_SLOTS];
};

/* `partner` is for the sentence; -1: any rank. */
static lam_status said(struct world *world, int code, const char *what, int partner)
{
	char text[MPI_MAX_ERROR_STRING + 1] = "", with[40] = "";
	int length = 0;
	world->failed = true;
	if (partner >= 0)
		snprintf(with, sizeof with, " with rank %d", partner);
	MPI_Error_string(code, text, &length);
	return lam_fail(LAM_ERR_IO, "MPI's %s%s: %.*s", what, with, length, text);
}

/* A test of a request has failed. */
static lam_status said_test(struct world *world, int code, int partner)
{
	int class = MPI_SUCCESS;
	MPI_Error_class(code, &class);
	if (class != MPI_ERR_TRUNCATE)
		return said(world, code, "message", partner);
	world->failed = true;
	return lam_fail(LAM_ERR_IO,
		"rank %d has sent more than was expected: the ranks are not at the same step of "
		"one run",
		partner);
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

/* Tests requests until all are done. `partner` is for the sentence; -1: any rank. */
static lam_status finish(lam_comm *self, MPI_Request *requests, MPI_Status *statuses, int count,
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

static lam_status differ(lam_comm *self, int partner, int came, int wanted)
{
	((struct world *)lam_comm_state(self))->failed = true;
	return lam_fail(LAM_ERR_IO,
		"rank %d has sent %d bytes; rank %d expected %d: they are not at the same step of "
		"one run",
		partner, came, lam_comm_rank(self), wanted);
}

/* Messages of at most MOST_BYTES each way, as many as the longer direction needs. */
static lam_status exchange(lam_comm *self, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	struct world *world = lam_comm_state(self);
	const char *from = send;
	char *to = receive;
	do {
		const int sent = send_bytes < MOST_BYTES ? (int)send_bytes : MOST_BYTES,
			  wanted = receive_bytes < MOST_BYTES ? (int)receive_bytes : MOST_BYTES;
		MPI_Request requests[2];
		MPI_Status statuses[2];
		int code = MPI_Irecv(to, wanted, MPI_BYTE, partner, TAG, world->comm, &requests[0]);
		if (code == MPI_SUCCESS)
			code = MPI_Isend(
				from, sent, MPI_BYTE, partner, TAG, world->comm, &requests[1]);
		if (code != MPI_SUCCESS)
			return said(world, code, "message", partner);
		const lam_status status = finish(self, requests, statuses, 2, partner, seconds);
		if (status)
			return status;
		int came = 0;
		MPI_Get_count(&statuses[0], MPI_BYTE, &came);
		if (came != wanted)
			return differ(self, partner, came, wanted);
		from = send_bytes ? from + sent : from;
		to = receive_bytes ? to + wanted : to;
		send_bytes -= (size_t)sent;
		receive_bytes -= (size_t)wanted;
	} while (send_bytes > 0 || receive_bytes > 0);
	return LAM_OK;
}

/* Slots have tags of their own, so that messages of several do not mix. */
static lam_status begin(
	lam_comm *self, int slot, int partner, const void *send, void *receive, size_t bytes)
{
	struct world *world = lam_comm_state(self);
	MPI_Request *requests = world->slots[slot].requests;
	const int tag = TAG + 1 + slot, count = (int)bytes;
	if (world->slots[slot].bytes || bytes > MOST_BYTES)
		return lam_fail(LAM_ERR_STATE,
			"%zu bytes in slot %d, which %s; expected at most %d in a free one", bytes,
			slot, world->slots[slot].bytes ? "is in use" : "is free", MOST_BYTES);
	int code = MPI_Irecv(receive, count, MPI_BYTE, partner, tag, world->comm, &requests[0]);
	if (code == MPI_SUCCESS)
		code = MPI_Isend(send, count, MPI_BYTE, partner, tag, world->comm, &requests[1]);
	if (code != MPI_SUCCESS)
		return said(world, code, "message", partner);
	world->slots[slot].partner = partner;
	world->slots[slot].bytes = count;
	return LAM_OK;
}

static lam_status finish_slot(lam_comm *self, int slot, double seconds, bool *done)
{
	struct world *world = lam_comm_state(self);
	MPI_Request *requests = world->slots[slot].requests;
	MPI_Status *statuses = world->slots[slot].statuses;
	const int partner = world->slots[slot].partner, wanted = world->slots[slot].bytes;
	int code = MPI_SUCCESS, came = wanted;
	lam_status status = LAM_OK;
	*done = true;
	if (!wanted)
		return LAM_OK;
	if (seconds > 0)
		status = finish(self, requests, statuses, 2, partner, seconds);
	else
		code = test(requests, statuses, 2, done);
	if (code != MPI_SUCCESS)
		return said_test(world, code, partner);
	if (status || !*done)
		return status;
	MPI_Get_count(&statuses[0], MPI_BYTE, &came);
	if (came != wanted)
		return differ(self, partner, came, wanted);
	world->slots[slot].bytes = 0;
	return LAM_OK;
}

static lam_status broadcast(lam_comm *self, int root, void *data, size_t bytes, double seconds)
{
	struct world *world = lam_comm_state(self);
	char *at = data;
	lam_status status = LAM_OK;
	while (bytes > 0 && !status) {
		const int part = bytes < MOST_BYTES ? (int)bytes : MOST_BYTES;
		MPI_Request request;
		MPI_Status done;
		const int code = MPI_Ibcast(at, part, MPI_BYTE, root, world->comm, &request);
		if (code != MPI_SUCCESS)
			return said(world, code, "broadcast", root);
		status = finish(
			self, &request, &done, 1, lam_comm_rank(self) == root ? -1 : root, seconds);
		at += part;
		bytes -= (size_t)part;
	}
	return status;
}

static lam_status barrier(lam_comm *self, double seconds)
{
	struct world *world = lam_comm_state(self);
	MPI_Request request;
	MPI_Status done;
	const int code = MPI_Ibarrier(world->comm, &request);
	return code == MPI_SUCCESS ? finish(self, &request, &done, 1, -1, seconds)
				   : said(world, code, "barrier", -1);
}

static void fail(lam_comm *self, const char *sentence)
{
	struct world *world = lam_comm_state(self);
	fprintf(stderr, "lamina: rank %d: %s\n", lam_comm_rank(self), sentence);
	fflush(stderr);
	MPI_Abort(world->comm, 1);
}

static void release(lam_comm *self)
{
	struct world *world = lam_comm_state(self);
	int finalized = 1;
	MPI_Finalized(&finalized);
	/* MPI would wait for messages that nobody answers. */
	for (int slot = 0; slot < LAM_COMM_SLOTS; slot++)
		world->failed |= world->slots[slot].bytes > 0;
	if (finalized || world->failed || world->comm == MPI_COMM_NULL)
		return;
	MPI_Comm_free(&world->comm);
	if (world->finalizes)
		MPI_Finalize();
}

static const lam_comm_class mpi_class = {
	LAM_COMM_ABI,
	.kind = "mpi",
	.state_size = sizeof(struct world),
	.exchange = exchange,
	.broadcast = broadcast,
	.barrier = barrier,
	.fail = fail,
	.release = release,
	.begin = begin,
	.finish = finish_slot,
};

lam_comm *lam_mpi_comm(MPI_Comm comm)
{
	int begun = 0, ended = 0, rank = 0, size = 0;
	MPI_Initialized(&begun);
	MPI_Finalized(&ended);
	if (!begun || ended) {
		lam_fail(LAM_ERR_STATE,
			"lam_mpi_comm: MPI %s; expected it between MPI_Init() and "
			"MPI_Finalize()",
			ended ? "has ended" : "was not begun");
		return NULL;
	}
	if (comm == MPI_COMM_NULL || MPI_Comm_rank(comm, &rank) != MPI_SUCCESS
		|| MPI_Comm_size(comm, &size) != MPI_SUCCESS) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_mpi_comm: no communicator of MPI");
		return NULL;
	}
	lam_comm *made = lam_comm_new(&mpi_class, rank, size);
	if (!made)
		return NULL;
	struct world *world = lam_comm_state(made);
	world->comm = MPI_COMM_NULL;
	const int code = MPI_Comm_dup(comm, &world->comm);
	if (code != MPI_SUCCESS) {
		said(world, code, "copy of the communicator", -1);
		lam_comm_free(made);
		return NULL;
	}
	MPI_Comm_set_errhandler(world->comm, MPI_ERRORS_RETURN);
	return made;
}

lam_comm *lam_mpi_world(void)
{
	int begun = 0, ended = 0, level = 0;
	MPI_Initialized(&begun);
	MPI_Finalized(&ended);
	if (ended) {
		lam_fail(LAM_ERR_STATE, "lam_mpi_world: MPI has ended, and cannot begin again");
		return NULL;
	}
	if (!begun && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS) {
		lam_fail(LAM_ERR_IO, "lam_mpi_world: MPI does not begin");
		return NULL;
	}
	/* MPICH tells a failed test of a request to this communicator, not to the request's. */
	if (!begun)
		MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	lam_comm *comm = lam_mpi_comm(MPI_COMM_WORLD);
	if (comm)
		((struct world *)lam_comm_state(comm))->finalizes = !begun;
	else if (!begun)
		MPI_Finalize();
	return comm;
}
