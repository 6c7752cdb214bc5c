/* The barrier between two phases of a step. Private to the framework.
 *
 * OpenMP's own waits by spinning for milliseconds. On a machine that runs something else too, a thread that lost its processor then
 * keeps the others spinning on theirs, where the something else could run instead: a step with many short phases becomes tens of
 * times slower. This one spins for as long as a phase of a small net takes and then sleeps, so that the processor is free. */
#ifndef LAM_BARRIER_H
#define LAM_BARRIER_H

#include <stdatomic.h>

#pragma GCC visibility push(hidden)

/* Zeroed at first; may be used any number of times by the same threads. */
typedef struct lam_barrier {
	atomic_uint arrived;
	atomic_uint generation; /* counts the times that all have arrived */
	atomic_uint sleepers;
} lam_barrier;

/* Returns when `threads` threads have called it. */
void lam_barrier_wait(lam_barrier *barrier, unsigned threads);

#pragma GCC visibility pop
#endif
