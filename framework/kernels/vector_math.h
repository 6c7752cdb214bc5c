/* SPDX-License-Identifier: MIT */
/* exp, log, tanh, sigmoid and erf of one vector. Included by kernel sources only.
 *
 * Largest errors, in units in the last place, as framework/vec.h promises and
 * tests/kernels/vec_test.c checks:
 *
 *     float    exp 1.1   log 1.0   tanh 1.4   sigmoid 2.5   erf 1.4
 *     double   exp 1.1   log 1.0   tanh 1.4   sigmoid 2.5   erf 1.4
 *
 * Subnormal results are rounded like all others, NaN gives NaN, infinities the limits. */
#ifndef LAM_VECTOR_MATH_H
#define LAM_VECTOR_MATH_H

#include "framework/kernels/vector.h"
#include "framework/kernels/vector_math_pieces.h"
#include "framework/kernels/vector_math_terms.h"

#include <math.h>

/* c[0] x^(terms - 1) + … + c[terms - 1], by Horner's rule; the loop unrolls and the terms become
 * constants. */
#define VEC_POLYNOMIAL(terms, x) vec_polynomial(terms, sizeof(terms) / sizeof *(terms), x)

ALWAYS_INLINE vec vec_polynomial(const lam_real *terms, size_t count, vec x)
{
	vec p = vec_splat(terms[0]);
#pragma GCC unroll 32
	for (size_t i = 1; i < count; i++)
		p = p * x + terms[i];
	return p;
}

/* x = n ln 2 + r with |r| <= ln 2 / 2. Returns r, and n as a real and as an integer. For NaN n is
 * any number: the code that follows works on unsigned bits, whose sums are always defined. */
ALWAYS_INLINE vec vec_reduce(vec x, vec *whole, vec_mask *n)
{
	const vec shift = vec_splat(WHOLE_SHIFT),
		  shifted = x * (lam_real)1.44269504088896340736 + shift;
	*whole = shifted - shift;
	*n = (vec_mask)((vec_bits)shifted - (vec_bits)shift);
	return (x - *whole * LN_2_HIGH) - *whole * LN_2_LOW;
}

/* exp(r) - 1 for |r| <= ln 2 / 2, with a small error relative to r as well as to exp(r) */
ALWAYS_INLINE vec vec_exp_reduced(vec r)
{
	return r * r * VEC_POLYNOMIAL(exp_terms, r) + r;
}

/* 2^n within the normal numbers */
ALWAYS_INLINE vec vec_power_of_two(vec_mask n)
{
	return (vec)(((vec_bits)n + EXPONENT_BIAS) << FRACTION_BITS);
}

/* x / 2, rounded down. The unsigned shift is one that every processor has. */
ALWAYS_INLINE vec_mask vec_half(vec_mask n)
{
	return (vec_mask)((((vec_bits)n + 2 * EXPONENT_BIAS) >> 1) - EXPONENT_BIAS);
}

/* 2^n y, in two steps of 2^(n/2). The first product is exact; the second one rounds subnormal
 * results, or overflows. AVX-512 does it in one operation instead of eight. */
ALWAYS_INLINE vec vec_scale(vec y, vec whole, vec_mask n)
{
#if defined __AVX512F__
	(void)n;
	VEC_ASM_2(scalef, y, y, whole);
	return y;
#else
	(void)whole;
	const vec_mask half = vec_half(n);
	return y * vec_power_of_two(half)
		* vec_power_of_two((vec_mask)((vec_bits)n - (vec_bits)half));
#endif
}

/* exp(x) = 2^n exp(r). x is first clamped to bounds beyond which the result is 0 or infinity. */
ALWAYS_INLINE vec vec_exp(vec x)
{
	vec whole;
	vec_mask n;
	const vec r = vec_reduce(vec_at_least(vec_at_most(x, EXP_MOST), EXP_LEAST), &whole, &n);
	return vec_scale(vec_exp_reduced(r) + 1, whole, n);
}

/* With 1 + f in [sqrt(1/2), sqrt(2)), from the bits of x:
 *
 *     log(x)     = e ln 2 + log(1 + f)
 *     log(1 + f) = f - f^2/2 + f^3 P(f) */
ALWAYS_INLINE vec vec_log(vec x)
{
	const vec_mask subnormal = x < vec_splat(SMALLEST_NORMAL), one = {0};
	const vec_mask bits = (vec_mask)vec_abs(
		vec_select(subnormal, x * (lam_real)((vec_mask_element)1 << FRACTION_BITS), x));
	/* Holds the exponent and its bias above the fraction; an unsigned shift removes the
	 * fraction. */
	const vec_bits biased = (vec_bits)(bits - BITS_OF_ROOT_HALF)
		+ ((vec_mask_element)(EXPONENT_BIAS + 1) << FRACTION_BITS);
	const vec_mask exponent = (vec_mask)(biased >> FRACTION_BITS) - (EXPONENT_BIAS + 1);
	const vec f = (vec)(bits - (exponent << FRACTION_BITS)) - 1;
	const vec shift = vec_splat(WHOLE_SHIFT);
	const vec e = (vec)((vec_mask)shift + exponent - (subnormal & (one + FRACTION_BITS)))
		- shift;

	vec y = f * f * f * VEC_POLYNOMIAL(log_terms, f) + e * LN_2_LOW;
	y = f + (y - (lam_real)0.5 * (f * f)) + e * LN_2_HIGH;

	y = vec_select(x > vec_splat(0), y, vec_splat(NAN));
	y = vec_select(x == vec_splat(0), vec_splat(-INFINITY), y);
	return vec_select(x == vec_splat(INFINITY), x, y);
}

#ifdef VEC_TANH_PIECES
/* tanh(|x|) by pieces, 1 at their end. The sign is set last, so that that of zero is kept, too. */
ALWAYS_INLINE vec vec_tanh(vec x)
{
	return vec_with_sign(VEC_PIECEWISE(tanh_pieces, TANH_PIECE, x), x);
}
#else
/* With a = |x|, near zero: a + a s P(s), s = a^2. Beyond: 1 - 2 / (exp(2a) + 1), which is 1 from 2a
 * = TANH_ONE on. The sign is set last, so that that of zero is kept, too. */
ALWAYS_INLINE vec vec_tanh(vec x)
{
	const vec a = vec_abs(x), s = a * a;
	vec whole;
	vec_mask n;
	const vec r = vec_reduce(vec_at_most(2 * a, TANH_ONE), &whole, &n);
	const vec e = (vec_exp_reduced(r) + 1) * vec_power_of_two(n);
	const vec near = a + a * (s * VEC_POLYNOMIAL(tanh_terms, s)), far = 1 - 2 / (e + 1);
	return vec_with_sign(vec_select(a < vec_splat(TANH_NEAR), near, far), x);
}
#endif

/* With a = |x|, near zero: a + a Q(a^2). Beyond: 1 - exp(-R(a)), R = -log(1 - erf), and from
 * ERF_ONE on it is 1. */
ALWAYS_INLINE vec vec_erf(vec x)
{
	const vec a = vec_at_most(vec_abs(x), ERF_ONE);
	const vec near = a + a * VEC_POLYNOMIAL(erf_near_terms, a * a),
		  far = 1 - vec_exp(-VEC_POLYNOMIAL(erf_far_terms, a));
	return vec_with_sign(vec_select(a < vec_splat(ERF_NEAR), near, far), x);
}

/* With e = exp(-|x|), which never overflows: 1 / (1 + e) for x >= 0, e / (1 + e) for x < 0. So
 * small results keep their digits. */
ALWAYS_INLINE vec vec_sigmoid(vec x)
{
	const vec e = vec_exp(-vec_abs(x));
	return vec_select(x < vec_splat(0), e, vec_splat(1)) / (1 + e);
}

#endif
