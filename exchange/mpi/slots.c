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

/* Lays a message into shared memory, and says so, if that before it was taken. */
static lam_status lay(lam_comm *self, int number, double seconds)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	MPI_Status statuses[2];
	const lam_status status = world_ask(
		self, slot->taken, statuses, slot->taker, seconds, &slot->lies);
	if (status || !slot->lies)
		return status;
	memcpy(near_own(&world->near, number), slot->send, (size_t)slot->bytes);
	atomic_thread_fence(memory_order_seq_cst);
	return world_begin(world, slot->partner, TAG + 1 + number, &slot->bytes,
		(int)sizeof slot->bytes, &slot->came, (int)sizeof slot->came, slot->requests);
}

/* Takes the partner's message out of shared memory, and says so. */
static lam_status take(lam_comm *self, int number)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	if (slot->came > slot->bytes)
		return world_said_longer(world, slot->partner);
	if (slot->came != slot->bytes)
		return world_differs(self, slot->partner, slot->came, slot->bytes);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(slot->receive, slot->theirs, (size_t)slot->bytes);
	slot->bytes = 0;
	slot->taker = slot->partner;
	return world_begin(world, slot->taker, TAG_TAKEN + number, NULL, 0, NULL, 0, slot->taken);
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
	slot->theirs = near_part(&world->near, lam_comm_rank(self), partner, number, bytes);
	slot->send = send;
	slot->receive = receive;
	slot->lies = false;
	if (slot->theirs)
		return lay(self, number, 0);
	const lam_status status = world_begin(world, partner, TAG + 1 + number, send, (int)bytes,
		receive, (int)bytes, slot->requests);
	if (status)
		slot->bytes = 0;
	return status;
}

lam_status slot_finish(lam_comm *self, int number, double seconds, bool *done)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	const int partner = slot->partner, wanted = slot->bytes;
	int came = wanted;
	lam_status status = LAM_OK;
	*done = true;
	if (!wanted)
		return LAM_OK;
	if (slot->theirs && !slot->lies) {
		status = lay(self, number, seconds);
		*done = slot->lies;
	}
	if (!status && *done)
		status = world_ask(self, slot->requests, slot->statuses, partner, seconds, done);
	if (status || !*done)
		return status;
	if (slot->theirs)
		return take(self, number);
	MPI_Get_count(&slot->statuses[0], MPI_BYTE, &came);
	if (came != wanted)
		return world_differs(self, partner, came, wanted);
	slot->bytes = 0;
	return LAM_OK;
}
