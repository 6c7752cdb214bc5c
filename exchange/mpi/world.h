/* SPDX-License-Identifier: MIT */
/* The state of the transport by MPI, and what its calls share. */
#ifndef LAMINA_MPI_WORLD_H
#define LAMINA_MPI_WORLD_H

#include <mpi.h>

#include "exchange/mpi/near.h"

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* So long ranks wait for each other where they begin and end. */
enum { WORLD_SECONDS = 300 };

/* A message's length is an int. The tags of slots follow: those of messages, and those that say
 * that one was taken from shared memory. The last meeting of the ranks has one of its own: a rank
 * that still waits for a message must not take that for it. */
enum {
	MOST_BYTES = 1 << 30,
	TAG = 7,
	TAG_TAKEN = TAG + 1 + LAM_COMM_SLOTS,
	TAG_END = TAG_TAKEN + LAM_COMM_SLOTS
};

struct slot {
	MPI_Request requests[2]; /* what comes, what goes */
	MPI_Status statuses[2];
	int partner, bytes; /* bytes 0: the slot is free */
	/* Through shared memory (slots.c): the partner's part, or NULL; what goes, and where what
	 * comes is copied to; whether what goes lies there; the bytes that the partner says; and
	 * whether the caller reads them there. */
	const char *theirs;
	const void *send;
	void *receive;
	bool lies, looked;
	int came;
	/* That the last partner has taken this rank's message, and this rank that of the partner.
	 */
	MPI_Request taken[2];
	int taker;
};

struct world {
	MPI_Comm comm;
	struct near near;
	int tag;        /* of exchanges that wait: TAG, and TAG_END at last */
	bool finalizes; /* lam_comm_free() ends MPI */
	bool failed;    /* messages may be on their way for ever */
	double crowded; /* until then (MPI_Wtime()), others want this processor too */
	struct slot slots[LAM_COMM_SLOTS];
};

/* Fails; `partner` is for the sentence, -1: any rank. For MPI's code, for a longer message than was
 * expected, and for one of another length. */
lam_status world_said(struct world *world, int code, const char *what, int partner);
lam_status world_said_longer(struct world *world, int partner);
lam_status world_differs(lam_comm *self, int partner, int came, int wanted);

/* Begins to receive `wanted` bytes from the partner, and to send it `sent`. */
lam_status world_begin(struct world *world, int partner, int tag, const void *from, int sent,
	void *to, int wanted, MPI_Request requests[2]);

/* Tests requests until all are done. `partner` is for the sentence; -1: any rank. */
lam_status world_finish(lam_comm *self, MPI_Request *requests, MPI_Status *statuses, int count,
	int partner, double seconds);

/* The same for the two requests of an exchange, but with seconds 0 it tests once. */
lam_status world_ask(lam_comm *self, MPI_Request requests[2], MPI_Status statuses[2], int partner,
	double seconds, bool *done);

/* Gives up a receive that has not ended, so that nothing is written where it would: its owner frees
 * that. (A long message that is coming already cannot be stopped.) */
void world_drop(MPI_Request *receive);

/* Exchanges that are begun (slots.c). After slots_drop(), which follows a failure, neither the
 * callers' arrays nor the slots are written any more. slots_release() waits a little for partners
 * that have not taken this rank's last messages, and notes whether messages may be on their way for
 * ever. */
void slots_init(struct world *world);
void slots_drop(struct world *world);
void slots_release(lam_comm *self);
lam_status slot_begin(
	lam_comm *self, int number, int partner, const void *send, void *receive, size_t bytes);
lam_status slot_finish(lam_comm *self, int number, double seconds, bool *done);
/* `message` NULL: as slot_finish(). */
lam_status slot_look(lam_comm *self, int number, double seconds, bool *done, const void **message);

#pragma GCC visibility pop
#endif
