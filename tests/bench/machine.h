/* SPDX-License-Identifier: MIT */
/* The machine's own limits, measured before anything else. */
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

/* Bytes of a cache that this processor sees; 0 for what the system does not tell. */
long bench_cache_bytes(int level);

/* Allocates the arrays of one level; 0 when this machine does not say that it has such a cache. */
int bench_copy_make(struct bench_copy *copy, int level, int threads);

/* Two arrays of so many bytes for each thread; 0 when there is no memory for them. */
int bench_copy_sized(struct bench_copy *copy, size_t bytes, int threads);
void bench_copy_free(struct bench_copy *copy);

/* A case's run: `what` is a struct bench_copy. */
void bench_copy_run(void *what);

/* Bytes read and written by one such run. */
double bench_copy_bytes(const struct bench_copy *copy);

/* Which level `bytes` that one thread goes through again and again stay in, when `threads` do so.
 */
int bench_level(double bytes, int threads);

/* "L2" */
const char *bench_level_name(int level);

struct bench_options;

/* Measures peak, copies and parallel regions, and prints them. */
void bench_machine(const struct bench_options *options);

#endif
