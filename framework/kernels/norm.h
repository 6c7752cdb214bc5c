/* SPDX-License-Identifier: MIT */
/* Normalisation within a sample: every lane has moments of its own. A block holds [channels][plane]
 * vectors of LAM_LANES values, or a range of them, aligned to LAM_ALIGN. Weights and biases are
 * plain arrays at any alignment.
 *
 * Over N values of a lane, with xhat = (x - mean) r:
 *
 *     y  = w xhat + b
 *     dx = r (w dy - sum of w dy / N - xhat (sum of w dy xhat) / N)
 *     dw = sum over samples (and places) of dy xhat, db of dy
 *
 * Idle lanes repeat a sample, and their dy is 0: they add 0 to every sum. The order of every sum
 * follows from the shapes alone. */
#ifndef LAM_NORM_H
#define LAM_NORM_H

#include "framework/real.h"

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* The moments of each lane: the mean is origin + mean, and `squares` is the sum of squared
 * distances from it. The origin is near the values, so that `mean` is small and keeps its
 * digits. */
struct lam_norm_moments {
	double origin[LAM_LANES], mean[LAM_LANES], squares[LAM_LANES];
};

/* What normalises each lane. mean + rest is the mean in twice the precision, so that x - mean keeps
 * its digits when the mean is much larger than the deviation; r = 1 / sqrt(variance + eps). */
struct lam_norm_lanes {
	lam_real mean[LAM_LANES], rest[LAM_LANES], r[LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

/* The sums of w dy and of w dy xhat of each lane. */
struct lam_norm_totals {
	double dy[LAM_LANES], dyx[LAM_LANES];
};

/* The same for one channel without w, where both are rounded. */
struct lam_norm_sums {
	lam_real dy[LAM_LANES], dyx[LAM_LANES];
} __attribute__((aligned(LAM_ALIGN)));

/* Normalisation over the channels of each place. */
struct lam_norm_places {
	const lam_real *w, *b; /* [channels]; NULL: 1 and 0 */
	lam_real eps;
	size_t channels, places;
	size_t first, end; /* of the places to compute */
	/* scratch: [channels][lam_places_tile()][16], in backward two of them */
	lam_real *column;
};

/* Local response normalisation: windows from `before` channels before each one to `after` behind
 * it. */
struct lam_norm_window {
	lam_real k, scale, beta;
	size_t before, after, channels, places;
	size_t first, end; /* of the places to compute */
	/* scratch: [channels][lam_places_tile()][16], in backward three of them; window_lanes:
	 * [before + channels + after], where channels are padded to whole groups */
	lam_real *column;
};

struct lam_norm_kernels {
	/* On entry the moments describe `before` values of each lane; if it is 0, nothing is read.
	 * On return they describe also the `count` vectors from x on, each `stride` values after
	 * the one before it. */
	void (*moments)(struct lam_norm_moments *, double before, const lam_real *x, size_t count,
		size_t stride);
	/* The moments of `count` values become what normalises. */
	void (*lanes)(struct lam_norm_lanes *, const struct lam_norm_moments *, double count,
		lam_real eps);

	/* y = w[c] xhat + b[c]; y may be x. w and b NULL: 1 and 0. */
	void (*normalize)(lam_real *y, const lam_real *x, const struct lam_norm_lanes *,
		const lam_real *w, const lam_real *b, size_t channels, size_t plane);

	/* The sums of each channel's plane, to be kept. */
	void (*sums)(struct lam_norm_sums *, const lam_real *dy, const lam_real *x,
		const struct lam_norm_lanes *, size_t channels, size_t plane);
	/* totals += w[c] sums[c], over channels */
	void (*add_sums)(struct lam_norm_totals *, const struct lam_norm_sums *, const lam_real *w,
		size_t channels);
	/* totals of `features` vectors with a weight each. w NULL: 1. */
	void (*totals)(struct lam_norm_totals *, const lam_real *dy, const lam_real *x,
		const struct lam_norm_lanes *, const lam_real *w, size_t features);
	/* dx from the totals, which are of `count` values; dx may be dy. w NULL: 1. */
	void (*dx)(lam_real *dx, const lam_real *dy, const lam_real *x,
		const struct lam_norm_lanes *, const struct lam_norm_totals *, double count,
		const lam_real *w, size_t channels, size_t plane);

	/* dw and db (each may be NULL) of `features` vectors with a weight each: sums over blocks,
	 * which lie `block` values apart, and their lanes `lanes_block` bytes. */
	void (*feature_gradients)(lam_real *dw, lam_real *db, const lam_real *dy, size_t dy_block,
		const lam_real *x, size_t x_block, const struct lam_norm_lanes *,
		size_t lanes_block, size_t features, size_t blocks);
	/* dw and db (each may be NULL) of channels: the lanes of `parts` arrays of sums, which lie
	 * `step` sums apart. */
	void (*channel_gradients)(lam_real *dw, lam_real *db, const struct lam_norm_sums *,
		size_t channels, size_t parts, size_t step);

	/* The same over the channels of each place. lanes: [places], which forward writes; NULL:
	 * not kept. sums: [channels] over the computed places, at most NORM_SLICE_PLACES;
	 * overwritten; NULL: not wanted. dx NULL: not wanted. y may be x, dx may be dy. */
	void (*places)(lam_real *y, const lam_real *x, struct lam_norm_lanes *lanes,
		const struct lam_norm_places *);
	void (*places_backward)(lam_real *dx, struct lam_norm_sums *sums, const lam_real *dy,
		const lam_real *x, const struct lam_norm_lanes *lanes,
		const struct lam_norm_places *);

	/* One sample at a time, with channels in the lanes: [groups][places][16]. w and b are
	 * padded to whole groups. Lanes without a channel are not read into a sum.
	 *
	 *     channel_lanes            over the channels of each place
	 *     channel_lanes_backward   sums: [groups], of at most SUM_TERMS places, overwritten;
	 *                              NULL: not wanted. dx NULL: not wanted; it may be dy
	 *     map_lanes                y = ((x - mean) r + term) w + b; w and b [values] */
	void (*channel_lanes)(lam_real *y, const lam_real *x, const struct lam_norm_places *);
	void (*channel_lanes_backward)(lam_real *dx, struct lam_norm_sums *sums, const lam_real *dy,
		const lam_real *x, const struct lam_norm_places *);
	void (*map_lanes)(lam_real *y, const lam_real *x, lam_real mean, lam_real r, lam_real term,
		const lam_real *w, const lam_real *b, size_t values);

	/* With d = k + scale (sum of x^2 over the channel's window):
	 *
	 *     y  = x d^-beta
	 *     dx = dy d^-beta - 2 scale beta x (sum of dy x d^(-beta - 1) over the channels whose
	 *          window holds this one)
	 *
	 * y may be x, dx may be dy. window_lanes is for one sample with channels in the lanes. */
	void (*window)(lam_real *y, const lam_real *x, const struct lam_norm_window *);
	void (*window_backward)(lam_real *dx, const lam_real *dy, const lam_real *x,
		const struct lam_norm_window *);
	void (*window_lanes)(lam_real *y, const lam_real *x, const struct lam_norm_window *);
};

#pragma GCC visibility pop
#endif
