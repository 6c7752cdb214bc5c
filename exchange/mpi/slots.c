/* SPDX-License-Identifier: MIT */
/* Exchanges that are begun, and that end while others go on. With a rank of another machine they
 * are a message of MPI's each way. With one of the same machine each side has a part of the shared
 * memory for the slot, which it alone writes (near.h), and does two things:
 *
 *   lay()    copies its message there, and sends word, the number of its bytes. Before that, the
 *            slot's last partner must have said that it has taken the message before.
 *   take()   when the partner's word has come, copies the partner's message out of the partner's
 *            part, or the caller reads it there; then give_back() sends an empty message: it is
 *            taken.
 *
 * So a part is never written while it is read. A message that was not wholly laid was not told. A
 * rank that dies says nothing more, so the others' waits end when their time is over. */
#include "exchange/mpi/world.h"

#include <stdatomic.h>
#include <string.h>

/* What one side copied before it sent word, the other sees when the word has come. MPI promises
 * that of its own messages alone, so there is a fence before each word is sent, and behind each
 * that has come. */
static void fence(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

void slots_init(struct world *world)
{
	for (int i = 0; i < LAM_COMM_SLOTS; i++)
		for (int way = 0; way < 2; way++)
			world->slots[i].requests[way] = world->slots[i].taken[way] =
				MPI_REQUEST_NULL;
}

void slots_drop(struct world *world)
{
	for (int i = 0; i < LAM_COMM_SLOTS; i++) {
		world_drop(&world->slots[i].requests[0]);
		world_drop(&world->slots[i].taken[0]);
	}
}

/* Without this MPI might wait for ever for words that nobody answers. */
void slots_release(lam_comm *self)
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
	if (world->failed)
		slots_drop(world);
}

/* slot->lies becomes whether it could be laid. */
static lam_status lay(lam_comm *self, int number, double seconds)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	MPI_Status statuses[2];
	const lam_status status = world_ask(
		self, slot->taken, statuses, slot->taker, seconds, &slot->lies);
	if (status || !slot->lies)
		return status;
	fence();
	memcpy(near_own(&world->near, number), slot->send, (size_t)slot->bytes);
	fence();
	return world_begin(world, slot->partner, TAG + 1 + number, &slot->bytes,
		(int)sizeof slot->bytes, &slot->came, (int)sizeof slot->came, slot->requests);
}

/* Tells the partner that its message was taken, so that it may lay the slot's next one; the slot is
 * free. */
static lam_status give_back(lam_comm *self, int number)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	fence();
	slot->bytes = 0;
	slot->looked = false;
	slot->taker = slot->partner;
	return world_begin(world, slot->taker, TAG_TAKEN + number, NULL, 0, NULL, 0, slot->taken);
}

/* With `message` the caller reads it where it lies; NULL: it is copied. */
static lam_status take(lam_comm *self, int number, const void **message)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	if (slot->came > slot->bytes)
		return world_said_longer(world, slot->partner);
	if (slot->came != slot->bytes)
		return world_differs(self, slot->partner, slot->came, slot->bytes);
	fence();
	slot->looked = message;
	if (message) {
		*message = slot->theirs;
		return LAM_OK;
	}
	memcpy(slot->receive, slot->theirs, (size_t)slot->bytes);
	return give_back(self, number);
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
	const lam_status status = slot->theirs
		? lay(self, number, 0)
		: world_begin(world, partner, TAG + 1 + number, send, (int)bytes, receive,
			(int)bytes, slot->requests);
	if (status)
		slots_drop(world);
	return status;
}

/* `message` NULL: it is copied, wherever it lies. */
static lam_status finish(
	lam_comm *self, int number, double seconds, bool *done, const void **message)
{
	struct world *world = lam_comm_state(self);
	struct slot *slot = &world->slots[number];
	const int partner = slot->partner, wanted = slot->bytes;
	int came = wanted;
	lam_status status = LAM_OK;
	*done = true;
	if (!wanted)
		return LAM_OK;
	if (slot->looked) /* asked again, it still lies there */
		return message ? take(self, number, message) : give_back(self, number);
	if (slot->theirs && !slot->lies) {
		status = lay(self, number, seconds);
		*done = slot->lies;
	}
	if (!status && *done)
		status = world_ask(self, slot->requests, slot->statuses, partner, seconds, done);
	if (status || !*done)
		return status;
	if (slot->theirs)
		return take(self, number, message);
	MPI_Get_count(&slot->statuses[0], MPI_BYTE, &came);
	if (came != wanted)
		return world_differs(self, partner, came, wanted);
	slot->bytes = 0;
	return LAM_OK;
}

lam_status slot_look(lam_comm *self, int number, double seconds, bool *done, const void **message)
{
	const lam_status status = finish(self, number, seconds, done, message);
	if (status)
		slots_drop(lam_comm_state(self));
	return status;
}

lam_status slot_finish(lam_comm *self, int number, double seconds, bool *done)
{
	return slot_look(self, number, seconds, done, NULL);
}
