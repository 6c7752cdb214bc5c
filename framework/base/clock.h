/* SPDX-License-Identifier: MIT */
/* A clock for measuring durations. Private to the framework. */
#ifndef LAM_CLOCK_H
#define LAM_CLOCK_H

#include <time.h>

/* Seconds since a fixed moment in the past; monotonic. */
static inline double lam_clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
