/* SPDX-License-Identifier: MIT */
/* Single layers. Those that compute are rated by their share of the peak, those that only move data
 * by their share of a copy's rate in the same level of cache. */
#include "tests/bench/bench.h"
#include "tests/bench/job.h"
#include "tests/bench/layers.h"

#include <stdio.h>
#include <stdlib.h>

enum { JOBS = 3 };
static const lam_task_kind kinds[JOBS] = {TASK_FORWARD, TASK_BACKWARD, TASK_GRADIENT};

/* Measures how the layer's weight is packed, as what moves data; only for the JSON file. */
static void measure_packing(const struct bench_layer *layer, const struct bench_subject *subject,
	int threads, struct bench_effort effort)
{
	const lam_plan *plan = &subject->net->plan;
	for (int i = 0; i < plan->packed_count; i++) {
		struct bench_job job = {subject, {.kind = TASK_PACK, .index = i}};
		struct bench_case measured = {.run = bench_job_run, .what = &job};
		char name[100];
		if (!plan->packed[i].bytes)
			continue;
		bench_interleave(&measured, 1, effort);
		snprintf(name, sizeof name, "%s, copy %d", layer->name, i);
		struct bench_figure f = {.subject = "moving",
			.name = name,
			.work = bench_job_name(&job),
			.batch = layer->batch,
			.threads = threads,
			.unit = "byte/s",
			.counts = bench_job_counts(&job)};
		bench_rate(&f, bench_job_bytes(&job), &measured);
		bench_note(&f);
	}
}

/* Measures the jobs of a layer and the peak, in turn, on `threads` threads; prints a row. */
static void measure_layer(const struct bench_layer *layer, int threads, struct bench_effort effort)
{
	struct bench_subject subject = bench_subject_make(
		layer->make(), layer->shape, layer->batch, threads, 1);
	struct bench_peak peak = {threads};
	struct bench_job jobs[JOBS];
	struct bench_case cases[JOBS + 1] = {[JOBS] = {.run = bench_peak_run, .what = &peak}};
	for (int k = 0; k < JOBS; k++) {
		jobs[k] = (struct bench_job){
			&subject, {.kind = kinds[k], .index = bench_subject_first(&subject)}};
		cases[k] = (struct bench_case){.run = bench_job_run, .what = &jobs[k]};
	}
	bench_interleave(cases, JOBS + 1, effort);
	const double bound = bench_peak_flops(&peak) / bench_best(&cases[JOBS]);
	printf("%-32s %7d", layer->name, threads);
	for (int k = 0; k < JOBS; k++) {
		struct bench_figure f = {.subject = "layer",
			.name = layer->name,
			.work = bench_job_name(&jobs[k]),
			.batch = layer->batch,
			.threads = threads,
			.unit = "flop/s",
			.bound = bound,
			.counts = bench_job_counts(&jobs[k])};
		bench_rate(&f, bench_job_flops(&jobs[k]), &cases[k]);
		bench_note(&f);
		printf(" %9.1f %4.0f%%", f.value * 1e-9, 100 * f.value / bound);
	}
	printf(" %9.1f\n", bound * 1e-9);
	fflush(stdout);
	measure_packing(layer, &subject, threads, effort);
	bench_subject_free(&subject);
}

void bench_layers(const struct bench_options *o)
{
	printf("\nLayers alone, GFLOP/s and share of the FMA peak measured beside them (operations "
	       "counted as the direct algorithm's)\n"
	       "%-32s %7s %15s %15s %15s %9s\n",
		"layer", "threads", "forward", "input gradient", "weight gradient", "peak");
	for (int i = 0; i < bench_layer_count; i++)
		for (int t = 0; t < o->thread_counts; t++)
			if (bench_wanted(o, bench_layers_alone[i].name))
				measure_layer(&bench_layers_alone[i], o->threads[t], o->effort);
}

enum { MOVES = 2 };

/* Prints part of a row: a job of a layer that moves data, beside a copy of as many bytes. */
static void show_moved(const struct bench_layer *layer, const struct bench_job *job, int threads,
	const struct bench_case *moved, const struct bench_copy *copy,
	const struct bench_case *copied)
{
	const double bytes = bench_job_bytes(job);
	struct bench_figure f = {.subject = "moving",
		.name = layer->name,
		.work = bench_job_name(job),
		.batch = layer->batch,
		.threads = threads,
		.unit = "byte/s",
		.bound = bench_copy_bytes(copy) / bench_median(copied),
		.counts = bench_job_counts(job)};
	bench_rate(&f, bytes, moved);
	bench_note(&f);
	printf("   %-6s %8.1f %4.0f%%", bench_level_name(bench_level(bytes / threads, threads)),
		f.value * 1e-9, 100 * f.value / f.bound);
}

static void measure_moving(
	const struct bench_moving *moving, int threads, struct bench_effort effort)
{
	const struct bench_layer *layer = &moving->layer;
	struct bench_subject subject = bench_subject_make(
		bench_moving_make(moving), layer->shape, layer->batch, threads, 1);
	/* If the layer has parameters, only packing and update are measured here; bench_layers()
	 * measures its products. */
	const int first = bench_subject_first(&subject),
		  update = subject.net->plan.calls[first].flops[LAM_FORWARD] > 0,
		  index = update ? 0 : first;
	struct bench_job jobs[MOVES] = {
		{&subject, {.kind = update ? TASK_UPDATE : TASK_FORWARD, .index = index}},
		{&subject, {.kind = update ? TASK_PACK : TASK_BACKWARD, .index = index}}};
	struct bench_copy copies[MOVES];
	struct bench_case cases[2 * MOVES];
	const int count = bench_job_exists(&jobs[1]) ? MOVES : 1;
	for (int k = 0; k < count; k++) {
		if (!bench_copy_sized(&copies[k], (size_t)(bench_job_bytes(&jobs[k]) / 2 / threads),
			    threads)) {
			fprintf(stderr, "bench: out of memory\n");
			exit(1);
		}
		cases[2 * k] = (struct bench_case){.run = bench_job_run, .what = &jobs[k]};
		cases[2 * k + 1] = (struct bench_case){.run = bench_copy_run, .what = &copies[k]};
	}
	bench_interleave(cases, 2 * count, effort);
	printf("%-32s %7d", layer->name, threads);
	for (int k = 0; k < count; k++) {
		show_moved(layer, &jobs[k], threads, &cases[2 * k], &copies[k], &cases[2 * k + 1]);
		bench_copy_free(&copies[k]);
	}
	putchar('\n');
	fflush(stdout);
	bench_subject_free(&subject);
}

void bench_moving(const struct bench_options *o)
{
	printf("\nWhat moves data: GB/s read and written, and share of a copy's of as many bytes, "
	       "measured beside them; the level of cache that these lie in\n"
	       "%-32s %7s   %-21s   %s\n",
		"layer", "threads", "forward (update)", "input gradient (pack)");
	struct bench_moving moving;
	for (int i = 0; bench_moving_layer(i, &moving); i++)
		for (int t = 0; t < o->thread_counts; t++)
			if (bench_wanted(o, moving.layer.name))
				measure_moving(&moving, o->threads[t], o->effort);
}
