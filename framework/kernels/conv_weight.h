/* SPDX-License-Identifier: MIT */
/* The weight gradient of a convolution: sums of products over pixels, and the register tile that
 * they run in. */
#ifndef LAM_CONV_WEIGHT_H
#define LAM_CONV_WEIGHT_H

#include "framework/kernels/conv.h"
#include "framework/kernels/tile.h"

#pragma GCC visibility push(hidden)

enum { WEIGHT_OUTPUTS = 4, WEIGHT_TAPS = 9 };

/* sums[a][t] += sum over rows i and values j of dy[a][i][j] x[offset[t] + i x_row + j], element by
 * element of a vec. */
struct weight_tile {
	int64_t rows, values; /* values of one row, lanes included */
	int64_t x_row, dy_row, dy_channel;
	int64_t sums_output; /* vecs from one output's sums to the next */
};

typedef void weight_function(const struct weight_tile *, const lam_real *x, const int64_t *offset,
	const lam_real *dy, vec *sums);

/* [outputs][taps], 1-based; each row is filled up to its widest tile, then NULL. */
#define weight_functions LAM_KERNEL(conv_weight_functions)
extern weight_function *const weight_functions[WEIGHT_OUTPUTS + 1][WEIGHT_TAPS + 1];

/* sums[t] += the products of one plane of x with one of dy for the nine taps of a 3x3 kernel, both
 * planes where they are, for the geometries of which `weight_slides` says so. Padding is a row of w
 * zeros, or a register of them. It takes 17 registers, and is there where an ISA has them. */
#define weight_slide LAM_KERNEL(conv_weight_slide)
void weight_slide(const lam_conv_geometry *, const lam_real *x, const lam_real *dy,
	const lam_real *zeros, vec *sums);

/* totals[i] = sum of the elements of sums[i]. */
#define weight_totals LAM_KERNEL(conv_weight_totals)
void weight_totals(const vec *sums, int64_t count, lam_real *totals);

/* The members of conv_direct_algorithm for this job. Phase 0 writes dw, or what each part of the
 * blocks adds to it: then phase 1 adds the parts. */
#define conv_weight_scratch LAM_KERNEL(conv_weight_scratch)
size_t conv_weight_scratch(const lam_conv_geometry *);
#define conv_weight_shared LAM_KERNEL(conv_weight_shared)
size_t conv_weight_shared(const lam_conv_geometry *);
#define conv_weight_slices LAM_KERNEL(conv_weight_slices)
int64_t conv_weight_slices(const lam_conv_geometry *, int64_t blocks, int phase);
#define conv_weight_gradient LAM_KERNEL(conv_weight_gradient)
void conv_weight_gradient(const lam_conv_geometry *, const struct lam_conv_gradient_call *);
#define conv_bias_gradient LAM_KERNEL(conv_bias_gradient)
void conv_bias_gradient(int64_t pixels, const lam_real *dy, int64_t dy_block, int64_t blocks,
	lam_real *db, int64_t begin, int64_t end);

#pragma GCC visibility pop
#endif
