/* SPDX-License-Identifier: MIT */
/* The benchmark's subjects, in the order in which bench.c measures them. */
#ifndef BENCH_H
#define BENCH_H

#include "tests/bench/job.h"
#include "tests/bench/machine.h"

struct bench_options {
	struct bench_effort effort;
	int threads[2], thread_counts; /* 1, and the number of all threads if that is more */
	int quick;                     /* only the smallest and the largest batch, and few steps */
	const char *only;              /* measure only names that contain this; NULL: all */
	const char *trainer;           /* the path of train_once */
	const char *others;            /* the path of a list of others.py's nets; NULL: none */
};

int bench_wanted(const struct bench_options *options, const char *name);

void bench_layers(const struct bench_options *options); /* single layers that compute */
void bench_moving(const struct bench_options *options); /* single layers that move data */
void bench_speed(const struct bench_options *options);  /* nets: training and prediction */
/* Counts what every piece of every net's step computes and moves, for predict.py. */
void bench_counts(const struct bench_options *options);
/* Counts and measures the nets of the list options->others. */
void bench_others(const struct bench_options *options);

/* Counts the pieces of the subject's step or prediction, writes a figure of each, and prints a row
 * of their sums, which it returns, below the title. */
struct bench_counts bench_count_net(const char *net, const struct bench_subject *subject);
void bench_counts_title(const char *what);

/* Measures memory, and the time until the first step, each in a process of its own. */
void bench_cost(const struct bench_options *options);

#endif
