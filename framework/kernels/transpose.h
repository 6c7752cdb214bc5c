/* SPDX-License-Identifier: MIT */
/* The change of layout at a net's two ends, from rows (one sample after another, as users see them)
 * to lane blocks and back; and the change of the order of a sample's axes.
 *
 * Row r begins at rows + r * stride, at any alignment. A block is [features][16], aligned. Several
 * units may share a block: for the features f0 to f1 - 1, pass rows + f0, block + 16 * f0 and f1 -
 * f0. The same functions bring 16 channels of one sample into lanes: a row is then a channel, and
 * the stride is the size of a plane. */
#ifndef LAM_TRANSPOSE_H
#define LAM_TRANSPOSE_H

#include "framework/real.h"

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The axes of an array in another order. y is [size[0]][size[1]][size[2]][size[3]], and
 *
 *     y[i][j][k][l] = x[i step[0] + j step[1] + k step[2] + l step[3]] */
struct lam_permutation {
	int64_t size[4], step[4];
};

struct lam_transpose_kernels {
	/* block[f][l] = rows[min(l, used - 1)][f], 1 <= used <= 16: idle lanes repeat the last row.
	 */
	void (*rows_to_block)(
		lam_real *block, const lam_real *rows, size_t stride, size_t features, int used);

	/* rows[r][f] = block[f][r] for r < used; other rows are not touched. */
	void (*block_to_rows)(
		lam_real *rows, size_t stride, const lam_real *block, size_t features, int used);

	/* An element is `width` values: LAM_LANES of them, aligned, or 1. */
	void (*permute)(
		lam_real *y, const lam_real *x, const struct lam_permutation *, int64_t width);
};

#pragma GCC visibility pop
#endif
