/* SPDX-License-Identifier: MIT */
/* The kernels that bench_move.c measures, which mostly move data, each as a function of the same
 * arrays. */
#ifndef LAM_MOVE_ROWS_H
#define LAM_MOVE_ROWS_H

#include "framework/real.h"

#include <stddef.h>
#include <stdint.h>

enum { MOVE_ARRAYS = 4, MOVE_CLASSES = 10 };

/* The arrays; `index` holds indices of maxima. */
struct move_arrays {
	lam_real *a[MOVE_ARRAYS];
	uint8_t *index;
	int32_t classes[LAM_LANES];
	size_t values; /* in a kernel's largest array, which is lane blocks of whole planes */
	int64_t side;  /* planes are side x side */
};

/* A kernel. For each value of its largest array it reads and writes `moved` numbers, and its arrays
 * hold `held` numbers. */
struct move_row {
	const char *name;
	double moved, held;
	void (*run)(const struct move_arrays *);
};

extern const struct move_row move_rows[];
extern const int move_row_count;

/* Reads one array and writes another. */
void move_copy(const struct move_arrays *);

#endif
