/* SPDX-License-Identifier: MIT */
#include "framework/base/clock.h"

#include <time.h>

double lam_clock_now(void)
{
	static _Thread_local double latest;
	struct timespec now = {0};
	clock_gettime(CLOCK_MONOTONIC, &now);
	const double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
	if (seconds > latest)
		latest = seconds;
	return latest;
}
