/* How the threads of a step share the units of a phase, and wait for its end. Private to the
 * framework.
 *
 * Each thread has a contiguous range of the units, so that it meets its blocks again in the next
 * phase. Who is done with his own takes from the end of another's: neither units of different size
 * nor a thread that lost its processor hold the others up. A phase is over when its units are done,
 * not when all threads have come; who comes late finds nothing to do, and goes on.
 *
 * OpenMP's barrier waits by spinning for milliseconds. On a machine that runs something else too, a
 * thread that lost its processor then keeps the others spinning on theirs, where the something else
 * could run instead: a step with many short phases becomes tens of times slower. Here a thread
 * spins for as long as a phase of a small net takes and then sleeps: the processor is free. */
#ifndef LAM_TEAM_H
#define LAM_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* What is left of one thread's range, alone in its cache line. */
typedef struct lam_share {
	/* phase, first, end in 24, 20 and 20 bits; of an older phase: the range is whole */
	_Alignas(64) atomic_uint_least64_t left;
} lam_share;

typedef struct lam_team {
	lam_share *shares; /* one for each thread */
	atomic_uint phase; /* that is going on, from 1 on */
	atomic_uint sleepers;
	atomic_llong done; /* units of it */
	atomic_uint gone;  /* threads that have left */
} lam_team;

/* One thread's way through the phases. */
typedef struct lam_turn {
	lam_team *team;
	int thread, threads;
	unsigned phase;      /* 0: before the first */
	int64_t count, done; /* units of the phase; those that this thread did */
	int from;            /* whose range it takes from */
} lam_turn;

/* Before the threads come: for at most `threads` of them. `shares` are theirs until the last has
 * gone. */
void lam_team_gather(lam_team *team, lam_share *shares, int threads);

/* The first and the last that a thread does, and what the caller does when all have left: all that
 * he wrote before they came, and they before they left, can be read. OpenMP sees to that, too; a
 * sanitizer that does not know OpenMP sees it here. */
void lam_turn_enter(lam_turn *turn);
void lam_turn_leave(lam_turn *turn);
void lam_team_dismiss(lam_team *team);

/* Begins the next phase, of `count` units: all threads say the same. */
void lam_turn_begin(lam_turn *turn, int64_t count);

/* Takes units [first, end) for this thread to do; false: there are none left to take. */
bool lam_turn_take(lam_turn *turn, int64_t *first, int64_t *end);

/* Ends the phase: returns when all units are done, by whomever, and what they wrote can be read. */
void lam_turn_end(lam_turn *turn);

#pragma GCC visibility pop
#endif
