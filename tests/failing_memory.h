/* SPDX-License-Identifier: MIT */
/* An allocator of which one allocation fails, and which counts what is left. */
#ifndef LAM_TESTS_FAILING_MEMORY_H
#define LAM_TESTS_FAILING_MEMORY_H

#include <lamina.h>
#include <stdlib.h>

/* Live allocations; the allocation that fails, counted down; 0: none. */
static int live, fails_at;

static void *count_up(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	if ((fails_at > 0 && --fails_at == 0) || posix_memalign(&memory, align, bytes ? bytes : 1))
		return NULL;
	live++;
	return memory;
}

static void count_down(void *data, void *memory)
{
	(void)data;
	live -= memory != NULL;
	free(memory);
}

static const lam_allocator counting = {.allocate = count_up, .release = count_down};

#endif
