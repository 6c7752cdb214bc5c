/* SPDX-License-Identifier: MIT */
/* Memory that the ranks of one machine share. A message lies in its sender's part, where the
 * receiver reads it; MPI only says that it lies there. Where MPI has the kernel copy from process
 * to process, that takes longer: on a virtual machine with two Zen 5, 262,144 bytes in both
 * directions take 134 us with Open MPI, and this way 16, with a copy on either side. slots.c has
 * the protocol. */
#ifndef LAMINA_MPI_NEAR_H
#define LAMINA_MPI_NEAR_H

#include <mpi.h>

#include "exchange/mpi/lamina_mpi.h"
#include "framework/net/shard.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* The most bytes of a slot: a message of gradients. Longer ones go through MPI. And the partners
 * that a rank may have: those of rank ^ 2^round. */
enum { NEAR_BYTES = LAM_SHARD_MESSAGE * sizeof(lam_real), NEAR_ROUNDS = 16 };
_Static_assert(1 << NEAR_ROUNDS == LAM_MAX_RANKS, "a round for each doubling");

/* All zero: no memory is shared. */
struct near {
	char *memory;
	size_t bytes;
	char *own, *theirs[NEAR_ROUNDS]; /* the parts; NULL: the partner is elsewhere */
};

/* Shares memory among those of `comm` that can; all of them call it. What fails leaves `near`
 * zero. */
void near_map(struct near *near, MPI_Comm comm);
void near_unmap(struct near *near);

/* The partner's part of a slot; NULL: it is elsewhere, or so many bytes are none or too many. */
const char *near_part(const struct near *near, int rank, int partner, int slot, size_t bytes);

/* This rank's part of a slot. */
static inline char *near_own(const struct near *near, int slot)
{
	return near->own + (ptrdiff_t)slot * NEAR_BYTES;
}

#pragma GCC visibility pop
#endif
