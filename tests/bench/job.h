/* SPDX-License-Identifier: MIT */
/* One job of one layer, alone: as a net does it, in a parallel region of its own, but nothing
 * before and nothing behind it. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include "framework/net/walk.h"
#include "tests/bench/figure.h"

/* A net with something to work on. */
struct bench_subject {
	lam_net *net;
	lam_real *x, *dy;
	int32_t *labels;
	const void *targets;
	lam_optimizer optimizer;
	int64_t n;
};

/* A training net of this model, with input gradients if `input_grad`, that has done a step of n
 * samples, so that all its arrays hold what they hold in a step. Leaves the program with a sentence
 * when it cannot be made. */
struct bench_subject bench_subject_make(
	lam_layer *model, lam_shape shape, int64_t n, int threads, int input_grad);
void bench_subject_free(struct bench_subject *subject);

/* One task of it. */
struct bench_job {
	const struct bench_subject *subject;
	lam_task task;
};

/* The run of a case: `what` is a struct bench_job. */
void bench_job_run(void *what);

/* What one run of it computes and moves. */
double bench_job_flops(const struct bench_job *job);
double bench_job_bytes(const struct bench_job *job);

/* All that predict.py wants to know of it. The algorithm of a convolution is "direct", "grouped" or
 * "winograd", as the kernels choose; of another layer its kind, "affine"; of what no layer does
 * "update", "pack" or "rows". */
struct bench_counts bench_job_counts(const struct bench_job *job);

/* Whether the net does this at all: no view is called, an absorbed activation has no forward, the
 * first layer no input gradient. */
int bench_job_exists(const struct bench_job *job);

/* "forward", "input gradient", "weight gradient", "update", "pack", "rows" */
const char *bench_job_name(lam_task_kind kind);

#endif
