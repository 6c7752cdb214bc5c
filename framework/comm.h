/* SPDX-License-Identifier: MIT */
/** \file
 * Ranks that train one net together (lam_fit(.shards = …, .comm = …)), and how they talk to one
 * another. A lam_comm is one rank's end of a group of ranks, which are numbered from 0.
 *
 *     lam_comm *comm = lam_mpi_comm(MPI_COMM_WORLD);    // lamina_mpi.h: processes, by MPI
 *     lam_comm_threads(4, comms);                       // threads of this process
 *
 * A transport of one's own is a class of few functions: lam_comm_new(). */
#ifndef LAM_COMM_H
#define LAM_COMM_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One rank's end of a group of ranks. */
typedef struct lam_comm lam_comm;

enum {
	LAM_MAX_RANKS = 65536, /**< the most ranks of a group */
	LAM_COMM_SLOTS = 16,   /**< exchanges of a rank that are on their way at once */
};

/** The vtable of a transport. All ranks call .exchange, .broadcast and .barrier in the same order.
 * .begin, .finish and .look come in an order of each rank's own: partner and slot say which two
 * exchanges belong together. All calls of a rank come from one thread at a time; those of lam_fit()
 * from the thread that called it.
 *
 * A call waits until it is done. It gives each rank that it waits for `seconds` (more than 0), so a
 * call in several steps may take a multiple. It then returns lam_fail(LAM_ERR_IO, …) with a
 * sentence that says which rank it has waited for; so it does when it knows that this rank has
 * gone, and at once after a .fail of any rank, if it can know. A call that fails ends all exchanges
 * of this rank: the transport writes to none of their arrays after that. Then nothing but .fail and
 * .release is called. A member left out (NULL, 0) has the stated meaning. */
typedef struct lam_comm_class {
	uint32_t abi;      /**< set by LAM_COMM_ABI, which comes first */
	const char *kind;  /**< for sentences: "threads" */
	size_t state_size; /**< of the transport's own struct (lam_comm_state()) */
	/** Sends `send_bytes` to the rank `partner`, which sends `receive_bytes` in its own call;
	 * both may be 0. Partners that disagree about a length are an error. Required. */
	lam_status (*exchange)(lam_comm *self, int partner, const void *send, size_t send_bytes,
		void *receive, size_t receive_bytes, double seconds);
	/** Sends rank `root`'s `data` to all others. NULL: by exchanges. */
	lam_status (*broadcast)(lam_comm *self, int root, void *data, size_t bytes, double seconds);
	/** Returns when all ranks have called it. NULL: by exchanges. */
	lam_status (*barrier)(lam_comm *self, double seconds);
	/** Tells the other ranks that this one gives up, and why, as far as the transport can: what
	 * they wait for fails with this sentence. NULL: they wait their time. */
	void (*fail)(lam_comm *self, const char *sentence);
	/** Frees what the state owns. NULL: nothing. */
	void (*release)(lam_comm *self);
	/** Begins an exchange of `bytes` (more than 0) each way, and returns without waiting for
	 * the partner. Up to LAM_COMM_SLOTS are on their way at once; the partner's has the same
	 * number `slot`, which is free. Until .finish or .look says that it is done, the caller
	 * writes to neither array, and does not read `receive`. NULL, or no .finish: lam_fit()
	 * exchanges when backward has ended, not meanwhile. */
	lam_status (*begin)(lam_comm *self, int slot, int partner, const void *send, void *receive,
		size_t bytes);
	/** Whether the exchange of `slot` is done; then the slot is free. Seconds 0: does not wait.
	 * Otherwise it waits until it is, and fails as .exchange does after so many seconds. */
	lam_status (*finish)(lam_comm *self, int slot, double seconds, bool *done);
	/** As .finish, for a caller that only reads what came; *message is NULL before. If the
	 * exchange is done, and what came lies in the transport's own memory, *message becomes
	 * where: `bytes` bytes, aligned as for any type. `receive` is then not written, and the
	 * transport reads `send` no more, which the caller may change. The slot stays in use, and
	 * the message there, until .finish of this slot, which does not wait; a .look before that
	 * says the same again. Otherwise *message stays NULL, `receive` has what came, and the slot
	 * is free. After a failure *message has no meaning. NULL: as .finish. */
	lam_status (*look)(
		lam_comm *self, int slot, double seconds, bool *done, const void **message);
} lam_comm_class;

/** First in a class: `static const lam_comm_class c = { LAM_COMM_ABI, .kind = "threads", … }`. */
#define LAM_COMM_ABI .abi = LAM_COMM_ABI_NUMBER
#define LAM_COMM_ABI_NUMBER (1u << 16 | 2u)

/** Makes rank `rank`'s end of a group of `size` ranks (1 to LAM_MAX_RANKS), with a zeroed state,
 * which the caller then fills in. The class is borrowed for as long as the end lives. NULL and a
 * sentence on failure: LAM_ERR_ARGUMENT, LAM_ERR_MEMORY. */
LAM_MUST_CHECK lam_comm *lam_comm_new(const lam_comm_class *comm_class, int rank, int size);

/** Frees this rank's end. NULL is allowed. Other ranks' calls that wait for this one then fail: at
 * once if the transport can know (threads), else when their time is over (MPI). */
void lam_comm_free(lam_comm *comm);

/** The transport's own struct of state_size bytes, aligned for any type; NULL for NULL. */
void *lam_comm_state(const lam_comm *comm);

/** This rank, from 0, and the number of ranks; 0 and 1 for NULL. */
int lam_comm_rank(const lam_comm *comm);
int lam_comm_size(const lam_comm *comm);

/** The calls of the class, with its defaults. LAM_ERR_ARGUMENT and a sentence: a NULL comm or
 * array, a rank, slot or number of seconds out of range. LAM_ERR_STATE: the slot is in use, or the
 * message is longer than the transport takes (MPI: 2^30 bytes in a slot). LAM_ERR_UNSUPPORTED: no
 * .begin and .finish. After any other error the group is unusable. Finishing a free slot, or
 * looking at one, is done at once. */
LAM_MUST_CHECK lam_status lam_comm_exchange(lam_comm *comm, int partner, const void *send,
	size_t send_bytes, void *receive, size_t receive_bytes, double seconds);
LAM_MUST_CHECK lam_status lam_comm_broadcast(
	lam_comm *comm, int root, void *data, size_t bytes, double seconds);
LAM_MUST_CHECK lam_status lam_comm_barrier(lam_comm *comm, double seconds);
/** Tells the other ranks that this one gives up (.fail). By MPI it writes the sentence to the
 * standard error stream and ends all processes: it does not return. NULL for either is allowed. */
void lam_comm_fail(lam_comm *comm, const char *sentence);
/** Whether the transport has .begin and .finish, which the next three calls need; false for NULL.
 */
bool lam_comm_begins(const lam_comm *comm);
LAM_MUST_CHECK lam_status lam_comm_begin(
	lam_comm *comm, int slot, int partner, const void *send, void *receive, size_t bytes);
LAM_MUST_CHECK lam_status lam_comm_finish(lam_comm *comm, int slot, double seconds, bool *done);
/** As lam_comm_finish(), but what came may lie at *message (.look). With a *message the caller
 * reads it, and then must call lam_comm_finish() for the slot. Without one nothing more is needed.
 */
LAM_MUST_CHECK lam_status lam_comm_look(
	lam_comm *comm, int slot, double seconds, bool *done, const void **message);

/** Ranks that are threads of this process: makes the ends of a group of `size` ranks, which it
 * writes to comms[0 … size - 1]. Each is for one thread, which frees it; the last one that is freed
 * frees what they share. On failure those that were written are NULL.
 *
 * Each rank trains a net of its own (its memory is not shared), so this is for tests of programs
 * that use several machines elsewhere. One net with more threads is faster. */
LAM_MUST_CHECK lam_status lam_comm_threads(int size, lam_comm **comms);

#ifdef __cplusplus
}
#endif
#endif
