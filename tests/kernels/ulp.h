/* SPDX-License-Identifier: MIT */
/* Compares the functions of framework/vec.h with the C library's in a wider type: double for float,
 * long double for double. Errors are in units in the last place of the exact result, for subnormal
 * results in units of the smallest number. */
#ifndef LAM_ULP_H
#define LAM_ULP_H

#include "framework/vec.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef LAM_DOUBLE
typedef long double wider;
typedef uint64_t bit_pattern;
#define WIDER(function) function##l
#define REAL_MIN DBL_MIN
#define REAL_MAX DBL_MAX
#define FRACTION_BITS 52
#else
typedef double wider;
typedef uint32_t bit_pattern;
#define WIDER(function) function
#define REAL_MIN FLT_MIN
#define REAL_MAX FLT_MAX
#define FRACTION_BITS 23
#endif

static wider wider_sigmoid(wider x)
{
	return x < 0 ? WIDER(exp)(x) / (1 + WIDER(exp)(x)) : 1 / (1 + WIDER(exp)(-x));
}

/* The functions, and the errors that vec.h promises in float and in double. */
static const struct vector_function {
	const char *name;
	void (*function)(lam_real *y, const lam_real *x, size_t count);
	wider (*exact)(wider x);
	double float_bound, double_bound;
} vector_functions[] = {
	{"exp", lam_vec_exp, WIDER(exp), 1.1, 1.1},
	{"log", lam_vec_log, WIDER(log), 1, 1},
	{"tanh", lam_vec_tanh, WIDER(tanh), 1.4, 1.4},
	{"sigmoid", lam_vec_sigmoid, wider_sigmoid, 2.5, 2.5},
	{"erf", lam_vec_erf, WIDER(erf), 1.4, 1.4},
};
enum { VECTOR_FUNCTIONS = sizeof vector_functions / sizeof *vector_functions };

static inline double ulp_bound(const struct vector_function *f)
{
	return sizeof(lam_real) == sizeof(double) ? f->double_bound : f->float_bound;
}

static inline lam_real from_bits(bit_pattern bits)
{
	lam_real x;
	memcpy(&x, &bits, sizeof x);
	return x;
}

/* The error in ulps. It is infinite if only one of the two is NaN or infinite, or if a zero has the
 * wrong sign. */
static inline double ulp_error(lam_real actual, wider exact)
{
	if (isnan(exact))
		return isnan(actual) ? 0 : INFINITY;
	const lam_real rounded = (lam_real)exact;
	if (actual == rounded)
		return exact == 0 && !signbit(actual) != !signbit(exact)
			? INFINITY
			: (double)(exact == (wider)actual ? 0 : 0.5);
	if (isinf(exact) || isnan(actual))
		return INFINITY;
	int exponent;
	WIDER(frexp)(exact, &exponent);
	const int lowest = sizeof(lam_real) == sizeof(double) ? DBL_MIN_EXP : FLT_MIN_EXP;
	const wider unit = WIDER(ldexp)(
		1, (exponent < lowest ? lowest : exponent) - FRACTION_BITS - 1);
	/* Infinity counts as the number that would follow the largest one. */
	const wider value = isinf(actual)
		? WIDER(copysign)(
			(wider)REAL_MAX + WIDER(ldexp)(REAL_MAX, -FRACTION_BITS - 1), actual)
		: (wider)actual;
	return (double)(WIDER(fabs)(value - exact) / unit);
}

#endif
