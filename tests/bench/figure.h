/* SPDX-License-Identifier: MIT */
/* Writes the figures as JSON lines, one object per figure. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include "tests/bench/measure.h"

/* What one run of a job computes and moves, and how the net cuts it, derived from shapes. */
struct bench_counts {
	char algorithm[48]; /* job.h */
	double flops;       /* of the direct algorithm */
	/* For the algorithm that runs: the operations of its products, and the values that
	 * Winograd's transforms, counted once per axis. */
	double products, transformed;
	double bytes;              /* read and written */
	int phases, units, blocks; /* units in all phases; blocks that these are of */
	int chained;    /* 1: runs block by block, without the end of a phase before or after it */
	double seconds; /* in a step of one thread; 0: not measured */
};

/* One figure. Its key is subject, name, work, batch, threads and unit together. */
struct bench_figure {
	const char *subject; /* "layer" */
	const char *name;    /* "64->64 3x3 32x32" */
	const char *work;    /* "forward" */
	int batch, threads;  /* 0: does not apply */
	/* "flop/s", "samples/s", "byte/s": more is better; "s", "bytes": less is better. */
	const char *unit;
	double value, low, high;    /* the median, the lower and the upper quartile */
	double bound;               /* the machine's limit in the same unit; 0: not known */
	struct bench_counts counts; /* for predict.py; units 0: does not apply */
};

/* Opens the file for the figures; NULL: they are not written. Exits with a sentence when it cannot
 * be written. */
void bench_json_open(const char *path);

/* Writes a figure. */
void bench_note(const struct bench_figure *figure);

/* Fills in value, low and high with the rate of a measured case, `amount` per run. */
void bench_rate(struct bench_figure *figure, double amount, const struct bench_case *measured);

/* Fills in value, low and high with the seconds per run of a measured case. */
void bench_time(struct bench_figure *figure, const struct bench_case *measured);

/* Closes the file; exits with a sentence when it could not be written completely. */
void bench_json_close(void);

#endif
