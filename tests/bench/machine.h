/* SPDX-License-Identifier: MIT */
/* The machine's limits, measured first. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "tests/bench/measure.h"
#include "tests/bench/peak.h"

#include <stddef.h>

/* Copies that stay in one level of cache. */
struct bench_copy {
	int threads;
	size_t bytes; /* of each thread's array */
	int repeats;  /* copies in one run */
	char *from, *to;
};

/* Bytes of a cache that this processor can use; 0: the system does not say. */
long bench_cache_bytes(int level);

/* Allocates the arrays for one level, of together at most `most` bytes per thread; 0 if the system
 * does not say that there is such a cache. */
int bench_copy_make(struct bench_copy *copy, int level, int threads, size_t most);

/* Allocates two arrays of `bytes` bytes for each thread; 0 when memory is short. */
int bench_copy_sized(struct bench_copy *copy, size_t bytes, int threads);
void bench_copy_free(struct bench_copy *copy);

/* The `run` of a struct bench_case; `what` is a struct bench_copy. */
void bench_copy_run(void *what);

/* Bytes read and written by one run. */
double bench_copy_bytes(const struct bench_copy *copy);

/* The level of cache that holds `bytes` bytes, when each of `threads` threads reads so many
 * repeatedly. */
int bench_level(double bytes, int threads);

/* "L2" */
const char *bench_level_name(int level);

struct bench_options;

/* Measures peak, copies and parallel regions, and prints them. */
void bench_machine(const struct bench_options *options);

#endif
