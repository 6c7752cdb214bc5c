/* SPDX-License-Identifier: MIT */
/* gate.h for one vector. All passes share these two lines, so y has the same bits in each. */
#ifndef LAM_GATE_VEC_H
#define LAM_GATE_VEC_H

#include "framework/kernels/vector.h"

/* y before the addition and the ReLU; `apart` is x - center. */
ALWAYS_INLINE vec gate_value(vec apart, vec factor, vec term)
{
	return apart * factor + term;
}

/* What a ReLU with output y (or input y, as the signs agree) lets through of dy. */
ALWAYS_INLINE vec gate_passes(vec dy, vec y)
{
	return vec_select(y > vec_splat(0), dy, vec_splat(0));
}

#endif
