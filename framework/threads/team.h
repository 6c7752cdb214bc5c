/* SPDX-License-Identifier: MIT */
/* A team: the threads of a step share the units of a phase by work stealing, and wait for its end.
 * Private to the framework.
 *
 * Each thread has a contiguous range of the units, so that it has the same blocks in the next phase
 * and finds them in its cache. A thread that has done its own range steals from the end of
 * another's, so that units of different size, or a thread that lost its processor, delay nobody. A
 * phase ends when its units are done, not when all threads have arrived; a thread that arrives late
 * finds no units and goes on.
 *
 * A thread at OpenMP's barrier spins for milliseconds. If another program has taken one thread's
 * processor, the other threads spin meanwhile, on processors where that program could run. A step
 * with many short phases becomes tens of times slower. Here a waiting thread spins for as long as a
 * phase of a small net takes, and then sleeps. */
#ifndef LAM_TEAM_H
#define LAM_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The units left in one thread's range, in a cache line of their own. */
typedef struct lam_thread_share {
	/* Phase, first and end in 24, 20 and 20 bits. With an older phase: no unit is taken yet. */
	_Alignas(64) atomic_uint_least64_t left;
} lam_thread_share;

/* Waiting threads read `phase` all the time, so what the others write lies in lines of its own. */
typedef struct lam_team {
	lam_thread_share *shares;       /* one for each thread */
	_Alignas(64) atomic_llong done; /* units of the current phase that are counted as done */
	atomic_uint gone;               /* threads that have left */
	_Alignas(64) atomic_uint phase; /* the current one, from 1 on */
	_Alignas(64) atomic_uint sleepers;
} lam_team;

/* One thread's position in the phases. */
typedef struct lam_turn {
	lam_team *team;
	int thread, threads;
	unsigned phase;      /* 0: before the first */
	int64_t count, done; /* units of the phase, and how many of them this thread took */
	int from;            /* the thread from whose range it takes */
	bool whole;          /* it takes what is left in a range at once; else a part of it */
	bool back, odd; /* it goes through a range from its end; the last phase of blocks did */
} lam_turn;

/* Prepares the team for at most `threads` threads, before they enter. The team uses `shares`, one
 * for each thread, until the last thread has left. */
void lam_team_gather(lam_team *team, lam_thread_share *shares, int threads);

/* Memory barriers. Each thread calls enter() first and leave() last; the caller calls dismiss()
 * when all have left. Threads then see what the caller wrote before they entered, and the caller
 * sees what they wrote before they left. OpenMP guarantees the same, but a thread sanitizer may not
 * know OpenMP. */
void lam_turn_enter(lam_turn *turn);
void lam_turn_leave(lam_turn *turn);
void lam_team_dismiss(lam_team *team);

/* Begins the next phase, of `count` units; all threads must pass the same count. */
void lam_turn_begin(lam_turn *turn, int64_t count);

/* After the beginning of a phase: all that is left in a range is taken at once, because a call for
 * several units costs less than several calls. All threads must say so. */
static inline void lam_turn_takes_whole(lam_turn *turn, bool whole)
{
	turn->whole = whole;
}

/* After the beginning of a phase whose units are blocks: it goes through each range in the other
 * direction than the last such phase, part by part. What that has left in the cache is read first.
 * All threads must say so. */
static inline void lam_turn_turns(lam_turn *turn)
{
	turn->back = turn->odd = !turn->odd;
}

/* Takes the units [first, end) for this thread; false when none are left. */
bool lam_turn_take(lam_turn *turn, int64_t *first, int64_t *end);

/* Waits until all units of the phase are done, by whichever thread. What they wrote can then be
 * read. */
void lam_turn_end(lam_turn *turn);

#pragma GCC visibility pop
#endif
