/* The opening of parallel regions. Private to the framework. */
#ifndef LAM_REGION_H
#define LAM_REGION_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* How many threads to ask OpenMP for when `wanted` would be best: 1 in a process that was forked
 * off one in which lamina has opened a region of several. fork() copies the calling thread alone;
 * gcc's OpenMP goes on to wait for the others of its pool, forever. */
int lam_region_threads(int wanted);

/* What lam_alloc() returns. Much of it is written by up to `threads` threads: the first to write to
 * a page waits until the system has one, and a new net's pages are the better part of the time
 * until its first step. */
void *lam_region_alloc(size_t count, size_t size, int threads);

#pragma GCC visibility pop
#endif
