/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers, vector mathematics: the functions that lamina's layers use, with the
 * processor's widest vectors.
 *
 * They compute y[i] = f(x[i]) for i < count, for any count and alignment. y may be x; otherwise the
 * arrays must not overlap. NaN gives NaN, infinities give the limits, and subnormal numbers are not
 * flushed to 0. Thread-safe. The result of an element depends only on that element.
 *
 * The largest errors in units in the last place, over all numbers and every instruction set:
 *
 *     |        | exp | log | tanh | sigmoid | erf |
 *     | float  | 1.1 | 1.0 | 1.4  | 2.5     | 1.4 |
 *     | double | 1.1 | 1.0 | 1.4  | 2.5     | 1.4 | */
#ifndef LAM_VEC_H
#define LAM_VEC_H

#include "real.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** e^x; 0 where that is less than half of the smallest subnormal number. */
void lam_vec_exp(lam_real *y, const lam_real *x, size_t count);

/** The natural logarithm; -inf at 0, NaN below. */
void lam_vec_log(lam_real *y, const lam_real *x, size_t count);

/** Hyperbolic tangent. */
void lam_vec_tanh(lam_real *y, const lam_real *x, size_t count);

/** 1 / (1 + e^-x) */
void lam_vec_sigmoid(lam_real *y, const lam_real *x, size_t count);

/** The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
void lam_vec_erf(lam_real *y, const lam_real *x, size_t count);

#ifdef __cplusplus
}
#endif
#endif
