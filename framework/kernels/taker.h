/* SPDX-License-Identifier: MIT */
/* What takes values of an array as soon as they are there, while others of it are computed: the
 * update of a parameter takes its gradient. So one waits for memory while the other computes. */
#ifndef LAM_TAKER_H
#define LAM_TAKER_H

#include "framework/real.h"

#include <stdint.h>

/* A gradient, its parameter, and three moments. */
enum { LAM_TAKER_ARRAYS = 5 };

struct lam_taker {
	/* Takes values [first, first + count), which are written once for all. Each is taken once,
	 * by one thread, in ranges of any size. */
	void (*take)(void *data, int64_t first, int64_t count);
	void *data;
	/* [arrays], of as many values: the array itself, and what is read beside it. The next range
	 * of each is fetched before it is taken. */
	const lam_real *array[LAM_TAKER_ARRAYS];
	int arrays;
};

#endif
