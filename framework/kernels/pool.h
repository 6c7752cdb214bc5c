/* SPDX-License-Identifier: MIT */
/* Pooling and padding of planes, one block a call: x is [channels][in[0]][in[1]][16], y is
 * [channels][out[0]][out[1]][16].
 *
 * 1-D is a height of 1 with kernel, stride and dilation 1 and pad 0. A call may be for any run of
 * channels; x, y and index then point at the first. With channels in the lanes a "channel" is a
 * group of sixteen. */
#ifndef LAM_POOL_H
#define LAM_POOL_H

#include "framework/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Index 0 is height, 1 is width. The window of output (i, j) has a tap at (u, v) for each
 * 0 <= p < kernel[0] and 0 <= q < kernel[1],
 *
 *     u = i stride[0] - pad[0] + p dilation[0]
 *     v = j stride[1] - pad[1] + q dilation[1]
 *
 * but for those outside the input. `out` follows from floor or ceil mode: windows may reach past
 * the far edge. */
struct lam_pool_geometry {
	int64_t channels;
	int64_t in[2], out[2];
	int64_t kernel[2], stride[2], pad[2], dilation[2]; /* average: dilation must be 1 */
	bool exclude_pad;                                  /* average only */
	/* Average only: along an axis, window i is the inputs floor(i in / out) to ceil((i + 1) in
	 * / out) - 1; exclude_pad is true, kernel and stride are 1, pad is 0. */
	bool adaptive;
};

/* Rows and columns of zeros around each plane of x [channels][height][width][16]; negative numbers
 * crop. y is [channels][height + top + bottom][width + left + right][16]; both must come out at
 * least 1. */
struct lam_pad_geometry {
	int64_t channels, height, width;
	int64_t left, right, top, bottom;
};

/* Bytes of one arg-max index: 1, 2 or 4, whichever holds kernel[0] * kernel[1] - 1. */
static inline size_t lam_pool_index_bytes(const int64_t kernel[2])
{
	const int64_t taps = kernel[0] * kernel[1];
	return taps <= 256 ? 1 : taps <= 65536 ? 2 : 4;
}

struct lam_pool_kernels {
	/* y = the maximum of the window; of equal maxima the first one. NaN counts as greater than
	 * all numbers. A window without a tap inside the input gives -inf. For each value of y,
	 * `index` receives p * kernel[1] + q of the maximum, as lam_pool_index_bytes() bytes.
	 * `index` NULL: no backward will follow. */
	void (*max_forward)(
		lam_real *y, void *index, const lam_real *x, const struct lam_pool_geometry *);

	/* Writes all of dx: each dy is added to its window's maximum. Where windows overlap, sums
	 * are in the order of the outputs. */
	void (*max_backward)(lam_real *dx, const lam_real *dy, const void *index,
		const struct lam_pool_geometry *);

	/* y = sum of the window / divisor, as PyTorch's AvgPool2d. The divisor counts the taps
	 * inside the padded input, or with exclude_pad inside the input. Taps beyond the padding,
	 * which ceil mode allows, do not count. */
	void (*average_forward)(lam_real *y, const lam_real *x, const struct lam_pool_geometry *);
	void (*average_backward)(
		lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *);

	/* y[c] = mean of plane c;  x is [channels][plane][16], y is [channels][16] */
	void (*global_average_forward)(
		lam_real *y, const lam_real *x, size_t channels, size_t plane);
	void (*global_average_backward)(
		lam_real *dx, const lam_real *dy, size_t channels, size_t plane);

	/* y = x with zeros around it. dx = the part of dy that came from x, and zero where x was
	 * cropped. The geometry is the forward's in both. */
	void (*pad_forward)(lam_real *y, const lam_real *x, const struct lam_pad_geometry *);
	void (*pad_backward)(lam_real *dx, const lam_real *dy, const struct lam_pad_geometry *);
};

#pragma GCC visibility pop
#endif
