/* SPDX-License-Identifier: MIT */
/* Measures the bandwidth of copies in each level of cache. */
#include "tests/bench/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum {
	LEVELS = 5,
	LEAST_BYTES = 1 << 20
}; /* levels from 1; the bytes that a run copies at least, to outlast its parallel region */

/* The bytes of a cache that one processor can use, from /sys; sysconf() may give the sum over a
 * large machine. Index 0 is the first level's data cache, 2 the second level, 3 the third. */
static long linux_cache_bytes(int level)
{
	char path[80];
	long kilobytes = 0;
	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size",
		level == 1 ? 0 : level);
	FILE *file = fopen(path, "r");
	const int read = file ? fscanf(file, "%ldK", &kilobytes) : 0;
	if (file)
		fclose(file);
	return read == 1 ? kilobytes * 1024 : 0;
}

long bench_cache_bytes(int level)
{
	static const int name[LEVELS] = {
#ifdef _SC_LEVEL1_DCACHE_SIZE
		[1] = _SC_LEVEL1_DCACHE_SIZE,
		[2] = _SC_LEVEL2_CACHE_SIZE,
		[3] = _SC_LEVEL3_CACHE_SIZE,
#endif
	};
	static long known[LEVELS];
	if (level >= LEVELS)
		return 0;
	if (!known[level])
		known[level] = linux_cache_bytes(level);
	if (!known[level] && name[level])
		known[level] = sysconf(name[level]);
	return known[level] > 0 ? known[level] : 0;
}

int bench_copy_sized(struct bench_copy *copy, size_t bytes, int threads)
{
	size_t each = (bytes + 63) / 64 * 64;
	*copy = (struct bench_copy){.threads = threads, .bytes = each};
	copy->repeats = each < LEAST_BYTES ? (int)(LEAST_BYTES / each) : 1;
	copy->from = aligned_alloc(64, each * (size_t)threads);
	copy->to = aligned_alloc(64, each * (size_t)threads);
	if (!copy->from || !copy->to) {
		bench_copy_free(copy);
		return 0;
	}
	memset(copy->from, 1, each * (size_t)threads);
	memset(copy->to, 2, each * (size_t)threads);
	return 1;
}

/* Two arrays that together fill half of a core's own cache (L1, L2), or a quarter of its share of
 * L3, which other cores use, too. For memory they are far larger than the last level. */
int bench_copy_make(struct bench_copy *copy, int level, int threads, size_t most)
{
	static const int part[LEVELS] = {1, 4, 4, 8, 1};
	long cache = level < 4 ? bench_cache_bytes(level)
			       : 4 * (bench_cache_bytes(3) ? bench_cache_bytes(3) : 32 << 20);
	size_t each = (size_t)cache / (size_t)part[level] / (level < 3 ? 1 : (size_t)threads);
	return each > 0 && bench_copy_sized(copy, each < most / 2 ? each : most / 2, threads);
}

void bench_copy_free(struct bench_copy *copy)
{
	free(copy->from);
	free(copy->to);
}

void bench_copy_run(void *what)
{
	const struct bench_copy *copy = what;
#ifdef _OPENMP
#pragma omp parallel num_threads(copy->threads) if (copy->threads > 1)
#endif
	{
#ifdef _OPENMP
		size_t at = (size_t)omp_get_thread_num() * copy->bytes;
#else
		size_t at = 0;
#endif
		for (int i = 0; i < copy->repeats; i++) {
			memcpy(copy->to + at, copy->from + at, copy->bytes);
			__asm__ volatile("" ::: "memory");
		}
	}
}

double bench_copy_bytes(const struct bench_copy *copy)
{
	return 2.0 * (double)copy->bytes * copy->repeats * copy->threads;
}

int bench_level(double bytes, int threads)
{
	for (int level = 1; level < 4; level++)
		if (bytes <= (double)bench_cache_bytes(level) * 0.75 / (level < 3 ? 1 : threads))
			return level;
	return 4;
}

const char *bench_level_name(int level)
{
	static const char *const name[LEVELS] = {"", "L1", "L2", "L3", "memory"};
	return name[level];
}
