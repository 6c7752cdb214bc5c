/* SPDX-License-Identifier: MIT */
/* The machine's peak of multiply-adds, measured in turn with what is compared with it. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

/* Seconds of a monotonic clock. */
double bench_now(void);

/* Fused multiply-adds in registers, on several threads at once, with the widest vectors of the
 * instruction set that lamina has chosen. */
struct bench_peak {
	int threads;
};

/* The `run` of a struct bench_case, some tenths of a millisecond long; `what` is a struct
 * bench_peak. */
void bench_peak_run(void *what);

/* Floating-point operations of one run. */
double bench_peak_flops(const struct bench_peak *peak);

/* Floating-point operations per second on `threads` threads (0: all); the best of many runs. */
double bench_fma_peak(int threads);

#endif
