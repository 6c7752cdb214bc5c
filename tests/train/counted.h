/* SPDX-License-Identifier: MIT */
/* Counts allocations, and checks between steps of lam_fit() that there are none:
 *
 *     long first = 0;
 *     count_allocations();
 *     … lam_fit(…, .step_end = compare_allocations, .step_end_data = &first)
 *     lam_set_allocator(NULL);
 *     check(first > 0); */
#ifndef LAM_TESTS_COUNTED_H
#define LAM_TESTS_COUNTED_H

#include "tests/kit.h"

#include <lamina.h>
#include <stdatomic.h>

static atomic_long allocations;

static void *count_allocation(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	allocations++;
	return posix_memalign(&memory, align, bytes) ? NULL : memory;
}

/* Until the next lam_set_allocator(). */
KIT_UNUSED static void count_allocations(void)
{
	lam_set_allocator(&(lam_allocator){count_allocation, kit_release, NULL});
}

/* Records the number of allocations at the first step, and checks that it stays the same. */
KIT_UNUSED static bool compare_allocations(const lam_progress *p, void *data)
{
	long *first = data;
	if (p->total_step == 1)
		*first = allocations;
	check(allocations == *first, "%ld allocations before step %d ended", allocations - *first,
		(int)p->total_step);
	return false;
}

#endif
