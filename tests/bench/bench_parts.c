/* Every piece of every net's training step alone, on one thread: its time, and what it computes and moves. predict.py adds them up. */
#include "tests/bench/bench.h"
#include "tests/bench/job.h"
#include "tests/bench/nets.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 128, MOST_PARTS = 256 };

/* The pieces of one step in the order of lam_net_step(). */
static int list_parts(const struct bench_subject *s, struct bench_job *parts)
{
	const lam_plan *plan = &s->net->plan;
	int count = 0;
	for (int i = 0; i < plan->packed_count && count < MOST_PARTS; i++)
		if (plan->packed[i].bytes)
			parts[count++] = (struct bench_job){s, {.kind = WORK_PACK, .index = i}};
	parts[count++] = (struct bench_job){s, {.kind = WORK_ROWS_IN}};
	for (int i = 0; i < plan->call_count && count < MOST_PARTS; i++) {
		parts[count] = (struct bench_job){s, {.kind = WORK_FORWARD, .index = i}};
		count += bench_job_exists(&parts[count]);
	}
	for (int i = plan->call_count - 1; i >= 0 && count < MOST_PARTS - 1; i--) {
		parts[count] = (struct bench_job){s, {.kind = WORK_GRADIENT, .index = i}};
		count += bench_job_exists(&parts[count]);
		parts[count] = (struct bench_job){s, {.kind = WORK_BACKWARD, .index = i}};
		count += bench_job_exists(&parts[count]);
	}
	for (int i = 0; i < plan->param_count && count < MOST_PARTS; i++)
		parts[count++] = (struct bench_job){s, {.kind = WORK_UPDATE, .index = i}};
	return count;
}

static int call_of(const lam_plan *plan, const lam_work *work)
{
	return work->kind == WORK_PACK ? plan->packed[work->index].call : work->kind == WORK_UPDATE ? plan->params[work->index]->call
		: work->kind == WORK_ROWS_IN ? -1 : work->index;
}

static void measure(const struct bench_net *b, struct bench_effort effort)
{
	struct bench_subject subject = bench_subject_make(b->model(), bench_net_shape(b), BATCH, 1, 0);
	struct bench_job parts[MOST_PARTS];
	const int count = list_parts(&subject, parts);
	struct bench_case *cases = calloc((size_t)count, sizeof *cases);
	if (!cases) {
		fprintf(stderr, "bench: out of memory\n");
		exit(1);
	}
	for (int i = 0; i < count; i++)
		cases[i] = (struct bench_case){.run = bench_job_run, .what = &parts[i]};
	bench_interleave(cases, count, effort);
	double sum = 0;
	for (int i = 0; i < count; i++) {
		const int call = call_of(&subject.net->plan, &parts[i].work);
		char name[64];
		snprintf(name, sizeof name, "%s/%d/%d", b->name, i, call);
		struct bench_figure f = {.subject = "part", .name = name, .work = bench_job_name(parts[i].work.kind), .batch = BATCH, .threads = 1, .unit = "s",
			.flops = bench_job_flops(&parts[i]), .bytes = bench_job_bytes(&parts[i])};
		f.units = bench_job_units(&parts[i], &f.phases, &f.chained);
		bench_time(&f, &cases[i]);
		bench_note(&f);
		sum += f.value;
	}
	printf("%-10s %6d pieces, %10.1f us\n", b->name, count, sum * 1e6);
	fflush(stdout);
	free(cases);
	bench_subject_free(&subject);
}

void bench_parts(const struct bench_options *o)
{
	printf("\nThe pieces of a training step of %d samples alone, on one thread, added up (each in the JSON file)\n", BATCH);
	for (int i = 0; i < bench_net_count; i++)
		if (bench_wanted(o, bench_nets[i].name))
			measure(&bench_nets[i], o->effort);
}
