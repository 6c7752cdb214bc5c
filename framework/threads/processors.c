/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity() */
#endif
#include "framework/threads/region.h"

#include <sched.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/* A file of its own, because tests take its place: the linker takes a program's definition instead
 * of one in a library's archive. */
int lam_processors(void)
{
#ifdef _OPENMP
#ifdef __linux__
	/* OpenMP's own count is not safe for two threads at once in gcc's, unless OpenMP binds
	 * threads to processors. Then the calling thread's set is one place, and OpenMP knows
	 * all. */
	cpu_set_t set;
	if (omp_get_proc_bind() == omp_proc_bind_false && !sched_getaffinity(0, sizeof set, &set)
		&& CPU_COUNT(&set) > 0)
		return CPU_COUNT(&set);
#endif
	const int count = omp_get_num_procs();
	return count < 1 ? 1 : count;
#else
	return 1;
#endif
}
