/* SPDX-License-Identifier: MIT */
/* The opening of parallel regions. Private to the framework. */
#ifndef LAM_REGION_H
#define LAM_REGION_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* How many threads to ask OpenMP for: `wanted`, but 1 in a process that was forked after lamina had
 * opened a region of several threads. fork() copies only the calling thread, and gcc's OpenMP would
 * wait forever for the other threads of its pool. */
int lam_region_threads(int wanted);

/* As lam_alloc(), but up to `threads` threads zero the memory. The first write to a page waits for
 * the system to supply the page, and this takes most of the time before a new net's first step. */
void *lam_region_alloc(size_t count, size_t size, int threads);

#pragma GCC visibility pop
#endif
