/* SPDX-License-Identifier: MIT */
/* Arithmetic on one value at a time: activations, sums, per-channel affine maps, dropout.
 *
 * Every function here works on `values` numbers, aligned to LAM_ALIGN. `values` is a multiple of
 * LAM_LANES. For an elementwise function, features, blocks and channels are the same, and channels
 * may be in the lanes. Outputs come first. An output array either is one of the inputs (in place)
 * or does not overlap any.
 *
 * NaN gives NaN, infinities give the function's limit, and a lane's result depends on no other
 * lane. */
#ifndef LAM_MAP_H
#define LAM_MAP_H

#include "framework/kernels/curves.h"
#include "framework/kernels/gate.h"
#include "framework/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef void lam_map_unary(lam_real *y, const lam_real *x, size_t values);

struct lam_map_kernels {
	/* y = x;  y = value;  y = a + b;  y += x;  y = factor * x */
	lam_map_unary *copy;
	void (*fill)(lam_real *y, lam_real value, size_t values);
	void (*add)(lam_real *y, const lam_real *a, const lam_real *b, size_t values);
	lam_map_unary *accumulate;
	void (*scale)(lam_real *y, const lam_real *x, lam_real factor, size_t values);

	/* Activations (curves.h): curve[LAM_CURVE_relu] and so on. */
	const struct lam_curve *curve;

	/* exp, log and erf take ANY number of values at ANY alignment. */
	lam_map_unary *exp, *log, *erf;

	/* Affine maps per channel, over planes [channels][plane][16]. center, a, b and c have one
	 * number per channel. Values near the center keep their digits, even if the center is
	 * large.
	 *     channel_affine    y = a[c] (x - center[c]) + b[c]
	 *     channel_combine   dx = a[c] dy + b[c] (x - center[c]) + c[c]; idle lanes get
	 *                       numbers, which clear_idle() can set to 0 */
	void (*channel_affine)(lam_real *y, const lam_real *x, const lam_real *center,
		const lam_real *a, const lam_real *b, size_t channels, size_t plane);
	void (*channel_combine)(lam_real *dx, const lam_real *dy, const lam_real *x,
		const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
		size_t channels, size_t plane);

	/* channel_affine with channels in the lanes: planes are [groups][plane][16]; center, a and
	 * b have 16 numbers per group, aligned. */
	void (*channel_affine_lanes)(lam_real *y, const lam_real *x, const lam_real *center,
		const lam_real *a, const lam_real *b, size_t groups, size_t plane);
	/* channel_combine alike, for one group. */
	void (*channel_combine_lanes)(lam_real *dx, const lam_real *dy, const lam_real *x,
		const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
		size_t plane);

	/* channel_affine and channel_combine with what follows a batch norm (gate.h); `_lanes`: for
	 * sixteen channels in the lanes.
	 *     channel_finish          y = f(a[c] (x - center[c]) + b[c] + added), where f is a
	 *                             ReLU or nothing; added may be NULL
	 *     channel_combine_gated   dx = a[c] dy' + b[c] (x - center[c]) + c[c], where dy' is
	 *                             what passes the gate, whose y must be NULL */
	void (*channel_finish)(lam_real *y, const lam_real *x, const lam_real *center,
		const lam_real *a, const lam_real *b, const lam_real *added, bool relu,
		size_t channels, size_t plane);
	void (*channel_finish_lanes)(lam_real *y, const lam_real *x, const lam_real *center,
		const lam_real *a, const lam_real *b, const lam_real *added, bool relu,
		size_t plane);
	void (*channel_combine_gated)(lam_real *dx, const lam_real *dy, const lam_real *x,
		const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
		const struct lam_gate *gate, size_t channels, size_t plane);
	void (*channel_combine_gated_lanes)(lam_real *dx, const lam_real *dy, const lam_real *x,
		const lam_real *center, const lam_real *a, const lam_real *b, const lam_real *c,
		const struct lam_gate *gate, size_t plane);

	/* Factors per channel, over planes [channels][plane][16]. factor and slope have one number
	 * per channel. With channels in the lanes, planes are [groups][plane][16], and slope has 16
	 * numbers per group, aligned.
	 *     channel_scale         y = factor[c] x
	 *     channel_leaky         y = x > 0 ? a : slope[c] a; y may be a, and a may be x
	 *     channel_leaky_lanes   channel_leaky with channels in the lanes */
	void (*channel_scale)(lam_real *y, const lam_real *x, const lam_real *factor,
		size_t channels, size_t plane);
	void (*channel_leaky)(lam_real *y, const lam_real *a, const lam_real *x,
		const lam_real *slope, size_t channels, size_t plane);
	void (*channel_leaky_lanes)(lam_real *y, const lam_real *a, const lam_real *x,
		const lam_real *slope, size_t groups, size_t plane);

	/* Products over planes [channels][plane][16].
	 *     multiply            y = a b, of equal shapes
	 *     multiply_channels   y[c][p] = x[c][p] factor[c], factor [channels][16]
	 *     multiply_places     y[c][p] = x[c][p] factor[p], factor [plane][16], whose lane 0
	 *                         alone is read, for all lanes
	 *     add_product         y += a b, of equal shapes */
	void (*multiply)(lam_real *y, const lam_real *a, const lam_real *b, size_t values);
	void (*multiply_channels)(lam_real *y, const lam_real *x, const lam_real *factor,
		size_t channels, size_t plane);
	void (*multiply_places)(lam_real *y, const lam_real *x, const lam_real *factor,
		size_t channels, size_t plane);
	void (*add_product)(lam_real *y, const lam_real *a, const lam_real *b, size_t values);

	/* Sets the lanes from `used` to 15 of every feature to 0, so that idle lanes add nothing to
	 * a sum. */
	void (*clear_idle)(lam_real *y, size_t values, int used);

	/* y = u(row, feature) >= p ? x / (1 - p) : 0 for features `feature` to `feature + features
	 * - 1` of one block; x and y point at the first of them. Lane l is row `row + l` of the
	 * batch (row = 16 * block). u is lam_random_uniform() of word feature % 4 of
	 * lam_random(key, row, feature / 4), see framework/random.h. Backward is this very function
	 * on dy: nothing is stored. 0 <= p <= 1; p = 1 drops everything. */
	void (*dropout)(lam_real *y, const lam_real *x, uint64_t key, double p, uint64_t row,
		size_t feature, size_t features);
	/* The same numbers for one row with channels in the lanes, [groups][places][16]: x and y
	 * point at the first of groups `group` to `group + groups - 1` of the row, and place p of
	 * channel c is feature c places + p. */
	void (*dropout_lanes)(lam_real *y, const lam_real *x, uint64_t key, double p, uint64_t row,
		size_t group, size_t groups, size_t places);
};

#pragma GCC visibility pop
#endif
