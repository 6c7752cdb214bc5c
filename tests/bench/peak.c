/* SPDX-License-Identifier: MIT */
#include "tests/bench/peak.h"

#include "framework/kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum { CHAINS = 12, LENGTH = 20000, RUNS = 60 };

double bench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Twelve independent chains of multiply-adds. Each is a variable of its own, so that it stays in a
 * register. The empty asm keeps the compiler from removing a step. */
#define CHAIN(a, constraint) \
	a = a * x + y; \
	__asm__ volatile("" : "+" constraint(a));
/* clang-format off */
#define PEAK(name, bytes, isa, constraint) \
	isa static void name(void) \
	{ \
		typedef lam_real vector __attribute__((vector_size(bytes))); \
		vector x = (vector){0} + (lam_real)0.999, y = (vector){0} + (lam_real)0.001; \
		vector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, \
		       k = x, l = x; \
		for (long step = 0; step < LENGTH; step++) { \
			CHAIN(a, constraint) CHAIN(b, constraint) CHAIN(c, constraint) \
			CHAIN(d, constraint) CHAIN(e, constraint) CHAIN(f, constraint) \
			CHAIN(g, constraint) CHAIN(h, constraint) CHAIN(i, constraint) \
			CHAIN(j, constraint) CHAIN(k, constraint) CHAIN(l, constraint) \
		} \
	}
/* clang-format on */

#ifdef __x86_64__
PEAK(peak_base, 16, , "x")
PEAK(peak_avx2, 32, __attribute__((target("avx2,fma"))), "x")
PEAK(peak_avx512, 64, __attribute__((target("avx512f"))), "v")
#elif defined __aarch64__
PEAK(peak_base, 16, , "w")
#else
PEAK(peak_base, 16, , "m")
#endif

static const struct loop {
	const char *isa;
	void (*run)(void);
	int bytes;
} loops[] = {
#ifdef __x86_64__
	{"avx512", peak_avx512, 64},
	{"avx2", peak_avx2, 32},
#endif
	{"base", peak_base, 16},
};

static const struct loop *chosen(void)
{
	for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
		if (strcmp(loops[i].isa, lam_kernel()->isa) == 0)
			return &loops[i];
	fprintf(stderr,
		"bench: tests/bench/peak.c has no loop for the instruction set \"%s\", and every "
		"share would be of another's peak\n",
		lam_kernel()->isa);
	exit(1);
}

void bench_peak_run(void *what)
{
	const struct bench_peak *peak = what;
	const struct loop *loop = chosen();
	(void)peak;
#ifdef _OPENMP
#pragma omp parallel num_threads(peak->threads) if (peak->threads > 1)
#endif
	loop->run();
}

double bench_peak_flops(const struct bench_peak *peak)
{
	return 2.0 * LENGTH * CHAINS * (chosen()->bytes / (int)sizeof(lam_real)) * peak->threads;
}

double bench_fma_peak(int threads)
{
	struct bench_peak peak = {threads};
	double best = 0;
#ifdef _OPENMP
	if (threads == 0)
		peak.threads = omp_get_max_threads();
#else
	peak.threads = 1;
#endif
	for (int run = 0; run < RUNS; run++) {
		double start = bench_now();
		bench_peak_run(&peak);
		double rate = bench_peak_flops(&peak) / (bench_now() - start);
		best = rate > best ? rate : best;
	}
	return best;
}
