/* SPDX-License-Identifier: MIT */
/* The opening of parallel regions. Private to the framework. */
#ifndef LAM_REGION_H
#define LAM_REGION_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* How many threads to ask OpenMP for, at most `wanted`. Call it just before the region is opened,
 * and open it if the answer is more than 1.
 *
 *   - 1 in a process that was forked after lamina had opened a region of several threads. fork()
 *     copies only the calling thread, and gcc's OpenMP would wait forever for the others.
 *   - No more than lam_processors(). More threads than processors wait for each other.
 *   - No more than the system starts, as lam_region_try() finds out. */
int lam_region_threads(int wanted);

/* The processors that the calling thread may use. */
int lam_processors(void);

/* How many threads of `wanted` the system starts for the calling thread's team, that thread itself
 * among them. It tries only when the team was never so large, and rarely after a refusal. */
int lam_region_try(int wanted);

/* How many threads are worth using for so many operations (net/work.h says what they are), in so
 * many phases whose largest has `units` units. */
int lam_region_worth(double operations, int phases, int64_t units);

/* As lam_alloc(), but up to `threads` threads zero the memory. The first write to a page waits for
 * the system to supply the page, and this takes most of the time before a new net's first step. */
void *lam_region_alloc(size_t count, size_t size, int threads);

#pragma GCC visibility pop
#endif
