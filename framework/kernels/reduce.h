/* SPDX-License-Identifier: MIT */
/* Sums: softmax and the losses (over the features of each lane), statistics per channel, norms of
 * whole arrays.
 *
 * Loss kernels work on one block [features][16]; `real` (1 to 16) is the number of lanes that hold
 * samples. Only those count in a loss or a statistic, and gradients of the others come out as 0.
 * Value targets are lane blocks too: make them from the caller's rows with transpose.rows_to_block.
 * The order of every sum is fixed by the shapes alone. */
#ifndef LAM_REDUCE_H
#define LAM_REDUCE_H

#include "framework/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The mean of some values is origin + mean, the sum of the squares of what they are apart from it
 * is squares. The origin is one of the values' level, so that no digit of a small mean is lost
 * beside it. */
struct lam_moments {
	double origin, mean, squares;
};

struct lam_reduce_kernels {
	/* p_k = exp(z_k - m) / sum_j exp(z_j - m), m = max z. p may be z. */
	void (*softmax)(lam_real *p, const lam_real *z, size_t features);

	/* dz_k = p_k (dp_k - sum_j dp_j p_j). dz may be dp. */
	void (*softmax_backward)(
		lam_real *dz, const lam_real *dp, const lam_real *p, size_t features);

	/* Softmax cross-entropy on logits with label smoothing s, as PyTorch: t'_k = (1 - s) t_k +
	 * s / features and
	 *     loss = sum over real lanes, k of t'_k (log sum_j exp(z_j) - z_k)
	 *         p = softmax(z), to be kept for backward
	 *     dz_k = scale (p_k sum_j t'_j - t'_k)
	 *         (scale = 1 / samples for the batch mean)
	 * classes: `real` class numbers of this block's rows, each already known to lie in 0 …
	 * features - 1. p may be z; dz may be p. */
	double (*cross_entropy_classes)(lam_real *p, const lam_real *z, const int32_t *classes,
		size_t features, int real, lam_real smoothing);
	void (*cross_entropy_classes_backward)(lam_real *dz, const lam_real *p,
		const int32_t *classes, size_t features, int real, lam_real smoothing,
		lam_real scale);
	double (*cross_entropy_values)(lam_real *p, const lam_real *z, const lam_real *t,
		size_t features, int real, lam_real smoothing);
	void (*cross_entropy_values_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
		size_t features, int real, lam_real smoothing, lam_real scale);

	/* Binary cross-entropy on logits: p = sigmoid(z), kept;  loss = sum of max(z, 0) - z t +
	 * log(1 + exp(-|z|)) over features and real lanes;  dz = scale (p - t). p may be z; dz may
	 * be p. */
	double (*sigmoid_cross_entropy)(
		lam_real *p, const lam_real *z, const lam_real *t, size_t features, int real);
	void (*sigmoid_cross_entropy_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
		size_t features, int real, lam_real scale);

	/* Binary cross-entropy on probabilities, logarithms clamped at -100 as PyTorch:
	 * loss = -sum of t log p + (1 - t) log(1 - p);  dp = scale (p - t) / max(p (1 - p), 1e-12).
	 * dp may be p. */
	double (*binary_cross_entropy)(
		const lam_real *p, const lam_real *t, size_t features, int real);
	void (*binary_cross_entropy_backward)(lam_real *dp, const lam_real *p, const lam_real *t,
		size_t features, int real, lam_real scale);

	/* loss = sum of (y - t)^2 over features and real lanes;  dy = scale (y - t): the caller's
	 * scale holds the 2. dy may be y. Backward is sigmoid_cross_entropy_backward under its own
	 * name. */
	double (*squared_error)(const lam_real *y, const lam_real *t, size_t features, int real);
	void (*squared_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
		size_t features, int real, lam_real scale);

	/* winner[lane] = the feature with the greatest value, the first of equals, a NaN before
	 * all: 16 predictions. */
	void (*argmax)(int32_t winner[LAM_LANES], const lam_real *x, size_t features);

	/* Statistics of one block [channels][plane][16], in doubles per channel: call them block
	 * after block. `real` is 16 but for the last block. channel_moments:  on entry the moments
	 * describe `before` values of the channel (at first none, and nothing is read), on
	 *                   return also this block's plane * real
	 * channel_products: ADDED to sum_dy[c]  += sum of dy;  sum_dyx[c] += sum of dy (x -
	 * mean[c]) factor[c]  (factor = 1 / deviation: x hat) */
	void (*channel_moments)(struct lam_moments *, double before, const lam_real *x,
		size_t channels, size_t plane, int real);
	void (*channel_products)(double *sum_dy, double *sum_dyx, const lam_real *dy,
		const lam_real *x, const lam_real *mean, const lam_real *factor, size_t channels,
		size_t plane, int real);

	/* Any array, any count, any alignment: the sum of squares (in double, in chunks of a fixed
	 * size), whether all is finite. */
	double (*sum_squares)(const lam_real *x, size_t count);
	bool (*all_finite)(const lam_real *x, size_t count);
};

#pragma GCC visibility pop
#endif
