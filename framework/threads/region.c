/* SPDX-License-Identifier: MIT */
#include "framework/threads/region.h"

#include "framework/memory.h"
#include "framework/threads/thresholds.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/* Whether this process was forked off one that had opened a region. Beside the choice of ISA this
 * is the library's only global state. */
static atomic_bool forked;

static void note_fork(void)
{
	atomic_store_explicit(&forked, true, memory_order_relaxed);
}

/* Called by the first region: a process that was forked before it needs no handler. */
static void watch_forks(void)
{
	if (pthread_atfork(NULL, NULL, note_fork))
		note_fork(); /* memory is short: one thread is always safe */
}

int lam_region_threads(int wanted)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if (wanted <= 1)
		return 1;
	pthread_once(&once, watch_forks);
	if (atomic_load_explicit(&forked, memory_order_relaxed))
		return 1;
	const int processors = lam_processors();
	wanted = wanted < processors ? wanted : processors;
	return wanted > 1 ? lam_region_try(wanted) : 1;
}

void *lam_region_alloc(size_t count, size_t size, int threads)
{
	char *memory = lam_alloc_blank(count, size);
	if (!memory)
		return NULL;
	const size_t bytes = count * size, parts = bytes / LAM_ZERO_PART + 1;
	const int wanted = parts < (size_t)threads ? (int)parts : threads,
		  granted = lam_region_threads(wanted);
	(void)granted; /* unused without OpenMP */
#pragma omp parallel for schedule(dynamic) num_threads(granted) if (granted > 1)
	for (size_t part = 0; part < parts; part++)
		memset(memory + part * LAM_ZERO_PART, 0,
			part + 1 < parts ? LAM_ZERO_PART : bytes - part * LAM_ZERO_PART);
	return memory;
}
