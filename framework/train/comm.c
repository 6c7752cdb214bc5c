/* SPDX-License-Identifier: MIT */
/* Transports in general: checks, and what exchanges can do for those that lack a call. */
#include "framework/comm.h"

#include "framework/base/failure.h"
#include "framework/memory.h"

#include <inttypes.h>
#include <math.h>

struct lam_comm {
	const lam_comm_class *comm_class;
	int rank, size;
	void *state;
};

lam_comm *lam_comm_new(const lam_comm_class *c, int rank, int size)
{
	if (!c || !c->kind || !*c->kind) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_comm_new: a class with a kind is needed, got %s",
			c ? "none" : "NULL");
		return NULL;
	}
	if (c->abi != LAM_COMM_ABI_NUMBER || !c->exchange) {
		lam_fail(LAM_ERR_ARGUMENT,
			"comm \"%s\": its class has the abi %" PRIx32
			" and %s .exchange; expected %" PRIx32 " (LAM_COMM_ABI) and one",
			c->kind, c->abi, c->exchange ? "an" : "no", (uint32_t)LAM_COMM_ABI_NUMBER);
		return NULL;
	}
	if (size < 1 || size > LAM_MAX_RANKS || rank < 0 || rank >= size) {
		lam_fail(LAM_ERR_ARGUMENT,
			"comm \"%s\": rank %d of %d; expected 0 to size - 1 of at most %d ranks",
			c->kind, rank, size, (int)LAM_MAX_RANKS);
		return NULL;
	}
	lam_comm *comm = lam_alloc(1, sizeof *comm);
	if (!comm)
		return NULL;
	*comm = (lam_comm){c, rank, size, lam_alloc(c->state_size, 1)};
	if (comm->state)
		return comm;
	lam_free(comm);
	return NULL;
}

void lam_comm_free(lam_comm *comm)
{
	if (!comm)
		return;
	if (comm->comm_class->release)
		comm->comm_class->release(comm);
	lam_free(comm->state);
	lam_free(comm);
}

void *lam_comm_state(const lam_comm *comm)
{
	return comm ? comm->state : NULL;
}

int lam_comm_rank(const lam_comm *comm)
{
	return comm ? comm->rank : 0;
}

int lam_comm_size(const lam_comm *comm)
{
	return comm ? comm->size : 1;
}

static lam_status check(const lam_comm *comm, const char *call, int other, double seconds)
{
	if (!comm)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_comm_%s: the comm is NULL", call);
	if (other < 0 || other >= comm->size)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_comm_%s: rank %d; expected 0 to %d", call,
			other, comm->size - 1);
	if (!(seconds > 0))
		return lam_fail(LAM_ERR_ARGUMENT, "lam_comm_%s: %g seconds; expected more than 0",
			call, seconds);
	return LAM_OK;
}

/* A transport that fails without a sentence gets one. */
static lam_status said(const lam_comm *comm, lam_status status, uint64_t before, const char *call)
{
	return status && lam_unsaid(status, before)
		? lam_fail_unsaid(status, comm->comm_class->kind, call)
		: status;
}

lam_status lam_comm_exchange(lam_comm *comm, int partner, const void *send, size_t send_bytes,
	void *receive, size_t receive_bytes, double seconds)
{
	lam_status status = check(comm, "exchange", partner, seconds);
	if (status)
		return status;
	if (partner == comm->rank)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_comm_exchange: rank %d with itself; expected another", partner);
	if ((send_bytes > 0 && !send) || (receive_bytes > 0 && !receive))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_comm_exchange: %zu bytes from %s and %zu to %s; expected arrays",
			send_bytes, send ? "an array" : "NULL", receive_bytes,
			receive ? "an array" : "NULL");
	const uint64_t before = lam_failures();
	status = comm->comm_class->exchange(
		comm, partner, send, send_bytes, receive, receive_bytes, seconds);
	return said(comm, status, before, ".exchange");
}

/* A binomial tree over ranks counted from the root: in round `distance` those below it have the
 * data, and each sends it on to the one that far above. */
static lam_status spread(lam_comm *comm, int root, void *data, size_t bytes, double seconds)
{
	const int size = comm->size, own = (comm->rank - root + size) % size;
	lam_status status = LAM_OK;
	for (int distance = 1; distance < size && !status; distance *= 2) {
		if (own < distance && own + distance < size)
			status = lam_comm_exchange(comm, (own + distance + root) % size, data,
				bytes, NULL, 0, seconds);
		else if (own >= distance && own < 2 * distance)
			status = lam_comm_exchange(comm, (own - distance + root) % size, NULL, 0,
				data, bytes, seconds);
	}
	return status;
}

lam_status lam_comm_broadcast(lam_comm *comm, int root, void *data, size_t bytes, double seconds)
{
	lam_status status = check(comm, "broadcast", root, seconds);
	if (status || comm->size == 1 || bytes == 0)
		return status;
	if (!data)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_comm_broadcast: %zu bytes at NULL; expected an array", bytes);
	if (!comm->comm_class->broadcast)
		return spread(comm, root, data, bytes, seconds);
	const uint64_t before = lam_failures();
	status = comm->comm_class->broadcast(comm, root, data, bytes, seconds);
	return said(comm, status, before, ".broadcast");
}

/* The reverse of spread() to rank 0, then spread() from it. */
static lam_status meet(lam_comm *comm, double seconds)
{
	unsigned char one = 1, other = 0;
	lam_status status = LAM_OK;
	int distance = 1;
	for (; distance < comm->size && !status; distance *= 2) {
		if (comm->rank % (2 * distance) == distance) {
			status = lam_comm_exchange(
				comm, comm->rank - distance, &one, 1, NULL, 0, seconds);
			break;
		}
		if (comm->rank + distance < comm->size)
			status = lam_comm_exchange(
				comm, comm->rank + distance, NULL, 0, &other, 1, seconds);
	}
	return status ? status : spread(comm, 0, &one, 1, seconds);
}

lam_status lam_comm_barrier(lam_comm *comm, double seconds)
{
	lam_status status = check(comm, "barrier", 0, seconds);
	if (status || comm->size == 1)
		return status;
	if (!comm->comm_class->barrier)
		return meet(comm, seconds);
	const uint64_t before = lam_failures();
	status = comm->comm_class->barrier(comm, seconds);
	return said(comm, status, before, ".barrier");
}

void lam_comm_fail(lam_comm *comm, const char *sentence)
{
	if (comm && comm->comm_class->fail)
		comm->comm_class->fail(comm, sentence ? sentence : "");
}

bool lam_comm_begins(const lam_comm *comm)
{
	return comm && comm->comm_class->begin && comm->comm_class->finish;
}

static lam_status check_slot(const lam_comm *comm, const char *call, int slot)
{
	if (!comm)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_comm_%s: the comm is NULL", call);
	if (!lam_comm_begins(comm))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_comm_%s: the comm waits for each exchange; expected one with .begin "
			"and .finish",
			call);
	if (slot < 0 || slot >= LAM_COMM_SLOTS)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_comm_%s: slot %d; expected 0 to %d", call,
			slot, LAM_COMM_SLOTS - 1);
	return LAM_OK;
}

lam_status lam_comm_begin(
	lam_comm *comm, int slot, int partner, const void *send, void *receive, size_t bytes)
{
	lam_status status = check_slot(comm, "begin", slot);
	if (status)
		return status;
	if (partner < 0 || partner >= comm->size || partner == comm->rank || bytes == 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_comm_begin: %zu bytes with rank %d; expected some with another of %d "
			"ranks",
			bytes, partner, comm->size);
	if (!send || !receive)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_comm_begin: %s is NULL; expected an array",
			send ? "what receives" : "what is sent");
	const uint64_t before = lam_failures();
	status = comm->comm_class->begin(comm, slot, partner, send, receive, bytes);
	return said(comm, status, before, ".begin");
}

/* `missing`: a result that the caller gave no room for; NULL: none. */
static lam_status check_finish(
	const lam_comm *comm, const char *call, int slot, double seconds, const char *missing)
{
	const lam_status status = check_slot(comm, call, slot);
	if (status)
		return status;
	if (!(seconds >= 0))
		return lam_fail(LAM_ERR_ARGUMENT, "lam_comm_%s: %g seconds; expected 0 or more",
			call, seconds);
	return missing ? lam_fail(LAM_ERR_ARGUMENT,
		       "lam_comm_%s: %s is NULL; expected where to say it", call, missing)
		       : LAM_OK;
}

/* What .finish or .look has returned. One that has not waited would be asked for ever. */
static lam_status finished(const lam_comm *comm, lam_status status, uint64_t before,
	const char *call, double seconds, bool done)
{
	if (!status && !done && seconds > 0)
		return lam_fail(
			LAM_ERR_IO, "comm \"%s\": %s has not waited", comm->comm_class->kind, call);
	return said(comm, status, before, call);
}

lam_status lam_comm_finish(lam_comm *comm, int slot, double seconds, bool *done)
{
	lam_status status = check_finish(comm, "finish", slot, seconds, done ? NULL : "done");
	if (status)
		return status;
	*done = false;
	const uint64_t before = lam_failures();
	status = comm->comm_class->finish(comm, slot, seconds, done);
	return finished(comm, status, before, ".finish", seconds, *done);
}

lam_status lam_comm_look(lam_comm *comm, int slot, double seconds, bool *done, const void **message)
{
	lam_status status = check_finish(comm, "look", slot, seconds,
		!done             ? "done"
			: message ? NULL
				  : "message");
	if (status)
		return status;
	*message = NULL;
	if (!comm->comm_class->look)
		return lam_comm_finish(comm, slot, seconds, done);
	*done = false;
	const uint64_t before = lam_failures();
	status = comm->comm_class->look(comm, slot, seconds, done, message);
	if (status || !*done)
		*message = NULL;
	return finished(comm, status, before, ".look", seconds, *done);
}
