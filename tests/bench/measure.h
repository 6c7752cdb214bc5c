/* SPDX-License-Identifier: MIT */
/* Times: cases measured in turn. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/* How long to measure: so many rounds, each case in each round for at least so many seconds (and
 * once). */
struct bench_effort {
	int rounds; /* at most BENCH_MOST_ROUNDS */
	double seconds;
	/* of the calling thread's own time, in which other programs' turns do not count: for one
	 * thread alone */
	int own_time;
};

enum { BENCH_MOST_ROUNDS = 101 };

/* Something that is done again and again. */
struct bench_case {
	void (*run)(void *what);
	void *what;
	double seconds[BENCH_MOST_ROUNDS]; /* per run: the mean of each round, sorted in the end */
	int rounds;
};

/* Measures all cases in turn, round after round, so that the machine's good and bad moments fall on
 * all alike. */
void bench_interleave(struct bench_case *cases, int count, struct bench_effort effort);

/* Of a measured case: seconds per run that half, or that fraction, of the rounds did not exceed. */
double bench_median(const struct bench_case *measured);
double bench_quantile(const struct bench_case *measured, double fraction);

/* Of the best round: what the machine could do, of a limit. */
double bench_best(const struct bench_case *measured);

/* All threads: as many as OpenMP would take. */
int bench_threads(void);

#endif
