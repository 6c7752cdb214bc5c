/* SPDX-License-Identifier: MIT */
/* A sweep: one dense correlation over planes, which both convolution's forward and (per residue of
 * the stride) its input gradient are.
 *
 *   y[o][i][j] = bias[o] + sum over c, p, q of w[o][c][p][q] x[c][rows.origin + i rows.stride + p
 *       rows.spacing][...]
 *
 * Along each axis the outputs fall into runs that share their valid taps: the borders, clipped, and
 * the interior. A rectangle of two runs is covered by tiles laid along its rows and, where less
 * than a tile is left, down its columns. */
#ifndef LAM_CONV_SWEEP_H
#define LAM_CONV_SWEEP_H

#include "framework/kernels/conv.h"
#include "framework/kernels/conv_axis.h"
#include "framework/kernels/tile.h"

#pragma GCC visibility push(hidden)

struct sweep {
	int64_t groups, channels, outputs; /* channels and outputs of one group */
	struct axis rows, columns;
	int64_t x_row, x_channel, y_row, y_channel; /* steps in values */
	/* [group][tile of outputs][channel][row tap][column tap][output of the tile] */
	const lam_real *packed;
	const lam_real *bias;
	lam_epilogue epilogue;
};

/* Slice `slice` of `slices` of y, from one block of x. */
#define sweep_run LAM_KERNEL(conv_sweep_run)
void sweep_run(const struct sweep *, const lam_real *x, lam_real *y, int64_t slice, int64_t slices);

#pragma GCC visibility pop
#endif
