/* SPDX-License-Identifier: MIT */
/* What ranks send each other, by any transport. */
#ifndef LAM_TESTS_COMM_JOBS_H
#define LAM_TESTS_COMM_JOBS_H

#include "framework/net/shard.h"
#include "tests/train/ranks.h"

#include <time.h>

enum { BYTES = 100000 };

static unsigned char value(int from, int to, int i)
{
	return (unsigned char)(from * 31 + to * 7 + i % 251);
}

static lam_status right(const unsigned char *found, int from, int to, int count)
{
	for (int i = 0; i < count; i++)
		if (found[i] != value(from, to, i))
			return lam_fail(LAM_ERR_NUMERIC, "byte %d from %d to %d", i, from, to);
	return LAM_OK;
}

KIT_UNUSED static void sleep_for(double seconds)
{
	nanosleep(&(struct timespec){(time_t)seconds,
			  (long)((seconds - (double)(time_t)seconds) * 1e9)},
		NULL);
}

/* Each rank with each other one, by pairs of one bit's difference, with lengths of its own. */
KIT_UNUSED static lam_status exchange_all(struct rank *self)
{
	static _Thread_local unsigned char sent[BYTES], found[BYTES];
	lam_status status = LAM_OK;
	for (int bits = 1; bits < self->ranks && !status; bits++) {
		const int partner = self->rank ^ bits;
		const int own = BYTES / (1 + self->rank), other = BYTES / (1 + partner);
		if (partner >= self->ranks)
			continue;
		for (int i = 0; i < own; i++)
			sent[i] = value(self->rank, partner, i);
		status = lam_comm_exchange(
			self->comm, partner, sent, (size_t)own, found, (size_t)other, 20);
		if (!status)
			status = right(found, partner, self->rank, other);
	}
	return status;
}

KIT_UNUSED static lam_status spread_all(struct rank *self)
{
	static _Thread_local unsigned char data[BYTES];
	lam_status status = LAM_OK;
	for (int root = 0; root < self->ranks && !status; root++) {
		for (int i = 0; i < BYTES; i++)
			data[i] = self->rank == root ? value(root, root, i) : 0;
		status = lam_comm_broadcast(self->comm, root, data, BYTES, 20);
		if (!status)
			status = right(data, root, root, BYTES);
	}
	return status;
}

/* Finishes a slot, or with `looks` reads what came where it lies. `found` then has it. */
static lam_status finish_slot(
	lam_comm *comm, int slot, bool looks, double seconds, unsigned char *found, size_t bytes)
{
	lam_status status = LAM_OK;
	bool done = false;
	const void *message = NULL;
	while (!done && !status)
		status = looks ? lam_comm_look(comm, slot, seconds, &done, &message)
			       : lam_comm_finish(comm, slot, seconds, &done);
	if (status || !message)
		return status;
	sleep_for(0.01); /* the partner may begin its next one meanwhile */
	memcpy(found, message, bytes);
	status = lam_comm_finish(comm, slot, 0, &done);
	return !status && !done ? lam_fail(LAM_ERR_STATE, "slot %d is not done", slot) : status;
}

/* Finishes all slots, from the last to the first; every other one is asked without waiting. */
static lam_status finish_all(struct rank *self, unsigned char *found, size_t each)
{
	lam_status status = LAM_OK;
	for (int slot = LAM_COMM_SLOTS - 1; slot >= 0 && !status; slot--)
		status = finish_slot(self->comm, slot, slot % 3 == 0, slot % 2 ? 20 : 0,
			found + (size_t)slot * each, each - (size_t)slot);
	return status;
}

/* Fills all slots with messages to each partner, twice: odd ranks from the last slot on. */
KIT_UNUSED static lam_status begin_all(struct rank *self)
{
	enum { EACH = BYTES / LAM_COMM_SLOTS };
	static _Thread_local unsigned char sent[BYTES], found[BYTES];
	lam_status status = LAM_OK;
	for (int turn = 2; turn < 2 * self->ranks && !status; turn++) {
		const int partner = self->rank ^ turn / 2;
		if (partner >= self->ranks)
			continue;
		for (int i = 0; i < BYTES; i++)
			sent[i] = value(self->rank, partner + turn, i);
		memset(found, 0, sizeof found);
		for (int i = 0; i < LAM_COMM_SLOTS && !status; i++) {
			const int slot = self->rank % 2 ? LAM_COMM_SLOTS - 1 - i : i;
			status = lam_comm_begin(self->comm, slot, partner, sent + slot * EACH,
				found + slot * EACH, (size_t)(EACH - slot));
		}
		if (!status)
			status = finish_all(self, found, EACH);
		for (int slot = 0; slot < LAM_COMM_SLOTS && !status; slot++)
			for (int i = 0; i < EACH - slot && !status; i++)
				if (found[slot * EACH + i]
					!= value(partner, self->rank + turn, slot * EACH + i))
					status = lam_fail(LAM_ERR_NUMERIC,
						"byte %d of slot %d from %d", i, slot, partner);
	}
	return status;
}

/* One slot again and again, by ranks of which one takes its time, with messages up to one value
 * more than lam_fit() sends: what a rank sends next does not disturb what its partner has not
 * taken. */
KIT_UNUSED static lam_status begin_again(struct rank *self)
{
	enum { FULL = LAM_SHARD_MESSAGE * sizeof(lam_real), MOST = FULL + sizeof(lam_real) };
	static const int lengths[] = {1000, FULL, 5, MOST, 70000, 70000};
	static _Thread_local unsigned char sent[MOST], found[MOST];
	const int partner = self->rank ^ 1;
	lam_status status = LAM_OK;
	for (int turn = 0; turn < 6 && partner < self->ranks && !status; turn++) {
		const size_t length = (size_t)lengths[turn];
		for (size_t i = 0; i < length; i++)
			sent[i] = value(self->rank, turn, (int)i);
		status = lam_comm_begin(self->comm, 3, partner, sent, found, length);
		if (self->rank % 2)
			sleep_for(0.05);
		if (!status)
			status = finish_slot(self->comm, 3, turn % 2, 20, found, length);
		if (!status)
			status = right(found, partner, turn, lengths[turn]);
	}
	return status;
}

#endif
