/* SPDX-License-Identifier: MIT */
/* Counts, from shapes, what every piece of every net's training step computes and moves, and how it
 * is cut. predict.py reads these counts. */
#include "framework/net/profile.h"
#include "tests/bench/bench.h"
#include "tests/bench/nets.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 128, RUNS = 5 };

void bench_counts_title(const char *what)
{
	printf("\n%s, counted (piece by piece in the JSON file, for make bench-predict)\n"
	       "%-24s %7s %7s %12s %12s %12s\n",
		what, "net, batch", "pieces", "phases", "GFLOP direct", "as computed", "MB moved");
}

static int call_of(const lam_plan *plan, const lam_task *given)
{
	const lam_task task = lam_task_job(plan, given);
	return lam_task_of_call(&task)     ? task.index
		: task.kind == TASK_PACK   ? plan->packed[task.index].call
		: task.kind == TASK_UPDATE ? plan->params[task.index]->call
		: task.kind == TASK_SUM    ? plan->sums[task.index].call
					   : -1;
}

/* The least seconds of each task in some steps of one thread. What a profile adds up, as the
 * updates of a layer, is shared out evenly. */
static double *time_tasks(const struct bench_subject *subject, int count)
{
	const lam_net *net = subject->net;
	double *seconds = calloc((size_t)count, sizeof *seconds);
	bool done = seconds;
	bench_subject_run((void *)subject); /* has other tasks, if these were just listed */
	for (int run = 0; run < RUNS && done; run++) {
		done = !lam_net_profile_start(subject->net);
		bench_subject_run((void *)subject);
		for (int i = 0; i < count && done; i++) {
			const int place = net->tasks[i].place;
			int sharing = 0;
			for (int k = 0; k < count; k++)
				sharing += net->tasks[k].place == place;
			const double took = net->profile->seconds[place] / sharing;
			seconds[i] = run > 0 && seconds[i] < took ? seconds[i] : took;
		}
	}
	if (!done || lam_net_profile_stop(subject->net)) {
		fprintf(stderr, "bench: out of memory\n");
		exit(1);
	}
	return seconds;
}

struct bench_counts bench_count_net(const char *net, const struct bench_subject *subject)
{
	struct bench_counts all = {0};
	const int batch = (int)subject->n;
	int count;
	lam_task *tasks = bench_subject_tasks(subject, &count);
	double *seconds = time_tasks(subject, count);
	for (int i = 0; i < count; i++) {
		char name[80];
		snprintf(name, sizeof name, "%s %s/%d/%d", net, bench_subject_work(subject), i,
			call_of(&subject->net->plan, &tasks[i]));
		struct bench_job job = {subject, tasks[i]};
		struct bench_figure f = {.subject = "counts",
			.name = name,
			.work = bench_job_name(&job),
			.batch = batch,
			.unit = "bytes",
			.counts = bench_job_counts(&job)};
		f.counts.seconds = seconds[i];
		f.value = f.low = f.high = f.counts.bytes;
		bench_note(&f);
		all.flops += f.counts.flops;
		all.products += f.counts.products;
		all.bytes += f.counts.bytes;
		all.phases += f.counts.phases;
	}
	free(tasks);
	free(seconds);
	char title[40];
	snprintf(title, sizeof title, "%s %d %s", net, batch, bench_subject_work(subject));
	printf("%-24s %7d %7d %12.3f %12.3f %12.1f\n", title, count, all.phases, all.flops * 1e-9,
		all.products * 1e-9, all.bytes * 1e-6);
	fflush(stdout);
	return all;
}

void bench_counts(const struct bench_options *o)
{
	bench_counts_title("A training step");
	for (int i = 0; i < bench_net_count; i++)
		if (bench_wanted(o, bench_nets[i].name)) {
			struct bench_subject subject = bench_subject_make(bench_nets[i].model(),
				bench_net_shape(&bench_nets[i]), BATCH, 1, 0);
			bench_count_net(bench_nets[i].name, &subject);
			bench_subject_free(&subject);
		}
}
