/* SPDX-License-Identifier: MIT */
/* A single job of a single layer, run as a net runs it, but in a parallel region of its own. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include "framework/net/walk.h"
#include "tests/bench/figure.h"

/* A net with a batch. */
struct bench_subject {
	lam_net *net;
	lam_real *x, *dy; /* a net that predicts writes its output to dy */
	int32_t *labels;
	const void *targets;
	bool predicts;
	lam_run_input input;   /* x */
	lam_run_target target; /* the targets */
	lam_optimizer optimizer;
	int64_t n;
};

/* Makes a net for training, with input gradients if `input_grad`, and runs a step of n samples, so
 * that all arrays hold values as in a step. Exits with a sentence on failure. */
struct bench_subject bench_subject_make(
	lam_layer *model, lam_shape shape, int64_t n, int threads, int input_grad);
/* The same of a net for inference, which predicts once. */
struct bench_subject bench_subject_infers(
	lam_layer *model, lam_shape shape, int64_t n, int threads);
void bench_subject_free(struct bench_subject *subject);

/* The `run` of a struct bench_case: a training step or a prediction; `what` is the subject. */
void bench_subject_run(void *what);

/* "training" or "inference" */
const char *bench_subject_work(const struct bench_subject *subject);

/* The call of the model's first layer: what is before it converts layouts. */
int bench_subject_first(const struct bench_subject *subject);

/* The tasks of the next step or prediction, in order. The caller frees them. */
lam_task *bench_subject_tasks(const struct bench_subject *subject, int *count);

/* One task of the net. */
struct bench_job {
	const struct bench_subject *subject;
	lam_task task;
};

/* The `run` of a struct bench_case; `what` is a struct bench_job. */
void bench_job_run(void *what);

/* The operations that one run computes, and the bytes that it moves. */
double bench_job_flops(const struct bench_job *job);
double bench_job_bytes(const struct bench_job *job);

/* The counts that predict.py reads. The algorithm of a convolution is "direct", "pointwise",
 * "depthwise", "grouped", "winograd" or "winograd, stride", as the kernels choose. That of another
 * layer is its kind, as "affine", and of a batch norm what it has absorbed, as "batch_norm, sum,
 * ReLU". " of samples" follows where each block is a sample; "planes of samples" is a convolution
 * from or to planes. That of packing is "pack, " and the algorithm that reads the copy; that of
 * other work without a layer is "update", "sum" or "rows". */
struct bench_counts bench_job_counts(const struct bench_job *job);

/* Whether the net does this job: a view is never called, an absorbed activation has no forward, and
 * the first layer has no input gradient. */
int bench_job_exists(const struct bench_job *job);

/* "forward", "input gradient", "weight gradient", "update", "pack", "sum", "rows" */
const char *bench_job_name(const struct bench_job *job);

#endif
