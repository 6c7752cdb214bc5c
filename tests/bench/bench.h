/* SPDX-License-Identifier: MIT */
/* The benchmark's subjects, in the order in which bench.c goes through them. */
#ifndef BENCH_H
#define BENCH_H

#include "tests/bench/figure.h"
#include "tests/bench/machine.h"

struct bench_options {
	struct bench_effort effort;
	int threads[2], thread_counts; /* one, and all where that is more */
	int quick;        /* the smallest and the largest batch of those that matter; a few steps */
	const char *only; /* part of the names of what is measured; NULL: all */
	const char *trainer; /* the path of train_once */
};

int bench_wanted(const struct bench_options *options, const char *name);

void bench_layers(const struct bench_options *options); /* arithmetic, alone */
void bench_moving(const struct bench_options *options); /* what moves data, alone */
void bench_speed(const struct bench_options *options);  /* nets, training and predicting */
/* what every piece of every net's step computes and moves: for predict.py */
void bench_counts(const struct bench_options *options);
/* memory and time to the first step, in processes of their own */
void bench_cost(const struct bench_options *options);

#endif
