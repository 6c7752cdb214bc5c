/* SPDX-License-Identifier: MIT */
/* The curves: elementwise functions of one number, which are the activations.
 *
 * A curve is its formula, its gradient's formula and a row of LAM_CURVES; nothing else is said of
 * it anywhere in the library. From the row come the kernels of each instruction set (map_curve.c),
 * the class and its constructor (layers/activation.c) and its place in the catalogue
 * (layers/classes.h). The options struct and the documentation are in layers/activation.h.
 *
 * NaN comes out as NaN, infinities follow the function's limit, and the largest numbers have a
 * finite gradient. */
#ifndef LAM_CURVES_H
#define LAM_CURVES_H

#include "framework/real.h"

#include <stddef.h>

/* Columns:
 *     name      of the kind, the class lam_NAME_class, the formulas NAME_y and NAME_dx
 *     reads     what the gradient is computed from: the input X, the output Y, or NONE of them; the
 *               layer may overwrite its input unless it is X
 *     family    RECTIFIES: the ReLU family, in front of which LAM_INIT_DEFAULT is He's; THROUGH: it
 *               depends on the layer behind; or OTHER
 *     epilogue  of framework/epilogue.h, if a convolution or affine layer can apply the curve; or
 *               NONE
 *     check     ORDERED: the first option must be below the second; or NONE
 *     options   reals, at most LAM_CURVE_OPTIONS: OPTION(name, member of lam_NAME_options, more of
 *               its lam_option) for each, without commas between */
/* clang-format off */
#define LAM_CURVES(CURVE) \
	CURVE(relu,         Y,    RECTIFIES, RELU, NONE, ) \
	CURVE(leaky_relu,   Y,    RECTIFIES, NONE, NONE, \
		OPTION(leaky_relu, slope, .fallback = 0.01, .most = INT_MAX)) \
	CURVE(sigmoid,      Y,    OTHER,     NONE, NONE, ) \
	CURVE(tanh,         Y,    OTHER,     NONE, NONE, ) \
	CURVE(gelu,         X,    RECTIFIES, NONE, NONE, ) \
	CURVE(silu,         X,    RECTIFIES, NONE, NONE, ) \
	CURVE(softplus,     X,    RECTIFIES, NONE, NONE, \
		OPTION(softplus, beta, .fallback = 1, .most = INT_MAX, .above = true) \
		OPTION(softplus, threshold, .fallback = 20, .most = INT_MAX)) \
	CURVE(elu,          X,    RECTIFIES, NONE, NONE, \
		OPTION(elu, alpha, .fallback = 1, .most = INT_MAX)) \
	CURVE(hard_swish,   X,    RECTIFIES, NONE, NONE, ) \
	CURVE(hard_sigmoid, Y,    OTHER,     NONE, NONE, ) \
	CURVE(clip,         Y,    RECTIFIES, NONE, ORDERED, \
		OPTION(clip, least, .least = -1e30, .most = 1e30) \
		OPTION(clip, most, .fallback = 6, .least = -1e30, .most = 1e30)) \
	CURVE(scale,        NONE, THROUGH,   NONE, NONE, \
		OPTION(scale, factor, .fallback = 1, .least = -1e30, .most = 1e30))
/* clang-format on */

enum { LAM_CURVE_OPTIONS = 2 };

/* A curve's options in the order of its row; the others are 0. */
struct lam_curve_options {
	lam_real value[LAM_CURVE_OPTIONS];
};

/* LAM_CURVE_relu …: a curve's index in lam_map_kernels.curve. */
#define CURVE(name, ...) LAM_CURVE_##name,
enum lam_curve_index { LAM_CURVES(CURVE) LAM_CURVE_COUNT };
#undef CURVE

/* y = f(x), and dx = dy f'(x) from `kept`, which is the row's X or Y. y may be x, and dx may be dy.
 * Forward takes ANY number of values at ANY alignment. */
struct lam_curve {
	void (*forward)(lam_real *y, const lam_real *x, size_t values, struct lam_curve_options);
	void (*backward)(lam_real *dx, const lam_real *dy, const lam_real *kept, size_t values,
		struct lam_curve_options);
};

#endif

/* The formulas, of one vector. map_curve.c alone asks for them. */
#ifdef LAM_CURVE_FORMULAS

#define FORMULA static inline __attribute__((always_inline)) vec

/* Formulas clamp a factor x to this range. Beyond it the other factor has long been 0, and infinity
 * times 0 would be NaN. */
enum { FAR = 1000 };

FORMULA bounded(vec x)
{
	return vec_at_most(vec_at_least(x, -FAR), FAR);
}

/* relu: y = max(x, 0), dx = y > 0 ? dy : 0. Not x > 0 ? x : 0, which would turn NaN into 0. */
FORMULA relu_y(vec x, struct lam_curve_options o)
{
	(void)o;
	return vec_at_least(x, 0);
}

FORMULA relu_dx(vec dy, vec y, struct lam_curve_options o)
{
	(void)o;
	return vec_select(y > vec_splat(0), dy, vec_splat(0));
}

/* leaky_relu: y = x > 0 ? x : slope x, dx = y > 0 ? dy : slope dy. The slope is at least 0, so y
 * is above 0 where x is, and nowhere else. */
FORMULA leaky_relu_y(vec x, struct lam_curve_options o)
{
	return vec_select(x > vec_splat(0), x, x * o.value[0]);
}

FORMULA leaky_relu_dx(vec dy, vec y, struct lam_curve_options o)
{
	return vec_select(y > vec_splat(0), dy, dy * o.value[0]);
}

/* sigmoid: y = s(x) = 1 / (1 + exp(-x)), dx = dy y (1 - y) */
FORMULA sigmoid_y(vec x, struct lam_curve_options o)
{
	(void)o;
	return vec_sigmoid(x);
}

FORMULA sigmoid_dx(vec dy, vec y, struct lam_curve_options o)
{
	(void)o;
	return dy * (y * (1 - y));
}

/* tanh: y = tanh(x), dx = dy (1 - y^2) */
FORMULA tanh_y(vec x, struct lam_curve_options o)
{
	(void)o;
	return vec_tanh(x);
}

FORMULA tanh_dx(vec dy, vec y, struct lam_curve_options o)
{
	(void)o;
	return dy * (1 - y * y);
}

/* gelu: y = x Phi(x), dx = dy (Phi(x) + x phi(x)), with the normal distribution
 * Phi(x) = (1 + erf(x / sqrt 2)) / 2 and its density phi(x) = exp(-x^2 / 2) / sqrt(2 pi) */
#ifdef VEC_PIECES
/* The same of a = |x|, where only what falls off is computed, by pieces:
 *
 *     y = max(x, 0) - a Phi(-a),  dx = dy (1 + s) for x >= 0, dy (-s) for x < 0,
 *     s = a phi(a) - Phi(-a) */
FORMULA gelu_y(vec x, struct lam_curve_options o)
{
	(void)o;
	return vec_at_least(x, 0) - VEC_PIECEWISE(gelu_pieces, GELU_PIECE, x);
}

FORMULA gelu_dx(vec dy, vec x, struct lam_curve_options o)
{
	(void)o;
	const vec s = VEC_PIECEWISE(slope_pieces, GELU_PIECE, x);
	return dy * vec_select(x < vec_splat(0), -s, 1 + s);
}
#else
FORMULA normal_distribution(vec x)
{
	return (lam_real)0.5 * (1 + vec_erf(x * (lam_real)0.70710678118654752440));
}

FORMULA gelu_y(vec x, struct lam_curve_options o)
{
	(void)o;
	return vec_at_least(x, -FAR) * normal_distribution(x);
}

FORMULA gelu_dx(vec dy, vec x, struct lam_curve_options o)
{
	(void)o;
	x = bounded(x);
	const vec density = (lam_real)0.39894228040143267794 * vec_exp((lam_real)-0.5 * x * x);
	return dy * (normal_distribution(x) + x * density);
}
#endif

/* silu: y = x s(x), dx = dy s(x) (1 + x (1 - s(x))), s the sigmoid */
FORMULA silu_y(vec x, struct lam_curve_options o)
{
	(void)o;
	return vec_at_least(x, -FAR) * vec_sigmoid(x);
}

FORMULA silu_dx(vec dy, vec x, struct lam_curve_options o)
{
	(void)o;
	x = bounded(x);
	const vec s = vec_sigmoid(x);
	return dy * (s * (1 + x * (1 - s)));
}

/* softplus: y = log(1 + exp(z)) / beta, dx = dy s(z) with z = beta x, s the sigmoid; above the
 * threshold y = x and dx = dy. log(1 + exp(z)) = max(z, 0) + log(1 + e), e = exp(-|z|); where 1 + e
 * rounds to u, log(1 + e) = log(u) + (e - (u - 1)) / u. */
FORMULA softplus_y(vec x, struct lam_curve_options o)
{
	const vec z = x * o.value[0], e = vec_exp(-vec_abs(z)), u = 1 + e;
	const vec y = vec_at_least(z, 0) + (vec_log(u) + (e - (u - 1)) / u);
	return vec_select(z > vec_splat(o.value[1]), x, y / o.value[0]);
}

FORMULA softplus_dx(vec dy, vec x, struct lam_curve_options o)
{
	const vec z = x * o.value[0];
	return vec_select(z > vec_splat(o.value[1]), dy, dy * vec_sigmoid(z));
}

/* elu: y = x > 0 ? x : alpha (exp(x) - 1), dx = x > 0 ? dy : alpha exp(x) dy. With t = tanh(x / 2),
 * exp(x) - 1 = 2 t / (1 - t), which keeps the digits of a small x. */
FORMULA elu_y(vec x, struct lam_curve_options o)
{
	const vec t = vec_tanh(vec_at_most(x, 0) * (lam_real)0.5);
	return vec_select(x > vec_splat(0), x, 2 * o.value[0] * t / (1 - t));
}

FORMULA elu_dx(vec dy, vec x, struct lam_curve_options o)
{
	return vec_select(x > vec_splat(0), dy, dy * (o.value[0] * vec_exp(x)));
}

/* hard_swish: y = x min(max(x + 3, 0), 6) / 6; dx = 0 below -3, dy above 3, dy (x / 3 + 1/2)
 * between. */
FORMULA hard_swish_y(vec x, struct lam_curve_options o)
{
	(void)o;
	const vec gate = vec_at_most(vec_at_least(x + 3, 0), 6) * (lam_real)(1 / 6.0);
	return vec_at_least(x, -3) * gate;
}

FORMULA hard_swish_dx(vec dy, vec x, struct lam_curve_options o)
{
	(void)o;
	const vec between = dy * (x * (lam_real)(1 / 3.0) + (lam_real)0.5);
	return vec_select(
		x < vec_splat(-3), vec_splat(0), vec_select(x > vec_splat(3), dy, between));
}

/* hard_sigmoid: y = min(max(x + 3, 0), 6) / 6, dx = 0 < y < 1 ? dy / 6 : 0 */
FORMULA hard_sigmoid_y(vec x, struct lam_curve_options o)
{
	(void)o;
	return vec_at_most(vec_at_least(x + 3, 0), 6) * (lam_real)(1 / 6.0);
}

FORMULA hard_sigmoid_dx(vec dy, vec y, struct lam_curve_options o)
{
	(void)o;
	const vec none = vec_splat(0), below = vec_select(y < vec_splat(1), dy, none);
	return vec_select(y > none, below * (lam_real)(1 / 6.0), none);
}

/* clip: y = min(max(x, least), most), dx = least < y < most ? dy : 0 */
FORMULA clip_y(vec x, struct lam_curve_options o)
{
	return vec_at_most(vec_at_least(x, o.value[0]), o.value[1]);
}

FORMULA clip_dx(vec dy, vec y, struct lam_curve_options o)
{
	const vec none = vec_splat(0), below = vec_select(y < vec_splat(o.value[1]), dy, none);
	return vec_select(y > vec_splat(o.value[0]), below, none);
}

/* scale: y = factor x, dx = factor dy */
FORMULA scale_y(vec x, struct lam_curve_options o)
{
	return x * o.value[0];
}

FORMULA scale_dx(vec dy, vec kept, struct lam_curve_options o)
{
	(void)kept;
	return dy * o.value[0];
}

#endif
