/* SPDX-License-Identifier: MIT */
/* A transport by MPI. Between lam_mpi_comm() and lam_comm_free() no call waits within MPI: what was
 * begun is tested until its time is over, since a rank that has died or hangs would never end a
 * waiting call. */
#include "exchange/mpi/world.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* Messages of at most MOST_BYTES each way, as many as the longer direction needs. */
static lam_status exchange_parts(lam_comm *self, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	struct world *world = lam_comm_state(self);
	const char *from = send;
	char *to = receive;
	do {
		const int sent = send_bytes < MOST_BYTES ? (int)send_bytes : MOST_BYTES,
			  wanted = receive_bytes < MOST_BYTES ? (int)receive_bytes : MOST_BYTES;
		MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
		MPI_Status statuses[2];
		lam_status status = world_begin(
			world, partner, world->tag, from, sent, to, wanted, requests);
		if (!status)
			status = world_finish(self, requests, statuses, 2, partner, seconds);
		if (status) {
			world_drop(&requests[0]);
			return status;
		}
		int came = 0;
		MPI_Get_count(&statuses[0], MPI_BYTE, &came);
		if (came != wanted)
			return world_differs(self, partner, came, wanted);
		from = send_bytes ? from + sent : from;
		to = receive_bytes ? to + wanted : to;
		send_bytes -= (size_t)sent;
		receive_bytes -= (size_t)wanted;
	} while (send_bytes > 0 || receive_bytes > 0);
	return LAM_OK;
}

static lam_status exchange(lam_comm *self, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	const lam_status status = exchange_parts(
		self, partner, send, send_bytes, receive, receive_bytes, seconds);
	if (status)
		slots_drop(lam_comm_state(self));
	return status;
}

static void fail(lam_comm *self, const char *sentence)
{
	struct world *world = lam_comm_state(self);
	fprintf(stderr, "lamina: rank %d: %s\n", lam_comm_rank(self), sentence);
	fflush(stderr);
	/* Of its own communicators MPICH tells each rank, and waits for one that is halted. */
	int all = MPI_UNEQUAL;
	MPI_Comm_compare(world->comm, MPI_COMM_WORLD, &all);
	MPI_Abort(all == MPI_UNEQUAL ? world->comm : MPI_COMM_WORLD, 1);
}

/* Comes before MPI_Finalize(), which waits for all ranks, and without an end if one hangs.
 *
 * MPICH 4.0 closes connections there. Over TCP (UCX 1.13) a rank waits until each partner that it
 * has sent anything to answers once more; but one that is done no longer answers, and one that is
 * closed while it is still in an earlier call never ends. All end if partners have always sent in
 * both directions, as exchanges do, and if no rank is in a call when the first one closes: so all
 * sleep a moment. (make check-mpi, with MPICH) */
static lam_status meet(lam_comm *self)
{
	struct world *world = lam_comm_state(self);
	world->tag = TAG_END;
	const lam_status status = lam_comm_barrier(self, WORLD_SECONDS);
#ifdef MPICH_VERSION
	struct timespec moment = {.tv_nsec = lam_comm_size(self) > 1 ? 100000000 : 0};
	while (!status && nanosleep(&moment, &moment) && errno == EINTR)
		;
#endif
	return status;
}

static void release(lam_comm *self)
{
	struct world *world = lam_comm_state(self);
	int finalized = 1;
	MPI_Finalized(&finalized);
	if (!finalized)
		slots_release(self);
	near_unmap(&world->near);
	if (finalized || world->failed || world->comm == MPI_COMM_NULL)
		return;
	if (world->finalizes && meet(self))
		return;
	MPI_Comm_free(&world->comm);
	if (world->finalizes)
		MPI_Finalize();
}

/* Without .broadcast and .barrier: MPI's cannot be cancelled, and a broadcast might write to the
 * data after a failure. */
static const lam_comm_class mpi_class = {
	LAM_COMM_ABI,
	.kind = "mpi",
	.state_size = sizeof(struct world),
	.exchange = exchange,
	.fail = fail,
	.release = release,
	.begin = slot_begin,
	.finish = slot_finish,
	.look = slot_look,
};

static lam_status copy(lam_comm *self, MPI_Comm comm)
{
	struct world *world = lam_comm_state(self);
	MPI_Request request;
	MPI_Status done;
	const int code = MPI_Comm_idup(comm, &world->comm, &request);
	return code == MPI_SUCCESS ? world_finish(self, &request, &done, 1, -1, WORLD_SECONDS)
				   : world_said(world, code, "copy of the communicator", -1);
}

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
	world->tag = TAG;
	slots_init(world);
	if (copy(made, comm)) {
		lam_comm_free(made);
		return NULL;
	}
	MPI_Comm_set_errhandler(world->comm, MPI_ERRORS_RETURN);
	near_map(&world->near, world->comm);
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
	/* Whatever `level` becomes: the threads of a step never call MPI. */
	if (!begun && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS) {
		lam_fail(LAM_ERR_IO, "lam_mpi_world: MPI does not begin");
		return NULL;
	}
	/* MPICH tells a failed test of a request to this communicator, not to the request's. */
	if (!begun)
		MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	/* After a failure MPI is not finalized: that might wait for ever. */
	lam_comm *comm = lam_mpi_comm(MPI_COMM_WORLD);
	if (comm)
		((struct world *)lam_comm_state(comm))->finalizes = !begun;
	return comm;
}
