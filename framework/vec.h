/** \file
 * Vector mathematics for layers of one's own: the functions that lamina's own layers use, at the
 * full width of the processor.
 *
 * y[i] = f(x[i]) for i < count, any count, any alignment; y may be x, otherwise they do not
 * overlap. NaN gives NaN, infinities the limits, subnormal numbers are numbers like others.
 * Thread-safe; an element's result depends on that element alone.
 *
 * Largest errors in units in the last place, over all numbers and with every instruction set:
 *
 *     |        | exp | log | tanh | sigmoid | erf |
 *     | float  | 1.1 | 1.0 | 1.4  | 2.5     | 1.4 |
 *     | double | 1.1 | 1.0 | 1.4  | 2.5     | 1.4 |
 */
#ifndef LAM_VEC_H
#define LAM_VEC_H

#include "real.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** e^x; 0 from where half of the smallest number is more. */
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
