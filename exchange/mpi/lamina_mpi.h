/* SPDX-License-Identifier: MIT */
/** \file
 * Ranks that are processes, on one machine or many, by MPI: a library of its own, lamina-mpi,
 * because the core needs no MPI. Include it behind lamina.h, and for lam_mpi_comm() also behind
 * mpi.h; link as `pkg-config --libs lamina-mpi` says.
 *
 *     lam_comm *comm = lam_mpi_world();
 *     lam_status s = lam_fit(net, train, &report, .epochs = 5, .batch = 256, .shards = 8,
 *         .comm = comm, .optimizer = lam_sgd(.lr = 0.1f));
 *     lam_comm_free(comm);
 *
 * Once it is made, it uses point-to-point messages alone, which round nothing. MPI is called by the
 * thread that calls lam_fit() alone (MPI_THREAD_FUNNELED), and by the calls of lam_comm themselves.
 * A call that waits asks MPI again and again, so that it ends in time.
 *
 * Gradients go from rank to rank of one machine through 4 MB of memory for each rank that they
 * share, where they can (shm_open()): faster than what MPI does. With LAMINA_MPI_SHARED=0 in the
 * environment they go through MPI. The bits are the same. */
#ifndef LAMINA_MPI_H
#define LAMINA_MPI_H

#include "framework/comm.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef MPI_VERSION
/** This process's end of the processes of `comm`, of which it makes a copy (all of them call this);
 * NULL and a sentence on failure. For programs that begin MPI themselves, by MPI_Init_thread() and
 * MPI_THREAD_FUNNELED or more. Free it before MPI_Finalize(). That of MPICH 4.0 may not return over
 * TCP: call lam_comm_barrier() and lam_comm_free(), and sleep 0.1 s, before it.
 *
 * The call waits until all have come, for 300 seconds. With MPICH a message that fails ends the
 * process, with MPI's sentence, unless the error handler of MPI_COMM_WORLD is MPI_ERRORS_RETURN:
 * MPI's tests of messages know no other.
 *
 * If the ranks cannot end a run together, as one does not answer in time, the others write the
 * sentence to the standard error stream and call MPI_Abort(), of MPI_COMM_WORLD if `comm` has all
 * of its processes: MPI has no other way to end processes that wait for each other. Failures that a
 * rank can tell the others do not come to that: lam_fit() returns on all. */
LAM_MUST_CHECK lam_comm *lam_mpi_comm(MPI_Comm comm);
#endif

/** The same for MPI_COMM_WORLD, without mpi.h: calls MPI_Init_thread() if nobody has, and then
 * lam_comm_free() calls MPI_Finalize(). A second one after that is LAM_ERR_STATE. All ranks free
 * their ends, which waits for the others, for 300 seconds each. After that, or a failed call, it
 * leaves MPI as it is, as MPI_Finalize() might wait for ever. */
LAM_MUST_CHECK lam_comm *lam_mpi_world(void);

#ifdef __cplusplus
}
#endif
#endif
