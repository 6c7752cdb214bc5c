/* The machine before anything else: what it could do at best, the best round of each. */
#include "tests/bench/bench.h"

#include <stdio.h>

static void measure_peak(struct bench_effort effort, const int *threads, int counts)
{
	struct bench_peak peak[2];
	struct bench_case cases[2];
	for (int t = 0; t < counts; t++) {
		peak[t].threads = threads[t];
		cases[t] = (struct bench_case){.run = bench_peak_run, .what = &peak[t]};
	}
	bench_interleave(cases, counts, effort);
	printf("%-28s", "FMA peak, GFLOP/s");
	for (int t = 0; t < counts; t++) {
		struct bench_figure f = {.subject = "machine", .name = "FMA peak", .work = "", .threads = threads[t], .unit = "flop/s"};
		bench_rate(&f, bench_peak_flops(&peak[t]), &cases[t]);
		f.value = f.high = bench_peak_flops(&peak[t]) / bench_best(&cases[t]);
		bench_note(&f);
		printf(" %10.1f", f.value * 1e-9);
	}
	putchar('\n');
}

static void measure_copy(struct bench_effort effort, int level, const int *threads, int counts)
{
	struct bench_copy copy[2];
	struct bench_case cases[2];
	for (int t = 0; t < counts; t++) {
		if (!bench_copy_make(&copy[t], level, threads[t])) {
			while (t-- > 0)
				bench_copy_free(&copy[t]);
			return;
		}
		cases[t] = (struct bench_case){.run = bench_copy_run, .what = &copy[t]};
	}
	bench_interleave(cases, counts, effort);
	char title[40];
	snprintf(title, sizeof title, "copy in %s, GB/s", bench_level_name(level));
	printf("%-28s", title);
	for (int t = 0; t < counts; t++) {
		struct bench_figure f = {.subject = "machine", .name = bench_level_name(level), .work = "copy", .threads = threads[t], .unit = "byte/s"};
		bench_rate(&f, bench_copy_bytes(&copy[t]), &cases[t]);
		f.value = f.high = bench_copy_bytes(&copy[t]) / bench_best(&cases[t]);
		bench_note(&f);
		printf(" %10.1f", f.value * 1e-9);
		bench_copy_free(&copy[t]);
	}
	putchar('\n');
}

/* An empty parallel region: what a step costs before it does anything. */
static void region(void *what)
{
	int threads = *(int *)what;
	(void)threads;
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
#endif
	__asm__ volatile("" ::: "memory");
}

void bench_machine(const struct bench_options *o)
{
	printf("%-28s", "threads");
	for (int t = 0; t < o->thread_counts; t++)
		printf(" %10d", o->threads[t]);
	putchar('\n');
	measure_peak(o->effort, o->threads, o->thread_counts);
	for (int level = 1; level <= 4; level++)
		measure_copy(o->effort, level, o->threads, o->thread_counts);
	if (o->thread_counts < 2)
		return;
	int threads = o->threads[1];
	struct bench_case fork = {.run = region, .what = &threads};
	bench_interleave(&fork, 1, o->effort);
	struct bench_figure f = {.subject = "machine", .name = "parallel region", .work = "", .threads = threads, .unit = "s"};
	bench_time(&f, &fork);
	f.value = f.low = bench_best(&fork);
	bench_note(&f);
	printf("%-28s %21.2f\n", "parallel region, us", f.value * 1e6);
	fflush(stdout);
}
