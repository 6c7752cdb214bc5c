/* SPDX-License-Identifier: MIT */
/* Batch norm with the ReLU behind it as one pass over the values. Forward is
 *
 *     y = max(factor[c] (x - center[c]) + term[c] + added, 0)
 *
 * and backward gets the gradient of y. It lets dy through where y is above 0. Without `added` it
 * computes y again from x, which it reads anyway: one operation is cheaper than a third array. */
#ifndef LAM_KERNELS_GATE_H
#define LAM_KERNELS_GATE_H

#include "framework/real.h"

/* Numbers of each channel, or of each lane where channels lie in the lanes. */
struct lam_gate {
	const lam_real *factor, *term;
	/* The values of y, if something was added to it; then dy is overwritten by what passes.
	 * NULL: y follows from x. */
	const lam_real *y;
	lam_real *dy;
};

#endif
