/* SPDX-License-Identifier: MIT */
#include "tests/bench/job.h"

#include "framework/kernels/kernels.h"
#include "framework/net/profile.h"
#include "layers/conv_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* A subject with its data, before its first step. */
static struct bench_subject with_data(lam_net *net, int64_t n, bool predicts)
{
	struct bench_subject s = {.net = net,
		.n = n,
		.predicts = predicts,
		.optimizer = lam_sgd(.lr = (lam_real)1e-4, .momentum = (lam_real)0.9)};
	done(net ? LAM_OK : lam_error_status());
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	const int64_t values = n * lam_shape_count(&out);
	s.x = numbers(n * lam_shape_count(&in));
	s.dy = numbers(values);
	s.labels = memory((size_t)values, sizeof *s.labels);
	lam_target_info info = {.type = LAM_VALUES};
	const bool loss = net->plan.loss_count > 0;
	if (loss)
		done(lam_net_targets(net, &info));
	for (int64_t i = 0; i < values && info.type == LAM_CLASSES; i++)
		s.labels[i] = (int32_t)(i % info.classes);
	s.targets = !loss || predicts      ? NULL
		: info.type == LAM_CLASSES ? (const void *)s.labels
					   : s.dy;
	s.input = (lam_run_input){.rows = s.x};
	s.target = (lam_run_target){.data = s.targets};
	return s;
}

struct bench_subject bench_subject_make(
	lam_layer *model, lam_shape shape, int64_t n, int threads, int input_grad)
{
	struct bench_subject s = with_data(
		lam_net_create(model, shape, .max_batch = (int)n, .threads = threads, .seed = 1,
			.input_grad = input_grad),
		n, false);
	done(lam_net_forward(s.net, LAM_TRAIN, s.x, s.targets, n));
	done(s.targets ? lam_net_backward(s.net) : lam_net_backward_from(s.net, s.dy));
	if (lam_net_param_count(s.net) > 0)
		done(lam_net_update(s.net, &s.optimizer));
	return s;
}

struct bench_subject bench_subject_infers(lam_layer *model, lam_shape shape, int64_t n, int threads)
{
	struct bench_subject s = with_data(
		lam_net_create(model, shape, .max_batch = (int)n, .threads = threads, .seed = 1,
			.inference = true),
		n, true);
	bench_subject_run(&s);
	return s;
}

void bench_subject_run(void *what)
{
	const struct bench_subject *s = what;
	done(s->predicts ? lam_net_predict(s->net, s->x, s->n, s->dy)
			 : lam_net_step(s->net, &s->optimizer, s->x, s->targets, s->n));
}

void bench_subject_free(struct bench_subject *subject)
{
	lam_net_free(subject->net);
	free(subject->x);
	free(subject->dy);
	free(subject->labels);
}

/* Makes the walk that lam_net_step() or lam_net_predict() would make, except its list of tasks. */
static lam_walk walk_of(const struct bench_subject *s)
{
	const unsigned step = LAM_RUN_FORWARD | LAM_RUN_BACKWARD | LAM_RUN_UPDATE;
	return (lam_walk){
		.net = s->net,
		.run = {.what = s->predicts ? LAM_RUN_FORWARD : step,
			.mode = s->predicts ? LAM_EVAL : LAM_TRAIN,
			.n = s->n,
			.inputs = &s->input,
			.targets = &s->target,
			.y_rows = s->predicts ? (lam_real *const *)&s->dy : NULL,
			.dy_rows = s->targets ? NULL : (const lam_real *const *)&s->dy,
			.optimizer = &s->optimizer},
		.blocks = (s->n + LAM_LANES - 1) / LAM_LANES,
		.pass = 1,
	};
}

/* The same, with one task. */
static lam_walk walk_with(const struct bench_job *job)
{
	lam_walk walk = walk_of(job->subject);
	walk.tasks = &job->task;
	walk.task_count = 1;
	return walk;
}

int bench_subject_first(const struct bench_subject *subject)
{
	const lam_plan *plan = &subject->net->plan;
	int first = 0;
	while (first < plan->call_count - 1
		&& !strcmp(plan->calls[first].layer_class->kind, "relayout"))
		first++;
	return first;
}

const char *bench_subject_work(const struct bench_subject *subject)
{
	return subject->predicts ? "inference" : "training";
}

lam_task *bench_subject_tasks(const struct bench_subject *subject, int *count)
{
	lam_walk walk = walk_of(subject);
	lam_list_tasks(&walk);
	lam_task *tasks = memory((size_t)walk.task_count, sizeof *tasks);
	memcpy(tasks, subject->net->tasks, (size_t)walk.task_count * sizeof *tasks);
	*count = walk.task_count;
	return tasks;
}

void bench_job_run(void *what)
{
	lam_walk walk = walk_with(what);
	done(lam_walk_run(&walk));
}

double bench_job_flops(const struct bench_job *job)
{
	const lam_walk walk = walk_with(job);
	return lam_profile_flops(&walk, &job->task);
}

double bench_job_bytes(const struct bench_job *job)
{
	const lam_walk walk = walk_with(job);
	return lam_profile_bytes(&walk, &job->task);
}

static void name_algorithm(struct bench_counts *counts, bool by_sample, const char *name)
{
	snprintf(counts->algorithm, sizeof counts->algorithm, "%s%s", name,
		by_sample ? " of samples" : "");
}

static bool pointwise(const lam_conv_geometry *g)
{
	return g->kh * g->kw == 1 && g->ph == 0 && g->pw == 0;
}

/* The kernels' own count of a convolution's job over the batch. */
static void count_blocks(
	const struct bench_job *job, const struct conv *conv, struct bench_counts *counts)
{
	const lam_conv_geometry *g = &conv->geometry;
	const lam_job kind = lam_conv_job_of(conv, (lam_job)job->task.kind);
	const struct lam_conv_count count = g->algorithm[kind]->count(g, kind);
	const double lanes = (double)((job->subject->n + LAM_LANES - 1) / LAM_LANES * LAM_LANES);
	counts->products = 2 * count.products * lanes;
	counts->transformed = count.transformed * lanes * conv->setup.sides;
	const bool winograd = count.transformed > 0;
	name_algorithm(counts, false,
		winograd && g->sw > 1                          ? "winograd, stride"
			: winograd                             ? "winograd"
			: g->groups > 1 && g->groups == g->in  ? "depthwise"
			: g->groups > 1                        ? "grouped"
			: kind == LAM_GRADIENT && pointwise(g) ? "pointwise"
							       : "direct");
}

/* The same of one sample at a time. */
static void count_samples(const struct bench_job *job, const lam_call *call,
	const struct conv *conv, struct bench_counts *counts)
{
	const lam_job kind = (lam_job)job->task.kind;
	const lam_conv_geometry *g = &conv->geometry;
	const bool lanes = call->x_layout == LAM_CHANNEL_LANES,
		   winograd = kind == LAM_FORWARD ? conv->form[0] == LAM_CHANNEL_WINOGRAD
						  : conv->winograd[kind];
	if (lanes && winograd) {
		lam_conv_geometry chosen = *g;
		lam_kernel()->conv.choose(&chosen, LAM_CONV_WINOGRAD);
		const lam_job as = lam_conv_job_of(conv, kind);
		const struct lam_conv_count count = chosen.algorithm[as]->count(&chosen, as);
		counts->products = 2 * count.products * (double)job->subject->n;
		counts->transformed = count.transformed * (double)job->subject->n
			* conv->setup.sides;
	} else {
		counts->products = 2 * LAM_LANES * (double)job->subject->n
			* lam_conv_sample_work(conv, kind, call->x_layout);
	}
	name_algorithm(counts, true,
		!lanes                       ? "planes"
			: winograd           ? "winograd"
			: g->groups == 1     ? "direct"
			: g->groups == g->in ? "depthwise"
					     : "grouped");
}

/* The kind of a call's layer, with what a batch norm computes of calls behind it. */
static const char *kind_of(const lam_call *call)
{
	static const char *const norms[2][2] = {
		{"batch_norm", "batch_norm, ReLU"}, {"batch_norm, sum", "batch_norm, sum, ReLU"}};
	const char *kind = call->layer_class->kind;
	return strcmp(kind, norms[0][0]) ? kind : norms[call->added >= 0][call->epilogue != 0];
}

/* "pack, winograd": what is packed for, as that depends on what reads the copy. */
static void name_packing(const struct bench_job *job, struct bench_counts *counts)
{
	const lam_packed_copy *copy = &job->subject->net->plan.packed[job->task.index];
	const struct bench_job reader = {job->subject,
		{.kind = copy->backward_only ? TASK_BACKWARD : TASK_FORWARD, .index = copy->call}};
	char name[sizeof counts->algorithm];
	snprintf(name, sizeof name, "%s", bench_job_counts(&reader).algorithm);
	snprintf(counts->algorithm, sizeof counts->algorithm, "pack, %.40s", name);
}

struct bench_counts bench_job_counts(const struct bench_job *job)
{
	const lam_walk walk = walk_with(job);
	struct bench_counts counts = {.flops = bench_job_flops(job), .bytes = bench_job_bytes(job)};
	name_algorithm(&counts, false, bench_job_name(job));
	counts.products = counts.flops;
	if (job->task.kind == TASK_PACK)
		name_packing(job, &counts);
	const lam_task task = lam_task_job(&job->subject->net->plan, &job->task);
	if (lam_task_of_call(&task)) {
		const lam_call *call = &job->subject->net->plan.calls[task.index];
		const bool convolution = call->layer_class->forward == lam_conv_forward;
		name_algorithm(&counts, call->by_sample, kind_of(call));
		if (convolution && call->by_sample)
			count_samples(job, call, lam_layer_state(call->layer), &counts);
		else if (convolution)
			count_blocks(job, lam_layer_state(call->layer), &counts);
	}
	lam_cut cut;
	lam_cut_task(&walk, &job->task, &cut);
	counts.phases = cut.phases;
	for (int p = 0; p < cut.phases; p++)
		counts.units += (int)lam_cut_units(&cut, p);
	counts.blocks = (int)cut.blocks;
	counts.chained = cut.link;
	return counts;
}

int bench_job_exists(const struct bench_job *job)
{
	const lam_call *call = &job->subject->net->plan.calls[job->task.index];
	const int view = (call->layer_class->flags & LAM_VIEW) != 0;
	switch (job->task.kind) {
	case TASK_FORWARD:
		return !view && !call->absorbed && !call->deferred;
	case TASK_GRADIENT:
		return call->gradient;
	case TASK_BACKWARD:
		return call->backward && call->in[0].dx != BUFFER_NONE && !view
			&& !(call->layer_class->flags & LAM_PASSES_DY);
	default:
		return 1;
	}
}

const char *bench_job_name(const struct bench_job *job)
{
	switch (lam_task_job(&job->subject->net->plan, &job->task).kind) {
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
	case TASK_SUM:
		return "sum";
	default:
		return "rows";
	}
}
