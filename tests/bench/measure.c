/* SPDX-License-Identifier: MIT */
#include "tests/bench/measure.h"

#include "tests/bench/peak.h"

#include <stdlib.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#endif

int bench_threads(void)
{
#ifdef _OPENMP
	return omp_get_max_threads();
#else
	return 1;
#endif
}

static double own_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Mean seconds per run. The first run warms the caches and does not count. */
static double one_round(const struct bench_case *c, struct bench_effort effort)
{
	double (*const now)(void) = effort.own_time ? own_now : bench_now;
	double spent;
	long runs = 0;
	c->run(c->what);
	double start = now();
	do {
		c->run(c->what);
		runs++;
		spent = now() - start;
	} while (spent < effort.seconds);
	return spent / (double)runs;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

void bench_interleave(struct bench_case *cases, int count, struct bench_effort effort)
{
	for (int round = 0; round < effort.rounds; round++)
		for (int i = 0; i < count; i++)
			cases[i].seconds[round] = one_round(&cases[i], effort);
	for (int i = 0; i < count; i++) {
		cases[i].rounds = effort.rounds;
		qsort(cases[i].seconds, (size_t)effort.rounds, sizeof *cases[i].seconds, by_value);
	}
}

double bench_quantile(const struct bench_case *measured, double fraction)
{
	return measured->seconds[(int)(fraction * (measured->rounds - 1) + 0.5)];
}

double bench_median(const struct bench_case *measured)
{
	return bench_quantile(measured, 0.5);
}

double bench_best(const struct bench_case *measured)
{
	return bench_quantile(measured, 0);
}
