/* SPDX-License-Identifier: MIT */
/* finish.h for one vector, where speed does not count: all but the function. */
#ifndef LAM_FINISH_VEC_H
#define LAM_FINISH_VEC_H

#include "framework/kernels/finish.h"
#include "framework/kernels/vector.h"

/* Of output `output`. The value is the one at `to`. */
static inline vec finish_vec(
	const struct finish *finish, int64_t output, vec value, const lam_real *to)
{
	if (finish->center)
		value = (value - vec_splat(finish->center[output]))
				* vec_splat(finish->factor[output])
			+ vec_splat(finish->term[output]);
	if (finish->adds)
		value += *(const vec *)finish_added(finish, to);
	return finish->epilogue == LAM_EPILOGUE_RELU ? vec_at_least(value, 0) : value;
}

#endif
