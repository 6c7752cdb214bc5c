/* SPDX-License-Identifier: MIT */
/* The transforms of winograd.h, for one axis and for tiles; ' is the transpose. For R taps a window
 * has R + 3 values, one for each of as many points: 0, infinity, and pairs +-p, two of them for
 * three taps and three for five. Two taps have two pairs and infinity, without 0. With the
 * polynomials in s, a square,
 *
 *   P(s) = product over all p of (s - p p),   Q_p(s) = product over the other pairs q of (s - q q),
 *       N_p = 2 p p Q_p(p p)
 *
 * whose coefficients of s^k are P_k and Q_pk, each map's rows are, every product with an index k
 * being summed over k,
 *
 *          for 0            for +-p                                   for infinity
 *   B' d:  P_k d[2k]        Q_pk d[2k + 2] +- p Q_pk d[2k + 1]        P_k d[2k + 1]
 *          d: the window, R + 3 values
 *   G g:   g[0] / P(0)    (+-p)^k g[k] / N_p    g[R - 1]    g: the taps, R values
 *   A y:   y[0]    (+-p)^k y[k]    y[3]    y: the outputs, 4 values
 *
 * and without the point 0, with N_p = 2 p Q_p(p p),
 *
 *   B' d:                           Q_pk d[2k + 1] +- p Q_pk d[2k]        P_k d[2k]
 *   G g:                            +-(g[0] +- p g[1]) / N_p              g[1]
 *
 * of which +p and -p share their even and odd halves. The functions below are B', A', A, G, G' in
 * this order. `taps` is a constant wherever these are used. */
#ifndef LAM_WINOGRAD_TRANSFORM_H
#define LAM_WINOGRAD_TRANSFORM_H

#include "framework/kernels/winograd.h"

enum { WINOGRAD_PAIRS = 3 };

struct winograd_points {
	int pairs; /* 2 for two or three taps, 3 for five */
	lam_real point[WINOGRAD_PAIRS], square[WINOGRAD_PAIRS];
	lam_real all[WINOGRAD_PAIRS + 1];                /* P's coefficients, the highest is 1 */
	lam_real others[WINOGRAD_PAIRS][WINOGRAD_PAIRS]; /* Q's */
	lam_real scale[WINOGRAD_PAIRS], scale_zero;      /* 1 / N, 1 / P(0) */
};

/* These points give transforms with small numbers: +-1/sqrt 2, +-sqrt 2 for three taps; +-3/5, +-1,
 * +-5/3 for five. */
#define LOW (9.0 / 25) /* the square of 3/5; that of 5/3 is its inverse */
#define HIGH (25.0 / 9)
static const struct winograd_points winograd_points_of_2 = {
	.pairs = 2,
	.point = {(lam_real)0.70710678118654752440, (lam_real)1.41421356237309504880},
	.square = {(lam_real)0.5, 2},
	.all = {1, (lam_real)-2.5, 1},
	.others = {{-2, 1}, {(lam_real)-0.5, 1}},
	.scale = {(lam_real)(1 / (2 * 0.70710678118654752440 * (0.5 - 2))),
		(lam_real)(1 / (2 * 1.41421356237309504880 * (2 - 0.5)))},
};
static const struct winograd_points winograd_points_of_3 = {
	.pairs = 2,
	.point = {(lam_real)0.70710678118654752440, (lam_real)1.41421356237309504880},
	.square = {(lam_real)0.5, 2},
	.all = {1, (lam_real)-2.5, 1},
	.others = {{-2, 1}, {(lam_real)-0.5, 1}},
	.scale = {(lam_real)(1 / (2 * 0.5 * (0.5 - 2))), (lam_real)(1 / (2 * 2 * (2 - 0.5)))},
	.scale_zero = 1,
};
static const struct winograd_points winograd_points_of_5 = {
	.pairs = 3,
	.point = {(lam_real)(3.0 / 5), 1, (lam_real)(5.0 / 3)},
	.square = {(lam_real)LOW, 1, (lam_real)HIGH},
	.all = {-1, (lam_real)(1 + LOW + HIGH), (lam_real)(-1 - LOW - HIGH), 1},
	.others = {{(lam_real)HIGH, (lam_real)(-1 - HIGH), 1}, {1, (lam_real)(-LOW - HIGH), 1},
		{(lam_real)LOW, (lam_real)(-1 - LOW), 1}},
	.scale = {(lam_real)(1 / (2 * LOW * (LOW - 1) * (LOW - HIGH))),
		(lam_real)(1 / (2 * (1 - LOW) * (1 - HIGH))),
		(lam_real)(1 / (2 * HIGH * (HIGH - 1) * (HIGH - LOW)))},
	.scale_zero = -1,
};
#undef LOW
#undef HIGH

ALWAYS_INLINE const struct winograd_points *winograd_points(const int taps)
{
	return taps == 2    ? &winograd_points_of_2
		: taps == 3 ? &winograd_points_of_3
			    : &winograd_points_of_5;
}

/* Pairs, and the index of the first one's values: that of 0 comes before them, if there is one. */
ALWAYS_INLINE int winograd_pairs(const int taps)
{
	return taps == 5 ? 3 : 2;
}

ALWAYS_INLINE int winograd_first(const int taps)
{
	return taps == 2 ? 0 : 1;
}

/* v = B' d */
ALWAYS_INLINE void winograd_input(const vec *d, vec *v, const int taps)
{
	const struct winograd_points *z = winograd_points(taps);
	const int pairs = winograd_pairs(taps), first = winograd_first(taps), last = taps + 2;

	if (first)
		v[0] = d[2 * pairs];
	v[last] = d[2 * pairs + first];
	UNROLL_FOR (int k = pairs - 1; k >= 0; k--) {
		if (first)
			v[0] += z->all[k] * d[2 * k];
		v[last] += z->all[k] * d[2 * k + first];
	}
	UNROLL_FOR (int p = 0; p < pairs; p++) {
		vec above = d[2 * pairs - 1 + first], below = d[2 * pairs - 2 + first];

		UNROLL_FOR (int k = pairs - 2; k >= 0; k--) {
			above += z->others[p][k] * d[2 * k + 1 + first];
			below += z->others[p][k] * d[2 * k + first];
		}
		v[2 * p + first] = above + z->point[p] * below;
		v[2 * p + first + 1] = above - z->point[p] * below;
	}
}

/* y = A' m */
ALWAYS_INLINE void winograd_output(const vec *m, vec *y, const int taps)
{
	const struct winograd_points *z = winograd_points(taps);
	const int pairs = winograd_pairs(taps), first = winograd_first(taps), last = taps + 2;
	vec even = m[first] + m[first + 1], odd = z->point[0] * (m[first] - m[first + 1]);

	y[0] = even;
	if (first)
		y[0] = m[0] + even;
	y[1] = odd;
	y[2] = z->square[0] * even;
	y[3] = m[last] + z->square[0] * odd;
	UNROLL_FOR (int p = 1; p < pairs; p++) {
		even = m[2 * p + first] + m[2 * p + first + 1];
		odd = z->point[p] * (m[2 * p + first] - m[2 * p + first + 1]);
		y[0] += even;
		y[1] += odd;
		y[2] += z->square[p] * even;
		y[3] += z->square[p] * odd;
	}
}

/* m = A y */
ALWAYS_INLINE void winograd_spread(const vec *y, vec *m, const int taps)
{
	const struct winograd_points *z = winograd_points(taps);
	const int pairs = winograd_pairs(taps), first = winograd_first(taps), last = taps + 2;

	if (first)
		m[0] = y[0];
	m[last] = y[3];
	UNROLL_FOR (int p = 0; p < pairs; p++) {
		vec even = y[0] + z->square[p] * y[2], odd = y[1] + z->square[p] * y[3];

		m[2 * p + first] = even + z->point[p] * odd;
		m[2 * p + first + 1] = even - z->point[p] * odd;
	}
}

/* u = G g */
ALWAYS_INLINE void winograd_taps(const vec *g, vec *u, const int taps)
{
	const struct winograd_points *z = winograd_points(taps);
	const int pairs = winograd_pairs(taps), first = winograd_first(taps), last = taps + 2;

	if (first)
		u[0] = z->scale_zero * g[0];
	u[last] = g[taps - 1];
	UNROLL_FOR (int p = 0; p < pairs; p++) {
		vec even = g[taps - 1], odd = g[taps - 2];

		UNROLL_FOR (int k = taps - 3; k >= 0; k -= 2)
			even = g[k] + z->square[p] * even;
		UNROLL_FOR (int k = taps - 4; k >= 0; k -= 2)
			odd = g[k] + z->square[p] * odd;
		/* Of two taps the last is odd. */
		even *= first ? z->scale[p] : z->point[p] * z->scale[p];
		odd *= first ? z->point[p] * z->scale[p] : z->scale[p];
		u[2 * p + first] = even + odd;
		u[2 * p + first + 1] = even - odd;
	}
}

/* g = G' u */
ALWAYS_INLINE void winograd_gather(const vec *u, vec *g, const int taps)
{
	const struct winograd_points *z = winograd_points(taps);
	const int pairs = winograd_pairs(taps), first = winograd_first(taps), last = taps + 2;

	UNROLL_FOR (int k = 0; k < taps - 1; k++)
		g[k] = (vec){0};
	if (first)
		g[0] = z->scale_zero * u[0];
	g[taps - 1] = u[last];
	UNROLL_FOR (int p = 0; p < pairs; p++) {
		const vec sum = u[2 * p + first] + u[2 * p + first + 1],
			  difference = u[2 * p + first] - u[2 * p + first + 1];
		vec even = z->scale[p] * (first ? sum : difference);
		vec odd = z->scale[p] * z->point[p] * (first ? difference : sum);

		UNROLL_FOR (int k = 0; k < taps; k += 2) {
			g[k] += even;
			even *= z->square[p];
		}
		UNROLL_FOR (int k = 1; k < taps; k += 2) {
			g[k] += odd;
			odd *= z->square[p];
		}
	}
}

/* Calls function(…, taps) with a constant equal to that of `grid`. */
#define WINOGRAD_CONSTANTS(grid, function, ...) \
	do { \
		if ((grid)->taps == 3) \
			function(__VA_ARGS__, 3); \
		else if ((grid)->taps == 2) \
			function(__VA_ARGS__, 2); \
		else \
			function(__VA_ARGS__, 5); \
	} while (0)

#endif
