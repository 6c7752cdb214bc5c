/* SPDX-License-Identifier: MIT */
/* The change of layout at a net's two ends: rows (one sample after the other, as users see them) to
 * lane blocks and back.
 *
 * Row r begins at rows + r * stride, at any alignment. A block is [features][16], aligned. For
 * features f0 … f1 - 1 alone, so that units can share one block: pass rows + f0, block + 16 * f0,
 * features = f1 - f0. With rows = 16 channels of one sample and stride = the plane, the same two
 * functions lay channels into lanes. */
#ifndef LAM_TRANSPOSE_H
#define LAM_TRANSPOSE_H

#include "framework/real.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

struct lam_transpose_kernels {
	/* block[f][l] = rows[min(l, real - 1)][f]: idle lanes repeat the last real row. 1 <= real
	 * <= 16. */
	void (*rows_to_block)(
		lam_real *block, const lam_real *rows, size_t stride, size_t features, int real);

	/* rows[r][f] = block[f][r] for r < real; other rows are not touched. */
	void (*block_to_rows)(
		lam_real *rows, size_t stride, const lam_real *block, size_t features, int real);
};

#pragma GCC visibility pop
#endif
