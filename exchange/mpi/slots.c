/* SPDX-License-Identifier: MIT */
/* Exchanges that are begun, and that end while others go on: through shared memory where the
 * partner is a rank of the same machine (near.h), otherwise by a message each way. */
#include "exchange/mpi/world.h"

#include <stdatomic.h>
#include <string.h>

void slots_begin(struct world *world)
{
	for (int i = 0; i < LAM_COMM_SLOTS; i++)
		world->slots[i].taken[0] = world->slots[i].taken[1] = MPI_REQUEST_NULL;
}

/* MPI would wait for messages that nobody answers. */
void slots_end(lam_comm *self)
{
	const double seconds = 5;
	struct world *world = lam_comm_state(self);
	for (int i = 0; i < LAM_COMM_SLOTS; i++) {
		struct slot *slot = &world->slots[i];
		MPI_Status statuses[2];
		world->failed |= slot->bytes > 0;
		if (!world->failed)
			world_finish(self, slot->taken, statuses, 2, slot->taker, seconds);
	}
}

/* Begins to send `bytes` bytes of `from`, and to receive as many. */
static int send_both(struct world *world, struct slot *slot, int tag, const void *from, void *to,
	int bytes, MPI_Request requests[2])
{
	const int code = MPI_Irecv(
		to, bytes, MPI_BYTE, slot->partner, tag, world->comm, &requests[0]);
	return code != MPI_SUCCESS
		? code
		: MPI_Isend(from, bytes, MPI_BYTE, slot->partner, tag, world->comm, &requests[1]);
}

static int number_of(const struct world *world, const struct slot *slot)
{
	return (int)(slot - world->slots);
}

/* Lays a message into shared memory, and says so, if that before it was taken. */
static lam_status lay(lam_comm *self, struct slot *slot, double seconds)
{
	struct world *world = lam_comm_state(self);
	const int number = number_of(world, slot);
	MPI_Status statuses[2];
	bool taken = true;
	int code = MPI_SUCCESS;
	lam_status status = LAM_OK;
	if (seconds > 0)
		status = world_finish(self, slot->taken, statuses, 2, slot->taker, seconds);
	else
		code = world_test(slot->taken, statuses, 2, &taken);
	if (code != MPI_SUCCESS)
		return world_said_test(world, code, slot->taker);
	if (status || !taken)
		return status;
	memcpy(near_own(&world->near, number), slot->send, (size_t)slot->bytes);
	atomic_thread_fence(memory_order_seq_cst);
	slot->lies = true;
	code = send_both(world, slot, TAG + 1 + number, &slot->bytes, &slot->came,
		(int)sizeof slot->came, slot->requests);
	return code == MPI_SUCCESS ? LAM_OK : world_said(world, code, "message", slot->partner);
}

/* Takes the partner's message out of shared memory, and says so. */
static lam_status take(lam_comm *self, struct slot *slot)
{
	struct world *world = lam_comm_state(self);
	if (slot->came > slot->bytes)
		return world_said_longer(world, slot->partner);
	if (slot->came != slot->bytes)
		return world_differs(self, slot->partner, slot->came, slot->bytes);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(slot->receive, slot->theirs, (size_t)slot->bytes);
	slot->bytes = 0;
	slot->taker = slot->partner;
	const int code = send_both(
		world, slot, TAG_TAKEN + number_of(world, slot), NULL, NULL, 0, slot->taken);
	return code == MPI_SUCCESS ? LAM_OK : world_said(world, code, "message", slot->partner);
}

/* Slots have tags of their own, so that messages of several do not mix. */
lam_status slot_begin(
	lam_comm *self, int number, int partner, const void *send, void *receive, size_t bytes)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	if (slot->bytes || bytes > MOST_BYTES)
		return lam_fail(LAM_ERR_STATE,
			"%zu bytes in slot %d, which %s; expected at most %d in a free one", bytes,
			number, slot->bytes ? "is in use" : "is free", MOST_BYTES);
	slot->partner = partner;
	slot->bytes = (int)bytes;
	slot->theirs = bytes > 0
		? near_part(&world->near, lam_comm_rank(self), partner, number, bytes)
		: NULL;
	slot->send = send;
	slot->receive = receive;
	slot->lies = false;
	if (slot->theirs)
		return lay(self, slot, 0);
	const int code = send_both(
		world, slot, TAG + 1 + number, send, receive, (int)bytes, slot->requests);
	if (code == MPI_SUCCESS)
		return LAM_OK;
	slot->bytes = 0;
	return world_said(world, code, "message", partner);
}

lam_status slot_finish(lam_comm *self, int number, double seconds, bool *done)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	const int partner = slot->partner, wanted = slot->bytes;
	int code = MPI_SUCCESS, came = wanted;
	lam_status status = LAM_OK;
	*done = true;
	if (!wanted)
		return LAM_OK;
	if (slot->theirs && !slot->lies) {
		status = lay(self, slot, seconds);
		*done = slot->lies;
	}
	if (status || !*done)
		return status;
	if (seconds > 0)
		status = world_finish(self, slot->requests, slot->statuses, 2, partner, seconds);
	else
		code = world_test(slot->requests, slot->statuses, 2, done);
	if (code != MPI_SUCCESS)
		return world_said_test(world, code, partner);
	if (status || !*done)
		return status;
	if (slot->theirs)
		return take(self, slot);
	MPI_Get_count(&slot->statuses[0], MPI_BYTE, &came);
	if (came != wanted)
		return world_differs(self, partner, came, wanted);
	slot->bytes = 0;
	return LAM_OK;
}
