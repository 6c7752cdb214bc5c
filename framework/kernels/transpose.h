/* SPDX-License-Identifier: MIT */
/* The change of layout at a net's two ends, from rows (one sample after another, as users see them)
 * to lane blocks and back.
 *
 * Row r begins at rows + r * stride, at any alignment. A block is [features][16], aligned. Several
 * units may share a block: for the features f0 to f1 - 1, pass rows + f0, block + 16 * f0 and f1 -
 * f0. The same functions bring 16 channels of one sample into lanes: a row is then a channel, and
 * the stride is the size of a plane. */
#ifndef LAM_TRANSPOSE_H
#define LAM_TRANSPOSE_H

#include "framework/real.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

struct lam_transpose_kernels {
	/* block[f][l] = rows[min(l, used - 1)][f], 1 <= used <= 16: idle lanes repeat the last row.
	 */
	void (*rows_to_block)(
		lam_real *block, const lam_real *rows, size_t stride, size_t features, int used);

	/* rows[r][f] = block[f][r] for r < used; other rows are not touched. */
	void (*block_to_rows)(
		lam_real *rows, size_t stride, const lam_real *block, size_t features, int used);
};

#pragma GCC visibility pop
#endif
