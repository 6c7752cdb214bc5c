/* SPDX-License-Identifier: MIT */
/* Measures what a training program costs apart from the time of its steps: its memory, and the time
 * until the first step is done. Each is measured in a process of its own. */
#include "tests/bench/bench.h"
#include "tests/bench/nets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 5 };

/* Runs one process. Exits with a sentence when it fails. */
static void run_trainer(const char *trainer, const char *net, int batch, double *first,
	double *peak, double *announced)
{
	char command[4200];
	snprintf(command, sizeof command, "'%s' %s %d %d %.0f", trainer, net, batch, STEPS,
		bench_now() * 1e9);
	FILE *child = popen(command, "r");
	const int read = child ? fscanf(child, "%lf %lf %lf", first, peak, announced) : 0;
	const int status = child ? pclose(child) : -1;
	if (read == 3 && status == 0)
		return;
	fprintf(stderr, "bench: %s did not do its work; expected the program train_once\n",
		trainer);
	exit(1);
}

static void note(const char *net, const char *work, int batch, const char *unit,
	const struct bench_case *measured)
{
	struct bench_figure f = {.subject = "cost",
		.name = net,
		.work = work,
		.batch = batch,
		.threads = bench_threads(),
		.unit = unit};
	bench_time(&f, measured);
	bench_note(&f);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void measure(const char *net, int batch, const struct bench_options *o)
{
	struct bench_case first = {.rounds = o->effort.rounds}, peak = first, announced = first;
	for (int round = 0; round < o->effort.rounds; round++)
		run_trainer(o->trainer, net, batch, &first.seconds[round], &peak.seconds[round],
			&announced.seconds[round]);
	struct bench_case *const all[] = {&first, &peak, &announced};
	for (int i = 0; i < 3; i++)
		qsort(all[i]->seconds, (size_t)o->effort.rounds, sizeof(double), by_value);
	note(net, "start to first step", batch, "s", &first);
	note(net, "peak memory", batch, "bytes", &peak);
	note(net, "announced memory", batch, "bytes", &announced);
	const double allowed = bench_median(&announced) * 1.15 + 10e6;
	printf("%-10s %6d %14.1f %14.1f %10s %14.1f\n", net, batch, bench_median(&peak) * 1e-6,
		bench_median(&announced) * 1e-6, bench_median(&peak) <= allowed ? "yes" : "NO",
		bench_median(&first) * 1e3);
	fflush(stdout);
}

void bench_cost(const struct bench_options *o)
{
	printf("\nTraining programs: most memory resident, what the summary announces, whether "
	       "within 15%% + 10 MB of it, start to first step\n"
	       "%-10s %6s %14s %14s %10s %14s\n",
		"net", "batch", "peak MB", "announced MB", "within", "first step ms");
	for (int i = 0; i < bench_net_count; i++)
		for (int batch = 64; batch <= 128; batch *= 2)
			if (bench_wanted(o, bench_nets[i].name))
				measure(bench_nets[i].name, batch, o);
}
