/* SPDX-License-Identifier: MIT */
/* How many threads some work is worth. Shapes decide, no clock, so that a net uses the same threads
 * each time. A file of its own, because tests take its place, as with processors.c: they ask for
 * threads on nets that are worth one. */
#include "framework/threads/region.h"

#include "framework/threads/thresholds.h"

enum { MOST = 1 << 20 };

int lam_region_worth(double operations, int phases, int64_t units)
{
	const double worth = operations
		/ ((double)LAM_THREAD_OPERATIONS * (phases + LAM_REGION_PHASES));
	const double most = units < MOST ? (double)units : (double)MOST;
	/* Powers of two: gcc's OpenMP ends and starts threads whenever the number changes. */
	int threads = 1;
	while (2 * threads <= worth && threads < most)
		threads *= 2;
	return threads < most ? threads : (int)most;
}
