/* SPDX-License-Identifier: MIT */
/* Measures the times of several cases in turn. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/* How long to measure: the number of rounds, and the least seconds of each case in each round. A
 * case runs at least once in each round. */
struct bench_effort {
	int rounds; /* at most BENCH_MOST_ROUNDS */
	double seconds;
	/* Count the calling thread's processor time, which excludes other programs'; only for
	 * cases with one thread. */
	int own_time;
};

enum { BENCH_MOST_ROUNDS = 101 };

/* Something to be measured. */
struct bench_case {
	void (*run)(void *what);
	void *what;
	double seconds[BENCH_MOST_ROUNDS]; /* per run, the mean of each round; sorted at the end */
	int rounds;
};

/* Measures all cases in turn, round after round, so that fluctuations of the machine affect all
 * alike. */
void bench_interleave(struct bench_case *cases, int count, struct bench_effort effort);

/* The seconds per run of a measured case that half, or a given fraction, of the rounds did not
 * exceed. */
double bench_median(const struct bench_case *measured);
double bench_quantile(const struct bench_case *measured, double fraction);

/* The seconds per run of the best round, for measuring a limit. */
double bench_best(const struct bench_case *measured);

/* The number of threads that OpenMP uses by default. */
int bench_threads(void);

#endif
