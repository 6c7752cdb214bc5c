/* SPDX-License-Identifier: MIT */
/* A clock for measuring durations. Private to the framework. */
#ifndef LAM_CLOCK_H
#define LAM_CLOCK_H

#pragma GCC visibility push(hidden)

/* Seconds since a fixed moment in the past. It never goes back within a thread, though the system's
 * clock may: emulators, suspended machines and tools that fake the time do that. */
double lam_clock_now(void);

#pragma GCC visibility pop
#endif
