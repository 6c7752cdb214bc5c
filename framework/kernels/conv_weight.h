/* SPDX-License-Identifier: MIT */
/* The weight gradient of a convolution: sums of products over pixels, and the register tile that
 * they run in. */
#ifndef LAM_CONV_WEIGHT_H
#define LAM_CONV_WEIGHT_H

#include "framework/kernels/conv.h"
#include "framework/kernels/tile.h"

#pragma GCC visibility push(hidden)

enum { WEIGHT_OUTPUTS = 4, WEIGHT_TAPS = 9 };

/* The arguments of a register tile. Each sum is a vec, and its elements are added separately. The
 * products of a call are added first, and then to the sum of the calls before:
 *
 *     sums[a][t] += sum over rows i and values j of dy[a][i][j] x[offset[t] + i x_row + j] */
struct weight_tile {
	int64_t rows, values; /* rows; values of a row, all lanes counted */
	int64_t x_row, dy_row, dy_channel;
	int64_t sums_output; /* vecs from one output's sums to the next */
};

typedef void weight_function(const struct weight_tile *, const lam_real *x, const int64_t *offset,
	const lam_real *dy, vec *sums);

/* The functions, by [outputs][taps], both counted from 1. A row has a function for every number of
 * taps up to its widest tile, and NULL for more. */
#define weight_functions LAM_KERNEL(conv_weight_functions)
extern weight_function *const weight_functions[WEIGHT_OUTPUTS + 1][WEIGHT_TAPS + 1];

/* sums[t] += the products of one plane of x with the rows [first, end) of one of dy, for the nine
 * taps t of a 3x3 kernel.
 * Both planes are read in place. It serves the geometries that weight_slides() accepts. Above and
 * below a plane the rows are `zeros`, w pixels of them; left and right a register of zeros takes
 * their place. It needs 17 registers, so it exists only where there are 32. */
#define weight_slide LAM_KERNEL(conv_weight_slide)
void weight_slide(const lam_conv_geometry *, int64_t first, int64_t end, const lam_real *x,
	const lam_real *dy, const lam_real *zeros, vec *sums);

/* totals[i] += the sum of the elements of sums[i], which become zero. */
#define weight_totals LAM_KERNEL(conv_weight_totals)
void weight_totals(vec *sums, int64_t count, double *totals);

/* The same with totals that are written, as if they had been zero. */
#define weight_first_totals LAM_KERNEL(conv_weight_first_totals)
void weight_first_totals(const vec *sums, int64_t count, lam_real *totals);

/* The members of conv_direct_algorithm for the weight gradient. With one part phase 0 writes dw.
 * With several parts phase 0 writes each part's sums, and phase 1 adds them. */
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

/* The same for the geometries that weight_dots() accepts: 1x1 kernels without padding, whose sums
 * are products of matrices (conv_weight_dot.c). */
#define weight_dots LAM_KERNEL(conv_weight_dots)
bool weight_dots(const lam_conv_geometry *);
#define weight_dot_scratch LAM_KERNEL(conv_weight_dot_scratch)
size_t weight_dot_scratch(const lam_conv_geometry *);
#define weight_dot_shared LAM_KERNEL(conv_weight_dot_shared)
size_t weight_dot_shared(const lam_conv_geometry *);
#define weight_dot_slices LAM_KERNEL(conv_weight_dot_slices)
int64_t weight_dot_slices(const lam_conv_geometry *, int64_t blocks, int phase);
#define weight_dot_gradient LAM_KERNEL(conv_weight_dot_gradient)
void weight_dot_gradient(const lam_conv_geometry *, const struct lam_conv_gradient_call *);

/* dw = the sum of the `parts` parts in call->shared, in order. */
#define conv_weight_add_parts LAM_KERNEL(conv_weight_add_parts)
void conv_weight_add_parts(
	const lam_conv_geometry *, int64_t parts, const struct lam_conv_gradient_call *);

#pragma GCC visibility pop
#endif
