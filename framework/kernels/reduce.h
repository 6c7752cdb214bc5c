/* SPDX-License-Identifier: MIT */
/* Sums: softmax and losses over the features of each lane, statistics per channel, norms of whole
 * arrays.
 *
 * Softmax and losses work on one block [features][16]. `used` (1 to 16) is the number of lanes that
 * hold samples: only these count in a loss or a statistic, and the others' gradients are 0. Targets
 * that are values are lane blocks too; transpose.rows_to_block makes them from the caller's rows. A
 * loss is the sum over the used lanes of each lane's sum, times its sample's weight if `weights`
 * [used] is not NULL. Gradients have no weights; scale_lanes multiplies them. The order of every
 * sum follows from the shapes alone. */
#ifndef LAM_REDUCE_H
#define LAM_REDUCE_H

#include "framework/kernels/gate.h"
#include "framework/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* The moments of some values. Their mean is origin + mean, and `squares` is the sum of their
 * squared distances from that mean. The origin is near the values, so that `mean` is small and
 * keeps its digits. */
struct lam_moments {
	double origin, mean, squares;
};

/* The number of places that the loops over places work on at once, at most LAM_MOST_TILE: as many
 * as keep their features in the first cache. */
enum { LAM_MOST_TILE = 16 };
static inline size_t lam_places_tile(size_t features, size_t places)
{
	const size_t tile = features <= 24 ? LAM_MOST_TILE
		: features <= 48           ? LAM_MOST_TILE / 2
					   : LAM_MOST_TILE / 4;
	return tile < places ? tile : places;
}

/* The targets of a block's places, for cross-entropy. */
struct lam_place_targets {
	/* [used][places], known to lie in 0 … features - 1 but where they are `ignore`; NULL:
	 * soft targets */
	const int32_t *classes;
	/* the other class of mixed targets, and the share [used] of the first; NULL: none is mixed,
	 * as cross_entropy_mixed() alone has them */
	const int32_t *second;
	const lam_real *share;
	int32_t ignore; /* the class that counts nowhere; INT32_MIN: none */
	/* [features][length][16], the soft targets of the places that a call computes */
	const lam_real *values;
	size_t length;
	const lam_real *weights; /* [features], of the classes; NULL: 1 */
	lam_real weight_sum;     /* of all classes */
	lam_real smoothing;
	size_t features, places;
	int used;
	const lam_real *sample_weights; /* [used], in the loss; NULL: 1 */
};

struct lam_reduce_kernels {
	/* p_k = exp(z_k - m) / sum_j exp(z_j - m), m = max z. p may be z. */
	void (*softmax)(lam_real *p, const lam_real *z, size_t features);

	/* dz_k = p_k (dp_k - sum_j dp_j p_j). dz may be dp. */
	void (*softmax_backward)(
		lam_real *dz, const lam_real *dp, const lam_real *p, size_t features);

	/* Softmax cross-entropy on logits with label smoothing s, as PyTorch:
	 *
	 *     t'_k = (1 - s) t_k + s / features
	 *     loss = sum over used lanes, k of t'_k (log sum_j exp(z_j) - z_k)
	 *     p    = softmax(z), kept for backward
	 *     dz_k = scale (p_k sum_j t'_j - t'_k), scale = 1 / samples for the batch mean
	 *
	 * classes: one class number for each used lane, already known to lie in 0 … features - 1.
	 * p may be z; dz may be p. */
	double (*cross_entropy_classes)(lam_real *p, const lam_real *z, const int32_t *classes,
		size_t features, int used, const lam_real *weights, lam_real smoothing);
	void (*cross_entropy_classes_backward)(lam_real *dz, const lam_real *p,
		const int32_t *classes, size_t features, int used, lam_real smoothing,
		lam_real scale);
	double (*cross_entropy_values)(lam_real *p, const lam_real *z, const lam_real *t,
		size_t features, int used, const lam_real *weights, lam_real smoothing);
	void (*cross_entropy_values_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
		size_t features, int used, lam_real smoothing, lam_real scale);

	/* The same at each place of a block [features][places][16], for places first … end - 1,
	 * with targets of any kind:
	 *
	 *     t'_k = w_k ((1 - s) t_k + s / features)
	 *
	 * Ignored places add 0 to the loss, and their dz is 0. `column` is scratch,
	 * [features][lam_places_tile()][16]. */
	void (*softmax_places)(lam_real *p, const lam_real *z, size_t features, size_t places,
		size_t first, size_t end, lam_real *column);
	double (*cross_entropy_places)(lam_real *p, const lam_real *z,
		const struct lam_place_targets *, size_t first, size_t end, lam_real *column);
	void (*cross_entropy_places_backward)(lam_real *dz, const lam_real *p,
		const struct lam_place_targets *, size_t first, size_t end, lam_real scale);
	/* The same of mixed classes: the loss of the first times its share, and that of the second
	 * times the rest. p may be z. */
	double (*cross_entropy_mixed)(lam_real *p, const lam_real *z,
		const struct lam_place_targets *, size_t first, size_t end);
	void (*cross_entropy_mixed_backward)(lam_real *dz, const lam_real *p,
		const struct lam_place_targets *, size_t first, size_t end, lam_real scale);

	/* Binary cross-entropy on logits:
	 *
	 *     loss = sum over features, used lanes of max(z, 0) - z t + log(1 + exp(-|z|))
	 *     p    = sigmoid(z), kept for backward
	 *     dz   = scale (p - t)
	 *
	 * p may be z; dz may be p. */
	double (*sigmoid_cross_entropy)(lam_real *p, const lam_real *z, const lam_real *t,
		size_t features, int used, const lam_real *weights);
	void (*sigmoid_cross_entropy_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
		size_t features, int used, lam_real scale);
	/* The same with the weight w of positive targets:
	 *
	 *     loss = sum of w t log(1 + exp(-z)) + (1 - t) log(1 + exp(z))
	 *     dz   = scale (p (w t + 1 - t) - w t) */
	double (*positive_cross_entropy)(lam_real *p, const lam_real *z, const lam_real *t,
		size_t features, int used, const lam_real *weights, lam_real positive);
	void (*positive_cross_entropy_backward)(lam_real *dz, const lam_real *p, const lam_real *t,
		size_t features, int used, lam_real positive, lam_real scale);

	/* Binary cross-entropy on probabilities, with logarithms clamped at -100 as PyTorch:
	 *
	 *     loss = -sum over features, used lanes of t log p + (1 - t) log(1 - p)
	 *     dp   = scale (p - t) / max(p (1 - p), 1e-12)
	 *
	 * dp may be p. */
	double (*binary_cross_entropy)(const lam_real *p, const lam_real *t, size_t features,
		int used, const lam_real *weights);
	void (*binary_cross_entropy_backward)(lam_real *dp, const lam_real *p, const lam_real *t,
		size_t features, int used, lam_real scale);

	/* Squared error:
	 *
	 *     loss = sum over features, used lanes of (y - t)^2
	 *     dy   = scale (y - t), where the scale holds the factor 2
	 *
	 * dy may be y. */
	double (*squared_error)(const lam_real *y, const lam_real *t, size_t features, int used,
		const lam_real *weights);
	void (*squared_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
		size_t features, int used, lam_real scale);

	/* Absolute error, and Huber's with delta > 0, d = y - t:
	 *
	 *     loss = sum over features, used lanes of |d|
	 *     dy   = scale sign(d), 0 where d is 0
	 *
	 *     loss = sum of d^2 / 2 where |d| <= delta, of delta (|d| - delta / 2) elsewhere
	 *     dy   = scale d, and scale delta sign(d)
	 *
	 * dy may be y. */
	double (*absolute_error)(const lam_real *y, const lam_real *t, size_t features, int used,
		const lam_real *weights);
	void (*absolute_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
		size_t features, int used, lam_real scale);
	double (*huber_error)(const lam_real *y, const lam_real *t, size_t features, int used,
		const lam_real *weights, lam_real delta);
	void (*huber_error_backward)(lam_real *dy, const lam_real *y, const lam_real *t,
		size_t features, int used, lam_real delta, lam_real scale);

	/* x[f][lane] = factors[lane] x[f][lane], and 0 where the factor is 0. */
	void (*scale_lanes)(lam_real *x, const lam_real *factors, size_t features);

	/* winner[lane] = the feature with the greatest value; of equal values the first. NaN counts
	 * as greater than all numbers. */
	void (*argmax)(int32_t winner[LAM_LANES], const lam_real *x, size_t features);
	/* The same at `count` places, from `first` on, of a block [features][places][16]: winner is
	 * [count][16]. */
	void (*argmax_places)(int32_t *winner, const lam_real *x, size_t features, size_t places,
		size_t first, size_t count);

	/* Statistics of one block [channels][plane][16], in doubles per channel. Call them block
	 * after block.
	 *
	 * channel_moments: on entry the moments describe `before` values of the channel; at first
	 * 0, and then nothing is read. On return they describe this block's plane x used values
	 * too.
	 *
	 * channel_products, with factor = 1 / deviation:
	 *
	 *     sum_dy[c]  += sum of dy
	 *     sum_dyx[c] += sum of dy (x - mean[c]) factor[c]
	 *
	 * channel_products_gated: the same of what passes the gate.
	 *
	 * channel_dots, channel_dots_below: sum[c] += sum of dy x, or of dy min(x, 0) */
	void (*channel_moments)(struct lam_moments *, double before, const lam_real *x,
		size_t channels, size_t plane, int used);
	void (*channel_products)(double *sum_dy, double *sum_dyx, const lam_real *dy,
		const lam_real *x, const lam_real *mean, const lam_real *factor, size_t channels,
		size_t plane, int used);
	void (*channel_products_gated)(double *sum_dy, double *sum_dyx, const lam_real *dy,
		const lam_real *x, const lam_real *mean, const lam_real *factor,
		const struct lam_gate *gate, size_t channels, size_t plane, int used);
	void (*channel_dots)(double *sum, const lam_real *dy, const lam_real *x, size_t channels,
		size_t plane, int used);
	void (*channel_dots_below)(double *sum, const lam_real *dy, const lam_real *x,
		size_t channels, size_t plane, int used);

	/* The same for sixteen channels of a sample that lie in the lanes, [places][16]; `mean` is
	 * aligned. lane_sums: sum += x. lane_products: the second sum is of dy (x - mean);
	 * with a gate that is not NULL, of what passes it.
	 * merge_moments: adds the moments of `count` values, given by the sums of x - center and of
	 * its square, to those of `before` values. */
	void (*lane_sums)(double sum[LAM_LANES], const lam_real *x, size_t places);
	void (*lane_moments)(struct lam_moments moments[LAM_LANES], double before,
		const lam_real *x, size_t places);
	void (*lane_products)(double sum_dy[LAM_LANES], double sum_dyx[LAM_LANES],
		const lam_real *dy, const lam_real *x, const lam_real *mean,
		const struct lam_gate *gate, size_t places);
	void (*merge_moments)(struct lam_moments *, double before, double center, double apart,
		double square, double count);

	/* Sums that keep lanes apart, in doubles [channels][16]:
	 *     sum_products   total[c][lane] += sum of a b over the channel's plane, in pieces of at
	 *                    most SUM_TERMS terms
	 *     add_totals     total += x, of equal shapes
	 *     take_totals    x = total */
	void (*sum_products)(
		double *total, const lam_real *a, const lam_real *b, size_t channels, size_t plane);
	void (*add_totals)(double *total, const lam_real *x, size_t values);
	void (*take_totals)(lam_real *x, const double *total, size_t values);

	/* For an array of any count and alignment: the sum; the sum of squares, in double and in
	 * chunks of a fixed size; and whether all values are finite. */
	double (*sum)(const lam_real *x, size_t count);
	double (*sum_squares)(const lam_real *x, size_t count);
	bool (*all_finite)(const lam_real *x, size_t count);
};

#pragma GCC visibility pop
#endif
