/* SPDX-License-Identifier: MIT */
/* The constants of vector_math.h, for float and for double. Only vector_math.h includes this.
 *
 * Polynomials have the highest power first. They were fitted for this library by weighted least
 * squares, with weights that move towards the largest errors (Lawson's iteration, which ends at the
 * minimax). tests/reference/fit_vector_math.py makes those for double. */
#ifndef LAM_VECTOR_MATH_TERMS_H
#define LAM_VECTOR_MATH_TERMS_H

#include "framework/real.h"

/* exp_terms, P(r):       exp(r) = 1 + r + r^2 P(r), |r| <= ln 2 / 2
 * log_terms, P(f):       log(1 + f) = f - f^2 / 2 + f^3 P(f), sqrt(1/2) <= 1 + f < sqrt(2)
 * tanh_terms, P(s):      tanh(a) = a + a s P(s), s = a^2, a < TANH_NEAR
 * erf_near_terms, Q(s):  erf(a) = a + a Q(s), a < ERF_NEAR
 * erf_far_terms, R(a):   erf(a) = 1 - exp(-R(a)), ERF_NEAR <= a <= ERF_ONE */
#define TANH_NEAR ((lam_real)0.625)
#define ERF_NEAR ((lam_real)0.921875)

#ifdef LAM_DOUBLE

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1023 };

/* Adding it rounds to a whole number, which is then in the low bits. */
#define WHOLE_SHIFT 0x1.8p52
/* ln 2 in two pieces: the first times any exponent is exact. */
#define LN_2_HIGH 0x1.62e42fefa2000p-1
#define LN_2_LOW 0x1.9ef35793c7673p-41
#define BITS_OF_ROOT_HALF INT64_C(0x3fe6a09e667f3bcd)
#define SMALLEST_NORMAL 0x1p-1022

/* Beyond EXP_MOST and EXP_LEAST exp is infinity and 0. Beyond the others tanh (of half the bound)
 * and erf are 1. */
#define EXP_MOST 711
#define EXP_LEAST (-747)
#define TANH_ONE 40
#define ERF_ONE 6

static const lam_real exp_terms[] = {
	0x1.1eee2f664bd8fp-29,
	0x1.af6e645edb8f3p-26,
	0x1.27e53a2bbb5cdp-22,
	0x1.71ddee9931381p-19,
	0x1.a01a0174af3ebp-16,
	0x1.a01a01b428242p-13,
	0x1.6c16c16c22253p-10,
	0x1.111111110ea7bp-7,
	0x1.555555555552fp-5,
	0x1.555555555555cp-3,
	0x1.0000000000000p-1,
};
static const lam_real log_terms[] = {
	0x1.701e055ea401cp-6,
	-0x1.bb013311c360ap-5,
	0x1.efd99e0219619p-5,
	-0x1.a929d172068b5p-5,
	0x1.9be752558ac9bp-5,
	-0x1.c0de04ff2e962p-5,
	0x1.e38782b2e1350p-5,
	-0x1.006cd860e53abp-4,
	0x1.11091270b3f94p-4,
	-0x1.248a37e810563p-4,
	0x1.3b13a917d2f5ap-4,
	-0x1.5555b12faadd2p-4,
	0x1.745d1b0a4ed86p-4,
	-0x1.9999971e2af29p-4,
	0x1.c71c71a2ceb2cp-4,
	-0x1.0000000500a57p-3,
	0x1.24924924de5d1p-3,
	-0x1.555555554ae01p-3,
	0x1.9999999999108p-3,
	-0x1.0000000000043p-2,
	0x1.5555555555558p-2,
};
static const lam_real tanh_terms[] = {
	-0x1.30e5071e60d4ep-19,
	0x1.8bbff408e253dp-17,
	-0x1.333beff20521fp-15,
	0x1.919baf2a9b0fep-14,
	-0x1.f4bd0e65929dep-13,
	0x1.354da4070b989p-11,
	-0x1.7da2946dcae1cp-10,
	0x1.d6d3c5a7a253dp-9,
	-0x1.226e3529d365cp-7,
	0x1.664f4881837adp-6,
	-0x1.ba1ba1ba17343p-5,
	0x1.11111111110d1p-3,
	-0x1.5555555555555p-2,
};
static const lam_real erf_near_terms[] = {
	-0x1.c9e7ec1f2e8dep-31,
	0x1.e052876ba805ap-27,
	-0x1.5d3e019040332p-23,
	0x1.b9ae21d332de7p-20,
	-0x1.f4ce9613f8dfcp-17,
	0x1.f9a2fbd514593p-14,
	-0x1.c02db2ba768bfp-11,
	0x1.565bcd084e524p-8,
	-0x1.b82ce31266020p-6,
	0x1.ce2f21a042580p-4,
	-0x1.812746b0379dfp-2,
	0x1.06eba8214db69p-3,
};
static const lam_real erf_far_terms[] = {
	-0x1.6ca7b8204dad2p-40,
	0x1.ffc7cdb41ef52p-35,
	-0x1.504ff53685c8bp-30,
	0x1.12c40335d37dbp-26,
	-0x1.38177330ea49cp-23,
	0x1.0476a59cf1ffep-20,
	-0x1.47c399ddcf97bp-18,
	0x1.36f5318be19f8p-16,
	-0x1.aa668b85467c2p-15,
	0x1.5e9fd8dc6a602p-14,
	0x1.5b71352910ad4p-16,
	-0x1.3dce1bc363851p-11,
	0x1.c532fbbadc490p-10,
	-0x1.00638de6b2422p-12,
	-0x1.38faaa57c8a4dp-6,
	0x1.a4e743e2c719fp-4,
	0x1.45f39aa50672bp-1,
	0x1.20dd65cdf79dap+0,
	0x1.7113bf3cb8f9ep-24,
};

#else

enum { FRACTION_BITS = 23, EXPONENT_BIAS = 127 };

#define WHOLE_SHIFT 0x1.8p23f
#define LN_2_HIGH 0.693359375f
#define LN_2_LOW -2.12194440e-4f
#define BITS_OF_ROOT_HALF 0x3f3504f3
#define SMALLEST_NORMAL 0x1p-126f

#define EXP_MOST 90
#define EXP_LEAST (-105)
#define TANH_ONE 20
#define ERF_ONE 4

static const lam_real exp_terms[] = {
	0.00138141576f, 0.0083689047f, 0.0416684076f, 0.166665196f, 0.49999994f};
static const lam_real log_terms[] = {
	-0.0763549879f,
	0.127632648f,
	-0.131606117f,
	0.142015636f,
	-0.166232958f,
	0.200012326f,
	-0.250008225f,
	0.333333313f,
};
static const lam_real tanh_terms[] = {
	-0.0057170256f, 0.0206505693f, -0.0537434928f, 0.133314908f, -0.333332837f};
static const lam_real erf_near_terms[] = {
	-0.000599083665f,
	0.00499317655f,
	-0.0267666131f,
	0.112818159f,
	-0.376124948f,
	0.128379151f,
};
static const lam_real erf_far_terms[] = {
	2.11839197e-05f,
	-0.0004354743f,
	0.00417588558f,
	-0.0251319092f,
	0.108299047f,
	0.633329988f,
	1.12952316f,
	-0.000176358255f,
};

#endif

#endif
