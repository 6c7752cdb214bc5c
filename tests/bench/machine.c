/* SPDX-License-Identifier: MIT */
/* The machine's limits, each measured as the best of several rounds. */
#include "framework/threads/team.h"
#include "tests/bench/bench.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

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
		struct bench_figure f = {.subject = "machine",
			.name = "FMA peak",
			.work = "",
			.threads = threads[t],
			.unit = "flop/s"};
		bench_rate(&f, bench_peak_flops(&peak[t]), &cases[t]);
		f.value = f.high = bench_peak_flops(&peak[t]) / bench_best(&cases[t]);
		bench_note(&f);
		printf(" %10.1f", f.value * 1e-9);
	}
	putchar('\n');
}

static void note_size(int level)
{
	const double bytes = (double)bench_cache_bytes(level);
	bench_note(&(struct bench_figure){.subject = "machine",
		.name = bench_level_name(level),
		.work = "size",
		.threads = 1,
		.unit = "bytes",
		.value = bytes,
		.low = bytes,
		.high = bytes});
}

/* Without time to measure there are no figures that large arrays would make right: a server's last
 * level is larger than a glance should touch. */
static void measure_copy(struct bench_effort effort, int level, const int *threads, int counts)
{
	const size_t most = effort.seconds > 0 ? SIZE_MAX : 32 << 20;
	struct bench_copy copy[2];
	struct bench_case cases[2];
	for (int t = 0; t < counts; t++) {
		if (!bench_copy_make(&copy[t], level, threads[t], most)) {
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
		struct bench_figure f = {.subject = "machine",
			.name = bench_level_name(level),
			.work = "copy",
			.threads = threads[t],
			.unit = "byte/s"};
		bench_rate(&f, bench_copy_bytes(&copy[t]), &cases[t]);
		f.value = f.high = bench_copy_bytes(&copy[t]) / bench_best(&cases[t]);
		bench_note(&f);
		printf(" %10.1f", f.value * 1e-9);
		bench_copy_free(&copy[t]);
	}
	putchar('\n');
}

/* Copies of some sizes, read and written together, for what lies in no level alone. */
static void measure_sizes(struct bench_effort effort, const int *threads, int counts)
{
	for (size_t bytes = 1 << 20; bytes <= 1 << 28; bytes *= 4)
		for (int t = 0; t < counts; t++) {
			struct bench_copy copy;
			if (!bench_copy_sized(&copy, bytes / 2 / (size_t)threads[t], threads[t]))
				return;
			struct bench_case measured = {.run = bench_copy_run, .what = &copy};
			bench_interleave(&measured, 1, effort);
			struct bench_figure f = {.subject = "size",
				.name = "copy",
				.work = "copy",
				.batch = (int)bytes,
				.threads = threads[t],
				.unit = "byte/s"};
			bench_rate(&f, bench_copy_bytes(&copy), &measured);
			bench_note(&f);
			bench_copy_free(&copy);
		}
}

/* Runs an empty parallel region, which is the least cost of a step. */
static void region(void *what)
{
	int threads = *(int *)what;
	(void)threads;
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
#endif
	__asm__ volatile("" ::: "memory");
}

enum { PHASES = 1000, MOST_THREADS = 256 };

/* Runs phases in which each thread has one empty unit: the cost of ending one phase and beginning
 * the next. */
static void hand_over(void *what)
{
	static lam_thread_share shares[MOST_THREADS];
	lam_team team;
	int threads = *(int *)what;
	lam_team_gather(&team, shares, threads);
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
#endif
	{
#ifdef _OPENMP
		lam_turn turn = {.team = &team,
			.thread = omp_get_thread_num(),
			.threads = omp_get_num_threads()};
#else
		lam_turn turn = {.team = &team, .threads = 1};
#endif
		lam_turn_enter(&turn);
		for (int phase = 0; phase < PHASES; phase++) {
			int64_t first, end;
			lam_turn_begin(&turn, turn.threads);
			while (lam_turn_take(&turn, &first, &end))
				;
			lam_turn_end(&turn);
		}
		lam_turn_leave(&turn);
	}
	lam_team_dismiss(&team);
}

enum { EXCHANGED = 128 * 1024, EXCHANGES = 100 };

/* Copies data that another thread has just written, as in a step where a thread does not go on with
 * its own blocks. */
static void exchange(void *what)
{
	static unsigned char(*arrays)[EXCHANGED];
	int threads = *(int *)what;
	if (!arrays)
		arrays = calloc(2 * (size_t)threads, EXCHANGED);
	if (!arrays)
		exit(1);
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
	for (int i = 0; i < EXCHANGES; i++) {
		int thread = omp_get_thread_num(), other = (thread + 1) % threads;
		memcpy(arrays[i % 2 * threads + thread], arrays[(i + 1) % 2 * threads + other],
			EXCHANGED);
#pragma omp barrier
	}
#endif
}

static void measure_exchange(struct bench_effort effort, int threads)
{
	struct bench_case measured = {.run = exchange, .what = &threads};
	bench_interleave(&measured, 1, effort);
	struct bench_figure f = {.subject = "machine",
		.name = "other core",
		.work = "copy",
		.threads = threads,
		.unit = "byte/s"};
	bench_rate(&f, 2.0 * EXCHANGED * EXCHANGES, &measured);
	f.value = f.high = 2.0 * EXCHANGED * EXCHANGES / bench_best(&measured);
	bench_note(&f);
	printf("%-28s %21.1f\n", "from another core, GB/s", f.value * 1e-9);
}

/* Measures a case that does something `times` times per run; reports the best seconds for once. */
static void measure_overhead(
	struct bench_effort effort, const char *name, void (*run)(void *), int threads, int times)
{
	struct bench_case measured = {.run = run, .what = &threads};
	bench_interleave(&measured, 1, effort);
	struct bench_figure f = {
		.subject = "machine", .name = name, .work = "", .threads = threads, .unit = "s"};
	bench_time(&f, &measured);
	f.value = f.low = bench_best(&measured) / times;
	f.high /= times;
	bench_note(&f);
	char title[40];
	snprintf(title, sizeof title, "%s, us", name);
	printf("%-28s %21.2f\n", title, f.value * 1e6);
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
	measure_sizes(o->effort, o->threads, o->thread_counts);
	for (int level = 1; level <= 3; level++)
		if (bench_cache_bytes(level) > 0)
			note_size(level);
	if (o->thread_counts < 2 || o->threads[1] > MOST_THREADS)
		return;
	measure_exchange(o->effort, o->threads[1]);
	measure_overhead(o->effort, "parallel region", region, o->threads[1], 1);
	measure_overhead(o->effort, "hand-over", hand_over, o->threads[1], PHASES);
	fflush(stdout);
}
