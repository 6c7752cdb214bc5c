/* Small arithmetic of sizes that the kernels share. */
#ifndef LAM_SIZES_H
#define LAM_SIZES_H

#include <stdint.h>

static inline int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t limit(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static inline int64_t ceil_divide(int64_t a, int64_t b)      /* b > 0, any a */
{
	return a > 0 ? (a + b - 1) / b : -(-a / b);
}

#endif
