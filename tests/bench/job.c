/* SPDX-License-Identifier: MIT */
#include "tests/bench/job.h"

#include "framework/kernels/kernels.h"
#include "framework/net/profile.h"
#include "layers/conv_common.h"

#include <stdio.h>
#include <stdlib.h>

static void *memory(size_t count, size_t size)
{
	void *array = calloc(count, size);
	if (!array) {
		fprintf(stderr, "bench: out of memory\n");
		exit(1);
	}
	return array;
}

static void done(lam_status status)
{
	if (!status)
		return;
	fprintf(stderr, "bench: %s\n", lam_error());
	exit(1);
}

/* Numbers from 0 to 1 without order. */
static lam_real *numbers(int64_t count)
{
	lam_real *array = memory((size_t)count, sizeof *array);
	for (int64_t i = 0; i < count; i++)
		array[i] = (lam_real)((i * 2654435761u >> 8) % 1000) / 1000;
	return array;
}

struct bench_subject bench_subject_make(
	lam_layer *model, lam_shape shape, int64_t n, int threads, int input_grad)
{
	struct bench_subject s = {
		.n = n, .optimizer = lam_sgd(.lr = (lam_real)1e-4, .momentum = (lam_real)0.9)};
	s.net = lam_net_create(model, shape, .max_batch = (int)n, .threads = threads, .seed = 1,
		.input_grad = input_grad);
	done(s.net ? LAM_OK : lam_error_status());
	s.x = numbers(n * lam_shape_count(&shape));
	const lam_shape out = lam_net_output_shape(s.net);
	s.dy = numbers(n * lam_shape_count(&out));
	s.labels = memory((size_t)n, sizeof *s.labels);
	lam_target_info info = {.type = LAM_VALUES};
	const int loss = s.net->plan.loss_count > 0;
	if (loss)
		done(lam_net_targets(s.net, &info));
	for (int64_t i = 0; i < n && info.type == LAM_CLASSES; i++)
		s.labels[i] = (int32_t)(i % info.classes);
	s.targets = !loss ? NULL : info.type == LAM_CLASSES ? (const void *)s.labels : s.dy;
	s.input = (lam_run_input){.rows = s.x};
	s.target = (lam_run_target){.data = s.targets};
	done(lam_net_forward(s.net, LAM_TRAIN, s.x, s.targets, n));
	done(loss ? lam_net_backward(s.net) : lam_net_backward_from(s.net, s.dy));
	if (lam_net_param_count(s.net) > 0)
		done(lam_net_update(s.net, &s.optimizer));
	return s;
}

void bench_subject_free(struct bench_subject *subject)
{
	lam_net_free(subject->net);
	free(subject->x);
	free(subject->dy);
	free(subject->labels);
}

/* Makes the walk that lam_net_step() would make, except its list of tasks. */
static lam_walk walk_of(const struct bench_job *job)
{
	const struct bench_subject *s = job->subject;
	return (lam_walk){
		.net = s->net,
		.run = {.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE,
			.mode = LAM_TRAIN,
			.n = s->n,
			.inputs = &s->input,
			.targets = &s->target,
			.dy_rows = (const lam_real *const *)&s->dy,
			.optimizer = &s->optimizer},
		.tasks = &job->task,
		.task_count = 1,
		.blocks = (s->n + LAM_LANES - 1) / LAM_LANES,
		.pass = 1,
	};
}

void bench_job_run(void *what)
{
	lam_walk walk = walk_of(what);
	done(lam_walk_run(&walk));
}

double bench_job_flops(const struct bench_job *job)
{
	const lam_walk walk = walk_of(job);
	return lam_profile_flops(&walk, &job->task);
}

double bench_job_bytes(const struct bench_job *job)
{
	const lam_walk walk = walk_of(job);
	return lam_profile_bytes(&walk, &job->task);
}

/* The kernels' own count of a convolution's job over the batch. */
static void count_convolution(
	const struct bench_job *job, const struct conv *conv, struct bench_counts *counts)
{
	const lam_conv_geometry *g = &conv->geometry;
	const lam_job kind = lam_conv_job_of(conv, (lam_job)job->task.kind);
	const struct lam_conv_count count = g->algorithm[kind]->count(g, kind);
	const double lanes = (double)((job->subject->n + LAM_LANES - 1) / LAM_LANES * LAM_LANES);
	counts->products = 2 * count.products * lanes;
	counts->transformed = count.transformed * lanes * conv->setup.sides;
	counts->algorithm = count.transformed > 0 ? "winograd"
		: conv->setup.groups > 1          ? "grouped"
						  : "direct";
}

struct bench_counts bench_job_counts(const struct bench_job *job)
{
	const lam_walk walk = walk_of(job);
	struct bench_counts counts = {.algorithm = bench_job_name(job->task.kind),
		.flops = bench_job_flops(job),
		.bytes = bench_job_bytes(job)};
	counts.products = counts.flops;
	if (lam_task_of_call(&job->task)) {
		const lam_call *call = &job->subject->net->plan.calls[job->task.index];
		counts.algorithm = call->layer_class->kind;
		if (call->layer_class->forward == lam_conv_forward)
			count_convolution(job, lam_layer_state(call->layer), &counts);
	}
	lam_cut cut;
	lam_cut_task(&walk, &job->task, &cut);
	counts.phases = cut.phases;
	for (int p = 0; p < cut.phases; p++)
		counts.units += (int)lam_cut_units(&cut, p);
	counts.chained = cut.link;
	return counts;
}

int bench_job_exists(const struct bench_job *job)
{
	const lam_call *call = &job->subject->net->plan.calls[job->task.index];
	const int view = (call->layer_class->flags & LAM_VIEW) != 0;
	switch (job->task.kind) {
	case TASK_FORWARD:
		return !view && !call->absorbed;
	case TASK_GRADIENT:
		return call->gradient;
	case TASK_BACKWARD:
		return call->backward && call->in[0].dx != BUFFER_NONE && !view
			&& !(call->layer_class->flags & LAM_PASSES_DY);
	default:
		return 1;
	}
}

const char *bench_job_name(lam_task_kind kind)
{
	switch (kind) {
	case TASK_FORWARD:
		return "forward";
	case TASK_BACKWARD:
		return "input gradient";
	case TASK_GRADIENT:
		return "weight gradient";
	case TASK_UPDATE:
		return "update";
	case TASK_PACK:
		return "pack";
	default:
		return "rows";
	}
}
