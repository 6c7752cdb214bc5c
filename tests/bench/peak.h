/* SPDX-License-Identifier: MIT */
/* The machine's own limit, measured where and when it is compared with. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

/* Seconds of a clock that only goes forward. */
double bench_now(void);

/* Fused multiply-adds that stay in registers, on some threads at once, with the widest vectors of
 * the ISA that lamina has chosen. */
struct bench_peak {
	int threads;
};

/* The run of a case (measure.h), some tenths of a millisecond long: `what` is a struct bench_peak.
 */
void bench_peak_run(void *what);

/* Floating-point operations of one such run. */
double bench_peak_flops(const struct bench_peak *peak);

/* Floating-point operations per second, the best of many short runs, on `threads` threads (0: all).
 */
double bench_fma_peak(int threads);

#endif
