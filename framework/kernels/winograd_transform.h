/* The transforms of winograd.h, for one axis and for tiles. a = 1/sqrt 2 and b = sqrt 2 are the points beside 0 and infinity.
 *
 *        1   0  -5/2   0   1   0            1              0               0
 *        0 -2a   -2    a   1   0         -2/3          -2/3 a           -1/3
 *   B' = 0  2a   -2   -a   1   0     G = -2/3           2/3 a           -1/3       A' = 1  1   1    1   1   0
 *        0 -b/2 -1/2   b   1   0          1/6           1/6 b            1/3            0  a  -a    b  -b   0
 *        0  b/2 -1/2  -b   1   0          1/6          -1/6 b            1/3            0 1/2 1/2   2   2   0
 *        0   1    0  -5/2  0   1            0              0               1            0 a/2 -a/2  2b -2b  1 */
#ifndef LAM_WINOGRAD_TRANSFORM_H
#define LAM_WINOGRAD_TRANSFORM_H

#include "framework/kernels/winograd.h"

#define ROOT_HALF ((lam_real)0.70710678118654752440)
#define ROOT_TWO ((lam_real)1.41421356237309504880)

/* v = B' d */
ALWAYS_INLINE void winograd_input(const vec d[WINOGRAD_IN], vec v[WINOGRAD_IN])
{
	vec near = d[4] - 2 * d[2], near_odd = d[3] - 2 * d[1];
	vec far = d[4] - (lam_real)0.5 * d[2], far_odd = d[3] - (lam_real)0.5 * d[1];

	v[0] = d[0] + d[4] - (lam_real)2.5 * d[2];
	v[1] = near + ROOT_HALF * near_odd;
	v[2] = near - ROOT_HALF * near_odd;
	v[3] = far + ROOT_TWO * far_odd;
	v[4] = far - ROOT_TWO * far_odd;
	v[5] = d[1] + d[5] - (lam_real)2.5 * d[3];
}

/* y = A' m */
ALWAYS_INLINE void winograd_output(const vec m[WINOGRAD_IN], vec y[WINOGRAD_OUT])
{
	vec near = m[1] + m[2], near_odd = ROOT_HALF * (m[1] - m[2]);
	vec far = m[3] + m[4], far_odd = ROOT_TWO * (m[3] - m[4]);

	y[0] = m[0] + near + far;
	y[1] = near_odd + far_odd;
	y[2] = (lam_real)0.5 * near + 2 * far;
	y[3] = m[5] + (lam_real)0.5 * near_odd + 2 * far_odd;
}

/* m = A y */
ALWAYS_INLINE void winograd_spread(const vec y[WINOGRAD_OUT], vec m[WINOGRAD_IN])
{
	vec near = y[0] + (lam_real)0.5 * y[2], near_odd = y[1] + (lam_real)0.5 * y[3];
	vec far = y[0] + 2 * y[2], far_odd = y[1] + 2 * y[3];

	m[0] = y[0];
	m[1] = near + ROOT_HALF * near_odd;
	m[2] = near - ROOT_HALF * near_odd;
	m[3] = far + ROOT_TWO * far_odd;
	m[4] = far - ROOT_TWO * far_odd;
	m[5] = y[3];
}

/* u = G g */
ALWAYS_INLINE void winograd_taps(const vec g[WINOGRAD_TAPS], vec u[WINOGRAD_IN])
{
	vec near = (g[0] + (lam_real)0.5 * g[2]) * (lam_real)(-2.0 / 3), near_odd = g[1] * (ROOT_HALF * (lam_real)(-2.0 / 3));
	vec far = (g[0] + 2 * g[2]) * (lam_real)(1.0 / 6), far_odd = g[1] * (ROOT_TWO * (lam_real)(1.0 / 6));

	u[0] = g[0];
	u[1] = near + near_odd;
	u[2] = near - near_odd;
	u[3] = far + far_odd;
	u[4] = far - far_odd;
	u[5] = g[2];
}

/* g = G' u */
ALWAYS_INLINE void winograd_gather(const vec u[WINOGRAD_IN], vec g[WINOGRAD_TAPS])
{
	vec near = (u[1] + u[2]) * (lam_real)(-2.0 / 3), near_odd = (u[1] - u[2]) * (ROOT_HALF * (lam_real)(-2.0 / 3));
	vec far = (u[3] + u[4]) * (lam_real)(1.0 / 6), far_odd = (u[3] - u[4]) * (ROOT_TWO * (lam_real)(1.0 / 6));

	g[0] = u[0] + near + far;
	g[1] = near_odd + far_odd;
	g[2] = (lam_real)0.5 * near + 2 * far + u[5];
}

/* A map of both axes: to[p][q] from from[i][j], by `rows` applied to each row and then to each column. With one row, high is
 * false and only the rows' map is applied. */
#define WINOGRAD_BOTH(name, map, IN, OUT)                                                                              \
	ALWAYS_INLINE void name(const vec *from, vec *to, const bool high)                                             \
	{                                                                                                              \
		const int rows = high ? IN : 1;                                                                        \
		vec half[IN * OUT];                                                                                    \
                                                                                                                       \
		UNROLL for (int i = 0; i < rows; i++)                                                                  \
			map(from + i * IN, high ? half + i * OUT : to);                                                \
		if (!high)                                                                                             \
			return;                                                                                        \
		UNROLL for (int q = 0; q < OUT; q++) {                                                                 \
			vec column[IN], mapped[OUT];                                                                   \
                                                                                                                       \
			UNROLL for (int i = 0; i < IN; i++)                                                            \
				column[i] = half[i * OUT + q];                                                         \
			map(column, mapped);                                                                           \
			UNROLL for (int p = 0; p < OUT; p++)                                                           \
				to[p * OUT + q] = mapped[p];                                                           \
		}                                                                                                      \
	}

WINOGRAD_BOTH(winograd_input_tile, winograd_input, WINOGRAD_IN, WINOGRAD_IN)
WINOGRAD_BOTH(winograd_output_tile, winograd_output, WINOGRAD_IN, WINOGRAD_OUT)
WINOGRAD_BOTH(winograd_spread_tile, winograd_spread, WINOGRAD_OUT, WINOGRAD_IN)
WINOGRAD_BOTH(winograd_taps_tile, winograd_taps, WINOGRAD_TAPS, WINOGRAD_IN)
WINOGRAD_BOTH(winograd_gather_tile, winograd_gather, WINOGRAD_IN, WINOGRAD_TAPS)

#endif
