/* Layers alone: arithmetic by its share of the peak, what only moves data by its share of a copy in the same level of cache. */
#include "tests/bench/bench.h"
#include "tests/bench/job.h"
#include "tests/bench/layers.h"

#include <stdio.h>

enum { JOBS = 3 };
static const lam_work_kind kinds[JOBS] = {WORK_FORWARD, WORK_BACKWARD, WORK_GRADIENT};

/* The jobs of one layer and the peak, in turn, on so many threads; prints its row. */
static void measure_layer(const struct bench_layer *layer, int threads, struct bench_effort effort)
{
	struct bench_subject subject = bench_subject_make(layer->make(), layer->shape, layer->batch, threads, 1);
	struct bench_peak peak = {threads};
	struct bench_job jobs[JOBS];
	struct bench_case cases[JOBS + 1] = {[JOBS] = {.run = bench_peak_run, .what = &peak}};
	for (int k = 0; k < JOBS; k++) {
		jobs[k] = (struct bench_job){&subject, {.kind = kinds[k]}};
		cases[k] = (struct bench_case){.run = bench_job_run, .what = &jobs[k]};
	}
	bench_interleave(cases, JOBS + 1, effort);
	const double bound = bench_peak_flops(&peak) / bench_best(&cases[JOBS]);
	printf("%-32s %7d", layer->name, threads);
	for (int k = 0; k < JOBS; k++) {
		struct bench_figure f = {.subject = "layer", .name = layer->name, .work = bench_job_name(kinds[k]), .batch = layer->batch,
			.threads = threads, .unit = "flop/s", .bound = bound};
		bench_rate(&f, bench_job_flops(&jobs[k]), &cases[k]);
		bench_note(&f);
		printf(" %9.1f %4.0f%%", f.value * 1e-9, 100 * f.value / bound);
	}
	printf(" %9.1f\n", bound * 1e-9);
	fflush(stdout);
	bench_subject_free(&subject);
}

void bench_layers(const struct bench_options *o)
{
	printf("\nLayers alone, GFLOP/s and share of the FMA peak measured beside them (operations counted as the direct algorithm's)\n"
		"%-32s %7s %15s %15s %15s %9s\n", "layer", "threads", "forward", "input gradient", "weight gradient", "peak");
	for (int i = 0; i < bench_layer_count; i++)
		for (int t = 0; t < o->thread_counts; t++)
			if (bench_wanted(o, bench_layers_alone[i].name))
				measure_layer(&bench_layers_alone[i], o->threads[t], o->effort);
}

/* One job of a layer that moves data; prints its half of a row. */
static void show_moved(const char *name, struct bench_job *job, int batch, int threads, const struct bench_case *measured)
{
	const double bytes = bench_job_bytes(job);
	const int level = bench_level(bytes / threads, threads);
	char title[80];
	snprintf(title, sizeof title, "%s in %s", name, bench_level_name(level));
	struct bench_figure f = {.subject = "moving", .name = title, .work = bench_job_name(job->work.kind), .batch = batch, .threads = threads,
		.unit = "byte/s", .bound = bench_bandwidth(level, threads)};
	bench_rate(&f, bytes, measured);
	bench_note(&f);
	printf("   %-6s %8.1f %4.0f%%", bench_level_name(level), f.value * 1e-9, 100 * f.value / f.bound);
}

static void measure_moving(const struct bench_layer *layer, int threads, struct bench_effort effort)
{
	struct bench_subject subject = bench_subject_make(layer->make(), layer->shape, layer->batch, threads, 1);
	/* Of a layer with parameters only the update is looked at: its products are above. */
	const int update = subject.net->plan.calls[0].flops[LAM_FORWARD] > 0;
	struct bench_job jobs[2] = {{&subject, {.kind = update ? WORK_UPDATE : WORK_FORWARD}}, {&subject, {.kind = WORK_BACKWARD}}};
	struct bench_case cases[2] = {{.run = bench_job_run, .what = &jobs[0]}, {.run = bench_job_run, .what = &jobs[1]}};
	const int count = update || !bench_job_exists(&jobs[1]) ? 1 : 2;
	bench_interleave(cases, count, effort);
	printf("%-32s %7d", layer->name, threads);
	for (int k = 0; k < count; k++)
		show_moved(layer->name, &jobs[k], layer->batch, threads, &cases[k]);
	putchar('\n');
	fflush(stdout);
	bench_subject_free(&subject);
}

void bench_moving(const struct bench_options *o)
{
	printf("\nWhat moves data: GB/s read and written, and share of a copy's in the level of cache that the arrays lie in\n"
		"%-32s %7s   %-21s   %s\n", "layer", "threads", "forward (update)", "input gradient");
	for (int i = 0; i < bench_moving_count; i++)
		for (int t = 0; t < o->thread_counts; t++)
			if (bench_wanted(o, bench_moving_layers[i].name))
				measure_moving(&bench_moving_layers[i], o->threads[t], o->effort);
}
