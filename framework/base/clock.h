/* The clock that durations are measured with. Private to the framework. */
#ifndef LAM_CLOCK_H
#define LAM_CLOCK_H

#include <time.h>

/* Seconds from some point in the past on, never going back. */
static inline double lam_clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
