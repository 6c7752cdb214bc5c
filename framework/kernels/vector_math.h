/* SPDX-License-Identifier: MIT */
/* exp, log, tanh, sigmoid and erf of one vector, without tables. Included by kernel sources only.
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
#include "framework/kernels/vector_math_terms.h"

#include <math.h>
#include <stdbool.h>
#if defined __SSE2__
#include <immintrin.h>
#endif

static inline vec vec_load(const lam_real *x)
{
	return *(const vec_unaligned *)x;
}

static inline void vec_store(lam_real *y, vec value)
{
	*(vec_unaligned *)y = value;
}

/* a > x ? a : x, and a < x ? a : x. If one is NaN, or both are zero, the result is x. Compilers do
 * not use the processor's instruction for the generic form. */
#if defined LAM_DOUBLE && defined __AVX512F__
#define VEC_X86(operation, a, x) (vec) _mm512_##operation##_pd((__m512d)(a), (__m512d)(x))
#elif defined LAM_DOUBLE && defined __AVX__
#define VEC_X86(operation, a, x) (vec) _mm256_##operation##_pd((__m256d)(a), (__m256d)(x))
#elif defined LAM_DOUBLE && defined __SSE2__
#define VEC_X86(operation, a, x) (vec) _mm_##operation##_pd((__m128d)(a), (__m128d)(x))
#elif defined __AVX512F__
#define VEC_X86(operation, a, x) (vec) _mm512_##operation##_ps((__m512)(a), (__m512)(x))
#elif defined __AVX__
#define VEC_X86(operation, a, x) (vec) _mm256_##operation##_ps((__m256)(a), (__m256)(x))
#elif defined __SSE2__
#define VEC_X86(operation, a, x) (vec) _mm_##operation##_ps((__m128)(a), (__m128)(x))
#endif

static inline vec vec_larger(vec a, vec x)
{
#ifdef VEC_X86
	return VEC_X86(max, a, x);
#else
	return vec_select(a > x, a, x);
#endif
}

static inline vec vec_smaller(vec a, vec x)
{
#ifdef VEC_X86
	return VEC_X86(min, a, x);
#else
	return vec_select(a < x, a, x);
#endif
}

/* NaN stays NaN. */
static inline vec vec_at_most(vec x, lam_real bound)
{
	return vec_smaller(vec_splat(bound), x);
}

static inline vec vec_at_least(vec x, lam_real bound)
{
	return vec_larger(vec_splat(bound), x);
}

/* All bits but the sign. */
static inline vec_mask vec_magnitude_bits(void)
{
	return (vec_mask){0} + (sizeof(lam_real) == 8 ? INT64_MAX : INT32_MAX);
}

static inline vec vec_abs(vec x)
{
	return (vec)((vec_mask)x & vec_magnitude_bits());
}

/* |x| with the sign of `sign` */
static inline vec vec_with_sign(vec x, vec sign)
{
	return (vec)((vec_mask)vec_abs(x) | ((vec_mask)sign & ~vec_magnitude_bits()));
}

/* Whether any element of a comparison holds. */
static inline bool vec_any(vec_mask mask)
{
#if defined __AVX512F__
	return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0;
#elif defined __AVX__
	return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);
#elif defined __SSE2__
	return _mm_movemask_epi8((__m128i)mask) != 0;
#else
	vec_mask_element any = 0;
	for (int i = 0; i < VEC; i++)
		any |= mask[i];
	return any != 0;
#endif
}

/* GNU C has no square root of a vector. */
static inline vec vec_sqrt(vec x)
{
#if defined LAM_DOUBLE && defined __AVX512F__
	return (vec)_mm512_sqrt_pd((__m512d)x);
#elif defined LAM_DOUBLE && defined __AVX__
	return (vec)_mm256_sqrt_pd((__m256d)x);
#elif defined LAM_DOUBLE && defined __SSE2__
	return (vec)_mm_sqrt_pd((__m128d)x);
#elif defined __AVX512F__
	return (vec)_mm512_sqrt_ps((__m512)x);
#elif defined __AVX__
	return (vec)_mm256_sqrt_ps((__m256)x);
#elif defined __SSE2__
	return (vec)_mm_sqrt_ps((__m128)x);
#else
	for (int i = 0; i < VEC; i++)
		x[i] = (lam_real)sqrt(x[i]);
	return x;
#endif
}

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
#if defined LAM_DOUBLE && defined __AVX512F__
	(void)n;
	return (vec)_mm512_scalef_pd((__m512d)y, (__m512d)whole);
#elif defined __AVX512F__
	(void)n;
	return (vec)_mm512_scalef_ps((__m512)y, (__m512)whole);
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
