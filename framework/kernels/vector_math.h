/* exp, log, tanh, sigmoid and erf of one vector, without tables. Included by kernel sources only.
 *
 * Float: polynomials fitted for this file by weighted least squares (Lawson's iteration towards the minimax). Largest errors
 * measured over every 61st float, in units in the last place, with fused products and without:
 *
 *     exp 1.00, 0.96   log 0.82, 0.81   tanh 1.50, 1.50   sigmoid 2.31, 2.31   erf 1.09, 1.33
 *
 * Subnormal results are rounded like all others, NaN gives NaN, infinities the limits.
 * Double: the C library's functions, element by element; the double build checks, it does not race. */
#ifndef LAM_VECTOR_MATH_H
#define LAM_VECTOR_MATH_H

#include "framework/kernels/vector.h"

#include <math.h>
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

/* NaN stays in the first argument: a > b is false for it. */
static inline vec vec_at_most(vec x, lam_real bound)
{
	return vec_select(x > vec_splat(bound), vec_splat(bound), x);
}

static inline vec vec_at_least(vec x, lam_real bound)
{
	return vec_select(x < vec_splat(bound), vec_splat(bound), x);
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

#ifdef LAM_DOUBLE

#define LAM_VEC_EACH(name, function) \
	static inline vec name(vec x) \
	{ \
		for (int i = 0; i < VEC; i++) \
			x[i] = function(x[i]); \
		return x; \
	}
LAM_VEC_EACH(vec_exp, exp)
LAM_VEC_EACH(vec_log, log)
LAM_VEC_EACH(vec_tanh, tanh)
LAM_VEC_EACH(vec_erf, erf)
#undef LAM_VEC_EACH

#else

/* x = n ln 2 + r with |r| <= ln 2 / 2; returns r, *n whole. ln 2 in two pieces: n times the first is exact for |n| < 2^15. */
static inline vec vec_reduce(vec x, vec_mask *n)
{
	const vec round = vec_splat(0x1.8p23f);          /* adding it leaves a whole number in the low bits */
	const vec shifted = x * 1.44269504f + round;
	const vec whole = shifted - round;
	*n = (vec_mask)shifted - (vec_mask)round;
	return (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
}

/* exp(r) - 1 for |r| <= ln 2 / 2; relative error 4e-9 of exp(r), and as good relative to r */
static inline vec vec_exp_reduced(vec r)
{
	vec p = 0.00138141576f + vec_splat(0);
	p = p * r + 0.0083689047f;
	p = p * r + 0.0416684076f;
	p = p * r + 0.166665196f;
	p = p * r + 0.49999994f;
	return r * r * p + r;
}

/* 2^n for -126 <= n <= 127 */
static inline vec vec_power_of_two(vec_mask n)
{
	return (vec)((n + 127) << 23);
}

/* exp(x) = 2^n exp(r). Two factors of 2^(n/2): the first product is exact, the second rounds into the subnormals or
 * overflows. Beyond the bounds the result is 0 or infinity for certain. */
static inline vec vec_exp(vec x)
{
	vec_mask n;
	const vec r = vec_reduce(vec_at_least(vec_at_most(x, 90), -105), &n);
	const vec_mask half = n >> 1;
	return (vec_exp_reduced(r) + 1) * vec_power_of_two(half) * vec_power_of_two(n - half);
}

/* log(x) = e ln 2 + log(1 + f), 1 + f in [sqrt(1/2), sqrt(2)) from the bits of x; log(1 + f) = f - f^2/2 + f^3 P(f) */
static inline vec vec_log(vec x)
{
	const vec_mask subnormal = x < vec_splat(0x1p-126f);
	const vec_mask bits = (vec_mask)vec_abs(vec_select(subnormal, x * 0x1p23f, x));
	const vec_mask exponent = (bits - 0x3f3504f3) >> 23;
	const vec f = (vec)(bits - (exponent << 23)) - 1;
	const vec e = __builtin_convertvector(exponent - (subnormal & 23), vec);

	vec p = -0.0763549879f + vec_splat(0);
	p = p * f + 0.127632648f;
	p = p * f - 0.131606117f;
	p = p * f + 0.142015636f;
	p = p * f - 0.166232958f;
	p = p * f + 0.200012326f;
	p = p * f - 0.250008225f;
	p = p * f + 0.333333313f;
	vec y = f * f * f * p - e * 2.12194440e-4f;
	y = f + (y - 0.5f * (f * f)) + e * 0.693359375f;

	y = vec_select(x > vec_splat(0), y, vec_splat(NAN));
	y = vec_select(x == vec_splat(0), vec_splat(-INFINITY), y);
	return vec_select(x == vec_splat(INFINITY), x, y);
}

/* With a = |x|, below 0.625: a + a s P(s), s = a^2. Above: m / (m + 2) with m = exp(2a) - 1 = 2^n (exp(r) - 1) + (2^n - 1);
 * at 2a = 20 the quotient has become 1. Then the sign, that of zero too. */
static inline vec vec_tanh(vec x)
{
	const vec a = vec_abs(x), s = a * a;
	vec p = -0.0057170256f + vec_splat(0);
	p = p * s + 0.0206505693f;
	p = p * s - 0.0537434928f;
	p = p * s + 0.133314908f;
	p = p * s - 0.333332837f;

	vec_mask n;
	const vec q = vec_exp_reduced(vec_reduce(vec_at_most(2 * a, 20), &n));
	const vec scale = vec_power_of_two(n);
	const vec m = scale * q + (scale - 1);
	return vec_with_sign(vec_select(a < vec_splat(0.625f), a + a * (s * p), m / (m + 2)), x);
}

/* With a = |x|, below 0.921875: a + a Q(a^2). Above: 1 - exp(-R(a)), R = -log(1 - erf), and from 4 on it is 1. */
static inline vec vec_erf(vec x)
{
	const vec a = vec_at_most(vec_abs(x), 4);
	const vec s = a * a;
	vec q = -0.000599083665f + vec_splat(0);
	q = q * s + 0.00499317655f;
	q = q * s - 0.0267666131f;
	q = q * s + 0.112818159f;
	q = q * s - 0.376124948f;
	q = q * s + 0.128379151f;

	vec r = 2.11839197e-05f + vec_splat(0);
	r = r * a - 0.0004354743f;
	r = r * a + 0.00417588558f;
	r = r * a - 0.0251319092f;
	r = r * a + 0.108299047f;
	r = r * a + 0.633329988f;
	r = r * a + 1.12952316f;
	r = r * a - 0.000176358255f;
	return vec_with_sign(vec_select(a < vec_splat(0.921875f), a + a * q, 1 - vec_exp(-r)), x);
}

#endif

/* From exp(-|x|), which never overflows: 1 / (1 + e) for x >= 0, e / (1 + e) below, so that small results keep their digits. */
static inline vec vec_sigmoid(vec x)
{
	const vec e = vec_exp(-vec_abs(x));
	return vec_select(x < vec_splat(0), e, vec_splat(1)) / (1 + e);
}

#endif
