/* SPDX-License-Identifier: MIT */
/* The kernels that mostly move data, each as a function of the same arrays: what bench_move.c
 * measures. */
#ifndef LAM_MOVE_ROWS_H
#define LAM_MOVE_ROWS_H

#include "framework/real.h"

#include <stddef.h>
#include <stdint.h>

enum { MOVE_ARRAYS = 4, MOVE_CLASSES = 10 };

/* As many values in each array as fit; `index` is for arg-max. */
struct move_arrays {
	lam_real *a[MOVE_ARRAYS];
	uint8_t *index;
	int32_t classes[LAM_LANES];
	size_t values; /* in the largest of a kernel's arrays: lane blocks of whole planes */
	int64_t side;  /* planes are side x side */
};

/* `moved`: numbers read and written per value of the largest array, each array once; `held`:
 * numbers in memory. */
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
