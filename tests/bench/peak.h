/* The machine's own limit, measured where and when it is compared with. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

/* Seconds of a clock that only goes forward. */
double bench_now(void);

/* Floating-point operations per second of fused multiply-adds that stay in registers, on `threads` threads (0: all), with
 * the widest vectors of the ISA that lamina has chosen. */
double bench_fma_peak(int threads);

#endif
