/* SPDX-License-Identifier: MIT */
/* What was measured, as JSON lines: one object per figure. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include "tests/bench/measure.h"

/* What one run of a job computes and moves, and how the net cuts it: from shapes alone. */
struct bench_counts {
	const char *algorithm; /* job.h */
	double flops;          /* as the direct algorithm's */
	/* of the one that runs: operations of its products; values that Winograd transforms, once
	 * per axis */
	double products, transformed;
	double bytes;      /* read and written */
	int phases, units; /* units in all phases */
	/* 1: can be walked block by block, with no phase's end between it and its neighbours */
	int chained;
};

/* One figure. Subject, name, work, batch, threads and unit together tell it from all others of a
 * run. */
struct bench_figure {
	const char *subject; /* "layer" */
	const char *name;    /* "64->64 3x3 32x32" */
	const char *work;    /* "forward" */
	int batch, threads;  /* 0: does not apply */
	/* "flop/s", "samples/s", "byte/s": more is better; "s", "bytes": less is */
	const char *unit;
	double value, low, high; /* the median, and the quartiles around it */
	double bound; /* what the machine could do at best, in the same unit; 0: not known */
	struct bench_counts counts; /* of what predict.py reads; no units: does not apply */
};

/* Writes the figures to this file; NULL: nowhere. Leaves the program with a sentence when the file
 * cannot be written. */
void bench_json_open(const char *path);

/* Writes one. */
void bench_note(const struct bench_figure *figure);

/* The rate of `amount` per run of a measured case, written into value, low and high. */
void bench_rate(struct bench_figure *figure, double amount, const struct bench_case *measured);

/* Seconds per run of a measured case, likewise. */
void bench_time(struct bench_figure *figure, const struct bench_case *measured);

/* Closes the file; leaves the program with a sentence when it could not be written to the end. */
void bench_json_close(void);

#endif
