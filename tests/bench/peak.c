#include "tests/bench/peak.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#endif

enum { CHAINS = 12, ROUNDS = 7, LENGTH = 200000 };

double bench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Twelve independent chains of multiply-adds, each a variable of its own so that it stays in a register; the empty asm keeps
 * every step alive. */
#define CHAIN(a, constraint) \
	a = a * x + y; \
	__asm__ volatile("" : "+" constraint(a));
#define PEAK(name, bytes, isa, constraint) \
	__attribute__((target(isa))) static double name(void) \
	{ \
		typedef float vector __attribute__((vector_size(bytes))); \
		vector x = (vector){0} + 0.999f, y = (vector){0} + 0.001f; \
		vector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x; \
		double start = bench_now(); \
		for (long step = 0; step < LENGTH; step++) { \
			CHAIN(a, constraint) CHAIN(b, constraint) CHAIN(c, constraint) CHAIN(d, constraint) \
			CHAIN(e, constraint) CHAIN(f, constraint) CHAIN(g, constraint) CHAIN(h, constraint) \
			CHAIN(i, constraint) CHAIN(j, constraint) CHAIN(k, constraint) CHAIN(l, constraint) \
		} \
		double seconds = bench_now() - start; \
		return 2.0 * LENGTH * CHAINS * (bytes / 4) / seconds; \
	}

#ifdef __x86_64__
PEAK(peak_base, 16, "sse2", "x")
PEAK(peak_avx2, 32, "avx2,fma", "x")
PEAK(peak_avx512, 64, "avx512f", "v")
#else
PEAK(peak_base, 16, "", "w")
#endif

static double (*chosen(void))(void)
{
#ifdef __x86_64__
	const char *wanted = getenv("LAMINA_ISA");
	if (__builtin_cpu_supports("avx512f") && !(wanted && (!strcmp(wanted, "avx2") || !strcmp(wanted, "base"))))
		return peak_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && !(wanted && !strcmp(wanted, "base")))
		return peak_avx2;
#endif
	return peak_base;
}

double bench_fma_peak(int threads)
{
	double (*peak)(void) = chosen();
	double best = 0;
#ifdef _OPENMP
	if (threads == 0)
		threads = omp_get_max_threads();
#else
	threads = 1;
#endif
	for (int round = 0; round < ROUNDS; round++) {
		double sum = 0;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) reduction(+ : sum) schedule(static, 1)
#endif
		for (int t = 0; t < threads; t++)
			sum += peak();
		best = sum > best ? sum : best;
	}
	return best;
}
