/* SPDX-License-Identifier: MIT */
/* Counts, from shapes, what every piece of every net's training step computes and moves, and how it
 * is cut. predict.py reads these counts. */
#include "tests/bench/bench.h"
#include "tests/bench/job.h"
#include "tests/bench/nets.h"

#include <stdio.h>

enum { BATCH = 128, MOST_PIECES = 256 };

/* The pieces of one step in the order of lam_net_step(). */
static int list_pieces(const struct bench_subject *s, struct bench_job *pieces)
{
	const lam_plan *plan = &s->net->plan;
	int count = 0;
	for (int i = 0; i < plan->packed_count && count < MOST_PIECES; i++)
		if (plan->packed[i].bytes)
			pieces[count++] = (struct bench_job){s, {.kind = TASK_PACK, .index = i}};
	pieces[count++] = (struct bench_job){s, {.kind = TASK_ROWS_IN}};
	for (int i = 0; i < plan->call_count && count < MOST_PIECES; i++) {
		pieces[count] = (struct bench_job){s, {.kind = TASK_FORWARD, .index = i}};
		count += bench_job_exists(&pieces[count]);
	}
	for (int i = plan->call_count - 1; i >= 0 && count < MOST_PIECES - 1; i--) {
		pieces[count] = (struct bench_job){s, {.kind = TASK_GRADIENT, .index = i}};
		count += bench_job_exists(&pieces[count]);
		pieces[count] = (struct bench_job){s, {.kind = TASK_BACKWARD, .index = i}};
		count += bench_job_exists(&pieces[count]);
	}
	for (int i = 0; i < plan->param_count && count < MOST_PIECES; i++)
		pieces[count++] = (struct bench_job){s, {.kind = TASK_UPDATE, .index = i}};
	return count;
}

static int call_of(const lam_plan *plan, const lam_task *task)
{
	return task->kind == TASK_PACK       ? plan->packed[task->index].call
		: task->kind == TASK_UPDATE  ? plan->params[task->index]->call
		: task->kind == TASK_ROWS_IN ? -1
					     : task->index;
}

static void count_net(const struct bench_net *b)
{
	struct bench_subject subject = bench_subject_make(
		b->model(), bench_net_shape(b), BATCH, 1, 0);
	struct bench_job pieces[MOST_PIECES];
	const int count = list_pieces(&subject, pieces);
	double flops = 0, products = 0, bytes = 0;
	int phases = 0;
	for (int i = 0; i < count; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s/%d/%d", b->name, i,
			call_of(&subject.net->plan, &pieces[i].task));
		struct bench_figure f = {.subject = "counts",
			.name = name,
			.work = bench_job_name(pieces[i].task.kind),
			.batch = BATCH,
			.unit = "bytes",
			.counts = bench_job_counts(&pieces[i])};
		f.value = f.low = f.high = f.counts.bytes;
		bench_note(&f);
		flops += f.counts.flops;
		products += f.counts.products;
		bytes += f.counts.bytes;
		phases += f.counts.phases;
	}
	printf("%-10s %7d %7d %12.3f %12.3f %12.1f\n", b->name, count, phases, flops * 1e-9,
		products * 1e-9, bytes * 1e-6);
	fflush(stdout);
	bench_subject_free(&subject);
}

void bench_counts(const struct bench_options *o)
{
	printf("\nA training step of %d samples, counted (piece by piece in the JSON file, for "
	       "make bench-predict)\n"
	       "%-10s %7s %7s %12s %12s %12s\n",
		BATCH, "net", "pieces", "phases", "GFLOP direct", "as computed", "MB moved");
	for (int i = 0; i < bench_net_count; i++)
		if (bench_wanted(o, bench_nets[i].name))
			count_net(&bench_nets[i]);
}
