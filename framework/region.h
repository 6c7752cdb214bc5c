/* The opening of a step's parallel region. Private to the framework. */
#ifndef LAM_REGION_H
#define LAM_REGION_H

#pragma GCC visibility push(hidden)

/* How many threads to ask OpenMP for when `wanted` would be best: 1 in a process that was forked off one in which lamina has opened
 * a region of several. fork() copies the calling thread alone; gcc's OpenMP goes on to wait for the others of its pool, forever. */
int lam_region_threads(int wanted);

#pragma GCC visibility pop
#endif
